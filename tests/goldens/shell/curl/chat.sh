#!/usr/bin/env bash
# Ask AITOLL a question and print the answer. Needs curl and jq.
set -euo pipefail

if [[ -z ${AITOLL_API_KEY:-} ]]; then
  echo "Error: AITOLL_API_KEY is not set: export AITOLL_API_KEY='your key'" >&2
  exit 1
fi
base_url=${AITOLL_BASE_URL:-https://aitoll.net/api/gateway/api}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Another model: "glm-5".
curl --silent --compressed --connect-timeout 10 --max-time 120 --retry 2 --retry-max-time 60 \
  --header @<(printf 'Authorization: Bearer %s' "$AITOLL_API_KEY") \
  --header 'Content-Type: application/json' --data-binary @- \
  --output "$tmp/response" --write-out '%{http_code}%{onerror}%{stderr}Error: %{errormsg}\n' \
  "${base_url%/}"/chat/completions >"$tmp/status" <<'JSON' || exit 1
{"model": "glm-4.7", "messages": [{"role": "user", "content": "Say hello in one short sentence."}], "stream": false}
JSON

# Print the answer and its usage, or the server's error.
jq --null-input --raw-output --rawfile status "$tmp/status" --rawfile body "$tmp/response" '
  def error_message: [(.metadata.raw)?, .message?, .msg?, (.detail? | strings), .error?, (.errors[0])?, .[0]?
    | select(. != null and . != "") | error_message][0] // tostring;
  # End with one line on stderr, without the key.
  def fail: gsub("[[:cntrl:]\\s]+"; " ") | split($ENV.AITOLL_API_KEY) | join("***")
    | "Error: \(.[:300])\n" | halt_error(1);
  (try input catch $body) as $json | (($json | objects) // {}) as $response # $body: a web page is not JSON
  | [$response.choices[0]? | select(.message? | objects)][0] as $choice
  | if $choice and ($response.error | IN(null, "", {})) then
      ($choice.message | [.content, .refusal] | flatten | map(strings // .text?) | join("")),
      ([
        ($choice.finish_reason | select(IN("stop", "eos", "", null) | not) | "Warning: finish_reason is \(.)"),
        ($response | .usage | values | "Usage: \(tojson)")
      ] | map(. + "\n") | join("") | halt_error(0)) # to stderr
    else
      "HTTP \($status): \($json | error_message)" | fail
    end
' "$tmp/response"
