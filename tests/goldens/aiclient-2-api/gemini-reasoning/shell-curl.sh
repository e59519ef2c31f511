#!/usr/bin/env bash
# AIClient-2-API: ask a question that takes deep reasoning and print the answer. Needs curl and jq.
export LC_ALL=C READ_TIMEOUT=120
CONNECT_TIMEOUT=10 MAX_REQUESTS=3 # seconds, times

read -r -d '' messages <<'JSON'
[
  {
    "role": "user",
    "parts": [
      {
        "text": "A bat and a ball cost 1.10 together, and the bat costs 1.00 more than the ball. What does the ball cost?"
      }
    ]
  }
]
JSON
# a model, its path and its request, then its stand-in's
set -- gemini-2.5-flash /v1beta/models/gemini-2.5-flash:generateContent \
  '{"contents": '"$messages"'}' \
  gemini-3-flash-preview /v1beta/models/gemini-3-flash-preview:generateContent \
  '{"contents": '"$messages"'}'

refuse() { printf 'Error: %s\n' "$*" >&2; exit 2; }
await() { wait "$child"; code=$? child=''; } # Ctrl-C ends a wait at once

hash curl jq 2>/dev/null || refuse 'this program needs curl and jq'
[[ ${AICLIENT2API_API_KEY-} =~ ^[[:space:]]*([!-~]+)[[:space:]]*$ ]] ||
  refuse 'AICLIENT2API_API_KEY is not set, or holds a character that a header' \
    'cannot carry: export AICLIENT2API_API_KEY="your-key"'
AICLIENT2API_API_KEY=${BASH_REMATCH[1]}
base=http://localhost:3000 here='(localhost|127(\.[0-9]{1,3}){3}|\[::1\])'
[[ ${AICLIENT2API_BASE_URL-} =~ [^[:space:]](.*[^[:space:]/])? ]] && base=${BASH_REMATCH[0]}
[[ $base =~ ^(https://[A-Za-z0-9.-]+|https?://$here)(:[0-9]{1,5})?(/[A-Za-z0-9._~%:@+-]*)*$ ]] ||
  refuse 'AICLIENT2API_BASE_URL must be https://..., or http:// to this machine'
[[ $base =~ ^https?://$here(:|/|$) ]] && export no_proxy='*'
child='' warning='' tmp=$(mktemp -d 2>/dev/null) || refuse 'no room for temporary files'
trap 'exec 2>/dev/null; kill "$child"; rm -rf "$tmp"' EXIT
trap 'exit 130' INT
{ echo >"$tmp/all"; } 2>/dev/null || refuse 'no room for temporary files'

read -r -d '' program <<'JQ'
def flat: [explode[] | if . < 33 or . > 126 and . < 161 or . > 8231 and . < 8239
    or . > 8293 and . < 8298 or . == 1564 or . == 8206 or . == 8207 then 32 else . end]
  | implode | split(" ") | map(select(. != "")) | join(" ");
def line: flat | reduce (env.AICLIENT2API_API_KEY | ., .[range(length - 7):][:8]) as $secret
  (.; split($secret) | join("***")) | .[:300];
def failure: . as $said | first({
    "HTTP 401": "the key must be the REQUIRED_API_KEY of your server",
    "HTTP 402": "no credit left: top up", "HTTP 403": "not allowed, or not in your plan",
    "HTTP 404": "no such model or path: is the server AIClient-2-API?",
    "HTTP 413": "request too large: 10 MB is the limit", "HTTP 429": "wait, then try again",
    "HTTP 503": "try again later or use another model"
  } | to_entries[] | select(.key as $mark | $said | contains($mark)) | "; " + .value) // ""
  | "Error: \($said)\(.)" | line;
def message: (strings | select(. != "")), (objects | first((.error, .detail, .message) | message));
def words: first(fromjson? | message) // (.[:4000]
    | gsub("(?i)<(script|style)\\b[\\s\\S]*?(</(script|style)\\s*>|\\z)|</?[a-z!][^>]*>"; " "))
  | flat | .[:200] | if . == "" then "empty answer" else . end;
def reply: (objects, arrays) // {};
def chunks: if type == "array" then .[] else . end | objects; # some servers send a list of pieces
def candidates: chunks | .candidates | arrays[:1][] | objects;
def parts: [candidates | .content | objects | .parts | arrays[] | objects];
def text: parts | map(select(.thought | not) | .text | strings) | join("");
def finish: [candidates | .finishReason | select(. != null and . != "") | tostring][-1];
def blocked: select([candidates] == []) | chunks | .promptFeedback | objects | .blockReason
  | strings | "blocked: \(.)";
def fault: first((chunks | .error, (select(.object == "error") | .message)), blocked
  | select(. != null and . != "") | message // tojson) // null;
def told: reduce chunks as $chunk ({}; . + $chunk + ($chunk.usageMetadata | objects // {}))
  | with_entries(select(.value != null));
def ending: .finish as $finish
  | if [null, "STOP"] | index($finish) | not then
      "Warning: finishReason is \($finish)"
        + ({"MAX_TOKENS": ": cut at the token limit"}[$finish] // "")
    elif .said then empty else "Warning: the answer holds no text" +
      if .picture then ", but a picture, which this program does not save" else "" end end,
  ([("promptTokenCount", "candidatesTokenCount", "totalTokenCount")
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
          else {said: (text != ""), finish: finish, told: told,
              picture: ($body | contains("\"image_url\""))}
            | "ok 0 \([ending] | join("\n"))"
          end
        end
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
    -H @<(printf '%s\n' 'x-goog-api-key: '"$AICLIENT2API_API_KEY") \
    -H 'Content-Type: application/json' -H 'Expect:' --data-binary @- <<<"$3" \
    --dump-header "$tmp/head" "$base$2" >"$tmp/body" 2>"$tmp/wrong" &
  child=$!
  await
  { sed -n '/^HTTP/,/^.\{0,1\}$/p' "$tmp/head"; cat "$tmp/body"; } | tr -d '\0\r' | mend >"$tmp/all"
  read -r -d '' verdict pause said < <(base=$base code=$code wrong=$(<"$tmp/wrong") left=$left \
    late=$((SECONDS >= READ_TIMEOUT)) model=$1 standin=${4-} jq -Rrs "$program judge" "$tmp/all")
  case $verdict in
    ok) break ;;
    switch) warning=$said && shift 3 ;;
    retry) sleep "$pause" & child=$!; await ;;
    *) printf '%s\n' "$said" >&2; exit 1 ;;
  esac
done
wrong=$(reply | jq -j "$program text, \"\\n\"" 2>&1 >&4) || unwritten "$wrong"
[[ ! $warning ]] || printf '%s\n' "$warning" >&2
[[ ! $said ]] || printf '%s\n' "$said" >&2
