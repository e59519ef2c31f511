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
  "stream": true
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

# Print the text of each event; the events are JSON behind "data:".
print_text() {
  sed -un 's/^data:[[:space:]]*{/{/p' | jq --join-output --unbuffered 2>/dev/null '
    (.choices[0].delta | .content, .refusal | strings, .[]?.text | strings)?'
}

for _ in {1..8}; do
  curl --silent --compressed --connect-timeout 10 --speed-limit 1 --speed-time 120 --retry 2 --retry-max-time 60 \
    --header @<(printf 'Authorization: Bearer %s' "$AITOLL_API_KEY") \
    --header 'Content-Type: application/json' --data-binary @"$tmp/request" \
    --no-buffer --include --write-out '\nHTTP %{http_code}%{onerror} %{errormsg}' \
    "${base_url%/}"/chat/completions | tee "$tmp/response" | print_text || true

  # Read the model's message, or print the error.
  jq --raw-input --null-input '
    def error_message: [(.metadata.raw)?, .message?, .msg?, (.detail? | strings), .error?, (.errors[0])?, .[0]?
      | select(. != null and . != "") | error_message][0] // tostring;
    # End with one line on stderr, without the key.
    def fail: gsub("[[:cntrl:]\\s]+"; " ") | split($ENV.AITOLL_API_KEY) | join("***")
      | "Error: \(.[:300])\n" | halt_error(1);
    def complete_calls: [to_entries[] | .key as $number | .value
      | .id |= (select(. != "") // "call_\(now)_\($number)") | .function.arguments |= (strings // tojson)];
    def merge($new): reduce ($new | to_entries[]
      | select(.value != null and (.value != "" or .key == "arguments"))) as {$key, $value} (.;
      if $key == "tool_calls" then
        reduce $value[] as $call (.;
          [.tool_calls[]?.id] as $ids | ($call.id // "") as $id | ($call.function.name // "") as $name
          | ($call.index // ($ids | index($id | select(. != ""))) // ($ids | length)
            - (if $id + $name == "" then 1 else 0 end)) as $at
          # Some servers give all calls one index.
          | (if $name != "" and .tool_calls[$at].function.name and ($id == "" or ($ids[$at] // $id) != $id)
             then $ids | length else $at end) as $index
          | .tool_calls[$index] |= merge($call | del(.index)))
      elif ($value | type) == "object" then .[$key] |= merge($value)
      elif $key | IN("id", "type", "role", "name") then .[$key] = $value
      else .[$key] = (.[$key] as $old | try ($old + $value) catch $value) end);
    def reply:
      reduce .[].choices[0]?.delta as $delta ({role: "assistant", content: ""}; merge($delta // {}))
      | (.tool_calls | arrays) |= (map(values) | complete_calls) # some servers count from 1
      | {message: ., text: ([.content, .refusal] | flatten | map(strings // .text?) | join("")),
         calls: [.tool_calls[]? | {id} + .function]};
    def report($reason; $reply): [
      ($reason | select(IN("stop", "eos", "tool_calls", "", null) | not) | "Warning: finish_reason is \(.)"),
      ($reply | .usage | values | "Usage: \(tojson)")
    ] | map(. + "\n") | join("");
    ([inputs] | .[(map(test("^(?!data:).*HTTP/[0-9.]+ [0-9]+.*\\r$")) | rindex(true)) // 0:]) as $lines # the last attempt
    | [$lines[] | select(test("^data:\\s*{"))[5:] | fromjson?] as $events
    | [$events[] | .choices[0]?.finish_reason? | select(. != null and . != "")][-1] as $reason
    | [ # JSON, also on a line of its own, or what is no JSON
        (($events[], ($lines[] | select(test("^(error: ?)?{")) | ltrimstr("error:") | fromjson?))
          | select(.error // (select(.choices | not) | .errors // .message // .msg // .detail // .error_msg))),
        ($lines[] | select(test("^data:\\s*[^\\s]") and (contains("[DONE]") | not))[5:] | select([fromjson?] == []))
      ] as $failures
    | if $failures != [] then "\($lines[-1]): \($failures[0] | error_message)" | fail
      elif $reason or ($events != [] and any($lines[]; test("^data:\\s*\\[DONE\\]"))) then
        reduce ($events[] | .message, . | objects | with_entries(select(.value != null))) as $fields ({}; . * $fields)
        | . as $merged | $events | reply | .report = report($reason; $merged)
      elif $events != [] then "\($lines[-1]): the answer is cut" | fail
      else "\($lines[-1]): \($lines[:-1] | join("\n") / "\r\n\r\n" | last | fromjson? // . | error_message)" | fail
      end
  ' "$tmp/response" >"$tmp/turn"
  jq --raw-output '(select(.text != "") | ""), (.report | halt_error(0))' "$tmp/turn"
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
