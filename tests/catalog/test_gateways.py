"""Gateway files: ours obey the schema, and one of the user's own is all that a new gateway takes."""

import copy
import random
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from chat_completions.catalog.gateway_loader import gateway_names, load_gateway
from chat_completions.catalog.validation import ValidationError, validate
from chat_completions.catalog.yaml_files import read_user_file
from chat_completions.errors import BadInput, UnknownName
from chat_completions.planning.types import ProgramRequest
from support.generation import plan

REFERENCES = Path(__file__).resolve().parents[2] / "references"
SCHEMA = yaml.safe_load((REFERENCES / "gateway.schema.yaml").read_text(encoding="utf-8"))
OURS = sorted((REFERENCES / "gateways").glob("*.yaml"))
SHORT = "name: My Gateway\nbase_url: https://gw.example.com/v1\nkey: MINE_API_KEY\nmodels: [large/model:free, small]\n"


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.stem)
def test_ours_obey_the_schema_and_every_fact_has_a_source(file: Path) -> None:
    facts = yaml.safe_load(file.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(SCHEMA).validate(facts)
    validate(facts, SCHEMA)
    named = [
        mapping["source"]
        for mapping in _dicts(facts)
        if isinstance(mapping.get("source"), str) and "confidence" not in mapping
    ]
    assert set(named) <= set(facts["sources"])
    for kind in ("auth", "notes"):
        assert all("source" in fact for fact in facts[kind])
    assert all("source" in item for some in facts["endpoints"].values() for item in some)
    assert all("source" in model for model in facts["models"].values())
    assert all("source" in role for roles in facts["recommended_models"].values() for role in roles.values())
    assert all("source" in item for some in facts["parameters"].values() for item in some.values())
    assert {
        m for roles in facts["recommended_models"].values() for role in roles.values() for m in role["models"]
    } <= set(facts["models"])


def _dicts(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(mapping for item in value.values() for mapping in _dicts(item))]
    return [mapping for item in value for mapping in _dicts(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("seed", range(300))
def test_our_reading_of_the_schema_is_that_of_jsonschema(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    facts = copy.deepcopy(yaml.safe_load(chance.choice(OURS).read_text(encoding="utf-8")))
    for _ in range(chance.randint(1, 3)):
        place = chance.choice(_dicts(facts))
        name = chance.choice(list(place) or ["x"])
        place[name] = chance.choice(["", "x", 7, 1.5, True, None, [], ["a"], {}, {"a": 1}, "PATH", "a\nb"])
    valid = jsonschema.Draft202012Validator(SCHEMA).is_valid(facts)
    if valid:
        validate(facts, SCHEMA)
    else:
        with pytest.raises(ValidationError):
            validate(facts, SCHEMA)


def test_a_gateway_of_the_user_s_own_is_one_short_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "my gateway.yaml"
    file.write_text(SHORT, encoding="utf-8")
    planned = plan(ProgramRequest(str(file), prompt="Hi"))
    assert planned.model == "large/model:free"
    assert (planned.auth.key_env, planned.gateway.base_url_env) == ("MINE_API_KEY", "MINE_BASE_URL")
    assert planned.gateway.base_url == "https://gw.example.com/v1"
    monkeypatch.setenv("CHAT_COMPLETIONS_HOME", str(tmp_path))
    (tmp_path / "gateways").mkdir()
    file.rename(tmp_path / "gateways" / "mine.yaml")
    assert "mine" in gateway_names()
    by_name = plan(ProgramRequest("mine", prompt="Hi"))
    assert by_name._replace(gateway=planned.gateway) == planned
    assert by_name.gateway._replace(id=planned.gateway.id) == planned.gateway


BROKEN = [
    ("models: [a]\n", "lacks 'name'"),
    (SHORT + "modles: []\n", "modles"),
    (SHORT.replace("base_url:", "base_ulr:"), "base_ulr is not known here. Did you mean 'base_url'?"),
    (SHORT + "endpoints: {openai-chat: [{name: a, path: '/{deployment}/chat'}]}\n", "path does not look as it should"),
    (SHORT.replace("MINE_API_KEY", "PATH"), ":3: key"),
    (SHORT.replace("MINE_API_KEY", "LD_PRELOAD"), "key"),
    (SHORT.replace("MINE_API_KEY", "ACME-KEY"), "key"),
    (SHORT.replace("MINE_API_KEY", '"X=1;touch /tmp/pwned"'), "key"),
    (SHORT.replace("https://gw.example.com/v1", "http://gw.example.com/v1"), "public host"),
    (SHORT.replace("https://gw.example.com/v1", "file:///etc/passwd"), "base URL"),
    (SHORT.replace("My Gateway", '"x\\n\\"\\"\\"; import os"'), "name"),
    (SHORT + 'auth: [{name: a, key: A_KEY, header: "x-api-key\\r\\nX-Evil"}]\n', "header"),
    (SHORT + "endpoints: {openai-chat: [{name: a, path: chat}]}\n", "path"),
    (
        SHORT + "endpoints: {openai-chat: [{name: a, path: /chat, query: {v: 1.10}}]}\n",
        "query.v must be text, not a number",
    ),
    ("name: [\n", ":2:"),
    ("just text\n", "must be a mapping, not text"),
    (
        SHORT + "recommended_models: {openai-chat: {economy: {models: [small]}}}\n",
        ":5: recommended_models.openai-chat.economy is not known",
    ),
    (SHORT + "name: Again\n", ":5: the gateway file is broken: 'name' is given twice"),
    (SHORT.replace("My Gateway", "Mine/Yours"), ":1: name does not look as it should. Write 1 to 40 letters, digits"),
    (SHORT.replace("MINE_API_KEY", "sk-abc"), "capitals that end in KEY, TOKEN, SECRET"),
    (SHORT.replace("[large/model:free, small]", "large"), "models must be a list or a mapping, not text. Write a list"),
    (
        SHORT.replace("[large/model:free, small]", "{cheap: small}"),
        ":4: models.cheap is not what a model is for. Known:",
    ),
    (SHORT.replace("[large/model:free, small]", "[1.5]"), "models.0 must be text, not a number. Put it in quotes"),
    (SHORT + "always: {openai-chat: {a: 1}}\n", ":5: always is not known here. It is called default_body"),
    (SHORT + "query: {api-version: a}\n", "query is not known here. It belongs to an endpoint: endpoints: {"),
    (SHORT + "default_body: {enable_thinking: false}\n", "Write the fields by protocol: default_body: {openai-chat"),
    (
        SHORT + "endpoints: {openai-chat: /chat/completions}\n",
        "must be a list, not text. Write endpoints: {openai-chat",
    ),
    (
        SHORT + "endpoints: {openai: [{name: a, path: /chat}]}\n",
        "endpoints.openai is 'openai', not one of openai-chat,",
    ),
    (SHORT + "headers: {X-Retry: 1}\n", ":5: headers.X-Retry must be text, not a number. Put it in quotes."),
    (SHORT + "headers: {X Retry: a}\n", "Write the name of a header"),
    (SHORT + "headers: {Authorization: abc}\n", "Authorization is what key and auth are for"),
    (SHORT + "auth: [{name: a, key: OTHER_KEY}]\n", ":3: key names a variable that auth does not. Leave key out"),
    (
        SHORT + "sources: {docs: {source: a, date: 2026-01-31, confidence: high}}\n",
        "date must be text, not a date. Put it",
    ),
    (SHORT + "notes: [{topic: a, text: b, source: docs}]\n", "names 'docs', which is not among sources. Describe it"),
    (SHORT.replace("com/v1", "com/v1/messages"), "Leave /v1/messages off: a file has it as a path"),
    (SHORT + "unreliable: [json]\n", "unreliable.0 is 'json', not one of structured"),
    (SHORT + "extra_keys: [{key: B_KEY, header: authorization}]\n", "carries something else already"),
    (SHORT + "extra_keys: [{key: B_KEY, header: X-A}]\nheaders: {x-a: b}\n", "carries something else already"),
    (SHORT + "headers: {AUTHORIZATION: abc}\n", "carries something else already"),
    (SHORT + "headers: {Host: other.example}\n", "which the programs set themselves"),
    (
        SHORT + "endpoints: {openai-chat: [{name: a, path: /chat, query: {version: 2024-10-08}}]}\n",
        "not a date. Put it in quotes",
    ),
    (SHORT.replace("[large/model:free, small]", "[@cf/model]"), "quote what begins with @"),
]


@pytest.mark.parametrize(("text", "fragment"), BROKEN)
def test_a_broken_file_is_named_with_the_line(text: str, fragment: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        plan(ProgramRequest(str(file), prompt="Hi"))
    assert fragment in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("variable", "address"),
    [
        ("MINE_API_KEY", "MINE_BASE_URL"),
        ("WATSONX_APIKEY", "WATSONX_BASE_URL"),
        ("HF_TOKEN", "HF_BASE_URL"),
        ("GITHUB_PAT", "GITHUB_BASE_URL"),
        ("GIGACHAT_CREDENTIALS", "GIGACHAT_BASE_URL"),
        ("API_KEY", "MINE_BASE_URL"),
    ],
)
def test_a_key_s_variable_may_be_called_as_people_call_it(variable: str, address: str, tmp_path: Path) -> None:
    planned = plan(request_to(tmp_path, SHORT.replace("MINE_API_KEY", variable)))
    assert (planned.auth.key_env, planned.gateway.base_url_env) == (variable, address)


def test_the_key_of_a_provider_does_not_name_the_address_of_the_gateway_before_it(tmp_path: Path) -> None:
    more = "extra_keys: [{key: AIG_TOKEN, header: X-Token}]\n"
    planned = plan(request_to(tmp_path, SHORT.replace("MINE_API_KEY", "OPENAI_API_KEY") + more))
    assert planned.gateway.base_url_env == "MINE_BASE_URL"
    assert (planned.gateway.extra_keys[0].header, planned.gateway.extra_keys[0].prefix) == ("X-Token", "")


@pytest.mark.parametrize(
    ("url", "optional"),
    [("https://gw.example.com/v1", False), ("http://localhost:8000/v1", True), ("http://box/v1", True)],
)
def test_a_server_nearby_need_not_have_a_key(url: str, optional: bool, tmp_path: Path) -> None:
    text = SHORT.replace("key: MINE_API_KEY\n", "").replace("https://gw.example.com/v1", url)
    auth = plan(request_to(tmp_path, text)).auth
    assert (auth.key_env, auth.optional) == ("MINE_API_KEY", optional)


def test_every_pattern_of_the_schema_says_in_words_what_it_wants() -> None:
    assert [
        mapping["pattern"]
        for mapping in _dicts(SCHEMA)
        if isinstance(mapping.get("pattern"), str) and not mapping.get("description")
    ] == []


def test_the_default_model_of_a_protocol_is_one_that_it_serves(tmp_path: Path) -> None:
    text = SHORT.replace(
        "[large/model:free, small]", "{a: {protocols: [openai-chat]}, b: {protocols: [anthropic-messages]}}"
    )
    text += "endpoints: {openai-chat: [{name: d, path: /v1/c}], anthropic-messages: [{name: d, path: /v1/m}]}\n"
    program_request = request_to(tmp_path, text)
    planned = plan(program_request)
    assert (planned.model, planned.alternative) == ("a", "")
    assert plan(program_request._replace(protocol="anthropic-messages")).model == "b"


def test_an_endpoint_that_names_a_kind_of_task_goes_first(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    images = "  openai-images: [{name: images, path: /images/generations, kinds: [image]}]\n"
    models = SHORT.replace("[large/model:free, small]", "{balanced: small, image: painter}")
    file.write_text(models + "endpoints:\n  openai-chat: [{name: chat, path: /chat/completions}]\n" + images)
    tasks = {
        task: plan(ProgramRequest(str(file), task, prompt="Hi")).protocol for task in ("image", "chat", "image-edit")
    }
    assert tasks == {"image": "openai-images", "chat": "openai-chat", "image-edit": "openai-chat"}


def test_one_priority_is_enough(tmp_path: Path) -> None:
    planned = plan(request_to(tmp_path, SHORT.replace("[large/model:free, small]", "{cost: small}")))
    assert planned.model == "small"


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        load_gateway("aireitr")
    assert caught.value.hint == "Did you mean 'aireiter'?"


def request_to(tmp_path: Path, text: str) -> ProgramRequest:
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return ProgramRequest(str(file), prompt="Hi")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (f"parameters: {'[' * 600}{']' * 600}\n", "nested too deeply"),
        ("parameters:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 600)), "nested too deeply"),
        (f"parameters:\n  {'- ' * 600}x\n", "nested too deeply"),
        ("parameters: &a [*a]\n", "'a' contains itself"),
        (
            "parameters:\n  a0: &a0 [x]\n"
            + "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)),
            "holds too much",
        ),
        (f"parameters: [{'x, ' * 100_001}]\n", "holds too much"),
    ],
    ids=["brackets", "blocks", "dashes", "itself", "laughs", "many"],
)
def test_a_file_that_would_choke_a_parser_is_refused(more: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=rf"mine\.yaml:\d+: the gateway file is broken: .*{reason}"):
        plan(request_to(tmp_path, SHORT + more))


@pytest.mark.parametrize("text", ["[" * 600, "- " * 600, "x" + "\n" + " " * 600 + "y", "{" * 600])
def test_a_text_may_look_like_a_deep_file(text: str, tmp_path: Path) -> None:
    remark = "".join(f"# {line}\n{' ' * 600}# {line}\n" for line in text.splitlines())
    file = tmp_path / "turns.yaml"
    file.write_text(remark + yaml.safe_dump([{"role": "user", "content": text}], width=100_000), encoding="utf-8")
    assert read_user_file(file, "messages", list)[0]["content"] == text
    assert plan(request_to(tmp_path, SHORT + remark))


def test_what_is_no_file_in_the_user_s_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_COMPLETIONS_HOME", str(tmp_path))
    folder = tmp_path / "gateways"
    (folder / "drawer.yaml").mkdir(parents=True)
    (folder / "dangling.yaml").symlink_to(tmp_path / "nowhere")
    for name in ("drawer", "dangling"):
        with pytest.raises(BadInput, match=f"{name}.yaml' cannot be read: "):
            plan(ProgramRequest(name))


def test_a_thousand_files_of_the_user_s_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_COMPLETIONS_HOME", str(tmp_path))
    (tmp_path / "gateways").mkdir()
    for number in range(1000):
        (tmp_path / "gateways" / f"broken{number}.yaml").write_text("[")
    (tmp_path / "gateways" / "mine.yaml").write_text(SHORT)
    assert plan(ProgramRequest("mine")).model == "large/model:free"
    assert plan(ProgramRequest("aitoll")).model == "glm-4.7"
    assert len(gateway_names()) > 1000
