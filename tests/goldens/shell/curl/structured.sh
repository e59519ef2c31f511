#!/usr/bin/env bash
# Get an answer of a fixed JSON format from AITOLL and print it. Needs curl and jq.
set -euo pipefail

if [[ -z ${AITOLL_API_KEY:-} ]]; then
  echo "Error: AITOLL_API_KEY is not set: export AITOLL_API_KEY='your key'" >&2
  exit 1
fi
base_url=${AITOLL_BASE_URL:-https://aitoll.net/api/gateway/api}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat >"$tmp/schema" <<'JSON'
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
# Another model: "glm-5".
jq --from-file /dev/stdin "$tmp/schema" >"$tmp/request" <<'JQ'
. as $SCHEMA
| "Answer with JSON only, no Markdown and no explanation. It must follow this JSON Schema: \(tojson)" as $instructions
| {
  "model": "glm-4.7",
  "messages": [
    {"role": "system", "content": $instructions},
    {"role": "user", "content": "Rate this review: great sound, weak battery."}
  ],
  "response_format": {"type": "json_schema", "json_schema": {"name": "review", "strict": true, "schema": $SCHEMA}},
  "stream": false
}
JQ
curl --silent --compressed --connect-timeout 10 --max-time 120 --retry 2 --retry-max-time 60 \
  --header @<(printf 'Authorization: Bearer %s' "$AITOLL_API_KEY") \
  --header 'Content-Type: application/json' --data-binary @"$tmp/request" \
  --output "$tmp/response" --write-out '%{http_code}%{onerror}%{stderr}Error: %{errormsg}\n' \
  "${base_url%/}"/chat/completions >"$tmp/status" || exit 1

# Print the first JSON of the answer that follows the schema among thoughts, prose or Markdown, or the error.
jq --null-input --rawfile status "$tmp/status" --rawfile body "$tmp/response" --slurpfile schemas "$tmp/schema" '
  def follows($schema):
    . as $value | type as $type
    | ($schema.type == null or any($schema.type | arrays[], strings;
        . == $type or . == "integer" and ($value | numbers | . == floor)))
    and ($schema.enum == null or any($schema.enum[]; . == $value))
    and all($schema.required[]? | strings; $type != "object" or in($value))
    and all($value | objects | to_entries[]; . as {$key, $value}
      | ($schema | if .properties // {} | has($key) then .properties[$key]
        elif .patternProperties then null else .additionalProperties end)
      | . != false and ((objects // {}) as $rule | $value | follows($rule)))
    and all($value | arrays[]; follows($schema.items | objects // {}));
  def fitting: select(test("\\S")) | fromjson? | select(follows($schemas[0]));
  def error_message: [(.metadata.raw)?, .message?, .msg?, (.detail? | strings), .error?, (.errors[0])?, .[0]?
    | select(. != null and . != "") | error_message][0] // tostring;
  # End with one line on stderr, without the key.
  def fail: gsub("[[:cntrl:]\\s]+"; " ") | split($ENV.AITOLL_API_KEY) | join("***")
    | "Error: \(.[:300])\n" | halt_error(1);
  def reply: .choices[0]?.message? | objects
    | {text: ([.content, .refusal] | flatten | map(strings // .text?) | join(""))};
  def report($reason; $reply): [
    ($reason | select(IN("stop", "eos", "", null) | not) | "Warning: finish_reason is \(.)"),
    ($reply | .usage | values | "Usage: \(tojson)")
  ] | map(. + "\n") | join("");
  (try input catch $body) as $json | ($json | objects | select(.error | IN(null, "", {}))) // {}
  | . as $response | (reply | .report = report($response | .choices[0]?.finish_reason?; $response))
    // ("HTTP \($status): \($json | error_message)" | fail)
  | .report as $report | (.text | sub("^[\\s\\S]*</think(ing)?>|^\\s*<think(ing)?>[\\s\\S]*"; ""; "i")) as $text
  | ([$text | match("[\\[{]\\s*[\"{\\[\\]}]").offset][0] // 0) as $start # of JSON, not of {prose}
  | [$text, ($text | match("```\\w*\\n([\\s\\S]*?)\\n\\s*```").captures[0].string) | fitting]
  | if . != [] then . else [$text | [match("[\\]}]"; "g").offset + 1] | reverse[] | $text[$start:.] | fitting] end
  | if . == [] then "the answer does not follow the schema: \($text)" | fail else .[0], ($report | halt_error(0)) end
' "$tmp/response"
