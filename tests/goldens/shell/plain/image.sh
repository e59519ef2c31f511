curl --fail-with-body https://aitoll.net/api/gateway/api/chat/completions \
  --header @<(printf 'Authorization: Bearer %s' "$AITOLL_API_KEY") \
  --header 'Content-Type: application/json' --data @- <<'JSON'
{
  "model": "gemini-3-pro-image-preview",
  "messages": [{"role": "user", "content": [{"type": "text", "text": "A lighthouse at dusk, in watercolour."}]}],
  "stream": false
}
JSON
