#!/usr/bin/env bash
# AINative: get an answer in a fixed JSON format and print it. Needs curl and jq.
export LC_ALL=C READ_TIMEOUT=120
CONNECT_TIMEOUT=10 MAX_REQUESTS=3 # seconds, times

read -r -d '' messages <<'JSON'
[{"role": "user", "content": "Rate this review: great sound, weak battery."}]
JSON

read -r -d '' schema <<'JSON'
{
  "title": "review",
  "type": "object",
  "properties": {
    "sentiment": {"type": "string", "enum": ["positive", "negative", "mixed"]},
    "score": {"type": "number", "description": "from -1 to 1"},
    "highlights": {"type": "array", "items": {"type": "string"}}
  },
  "required": ["sentiment", "score", "highlights"],
  "additionalProperties": false
}
JSON
# a model and its request, then its stand-in's
set -- claude-sonnet-4-6 \
  '{
  "model": "claude-sonnet-4-6",
  "system": "Answer with JSON and nothing else: no Markdown, no explanation. It must follow this JSON Schema: {\"title\": \"review\", \"type\": \"object\", \"properties\": {\"sentiment\": {\"type\": \"string\", \"enum\": [\"positive\", \"negative\", \"mixed\"]}, \"score\": {\"type\": \"number\", \"description\": \"from -1 to 1\"}, \"highlights\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}}, \"required\": [\"sentiment\", \"score\", \"highlights\"], \"additionalProperties\": false}",
  "messages": '"$messages"',
  "max_tokens": 4096
}' \
  claude-sonnet-4-5 \
  '{
  "model": "claude-sonnet-4-5",
  "system": "Answer with JSON and nothing else: no Markdown, no explanation. It must follow this JSON Schema: {\"title\": \"review\", \"type\": \"object\", \"properties\": {\"sentiment\": {\"type\": \"string\", \"enum\": [\"positive\", \"negative\", \"mixed\"]}, \"score\": {\"type\": \"number\", \"description\": \"from -1 to 1\"}, \"highlights\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}}, \"required\": [\"sentiment\", \"score\", \"highlights\"], \"additionalProperties\": false}",
  "messages": '"$messages"',
  "max_tokens": 4096
}'

refuse() { printf 'Error: %s\n' "$*" >&2; exit 2; }
await() { wait "$child"; code=$? child=''; } # Ctrl-C ends a wait at once

hash curl jq 2>/dev/null || refuse 'this program needs curl and jq'
[[ ${AINATIVE_API_KEY-} =~ ^[[:space:]]*([!-~]+)[[:space:]]*$ ]] ||
  refuse 'AINATIVE_API_KEY is not set, or holds a character that a header' \
    'cannot carry: export AINATIVE_API_KEY="your-key"'
