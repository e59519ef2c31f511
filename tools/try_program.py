"""Run the cases on one printed program, and print which pass.

Example: python tools/try_program.py chat.py --language python --gateway-env AITOLL --stream --cases faults,streams
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from support.case_runner import framings, try_case  # noqa: E402
from support.case_table import FOLDER, load  # noqa: E402
from support.importing import try_import  # noqa: E402
from support.variants import Program  # noqa: E402

LIBRARIES = {
    "python": ("google.genai", "anthropic", "openai", "httpx", "requests"),
    "javascript": ("ai", "@google/genai", "@anthropic-ai/sdk", "openai"),
    "shell": (),
}
LIBRARIES["typescript"] = LIBRARIES["javascript"]
NAMES = {"google.genai": "google-genai", "@google/genai": "google-genai", "@anthropic-ai/sdk": "anthropic"}
DEFAULT = {"python": "requests", "javascript": "fetch", "typescript": "fetch", "shell": "curl"}


def client(code: str, language: str) -> str:
    """Return the client that the imports of a program name."""
    imports = ("from {}", "import {}", '"{}"')
    imported = [name for name in LIBRARIES[language] if any(form.format(name) in code for form in imports)]
    if language == "python" and "from google import genai" in code:
        imported = ["google.genai"]
    name = imported[0] if imported else DEFAULT[language]
    return f"{language}-{NAMES.get(name, name)}"


def main() -> None:
    """Run the cases and print the results."""
    options = _options()
    code = options.file.read_text(encoding="utf-8")
    name = f"{options.language}-{options.library}" if options.library else client(code, options.language)
    program = Program(code, name, options.gateway_env, options.protocol, options.task, options.stream)
    started = time.monotonic()
    results = []
    for case, problems in _results(program, options):
        results.append(not problems)
        if problems or options.verbose or case == "import":
            shown = [] if options.brief else [f"\n       {problem[:240]}" for problem in problems[:4]]
            print("FAIL" if problems else "ok  ", case, *shown, flush=True)
    print(f"{name}, {program.task}, {program.mode}, {program.protocol}: {sum(results)} of {len(results)} pass", end="")
    print(f" ({time.monotonic() - started:.0f} s)")
    sys.exit(0 if all(results) else 1)


def _results(program: Program, options: argparse.Namespace) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield each case with its problems; at the end that of importing the program."""
    tables = options.cases.split(",") if options.cases else sorted(file.stem for file in FOLDER.glob("*.yaml"))
    jobs = [
        (f"{table}: {case.id}" + ("" if framing == "as_is" else f" ({framing})"), case, framing)
        for table in tables
        if table != "import"
        for case in program.bound(load(table))
        if options.only in ("", case.id) and not case.write
        for framing in framings(case)
    ]
    with ThreadPoolExecutor(options.at_once) as pool:
        problems = pool.map(lambda job: try_case(program, *job[1:]), jobs)
        yield from zip((name for name, _, _ in jobs), problems, strict=True)
    if ("import" in tables or not options.cases) and not options.only and options.language != "shell":
        yield "import", try_import(program)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--language", choices=list(LIBRARIES), required=True)
    parser.add_argument("--library", default="", help="taken from the imports by default")
    parser.add_argument("--gateway-env", required=True, help="AITOLL for AITOLL_API_KEY and AITOLL_BASE_URL")
    parser.add_argument("--protocol", default="openai-chat")
    parser.add_argument("--task", default="chat")
    parser.add_argument("--stream", action="store_true")
    parser.add_argument("--cases", default="", help="tables, separated by commas; all by default; `import` is one more")
    parser.add_argument("--only", default="", help="the case of this id")
    parser.add_argument("--at-once", type=int, default=3)
    parser.add_argument("--brief", action="store_true", help="only the names of the cases that fail")
    parser.add_argument("--verbose", action="store_true", help="the cases that pass, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
