#!/usr/bin/env bash
# AITOLL: change a picture and save the result. Needs curl and jq.
export LC_ALL=C READ_TIMEOUT=300
CONNECT_TIMEOUT=10 MAX_REQUESTS=3 # seconds, times
MAX_DOWNLOAD=50 # MB

read -r -d '' messages <<'JSON'
[
  {
    "role": "user",
    "content": [
      {"type": "text", "text": "Make the disc green."},
      {
        "type": "image_url",
        "image_url": {
          "url": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAABlBMVEUoUKD60jwf0sVGAAAAGklEQVR42mNggAH2Bwz8Hxjkf6AjoCBQCgYA8/sKV8GOneYAAAAASUVORK5CYII="
        }
      }
    ]
  }
]
JSON
# a model and its request
set -- gemini-3-pro-image-preview \
  '{"model": "gemini-3-pro-image-preview", "messages": '"$messages"'}'

refuse() { printf 'Error: %s\n' "$*" >&2; exit 2; }
await() { wait "$child"; code=$? child=''; } # Ctrl-C ends a wait at once

hash curl jq 2>/dev/null || refuse 'this program needs curl and jq'
[[ ${AITOLL_API_KEY-} =~ ^[[:space:]]*([!-~]+)[[:space:]]*$ ]] ||
  refuse 'AITOLL_API_KEY is not set, or holds a character that a header' \
    'cannot carry: export AITOLL_API_KEY="your-key"'
