#!/usr/bin/env bash
# Ask AITOLL a question and print the answer as it comes. Needs curl and jq.
set -euo pipefail

if [[ -z ${AITOLL_API_KEY:-} ]]; then
  echo "Error: AITOLL_API_KEY is not set: export AITOLL_API_KEY='your key'" >&2
  exit 1
fi
base_url=${AITOLL_BASE_URL:-https://aitoll.net/api/gateway/api}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Print the text of each event; the events are JSON behind "data:".
print_text() {
  sed -un 's/^data:[[:space:]]*{/{/p' | jq --join-output --unbuffered 2>/dev/null '
    (.choices[0].delta | .content, .refusal | strings, .[]?.text | strings)?'
}

# Another model: "glm-5".
curl --silent --compressed --connect-timeout 10 --speed-limit 1 --speed-time 120 --retry 2 --retry-max-time 60 \
  --header @<(printf 'Authorization: Bearer %s' "$AITOLL_API_KEY") \
  --header 'Content-Type: application/json' --data-binary @- \
  --no-buffer --include --write-out '\nHTTP %{http_code}%{onerror} %{errormsg}' \
  "${base_url%/}"/chat/completions <<'JSON' | tee "$tmp/response" | print_text || true
{"model": "glm-4.7", "messages": [{"role": "user", "content": "Say hello in one short sentence."}], "stream": true}
JSON

# Print a warning, the usage or the error; the last line of the response is the status that curl reports.
jq --raw-input --null-input --raw-output '
  def error_message: [(.metadata.raw)?, .message?, .msg?, (.detail? | strings), .error?, (.errors[0])?, .[0]?
    | select(. != null and . != "") | error_message][0] // tostring;
  # End with one line on stderr, without the key.
  def fail: gsub("[[:cntrl:]\\s]+"; " ") | split($ENV.AITOLL_API_KEY) | join("***")
    | "Error: \(.[:300])\n" | halt_error(1);
  ([inputs] | .[(map(test("^(?!data:).*HTTP/[0-9.]+ [0-9]+.*\\r$")) | rindex(true)) // 0:]) as $lines # the last attempt
  | [$lines[] | select(test("^data:\\s*{"))[5:] | fromjson?] as $events
  | [ # JSON, also on a line of its own, or what is no JSON
      (($events[], ($lines[] | select(test("^(error: ?)?{")) | ltrimstr("error:") | fromjson?))
        | select(.error // (select(.choices | not) | .errors // .message // .msg // .detail // .error_msg))),
      ($lines[] | select(test("^data:\\s*[^\\s]") and (contains("[DONE]") | not))[5:] | select([fromjson?] == []))
    ] as $failures
  | [$events[] | .choices[0]?.finish_reason? | select(. != null and . != "")][-1] as $reason
  | ($events[0] // empty | ""),
    if $failures != [] then "\($lines[-1]): \($failures[0] | error_message)" | fail
    elif $reason or ($events != [] and any($lines[]; test("^data:\\s*\\[DONE\\]"))) then
      [
        ($reason | select(IN("stop", "eos", "", null) | not) | "Warning: finish_reason is \(.)"),
        ([$events[].usage | values][-1] // empty | "Usage: \(tojson)")
      ] | map(. + "\n") | join("") | halt_error(0) # to stderr
    elif $events != [] then "\($lines[-1]): the answer is cut" | fail
    else "\($lines[-1]): \($lines[:-1] | join("\n") / "\r\n\r\n" | last | fromjson? // . | error_message)" | fail
    end
' "$tmp/response"
