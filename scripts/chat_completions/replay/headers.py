"""Compare the headers of requests, and check the keys in them.

Of a key only the header and the placeholder for which it stands count, never its value.
"""

from collections.abc import Mapping

from chat_completions.catalog.gateway import Auth, Gateway
from chat_completions.replay.cassette import PLACEHOLDERS

# What describes the client or the connection, not the request.
CLIENT_HEADERS = {
    *("accept", "accept-encoding", "accept-language", "connection", "content-length"),
    *("host", "sec-fetch-mode", "user-agent", "x-goog-api-client", "x-server-timeout"),
    *("origin", "referer"),
}
CLIENT_PREFIXES = ("x-stainless", "sec-")


def has_right_key(headers: Mapping[str, str], gateway: Gateway) -> bool:
    """Return whether the headers of a request have every key that the gateway wants; any is right but `wrong-key`."""
    needs_none = not gateway.auth or any(not auth.key_env or auth.optional for auth in gateway.auth)
    first = [_key_state(headers, auth) for auth in gateway.auth if auth.key_env]
    right = True in first or (needs_none and False not in first)
    others = ((_key_state(headers, extra), extra.optional) for extra in gateway.extra_keys)
    return right and all(state or (state is None and optional) for state, optional in others)


def header_differences(received: Mapping[str, str], recorded: Mapping[str, str]) -> list[str]:
    """Describe how the headers of a request differ from the recorded ones, without those of the client."""
    differences, received, recorded = [], _of_request(received), _of_request(recorded)
    for name in sorted({*received, *recorded}):
        value, wanted = received.get(name), recorded.get(name)
        if value is not None and wanted is not None and _is_placeholder(wanted):
            prefix, blank, key = value.rpartition(" ")
            value = f"{prefix}{blank}{_placeholder(key)}"
        if value != wanted:
            differences.append(f"header {name}: {_describe(value)}, recorded {wanted!r}")
    return differences


def _key_state(headers: Mapping[str, str], auth: Auth) -> bool | None:
    """Return whether the key of a scheme is right, None where it is missing."""
    value = headers.get(auth.header.lower(), "")
    key = value[len(auth.prefix) :].strip() if value.lower().startswith(auth.prefix.lower()) else ""
    return _placeholder(key) != "<wrong-key>" if key else None


def _placeholder(key: str) -> str:
    """Return the placeholder that stands for a key."""
    named = f"<{key.strip('<>')}>"
    return named if named in PLACEHOLDERS else PLACEHOLDERS[0]


def _of_request(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers without those that describe the client or the connection."""
    lower_case = {name.lower(): value for name, value in headers.items()}
    if lower_case.get("content-type", "").startswith("multipart/"):
        lower_case["content-type"] = "multipart/form-data"  # without the boundary, which each client chooses
    return {
        name: value
        for name, value in lower_case.items()
        if name not in CLIENT_HEADERS and not name.startswith(CLIENT_PREFIXES)
    }


def _describe(value: str | None) -> str:
    """Return a header's value for a message, without a key."""
    if value is None:
        return "absent"
    return repr(value) if _is_placeholder(value) else "another value"


def _is_placeholder(value: str) -> bool:
    return value.rpartition(" ")[2] in PLACEHOLDERS
