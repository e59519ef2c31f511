"""A gateway file holds no key, wherever it may hold a text; what only looks long is no key."""

from pathlib import Path

import pytest
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.errors import BadInput

HEAD = "name: K\nbase_url: https://gw.example.com/v1\nkey: MINE_API_KEY\nmodels: [m]\n"
KEY = "sk-proj-abcdefgh12345678"  # made up
PLACES = {
    "header": "headers: {{X-Api: {}}}",
    "body": "default_body: {{openai-chat: {{api_key: {}}}}}",
    "deep": "default_body: {{openai-chat: {{metadata: {{list: [a, {}]}}}}}}",
    "query": "endpoints: {{openai-chat: [{{name: default, path: /chat/completions, query: {{code: {}}}}}]}}",
    "path": "endpoints: {{openai-chat: [{{name: default, path: '/chat/completions?code={}'}}]}}",
}
NO_KEYS = [
    "fine-grained-tool-streaming-2025-05-14", "token-efficient-tools-2025-02-19", "00000000-1111-4222-8333-abcdefabcdef"
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_key_in_a_file_is_refused_with_its_line(place: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(HEAD + PLACES[place].format(KEY), encoding="utf-8")
    with pytest.raises(BadInput, match=r"mine\.yaml:5: [^ ]* looks like a key") as caught:
        load_gateway(str(file))
    assert KEY not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", NO_KEYS)
def test_beta_switches_and_tenants_are_no_keys(place: str, value: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(HEAD + PLACES[place].format(value), encoding="utf-8")
    assert load_gateway(str(file)).name == "K"


def test_the_id_of_an_account_may_stand_in_a_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    path = "/accounts/023e105f4ecef8ad9ca31a8372d0c353/ai/v1/chat/completions"
    file.write_text(f"{HEAD}endpoints: {{openai-chat: [{{name: default, path: {path}}}]}}\n", encoding="utf-8")
    assert load_gateway(str(file)).name == "K"
