"""TypeScript programs are those of JavaScript with types, pass the compiler's strict check and run as users run them."""

import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chat_completions.planning.combinations import Combination, offered_combinations
from support.brought import brought
from support.case_runner import skip_without_tools
from support.generation import make_combination, of_each_kind
from support.node_server import normal_form, strip_types
from support.protocols import answer_body
from support.replies import Reply
from support.running import node_modules, run
from support.serving import Server
from support.variants import Variant, typescript_variants, write_variant
from support.watching import RunOptions

COMPILER_OPTIONS = {
    "strict": True,
    "noEmit": True,
    "target": "es2022",
    "module": "nodenext",
    "types": ["node"],
    "noUnusedLocals": True,
    "verbatimModuleSyntax": True,
    "erasableSyntaxOnly": True,
    "skipLibCheck": True,
}


def kinds(combinations: Iterable[Combination]) -> Iterator[tuple[str, str, str]]:
    """Yield a name, a program and JavaScript's: of these combinations, and with all that a user may bring."""
    for combination in combinations:
        if combination.language == "typescript":
            in_javascript = make_combination(combination._replace(language="javascript")).code
            yield "-".join(map(str, combination[:6])), make_combination(combination).code, in_javascript
    for variant in typescript_variants("chat", "vision", "tools", "structured", "chatbot", "batch"):
        own = {"gateway": "ainative", "params": {"system": "Be brief."}}  # which the package does not know
        options = brought(variant.task)
        options |= {"own": own} if variant == Variant("typescript-openai", mode=variant.mode) else {}
        its_javascript = replace(variant, client=f"javascript-{variant.library}")
        for name, facts in options.items():
            yield (
                f"{variant}-{name}",
                write_variant(variant, **facts).code,
                write_variant(its_javascript, **facts).code,
            )


def compile_all(folder: Path) -> str:
    """Return what the compiler finds in the programs of a folder."""
    (folder / "node_modules").symlink_to(node_modules(), target_is_directory=True)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": COMPILER_OPTIONS}), encoding="utf-8")
    command = [str(node_modules() / ".bin" / "tsc"), "--project", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False).stdout


def test_every_kind_of_program_passes_the_strict_check_of_the_compiler(tmp_path: Path, full: bool) -> None:
    skip_without_tools(Variant("typescript-openai"))
    written: set[str] = set()
    for name, code, _ in kinds(offered_combinations() if full else of_each_kind(offered_combinations())):
        if code not in written:
            written.add(code)
            (tmp_path / f"{name}.ts").write_text(code, encoding="utf-8")
    assert len(written) > 100
    assert compile_all(tmp_path) == ""


def test_each_program_is_that_of_javascript_with_types() -> None:
    """So the cases and cassettes that programs of JavaScript meet hold for those of TypeScript, too."""
    skip_without_tools(Variant("typescript-fetch"))
    others = [
        name
        for name, code, in_javascript in kinds(offered_combinations())
        if normal_form(code) != normal_form(in_javascript)
    ]
    assert others == []


@pytest.mark.parametrize("change", [("120_000", "120_001"), ("Usage", "Tokens")], ids=["number", "text"])
def test_another_program_than_that_of_javascript_is_found(change: tuple[str, str]) -> None:
    skip_without_tools(Variant("typescript-fetch"))
    code = write_variant(Variant("typescript-fetch")).code
    assert normal_form(code.replace(*change)) != normal_form(write_variant(Variant("javascript-fetch")).code)


def test_a_wrong_type_is_found(tmp_path: Path) -> None:
    skip_without_tools(Variant("typescript-openai"))
    code = write_variant(Variant("typescript-openai")).code
    (tmp_path / "wrong.ts").write_text(code.replace("ask(PROMPT,", "ask(42,"), encoding="utf-8")
    assert "wrong.ts" in compile_all(tmp_path)


def test_syntax_that_node_cannot_erase_is_found() -> None:
    skip_without_tools(Variant("typescript-fetch"))
    with pytest.raises(ValueError, match="enum"):
        strip_types("enum Colour { Red }")


@pytest.mark.parametrize("package", ['{"type": "module"}', '{"type": "commonjs"}', "{}"])
def test_tsx_runs_a_program_whatever_the_package_says(package: str, tmp_path: Path) -> None:
    skip_without_tools(Variant("typescript-openai"))
    (tmp_path / "node_modules").symlink_to(node_modules(), target_is_directory=True)
    (tmp_path / "package.json").write_text(package, encoding="utf-8")
    (tmp_path / "ask.ts").write_text(write_variant(Variant("typescript-openai")).code, encoding="utf-8")
    answer = answer_body({"text": "Hello"}, "openai-chat")
    with Server([Reply(200, [("content-type", "application/json")], answer)]) as server:
        ran = subprocess.run(
            [str(node_modules() / ".bin" / "tsx"), "ask.ts"],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "AITOLL_API_KEY": "key-1", "AITOLL_BASE_URL": f"{server.url}/api"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (ran.stdout, ran.returncode) == ("Hello\n", 0), ran.stderr
    assert "Usage: " in ran.stderr


@pytest.mark.parametrize("library", ["fetch", "openai"])
@pytest.mark.parametrize(
    ("status", "message", "count"),
    [
        (404, "no such route", 2),
        (400, 'The model "abc" does not exist', 2),
        (400, "Unknown model: abc", 2),
        (400, "temperature is out of range for this model", 1),
        (401, "no such key", 1),
    ],
)
def test_the_second_model_is_asked_where_the_first_is_missing(
    library: str, status: int, message: str, count: int
) -> None:
    variant = Variant(f"typescript-{library}")
    skip_without_tools(variant)
    refusal = json.dumps({"error": {"message": message, "type": "unknown_error", "param": "model"}}).encode()
    kind = [("content-type", "application/json")]
    answer = answer_body({"text": "Hello"}, "openai-chat")
    with Server([Reply(status, kind, refusal), Reply(200, kind, answer)]) as server:
        env = {"AITOLL_API_KEY": "key-of-the-tests", "AITOLL_BASE_URL": f"{server.url}/api"}
        code = write_variant(variant, fallback=True).code
        ran = run(code, "typescript", env, options=RunOptions(warm=True, shared=True))
        models = [json.loads(request.body)["model"] for request in server.requests]
    assert len(models) == len(set(models)) == count
    assert ran.code == (0 if count == 2 else 1)
    assert (message in ran.stderr.replace("\\", "")) == (count == 1)
