#!/usr/bin/env bash
# AIReiter: ask a question and print the answer. Needs curl and jq.
export LC_ALL=C READ_TIMEOUT=120
CONNECT_TIMEOUT=10 GRACE=2 MAX_REQUESTS=3 # seconds, seconds, times

read -r -d '' messages <<'JSON'
[{"role": "user", "content": "Say hello in one short sentence."}]
JSON
# a model and its request, then its stand-in's
set -- claude-sonnet-4-6 \
  '{"model": "claude-sonnet-4-6", "messages": '"$messages"', "max_tokens": 4096, "stream": true}' \
  claude-sonnet-4-5-20250929 \
  '{"model": "claude-sonnet-4-5-20250929", "messages": '"$messages"', "max_tokens": 4096, "stream": true}'

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
def text: (select(.type == "content_block_delta") | .delta | objects
  | select(.type == "text_delta") | .text | strings) // "";
def finish: (select(.type == "message_delta") | .delta | objects | .stop_reason
  | select(. != null and . != "") | tostring) // null;
def fault: first(.error, (select(.type == "error" or .object == "error") | .message, .)
  | select(. != null and . != "") | message // tojson) // null;
def told: . + ((.message | objects | .usage | objects) // {}) + (.usage | objects // {})
  | with_entries(select(.value != null));
def ending: .finish as $finish
  | if [null, "end_turn", "stop_sequence"] | index($finish) | not then
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
    elif kind | test("(?i)html|json") then fail("not an event stream (\(kind)): \($words)")
    else fail("the stream ended before the answer was complete")
    end;
def complete($event): $event == "[DONE]" and .finish != null;
def last($event; $reply): $event == "[DONE]" or $reply.type == "message_stop";
def show: label $stop | foreach (repeat(.)
    | [try [input] catch if test("^(break|No more|Unfinished)") then []
      else [{error: "unreadable event in the stream"}] end]) as [$read] ({};
  $read[0] as $event | ($event | objects // {}) as $reply
  | .finish = (($reply | finish) // .finish)
  | .fault = (($reply | fault)
      // (if $read != [] and $event != "[DONE]" or complete($event) then null
        else "the stream ended before the answer was complete" end))
  | .text = if .fault then "" else $reply | text end
  | .said = (.said or .text != "")
  | .told += ($reply | told)
  | .over = (.fault or $read == [] or last($event; $reply))
  | .news = (.over);
  .text,
  (select(.news) | [.said, if .fault then .fault | failure else ending end]
    | debug | empty),
  (select(.over) | break $stop));
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

events() { # the data of each event: jq sees for itself where its JSON ends
  local fields field data kind=''
  while IFS=$'\r' read -r -a fields || [[ ${fields[*]} == *['}]'] ]]; do # LF, CRLF or CR
    for field in "${fields[@]}"; do
      data=${field#*:}
      case $field in
        HTTP/*) [[ $field =~ ^HTTP/[0-9.]+\ (200|1) ]] || cat >/dev/null ;;
        event:*) kind=${data##* } ;;
        data:* | $'\xef\xbb\xbf'data:*)
          [[ ! $data =~ ^[[:space:]]*\[DONE\][[:space:]]*$ ]] || data='"[DONE]"'
          if [[ $kind == error ]]; then
            [[ $data == *'{'* ]] || data="\"${data//[\\\"[:cntrl:]]/ }\""
            data="{\"error\": $data}"
          fi
          if [[ $data == *\\u[dD][89abAB]* ]]; then mend <<<"$data"; else printf '%s\n' "$data"; fi
          ;;
      esac
    done
  done
}

mkfifo "$tmp/stream"

for ((left = MAX_REQUESTS - 1; ; left--)); do
  SECONDS=0 outcome=''
  curl -q --silent --show-error --proto '=http,https' --suppress-connect-headers \
    --connect-timeout "$CONNECT_TIMEOUT" --speed-limit 1 --speed-time "$READ_TIMEOUT" \
    -H @<(printf '%s\n' 'Authorization: Bearer '"$AIREITER_API_KEY") \
    -H 'anthropic-version: 2023-06-01' \
    -H 'Content-Type: application/json' -H 'Expect:' --data-binary @- <<<"$2" \
    --include --no-buffer "$base"/v1/messages > >(tee "$tmp/reply" >"$tmp/stream") 2>"$tmp/wrong" &
  child=$!
  while read -r ${outcome:+-t "$GRACE"} news; do
    outcome=$news # once with the stop_reason, and again when nothing more is to come
  done < <(exec jq --unbuffered -nj "$program show" < <(events <"$tmp/stream") 2>&1 >&4)
  [[ $outcome == '["DEBUG:",['* ]] || unwritten "$outcome"
  [[ $outcome == '["DEBUG:",[false,"Error: '* ]] || printf '\n' 2>/dev/null
  said=$(jq -r '.[1][1:][]' <<<"$outcome")
  [[ $said == 'Error: the stream ended'* ]] || break
  await
  tr -d '\0\r' <"$tmp/reply" >"$tmp/all"
  read -r -d '' verdict pause said < <(base=$base code=$code wrong=$(<"$tmp/wrong") left=$left \
    late=$((SECONDS >= READ_TIMEOUT)) model=$1 standin=${3-} jq -Rrs "$program judge" "$tmp/all")
  case $verdict in
    switch) warning=$said && shift 2 ;;
    retry) sleep "$pause" & child=$!; await ;;
    *) printf '%s\n' "$said" >&2; exit 1 ;;
  esac
done
[[ ! $warning || $said == Error:* ]] || printf '%s\n' "$warning" >&2
[[ ! $said ]] || printf '%s\n' "$said" >&2
[[ $said != Error:* ]]
