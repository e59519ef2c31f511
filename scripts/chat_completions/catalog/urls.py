"""Which addresses a program may be sent to."""

import re

from chat_completions.errors import BadInput

LOOPBACK = r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])"
BASE_URL = re.compile(rf"(?:https://[A-Za-z0-9.-]+|https?://{LOOPBACK})(?::\d{{1,5}})?(?:/[A-Za-z0-9._~%:@+-]*)*")
ENDPOINT = "/chat/completions"


def check_base_url(text: str) -> str:
    """Return `text` without its last slash; BadInput unless it is https, or http to this machine, with no endpoint."""
    if BASE_URL.fullmatch(text):
        base = text.rstrip("/")
        if base.endswith(ENDPOINT):
            raise BadInput(f"{base!r} is more than a base URL.", f"Leave {ENDPOINT} off: it is added to it.")
        return base
    shown = re.sub(r"//[^/]*@|\?.*", "…", text)  # without what could be a password or a key
    raise BadInput(
        f"{shown!r} cannot be a base URL.",
        "Write https://gw.example.com/v1, or http:// for this machine only: no query, no key, ASCII letters.",
    )
