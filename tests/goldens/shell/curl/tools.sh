#!/usr/bin/env bash
# Let a model of AITOLL call functions until it can answer. Needs curl and jq.
set -euo pipefail

if [[ -z ${AITOLL_API_KEY:-} ]]; then
  echo "Error: AITOLL_API_KEY is not set: export AITOLL_API_KEY='your key'" >&2
  exit 1
fi
base_url=${AITOLL_BASE_URL:-https://aitoll.net/api/gateway/api}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Another model: "glm-5".
cat >"$tmp/request" <<'JSON'
{
  "model": "glm-4.7",
  "messages": [{"role": "user", "content": "What is the weather in Oslo, and what time is it there?"}],
  "tools": [
    {
      "type": "function",
      "function": {
        "name": "get_weather",
        "description": "The current weather in a city.",
        "parameters": {
          "type": "object",
          "properties": {
            "city": {"type": "string", "description": "A city, such as Oslo"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}
          },
          "required": ["city"]
        }
      }
    },
    {
      "type": "function",
      "function": {
        "name": "get_time",
        "description": "The current local time in a city.",
        "parameters": {
          "type": "object",
          "properties": {"city": {"type": "string", "description": "A city, such as Oslo"}},
          "required": ["city"]
        }
      }
    }
  ],
  "stream": false
}
JSON

# Your own code goes here: $1 is the name of a tool, $2 its arguments as JSON; the model gets what is printed.
run_tool() {
  case $1 in
    get_weather) echo '{"temperature": 4, "unit": "celsius", "sky": "cloudy"}' ;;
    get_time) echo '{"time": "14:05"}' ;;
    *) echo "unknown tool: $1" && return 1 ;;
  esac
}

for _ in {1..8}; do
  curl --silent --compressed --connect-timeout 10 --max-time 120 --retry 2 --retry-max-time 60 \
    --header @<(printf 'Authorization: Bearer %s' "$AITOLL_API_KEY") \
    --header 'Content-Type: application/json' --data-binary @"$tmp/request" \
    --output "$tmp/response" --write-out '%{http_code}%{onerror}%{stderr}Error: %{errormsg}\n' \
    "${base_url%/}"/chat/completions >"$tmp/status" || exit 1

  # Read the model's message, or print the error.
  jq --null-input --rawfile status "$tmp/status" --rawfile body "$tmp/response" '
    def error_message: [(.metadata.raw)?, .message?, .msg?, (.detail? | strings), .error?, (.errors[0])?, .[0]?
      | select(. != null and . != "") | error_message][0] // tostring;
    # End with one line on stderr, without the key.
    def fail: gsub("[[:cntrl:]\\s]+"; " ") | split($ENV.AITOLL_API_KEY) | join("***")
      | "Error: \(.[:300])\n" | halt_error(1);
    def complete_calls: [to_entries[] | .key as $number | .value
      | .id |= (select(. != "") // "call_\(now)_\($number)") | .function.arguments |= (strings // tojson)];
    def reply:
      .choices[0]?.message? | objects | (.tool_calls | arrays) |= complete_calls
      | {message: ., text: ([.content, .refusal] | flatten | map(strings // .text?) | join("")),
         calls: [.tool_calls[]? | {id} + .function]};
    def report($reason; $reply): [
      ($reason | select(IN("stop", "eos", "tool_calls", "", null) | not) | "Warning: finish_reason is \(.)"),
      ($reply | .usage | values | "Usage: \(tojson)")
    ] | map(. + "\n") | join("");
    (try input catch $body) as $json | ($json | objects | select(.error | IN(null, "", {}))) // {}
    | . as $response | (reply | .report = report($response | .choices[0]?.finish_reason?; $response))
      // ("HTTP \($status): \($json | error_message)" | fail)
  ' "$tmp/response" >"$tmp/turn"
  jq --raw-output '(.text | select(. != "")), (.report | halt_error(0))' "$tmp/turn"
  # Two lines for each call: the name, and the arguments where they are a JSON object.
  jq --raw-output '.calls[] | .name // "", (.arguments | if . == "" then "{}" else select(fromjson? | objects) // "" end)
    | gsub("\n"; " ")' "$tmp/turn" >"$tmp/calls"
  if [[ ! -s $tmp/calls ]]; then exit; fi

  # Run the tools, and send the message back with their results.
  while IFS= read -r name && IFS= read -r arguments; do
    if ! result=$({ run_tool "$name" "${arguments:?not a JSON object}"; } 2>&1); then
      printf 'Warning: the tool %q failed\n' "$name" >&2
      result="error: $result"
    fi
    jq --null-input --arg result "$result" '$result'
  done <"$tmp/calls" >"$tmp/results"
  jq --slurpfile turn "$tmp/turn" --slurpfile results "$tmp/results" '$turn[0] as {$message, $calls}
    | .messages += [$message] + ([$calls, $results] | transpose
      | map({role: "tool", tool_call_id: .[0].id, content: .[1]}))' "$tmp/request" >"$tmp/next"
  mv "$tmp/next" "$tmp/request"
done
echo 'Error: no answer after 8 rounds of tool calls' >&2
exit 1
