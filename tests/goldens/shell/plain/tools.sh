curl --fail-with-body https://aitoll.net/api/gateway/api/chat/completions \
  --header @<(printf 'Authorization: Bearer %s' "$AITOLL_API_KEY") \
  --header 'Content-Type: application/json' --data @- <<'JSON'
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
