"""No key survives in what is stored: not whole, not encoded, not in pieces."""

import base64
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from chat_completions.live.scrub import Secrets, clean_uri, personal, sent_headers, served_headers
from hypothesis import given
from hypothesis import strategies as st
from recording.stacks import canary_keys
from support.canary import traces
from support.cells import CASSETTES

FILES = sorted(CASSETTES.glob("*/*.yaml"))
KEY = "sk-Zq7/Vw2+Xk9=Rt4Lm6Bn8Hd0Pc3"
SECRETS = Secrets({"<key>": KEY})
KEYS = st.text(
    alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./+=", min_size=12, max_size=60
)
SHOWN = [
    KEY,
    quote(KEY, safe=""),
    base64.b64encode(KEY.encode()).decode(),
    base64.b64encode(f"user:{KEY}".encode()).decode(),
    base64.urlsafe_b64encode(f"ab{KEY}yz".encode()).decode(),
    KEY[:11],
    KEY[-9:],
    KEY[5:14],
    f"{KEY[:10]}…{KEY[-8:]}",
    f"{KEY}{KEY}",
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_no_known_key_is_in_any_cassette(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    whole = text + repr(yaml.safe_load(text))  # as it is written, and as it is read
    for word, key in canary_keys().items():
        if key != word.strip("<>"):
            assert traces(key, whole) == []


@pytest.mark.parametrize("shown", SHOWN)
def test_every_form_of_a_key_is_taken_out(shown: str) -> None:
    text = f'{{"error": "Incorrect key: {shown}", "id": 17}}'
    cleaned = SECRETS.clean(text)
    assert traces(KEY, text)
    assert traces(KEY, cleaned) == []
    assert "<key>" in cleaned
    assert cleaned.startswith('{"error": "Incorrect key: ')
    assert cleaned.endswith('", "id": 17}')


@given(KEYS, st.text(max_size=40), st.text(max_size=40), st.lists(st.integers(0, 200), max_size=5))
def test_a_key_across_the_pieces_of_a_stream_is_taken_out(key: str, before: str, after: str, cuts: list[int]) -> None:
    body = f"{before}{key}{after}".encode("utf-8", "replace")
    borders = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    chunks = [body[start:end] for start, end in pairwise(borders)]
    cleaned = Secrets({"<key>": key}).clean_chunks(chunks)
    assert len(cleaned) == len(chunks)
    assert traces(key, b"".join(cleaned).decode("utf-8", "replace")) == []


@given(st.lists(st.binary(max_size=30), max_size=6))
def test_what_holds_no_key_stays_as_it_is(chunks: list[bytes]) -> None:
    assert SECRETS.clean_chunks(chunks) == chunks


def test_right_and_wrong_keys_stay_apart() -> None:
    secrets = Secrets({"<key>": KEY, "<poor-key>": "sk-poor-poor-poor", "<wrong-key>": "wrong-key"})
    assert secrets.real("Bearer <key>") == f"Bearer {KEY}"
    assert secrets.real("<wrong-key>") == "wrong-key"
    assert secrets.clean(f"{KEY} and sk-poor-poor-poor") == "<key> and <poor-key>"


def test_only_known_headers_are_kept() -> None:
    headers = [
        ("Content-Type", "text/plain"),
        ("Cookie", "a=b"),
        ("X-Own-Key", KEY),
        ("X-Trace", "1"),
        ("Retry-After", "3"),
    ]
    assert sent_headers(headers, SECRETS, "X-Own-Key") == {"content-type": ["text/plain"], "x-own-key": ["<key>"]}
    assert served_headers(headers, SECRETS) == {"content-type": ["text/plain"], "retry-after": ["3"]}


def test_an_address_loses_keys_users_and_passwords() -> None:
    assert clean_uri(f"https://u:p@h.example/v1?alt=sse&key={quote(KEY)}", SECRETS, "<key>") == (
        "https://h.example/v1?alt=sse&key=<key>"
    )
    assert clean_uri(f"https://h.example/{quote(KEY, safe='')}/v1?alt=sse", SECRETS, "<key>") == (
        "https://h.example/<key>/v1?alt=sse"
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("write to ada.lovelace@example.org", "an e-mail address"),
        ("call +44 20 7946 0958 now", "a telephone number"),
        ("in /home/ada/secret.txt", "a home folder"),
        ("C:\\Users\\Ada\\x", "a home folder"),
        ("from 203.0.113.7 today", "an IP address"),
        ("organization org-AbCdEf123456", "the id of an account"),
    ],
)
def test_personal_data_is_warned_about_and_not_repeated(text: str, what: str) -> None:
    found = personal(text)
    assert len(found) == 1
    assert found[0].startswith(what)
    assert text.rsplit(maxsplit=1)[-1] not in found[0]


def test_ordinary_replies_are_not_called_personal() -> None:
    text = '{"id":"chatcmpl-9vKqnMf3Ax8Z","created":1741680000,"usage":{"total_tokens":27},"v":"1.2.3","t":127.0}'
    assert personal(text) == []
