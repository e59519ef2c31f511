#!/usr/bin/env bash
# List the models of AIReiter. Needs curl and jq.
set -euo pipefail

if [[ -z ${AIREITER_API_KEY:-} ]]; then
  echo "Error: AIREITER_API_KEY is not set: export AIREITER_API_KEY='your key'" >&2
  exit 1
fi
base_url=${AIREITER_BASE_URL:-https://aireiter.com/api}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

curl --silent --compressed --connect-timeout 10 --max-time 120 --retry 2 --retry-max-time 60 \
  --header @<(printf 'Authorization: Bearer %s' "$AIREITER_API_KEY") \
  --output "$tmp/response" --write-out '%{http_code}%{onerror}%{stderr}Error: %{errormsg}\n' \
  "${base_url%/}"/v1/models >"$tmp/status" || exit 1

# Print the id of each model, or the server's error.
jq --null-input --raw-output --rawfile status "$tmp/status" --rawfile body "$tmp/response" '
  def error_message: [(.metadata.raw)?, .message?, .msg?, (.detail? | strings), .error?, (.errors[0])?, .[0]?
    | select(. != null and . != "") | error_message][0] // tostring;
  # End with one line on stderr, without the key.
  def fail: gsub("[[:cntrl:]\\s]+"; " ") | split($ENV.AIREITER_API_KEY) | join("***")
    | "Error: \(.[:300])\n" | halt_error(1);
  (try input catch $body) as $json
  | [$json | objects | select(.error | IN(null, "", {})).data | arrays[] | .id? | strings] as $ids
  | if $ids == [] then "HTTP \($status): \($json | error_message)" | fail
    else $ids[]
    end
' "$tmp/response"
