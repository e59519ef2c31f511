"""references/gateway-files.md names everything that a gateway file may hold, and its examples are such files."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.generate import generate_program
from chat_completions.paths import references
from chat_completions.planning.types import ProgramRequest

TEXT = (references() / "gateway-files.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
SCHEMA = yaml.safe_load((references() / "gateway.schema.yaml").read_text(encoding="utf-8"))


def keys_of(schema: Any) -> Iterator[str]:
    """Yield every key that the schema names, at any depth."""
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from keys_of(inner)
    for part in ("items", "additionalProperties"):
        if isinstance(schema.get(part), dict):
            yield from keys_of(schema[part])


@pytest.mark.parametrize("key", sorted(set(keys_of(SCHEMA))))
def test_every_key_of_the_schema_is_in_the_reference(key: str) -> None:
    assert re.search(rf"\b{key}\b", TEXT)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: str(yaml.safe_load(text)["name"]))
def test_every_example_is_a_gateway_file(example: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(example, encoding="utf-8")
    assert load_gateway(str(file)).name == yaml.safe_load(example)["name"]
    assert generate_program(ProgramRequest(str(file))).code


def test_a_thousand_files_beside_it_do_not_slow_a_gateway_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gateways"
    folder.mkdir()
    for number in range(1000):
        (folder / f"g{number}.yaml").write_text(EXAMPLES[0], encoding="utf-8")
    monkeypatch.setenv("CHAT_COMPLETIONS_HOME", str(tmp_path))
    opened: list[str] = []
    read_text, read_bytes = Path.read_text, Path.read_bytes

    def text(self: Path, *args: Any, **options: Any) -> str:
        opened.append(str(self))
        return read_text(self, *args, **options)

    def content(self: Path) -> bytes:
        opened.append(str(self))
        return read_bytes(self)

    monkeypatch.setattr(Path, "read_text", text)
    monkeypatch.setattr(Path, "read_bytes", content)
    assert generate_program(ProgramRequest("g500")).code
    assert [name for name in opened if name.startswith(str(folder))] in ([], [str(folder / "g500.yaml")])