AITOLL_API_KEY=${BASH_REMATCH[1]}
base=https://aitoll.net/api/gateway/api here='(localhost|127(\.[0-9]{1,3}){3}|\[::1\])'
[[ ${AITOLL_BASE_URL-} =~ [^[:space:]](.*[^[:space:]/])? ]] && base=${BASH_REMATCH[0]}
[[ $base =~ ^(https://[A-Za-z0-9.-]+|https?://$here)(:[0-9]{1,5})?(/[A-Za-z0-9._~%:@+-]*)*$ ]] ||
  refuse 'AITOLL_BASE_URL must be https://..., or http:// to this machine'
[[ $base =~ ^https?://$here(:|/|$) ]] && export no_proxy='*'
child='' tmp=$(mktemp -d 2>/dev/null) || refuse 'no room for temporary files'
trap 'exec 2>/dev/null; kill "$child"; rm -rf "$tmp"' EXIT
trap 'exit 130' INT
{ echo >"$tmp/all"; } 2>/dev/null || refuse 'no room for temporary files'

read -r -d '' program <<'JQ'
def flat: [explode[] | if . < 33 or . > 126 and . < 161 or . > 8231 and . < 8239
    or . > 8293 and . < 8298 or . == 1564 or . == 8206 or . == 8207 then 32 else . end]
  | implode | split(" ") | map(select(. != "")) | join(" ");
def line: flat | reduce (env.AITOLL_API_KEY | ., .[range(length - 7):][:8]) as $secret
  (.; split($secret) | join("***")) | .[:300];
def failure: . as $said | first({
    "HTTP 401": "check the key", "HTTP 402": "no credit left: top up",
    "HTTP 403": "not allowed, or not in your plan",
    "HTTP 404": "no such model or path: see the list of models", "HTTP 413": "request too large",
    "HTTP 429": "wait, then try again", "HTTP 503": "this line is down: try again later"
  } | to_entries[] | select(.key as $mark | $said | contains($mark)) | "; " + .value) // ""
  | "Error: \($said)\(.)" | line;
def message: (strings | select(. != "")), (objects | first((.error, .detail, .message) | message));
def words: first(fromjson? | message) // (.[:4000]
    | gsub("(?i)<(script|style)\\b[\\s\\S]*?(</(script|style)\\s*>|\\z)|</?[a-z!][^>]*>"; " "))
  | flat | .[:200] | if . == "" then "empty answer" else . end;
def reply: objects // {};
def refusal: (.choices[0]?.message?.refusal? | strings) // "";
def text: ((.choices[0]?.message?.content?
  | if type == "array" then map(strings, (.text? | strings)) | join("") else strings end) // "")
  + refusal;
def finish: (.choices[0]?.finish_reason? | select(. != null and . != "") | tostring) // null;
def fault: first(.error, .choices[0]?.error?, (select(.object == "error") | .message)
  | select(. != null and . != "") | message // tojson) // null;
def told: . + (.usage | objects // {}) + ((refusal | select(. != "") | {refusal: .}) // {})
  | with_entries(select(.value != null));
def pictures: [.choices[0]?.message? | objects | (.content | arrays[]), (.images | arrays[])
  | objects | .image_url | (objects | .url), . | strings];
def ending: .finish as $finish
  | if [null, "stop", "eos"] | index($finish) | not then
      "Warning: finish_reason is \($finish)"
        + ({"length": ": cut at the token limit"}[$finish] // "")
    else empty end,
  (.told.refusal | values | "Warning: the model refused to answer"),
  ([("prompt_tokens", "completion_tokens", "total_tokens")
    as $name | .told[$name] // empty | "\($name): \(.)"] | join(", ") | select(. != "")) | line;
def judge: until(test("^HTTP/\\S+ 1") | not; split("\n\n")[1:] | join("\n\n"))
  | split("\n\n") | (.[0] // "") as $head | (.[1:] | join("\n\n")) as $body
  | def header($name): $head | capture("(?i)\n\($name): *(?<value>[^\n]*[^\n ])").value;
    def kind: header("content-type") // "no type" | split(";")[0];
    def proxied: env.wrong | capture("(code|response) (?<it>[45][0-9][0-9])").it;
    def number: select(test("^[0-9]+([.][0-9]+)?$")) | tonumber;
    def fail($line): "fail 0 \($line | failure)";
    ($head | split(" ")[1] // "" | .[:3]) as $status
  | ((select($status | test("^3")) | header("location") | "redirect to \(.) not followed")
    // ($body | words)) as $words
  | "HTTP \($status): \($words)\(if $status == "404" then " (\(env.model))" else "" end)" as $line
  | ([(header("retry-after-ms") | number / 1000) // (header("retry-after")
      | number // (strptime("%a, %d %b %Y %H:%M:%S GMT") | mktime - now)?)
    // [0, 1, 0.5][env.left | tonumber], 0] | max) as $pause
  | def retry($line): if $pause > 60 then fail("\($line); try again in \($pause + 0.5 | floor) s")
      elif env.left == "0" then fail($line) else "retry \($pause) \($line)" end;
    if env.code == "23" then fail("no room for temporary files")
    elif env.code == "28" and ($status == "200" or env.late == "1") then
      fail("no answer within \(env.READ_TIMEOUT) s")
    elif $status == "" and [proxied] != [] then
      fail("the proxy refused the connection (HTTP \(proxied))")
    elif env.code == "51" or env.code == "60" or env.code == "77" then
      fail("cannot reach \(env.base) (its certificate cannot be verified)")
    elif $status == "" then
      retry("cannot reach \(env.base) (" + ({"6": "unknown host", "7": "connection refused",
        "28": "timed out", "35": "TLS failed"}[env.code] // "the connection broke") + ")")
    elif ($status | test("408|429|5..")) and ($body | contains("insufficient_quota") | not) then
      retry($line)
    elif $status != "200" then fail($line)
    elif env.code != "0" then fail("the connection broke before the answer was complete")
    elif $words == "empty answer" then fail($line)
    else
      [$body | fromjson?]
      | if length == 0 then fail("not JSON (\(kind)): \($words[:100])") else .[0] | reply
        | if fault then fail(fault)
          else "ok"
          end
        end
    end;
JQ

{ exec 4>&1; } 2>/dev/null || refuse 'stdout is closed'
unwritten() { # nobody reads the answer any more, or there is no room for it
  [[ $1 ]] || exit 141
  printf 'Error: cannot write the answer: %s\n' "${1##*: }" >&2
  exit 1
}

mend() { # jq refuses half a surrogate pair: U+FFFD takes its place
  sed -e 's/\\\\/\\u005c/g' -e 's/\\u\([dD][89abAB]..\)\\u\([dD][c-fC-F]..\)/\\U\1\\U\2/g' \
    -e 's/\\u[dD][89a-fA-F]../\\ufffd/g' -e 's/\\U/\\u/g'
}
reply() { sed '/^HTTP\//,/^$/d' "$tmp/all"; } # the body of the last one

fail() { jq -Rrs "$program line" <<<"Error: $1" >&2; exit "${2-1}"; }

kind() { # png, jpeg, gif or webp, as the first bytes of the file $1 say
  case $(head -c 12 "$1" | od -An -tx1 | tr -d ' \n') in
    89504e470d0a1a0a*) echo png ;;
    ffd8ff*) echo jpeg ;;
    474946383[79]61*) echo gif ;;
    52494646????????57454250) echo webp ;;
  esac
}

decoded() { # the base64 text in the file $1, strictly, to $2
  local rest
  tr -d ' \t\r\n' <"$1" >"$1.text"
  rest=$(tr -d 'A-Za-z0-9+/' <"$1.text")
  [[ $rest =~ ^=?=?$ && $(tail -c 2 "$1.text") == *"$rest" ]] && (($(wc -c <"$1.text") % 4 == 0)) &&
    { base64 -d <"$1.text" || base64 -D <"$1.text" ||
      openssl base64 -d -A -in "$1.text"; } >"$2" 2>/dev/null
}

fetched() { # the picture at the address $1 to $2: over https or from this machine, without the key
  local status='' direct=() reasons=([6]='unknown host' [7]='connection refused' [28]='timed out')
  lost() { fail "the picture cannot be fetched ($2): $1"; }
  [[ $1 =~ ^(https:|http://$here(:[0-9]{1,5})?([/?#]|$)) ]] || lost "$1" 'not https'
  [[ $1 == https:* ]] || direct=(--noproxy '*')
  { curl -q --silent --globoff --proto '=http,https' --connect-timeout "$CONNECT_TIMEOUT" \
    --speed-limit 1 --speed-time "$READ_TIMEOUT" "${direct[@]}" --dump-header "$tmp/head" --url "$1"
    echo $? >"$tmp/code"; } | head -c $((MAX_DOWNLOAD * 1024 * 1024 + 1)) >"$2" &
  child=$!
  await
  (($(wc -c <"$2") <= MAX_DOWNLOAD * 1024 * 1024)) || lost "$1" "larger than $MAX_DOWNLOAD MB"
  code=$(<"$tmp/code")
  ((! code)) || lost "$1" "${reasons[code]-the connection broke}"
  status=$(sed -n 's/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$tmp/head" | tail -n 1)
  [[ $status == 200 ]] || lost "$1" "HTTP $status"
}

obtained() { # the picture that the text in the file $1 is, or names, to $2
  if [[ ! $(head -c 500 "$1") =~ ^[Dd][Aa][Tt][Aa]: ]]; then
    fetched "$(<"$1")" "$2"
  elif [[ ! $(head -c 500 "$1") =~ ^[^,]*\;base64, ]]; then
    fail 'unreadable image data'
  else
    sed '1s/^[^,]*,//' "$1" >"$1.base64"
    decoded "$1.base64" "$2" || fail 'unreadable image data'
  fi
  [[ $(kind "$2") ]] || fail 'unreadable image data'
}

saved() { # keeps the file $1 under the next free number, and prints its name
  local type name number=1 wrong=''
  type=$(kind "$1")
  while :; do
    name=image-$number.${type/jpeg/jpg}
    if ! compgen -G "image-$number.*" >/dev/null; then
      wrong=$({ set -C; cat <"$1" >"$name"; } 2>&1) && break
      [[ $wrong == *'cannot overwrite'* ]] || {
        rm -f "$name"
        fail "$name cannot be written: ${wrong##*: }; run the program again"
      }
    fi
    ((number++))
  done
  printf '%s\n' "$name"
}

# before anything is paid for: can a picture be saved here?
{ folder=$(mktemp -d ./image-XXXXXX 2>&1) && rmdir "$folder"; } ||
  fail "the current folder cannot be written: ${folder##*: }" 2

for ((left = MAX_REQUESTS - 1; ; left--)); do
  SECONDS=0
  curl -q --silent --show-error --proto '=http,https' --suppress-connect-headers \
    --connect-timeout "$CONNECT_TIMEOUT" --speed-limit 1 --speed-time "$READ_TIMEOUT" \
    -H @<(printf '%s\n' 'Authorization: Bearer '"$AITOLL_API_KEY") \
    -H 'Content-Type: application/json' -H 'Expect:' --data-binary @- <<<"$2" \
    --dump-header "$tmp/head" "$base"/chat/completions >"$tmp/body" 2>"$tmp/wrong" &
  child=$!
  await
  { sed -n '/^HTTP/,/^.\{0,1\}$/p' "$tmp/head"; cat "$tmp/body"; } | tr -d '\0\r' | mend >"$tmp/all"
  read -r -d '' verdict pause said < <(base=$base code=$code wrong=$(<"$tmp/wrong") left=$left \
    late=$((SECONDS >= READ_TIMEOUT)) model=$1 jq -Rrs "$program judge" "$tmp/all")
  case $verdict in
    ok) break ;;
    retry) sleep "$pause" & child=$!; await ;;
    *) printf '%s\n' "$said" >&2; exit 1 ;;
  esac
done
count=$(reply | jq "$program reply | pictures | length")
((count)) || fail "$(reply | jq -r "$program reply | \"the answer holds no picture\"
  + ((text | select(test(\"\\\\S\")) | \": \(words[:100])\") // \"\")")"
for ((i = 0; i < count; i++)); do
  reply | jq -j "$program reply | pictures[$i]" >"$tmp/data"
  obtained "$tmp/data" "$tmp/picture-$i"
done
wrong=$(reply | jq -j "$program reply | text | if . == \"\" then . else ., \"\\n\" end" 2>&1 >&4) ||
  unwritten "$wrong"
for ((i = 0; i < count; i++)); do saved "$tmp/picture-$i"; done
said=$(reply | jq -r "$program reply | {finish: finish, told: told} | ending")
[[ ! $said ]] || printf '%s\n' "$said" >&2
