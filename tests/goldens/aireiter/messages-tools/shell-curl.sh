#!/usr/bin/env bash
# AIReiter: let the model use tools and print the answer. Needs curl and jq.
export LC_ALL=C READ_TIMEOUT=120
CONNECT_TIMEOUT=10 MAX_REQUESTS=3 # seconds, times
MAX_ROUNDS=8 # of tool calls

read -r -d '' messages <<'JSON'
[{"role": "user", "content": "What is the weather in Oslo, and what time is it there?"}]
JSON

read -r -d '' tools <<'JSON'
[
  {
    "name": "get_weather",
    "description": "The current weather in a city.",
    "input_schema": {
      "type": "object",
      "properties": {
        "city": {"type": "string", "description": "A city, such as Oslo"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}
      },
      "required": ["city"]
    }
  },
  {
    "name": "get_time",
    "description": "The current local time in a city.",
    "input_schema": {
      "type": "object",
      "properties": {"city": {"type": "string", "description": "A city, such as Oslo"}},
      "required": ["city"]
    }
  }
]
JSON

refuse() { printf 'Error: %s\n' "$*" >&2; exit 2; }
await() { wait "$child"; code=$? child=''; } # Ctrl-C ends a wait at once

hash curl jq 2>/dev/null || refuse 'this program needs curl and jq'
[[ ${AIREITER_API_KEY-} =~ ^[[:space:]]*([!-~]+)[[:space:]]*$ ]] ||
  refuse 'AIREITER_API_KEY is not set, or holds a character that a header' \
    'cannot carry: export AIREITER_API_KEY="your-key"'
