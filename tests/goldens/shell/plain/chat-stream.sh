curl --fail-with-body --no-buffer https://aitoll.net/api/gateway/api/chat/completions \
  --header @<(printf 'Authorization: Bearer %s' "$AITOLL_API_KEY") \
  --header 'Content-Type: application/json' --data @- <<'JSON'
{"model": "glm-4.7", "messages": [{"role": "user", "content": "Say hello in one short sentence."}], "stream": true}
JSON