AINATIVE_API_KEY=${BASH_REMATCH[1]}
base=https://api.ainative.studio here='(localhost|127(\.[0-9]{1,3}){3}|\[::1\])'
[[ ${AINATIVE_BASE_URL-} =~ [^[:space:]](.*[^[:space:]/])? ]] && base=${BASH_REMATCH[0]}
[[ $base =~ ^(https://[A-Za-z0-9.-]+|https?://$here)(:[0-9]{1,5})?(/[A-Za-z0-9._~%:@+-]*)*$ ]] ||
  refuse 'AINATIVE_BASE_URL must be https://..., or http:// to this machine'
[[ $base =~ ^https?://$here(:|/|$) ]] && export no_proxy='*'
child='' warning='' tmp=$(mktemp -d 2>/dev/null) || refuse 'no room for temporary files'
trap 'exec 2>/dev/null; kill "$child"; rm -rf "$tmp"' EXIT
trap 'exit 130' INT
{ echo >"$tmp/all"; } 2>/dev/null || refuse 'no room for temporary files'

read -r -d '' program <<'JQ'
def flat: [explode[] | if . < 33 or . > 126 and . < 161 or . > 8231 and . < 8239
    or . > 8293 and . < 8298 or . == 1564 or . == 8206 or . == 8207 then 32 else . end]
  | implode | split(" ") | map(select(. != "")) | join(" ");
def line: flat | reduce (env.AINATIVE_API_KEY | ., .[range(length - 7):][:8]) as $secret
  (.; split($secret) | join("***")) | .[:300];
def failure: . as $said | first({
    "HTTP 401": "invalid key: check the key variable and --auth",
    "HTTP 402": "no credit left: top up or upgrade the plan",
    "HTTP 403": "not allowed, or not in your plan",
    "HTTP 404": "no such model or path: see the list of models", "HTTP 413": "request too large",
    "HTTP 429": "rate limit: back off and retry later",
    "HTTP 503": "model unavailable: retry later or use another model"
  } | to_entries[] | select(.key as $mark | $said | contains($mark)) | "; " + .value) // ""
  | "Error: \($said)\(.)" | line;
def message: (strings | select(. != "")), (objects | first((.error, .detail, .message) | message));
def words: first(fromjson? | message) // (.[:4000]
    | gsub("(?i)<(script|style)\\b[\\s\\S]*?(</(script|style)\\s*>|\\z)|</?[a-z!][^>]*>"; " "))
  | flat | .[:200] | if . == "" then "empty answer" else . end;
def reply: objects // {};
def text: [.content | arrays[] | objects | select(.type == "text") | .text | strings] | join("");
def finish: (.stop_reason | select(. != null and . != "") | tostring) // null;
def fault: first(.error, (select(.type == "error" or .object == "error") | .message, .)
  | select(. != null and . != "") | message // tojson) // null;
def told: . + (.usage | objects // {})
  | with_entries(select(.value != null));
def facts: [("input_tokens", "output_tokens", "credits_consumed", "credits_remaining") as $name
  | .[$name] | values | {($name): .}] | add // {};
def ending: .finish as $finish
  | if [null, "end_turn", "stop_sequence"] | index($finish) | not then
      "Warning: stop_reason is \($finish)"
        + ({
  "max_tokens": ": cut at the token limit",
  "model_context_window_exceeded": ": cut at the token limit"
}[$finish] // "")
    else empty end,
  ([("input_tokens", "output_tokens", "credits_consumed", "credits_remaining")
    as $name | .told[$name] // empty | "\($name): \(.)"] | join(", ") | select(. != "")) | line;
def judge: until(test("^HTTP/\\S+ 1") | not; split("\n\n")[1:] | join("\n\n"))
  | split("\n\n") | (.[0] // "") as $head | (.[1:] | join("\n\n")) as $body
  | def header($name): $head | capture("(?i)\n\($name): *(?<value>[^\n]*[^\n ])").value;
    def kind: header("content-type") // "no type" | split(";")[0];
    def proxied: env.wrong | capture("(code|response) (?<it>[45][0-9][0-9])").it;
    def number: select(test("^[0-9]+([.][0-9]+)?$")) | tonumber;
    def fail($line): "fail 0 \($line | failure)";
    ($head | split(" ")[1] // "" | .[:3]) as $status
  | ((select($status | test("^3")) | header("location") | "redirect to \(.) not followed")
    // ($body | words)) as $words
  | "HTTP \($status): \($words)\(if $status == "404" then " (\(env.model))" else "" end)" as $line
  | ([(header("retry-after-ms") | number / 1000) // (header("retry-after")
      | number // (strptime("%a, %d %b %Y %H:%M:%S GMT") | mktime - now)?)
    // [0, 1, 0.5][env.left | tonumber], 0] | max) as $pause
  | def retry($line): if $pause > 60 then fail("\($line); try again in \($pause + 0.5 | floor) s")
      elif env.left == "0" then fail($line) else "retry \($pause) \($line)" end;
    if env.code == "23" then fail("no room for temporary files")
    elif env.code == "28" and ($status == "200" or env.late == "1") then
      fail("no answer within \(env.READ_TIMEOUT) s")
    elif $status == "" and [proxied] != [] then
      fail("the proxy refused the connection (HTTP \(proxied))")
    elif env.code == "51" or env.code == "60" or env.code == "77" then
      fail("cannot reach \(env.base) (its certificate cannot be verified)")
    elif $status == "" then
      retry("cannot reach \(env.base) (" + ({"6": "unknown host", "7": "connection refused",
        "28": "timed out", "35": "TLS failed"}[env.code] // "the connection broke") + ")")
    elif env.standin != "" and env.left != "0" and ($status == "404" or $status == "503"
        or $status == "400" and (($body | contains("model_not_found")) or ($words | test(
          "(?i)model.{0,60}(not found|not exist|unknown)|(invalid|unknown|no such) model")))) then
      "switch 0 \("Warning: \($line); asking \(env.standin) instead" | line)"
    elif ($status | test("408|429|5..")) and ($body | contains("insufficient_quota") | not) then
      retry($line)
    elif $status != "200" then fail($line)
    elif env.code != "0" then fail("the connection broke before the answer was complete")
    elif $words == "empty answer" then fail($line)
    else
      [$body | fromjson?]
      | if length == 0 then fail("not JSON (\(kind)): \($words[:100])") else .[0] | reply
        | if fault then fail(fault)
          elif text == "" and finish == null then fail("no answer in the response")
          else "ok"
          end
        end
    end;
def state: {text: text, finish: finish, told: (told | facts)};
def strict: test( # jq takes more than JSON
  "\\A(?>[\\[\\]{},: \\t\\r\\n]|true|false|null|"
  + "-?(?>0|[1-9][0-9]*)(?>\\.[0-9]+)?(?>[eE][-+]?[0-9]+)?(?![0-9.])|"
  + "\"(?>[^\"\\\\\\x00-\\x1f]|\\\\(?>[\"\\\\/bfnrt]|u[0-9A-Fa-f]{4}))*\")+\\z");
def written: # the JSON as it was served: the whole text, or what its first code fence holds
  first((., capture("```\\w*(?<inside>[\\s\\S]*?)(?:```|\\z)").inside)
    | sub("\\A\\s+"; "") | sub("\\s+\\z"; "")
    | select(strict and ([fromjson?] | length == 1))) // null;
def isa($wanted):
  if $wanted == "integer" then type == "number" and . == floor else type == $wanted end;
def misfit($schema; $path): . as $value # what is wrong with it, or null
  | (if $path == "" then "the answer" else $path end) as $here
  | ($schema.type | if type == "array" then . else [values] end) as $types
  | ($schema.properties // {}) as $known
  | if $types != [] and (any($types[]; . as $one | $value | isa($one)) | not) then
      "\($here) must be \($types | join(" or "))"
    elif $schema.enum and (any($schema.enum[]; . == $value) | not) then
      "\($here) is not one of \($schema.enum | map(tojson) | join(", "))"
    elif type == "object" then first(
        ($schema.required[]? | select(. as $name | $value | has($name) | not)
          | "\($here) lacks \(.)"),
        (select($schema.additionalProperties == false) | keys_unsorted[]
          | select(. as $name | $known | has($name) | not) | "\($here) has the unknown field \(.)"),
        (keys_unsorted[] | select(. as $name | $known | has($name)) | . as $name | $value[$name]
          | misfit($known[$name]; if $path == "" then $name else "\($path).\($name)" end)
          | values)) // null
    elif type == "array" and $schema.items then first(range(length) as $at | .[$at]
        | misfit($schema.items; "\($path)[\($at)]") | values) // null
    else null end;
def checked($schema): .text as $text | ($text | written) as $json
  | (if $text == "" then "" else "\($text)\n" end) as $raw
  | def wrong($line): {out: $raw, said: ($line | failure)};
    if .finish == "refusal" then wrong("the model refused to answer")
    elif $json == null then
      wrong(if .finish as $finish | ["max_tokens", "model_context_window_exceeded"] | index($finish)
        then "the JSON is cut off at the token limit" else "the answer is not JSON" end)
    else ($json | fromjson | misfit($schema; "")) as $fault
      | if $fault then wrong("the answer does not fit the schema: \($fault)")
        else {out: "\($json)\n", said: ([ending] | join("\n"))} end
    end;
JQ

{ exec 4>&1; } 2>/dev/null || refuse 'stdout is closed'
unwritten() { # nobody reads the answer any more, or there is no room for it
  [[ $1 ]] || exit 141
  printf 'Error: cannot write the answer: %s\n' "${1##*: }" >&2
  exit 1
}

mend() { # jq refuses half a surrogate pair: U+FFFD takes its place
  sed -e 's/\\\\/\\u005c/g' -e 's/\\u\([dD][89abAB]..\)\\u\([dD][c-fC-F]..\)/\\U\1\\U\2/g' \
    -e 's/\\u[dD][89a-fA-F]../\\ufffd/g' -e 's/\\U/\\u/g'
}
reply() { sed '/^HTTP\//,/^$/d' "$tmp/all"; } # the body of the last one

for ((left = MAX_REQUESTS - 1; ; left--)); do
  SECONDS=0
  curl -q --silent --show-error --proto '=http,https' --suppress-connect-headers \
    --connect-timeout "$CONNECT_TIMEOUT" --speed-limit 1 --speed-time "$READ_TIMEOUT" \
    -H @<(printf '%s\n' 'X-API-Key: '"$AINATIVE_API_KEY") \
    -H 'anthropic-version: 2023-06-01' \
    -H 'Content-Type: application/json' -H 'Expect:' --data-binary @- <<<"$2" \
    --dump-header "$tmp/head" "$base"/v1/messages >"$tmp/body" 2>"$tmp/wrong" &
  child=$!
  await
  { sed -n '/^HTTP/,/^.\{0,1\}$/p' "$tmp/head"; cat "$tmp/body"; } | tr -d '\0\r' | mend >"$tmp/all"
  read -r -d '' verdict pause said < <(base=$base code=$code wrong=$(<"$tmp/wrong") left=$left \
    late=$((SECONDS >= READ_TIMEOUT)) model=$1 standin=${3-} jq -Rrs "$program judge" "$tmp/all")
  case $verdict in
    ok) break ;;
    switch) warning=$said && shift 2 ;;
    retry) sleep "$pause" & child=$!; await ;;
    *) printf '%s\n' "$said" >&2; exit 1 ;;
  esac
done
state=$(reply | jq "$program reply | state")
checked=$(jq --slurpfile schema <(printf '%s' "$schema") \
  "$program checked(\$schema[0])" <<<"$state")
wrong=$(jq -j .out <<<"$checked" 2>&1 >&4) || unwritten "$wrong"
said=$(jq -r .said <<<"$checked")
[[ ! $warning || $said == Error:* ]] || printf '%s\n' "$warning" >&2
[[ ! $said ]] || printf '%s\n' "$said" >&2
[[ $said != Error:* ]]
