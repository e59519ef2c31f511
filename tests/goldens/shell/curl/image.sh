#!/usr/bin/env bash
# Make an image with AITOLL and save it. Needs curl and jq.
set -euo pipefail

if [[ -z ${AITOLL_API_KEY:-} ]]; then
  echo "Error: AITOLL_API_KEY is not set: export AITOLL_API_KEY='your key'" >&2
  exit 1
fi
base_url=${AITOLL_BASE_URL:-https://aitoll.net/api/gateway/api}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Print the type of the image file $1, by its first bytes.
image_type() {
  case $(head -c 12 -- "$1" 2>/dev/null | od -An -tx1 | tr -d ' \n') in
    89504e47*) echo png ;;
    ffd8*) echo jpeg ;;
    47494638*) echo gif ;;
    52494646*57454250) echo webp ;;
    *) echo "Error: ${1##*/} is missing, or no image of the type PNG, JPEG, GIF or WebP" >&2 && return 1 ;;
  esac
}

curl --silent --compressed --connect-timeout 10 --max-time 300 --retry 2 --retry-max-time 60 \
  --header @<(printf 'Authorization: Bearer %s' "$AITOLL_API_KEY") \
  --header 'Content-Type: application/json' --data-binary @- \
  --output "$tmp/response" --write-out '%{http_code}%{onerror}%{stderr}Error: %{errormsg}\n' \
  "${base_url%/}"/chat/completions >"$tmp/status" <<'JSON' || exit 1
{
  "model": "gemini-3-pro-image-preview",
  "messages": [{"role": "user", "content": [{"type": "text", "text": "A lighthouse at dusk, in watercolour."}]}],
  "stream": false
}
JSON

# Find the images: data URIs and links, in fields of their own or in the text; or print the error.
jq --null-input --raw-output --rawfile status "$tmp/status" --rawfile body "$tmp/response" '
  def error_message: [(.metadata.raw)?, .message?, .msg?, (.detail? | strings), .error?, (.errors[0])?, .[0]?
    | select(. != null and . != "") | error_message][0] // tostring;
  # End with one line on stderr, without the key.
  def fail: gsub("[[:cntrl:]\\s]+"; " ") | split($ENV.AITOLL_API_KEY) | join("***")
    | "Error: \(.[:300])\n" | halt_error(1);
  (try input catch $body) as $json | [$json | objects | select(.error | IN(null, "", {})) | .. | objects | select(.thought | not)] as $objects
  | [$objects[] | [(.b64_json, .inlineData?.data? | strings | select(. != "") | "data:;base64,\(.)"), .url, .image_url
      | strings | gsub("\\s"; "") | select(. != "")][0] // empty] as $fields
  | [$objects[] | .content, .text | strings] as $texts
  | [$texts[] | scan("(?:data:image/|https?://)[^\\s)\"<>]*[\\w/=+-]")] as $links
  | if $fields + $links != [] then (if $fields == [] then $links else $fields end)[]
    elif $texts != [] then "no image: \($texts | join(" "))" | fail
    else "HTTP \($status): \($json | error_message)" | fail
    end
' "$tmp/response" >"$tmp/urls"

number=1
while IFS= read -r url; do
  if [[ $url == data:* ]]; then
    base64 --decode <<<"${url#*,}" >"$tmp/image" 2>/dev/null || : >"$tmp/image" # a part of an image is none
  else
    curl --silent --fail --proto =http,https --connect-timeout 10 --max-time 120 --retry 2 --retry-max-time 60 \
      --output "$tmp/image" --write-out '%{onerror}%{stderr}Error: %{errormsg}\n' --url "$url" || exit 1
  fi
  type=$(image_type "$tmp/image") || exit 1
  while compgen -G "image-$number.*" >/dev/null; do number=$((number + 1)); done
  cp "$tmp/image" "image-$number.${type/jpeg/jpg}"
  echo "image-$number.${type/jpeg/jpg}"
done <"$tmp/urls"
jq --raw-output '.usage // .usageMetadata | values | "Usage: \(tojson)"' "$tmp/response" >&2
