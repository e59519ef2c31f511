"""How the client describes a failure, and that it shows no key."""

from pathlib import Path

import httpx
import pytest
from chat_completions.live import client
from chat_completions.live.client import mask_keys, server_message

KEY = "sk-Zq7Vw2Xk9Rt4Lm6Bn8"


@pytest.mark.parametrize("text", [KEY, f"a{KEY}b", KEY[:9], KEY[-8:], f"{KEY[:10]}…{KEY[-8:]}"])
def test_no_longer_piece_of_the_key_is_left(text: str) -> None:
    masked = mask_keys(f"bad key {text}.", [KEY])
    assert "<key>" in masked
    assert not any(KEY[start : start + 8] in masked for start in range(len(KEY) - 7))


CERTIFICATES = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "client certificate"]


@pytest.mark.parametrize(
    ("failure", "names"),
    [
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), CERTIFICATES),
        (httpx.ReadError("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] alert number 116"), CERTIFICATES),
        (httpx.ProxyError("403 Forbidden"), ["HTTPS_PROXY", "NO_PROXY"]),
    ],
)
def test_a_connection_that_fails_names_the_variables(
    failure: Exception, names: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from chat_completions.catalog.gateway_loader import load_gateway
    from chat_completions.planning.plan import plan_request
    from chat_completions.planning.resolve import resolve
    from chat_completions.planning.types import ProgramRequest

    def refuse(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setenv("CHAT_COMPLETIONS_HOME", str(tmp_path))
    monkeypatch.setattr(httpx.Client, "stream", refuse)
    plan, _ = plan_request(resolve(ProgramRequest("aitoll"), load_gateway("aitoll")))
    answer = client.send(plan, KEY, {})
    assert answer.status == 0
    assert [name for name in names if name not in answer.problem] == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"error": {"message": "no\nkey"}}, "no key"),
        ([{"error": "x"}], "x"),
        ({"msg": "low"}, "low"),
        ({}, ""),
        (3, ""),
    ],
)
def test_the_message_of_the_server_is_found(data: object, message: str) -> None:
    assert server_message(data) == message