AIREITER_API_KEY=${BASH_REMATCH[1]}
base=https://aireiter.com/api here='(localhost|127(\.[0-9]{1,3}){3}|\[::1\])'
[[ ${AIREITER_BASE_URL-} =~ [^[:space:]](.*[^[:space:]/])? ]] && base=${BASH_REMATCH[0]}
[[ $base =~ ^(https://[A-Za-z0-9.-]+|https?://$here)(:[0-9]{1,5})?(/[A-Za-z0-9._~%:@+-]*)*$ ]] ||
  refuse 'AIREITER_BASE_URL must be https://..., or http:// to this machine'
[[ $base =~ ^https?://$here(:|/|$) ]] && export no_proxy='*'
child='' warning='' tmp=$(mktemp -d 2>/dev/null) || refuse 'no room for temporary files'
trap 'exec 2>/dev/null; kill "$child"; rm -rf "$tmp"' EXIT
trap 'exit 130' INT
{ echo >"$tmp/all"; } 2>/dev/null || refuse 'no room for temporary files'

read -r -d '' program <<'JQ'
def flat: [explode[] | if . < 33 or . > 126 and . < 161 or . > 8231 and . < 8239
    or . > 8293 and . < 8298 or . == 1564 or . == 8206 or . == 8207 then 32 else . end]
  | implode | split(" ") | map(select(. != "")) | join(" ");
def line: flat | reduce (env.AIREITER_API_KEY | ., .[range(length - 7):][:8]) as $secret
  (.; split($secret) | join("***")) | .[:300];
def failure: . as $said | first({
    "not compatible with the requested API protocol": "Claude is on /messages: use --protocol anthropic-messages, or a GPT model",
    "HTTP 401": "check the key", "HTTP 402": "no credit left: top up",
    "HTTP 403": "not allowed, or not in your plan",
    "HTTP 404": "no such model or path: --task models lists them", "HTTP 413": "request too large",
    "HTTP 429": "wait, then try again", "HTTP 503": "try again later or use another model"
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
def served: [.content | arrays[] | objects];
def facts: [("input_tokens", "output_tokens", "task_id") as $name
  | .[$name] | values | {($name): .}] | add // {};
def ending: .finish as $finish
  | if [null, "end_turn", "stop_sequence", "tool_use"] | index($finish) | not then
      "Warning: stop_reason is \($finish)"
        + ({
  "max_tokens": ": cut at the token limit",
  "model_context_window_exceeded": ": cut at the token limit"
}[$finish] // "")
    elif .said then empty else "Warning: the answer holds no text" end,
  ([("input_tokens", "output_tokens", "task_id")
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
          elif text == "" and finish == null and served == [] then
            fail("no answer in the response")
          else "ok"
          end
        end
    end;
def given: .input // {} | objects // null;
def blocks: [.served[] | if .type == "tool_use" then .input = (given // {}) else . end];
def calls: [.served[] | select(.type == "tool_use") | {id, name, args: given}];
def turns: {role: "assistant", content: (.[0] | blocks)},
  {role: "user", content: ([(.[0] | calls), .[1:]] | transpose | map(
    {type: "tool_result", tool_use_id: .[0].id, content: (.[1][1] | tojson)}
    + if .[1][0] then {is_error: true} else {} end))};
def state: {text: text, finish: finish, said: (text != ""), told: (told | facts), served: served};
def summed: (env.told | fromjson) as $before
  | .told as $now
  | .told = reduce ("input_tokens", "output_tokens") as $name
      ($before + $now; if [$before[$name], $now[$name]] | map(type) == ["number", "number"]
        then .[$name] = $before[$name] + $now[$name] else . end);
def work: {"get_weather": ["city"], "get_time": ["city"]} as $required
  | calls[] | .args as $args | (.name | strings // tojson) as $name
  | [first((select($required | has($name) | not) | "unknown tool: \($name)"),
      (select($args == null) | "the arguments are not a JSON object"),
      ($required[$name][] | select(. as $one | $args | has($one) | not)
        | "missing argument: \(.)"))][0]
  | if . then "! \({error: .} | tojson)" else "\($name) \($args | tojson)" end;
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

ask() { # a request, and again while that may help; the reply is in $tmp
  for ((left = MAX_REQUESTS - 1; ; left--)); do
    SECONDS=0
    curl -q --silent --show-error --proto '=http,https' --suppress-connect-headers \
      --connect-timeout "$CONNECT_TIMEOUT" --speed-limit 1 --speed-time "$READ_TIMEOUT" \
      -H @<(printf '%s\n' 'Authorization: Bearer '"$AIREITER_API_KEY") \
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
  [[ ! $warning ]] || printf '%s\n' "$warning" >&2
  switched+=$warning warning=''
}

# Your own code goes here: a tool reads its arguments and prints its result, both as JSON.
tool_get_weather() {
  printf '%s\n' '{"temperature": 4, "unit": "celsius", "sky": "cloudy"}'
}
tool_get_time() {
  printf '%s\n' '{"time": "14:05"}'
}

named() { # runs the tool $1, if it is one of these
  case $1 in
    get_weather) tool_get_weather ;;
    get_time) tool_get_time ;;
  esac
}

use() { # the tool $1 with the arguments $2, or the error $2: what it says joins the results
  local result=$2 failed=false
  if [[ $1 == '!' ]]; then
    failed=true
  elif ! result=$(named "$1" <<<"$2") ||
    ! result=$(jq -cs 'if length == 1 then .[0] else error end' <<<"$result" 2>/dev/null); then
    printf 'Warning: the tool %s failed\n' "$1" >&2
    failed=true result='{"error": "the tool failed"}'
  fi
  results+="[$failed, $result]"
}

told='{}' switched=''
for ((round = 1; ; round++)); do
  # a model and its request, then its stand-in's
  set -- claude-sonnet-4-6 \
    '{
    "model": "claude-sonnet-4-6",
    "messages": '"$messages"',
    "tools": '"$tools"',
    "max_tokens": 4096,
    "stream": false
  }' \
    claude-opus-4-6 \
    '{
    "model": "claude-opus-4-6",
    "messages": '"$messages"',
    "tools": '"$tools"',
    "max_tokens": 4096,
    "stream": false
  }'
  [[ ! $switched ]] || shift 2 # the stand-in has answered before
  ask "$@"
  state=$(reply | jq "$program reply | state")
  wrong=$(jq -j '.text | if . == "" then . else ., "\n" end' <<<"$state" 2>&1 >&4) ||
    unwritten "$wrong"
  state=$(told=$told jq "$program summed" <<<"$state")
  told=$(jq .told <<<"$state")
  calls=$(jq -r "$program work" <<<"$state")
  [[ $calls ]] || {
    [[ $(jq -r .text <<<"$state") ]] || printf '\n' # an empty answer is still a line
    break
  }
  ((round < MAX_ROUNDS)) || {
    printf 'Error: stopped after %s rounds of tool calls\n' "$MAX_ROUNDS" >&2
    exit 1
  }
  results=''
  while read -r name arguments; do use "$name" "$arguments"; done <<<"$calls"
  turns=$(jq -rs "$program [turns | tojson] | join(\", \")" <<<"$state$results")
  messages="${messages%]}, $turns]"
done
said=$(jq -r "$program ending" <<<"$state")
[[ ! $said ]] || printf '%s\n' "$said" >&2
