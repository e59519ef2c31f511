curl --fail-with-body \
  --header @<(printf 'Authorization: Bearer %s' "$AIREITER_API_KEY") \
  https://aireiter.com/api/openapi/balance
