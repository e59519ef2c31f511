"""Run the cases on one printed program, and print which pass.

Example: python tools/try_program.py chat.py --language python --gateway-env AITOLL --stream --cases faults,streams
"""

import argparse
import sys
import time
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
    found = [
        one for one in LIBRARIES[language] if f"from {one}" in code or f"import {one}" in code or f'"{one}"' in code
    ]
    if language == "python" and "from google import genai" in code:
        found = ["google.genai"]
    name = found[0] if found else DEFAULT[language]
    return f"{language}-{NAMES.get(name, name)}"


def main() -> None:
    """Run the cases and print the results."""
    options = _options()
    code = options.file.read_text(encoding="utf-8")
    named = f"{options.language}-{options.library}" if options.library else client(code, options.language)
    program = Program(code, named, options.gateway_env, options.protocol, options.task, options.stream)
    tables = options.cases.split(",") if options.cases else sorted(one.stem for one in FOLDER.glob("*.yaml"))
    started, failed, tried = time.monotonic(), 0, 0
    jobs = [
        (f"{name}: {case.id}" + ("" if framing == "as_is" else f" ({framing})"), case, framing)
        for name in tables
        if name != "import"
        for case in program.bound(load(name))
        if options.only in ("", case.id) and not case.write
        for framing in framings(case)
    ]
    with ThreadPoolExecutor(options.at_once) as pool:
        for job, found in zip(jobs, pool.map(lambda one: try_case(one[1], program, one[2]), jobs), strict=True):
            tried, failed = tried + 1, failed + bool(found)
            if found or options.verbose:
                print(
                    "FAIL" if found else "ok  ",
                    job[0],
                    *(f"\n       {one[:240]}" for one in ([] if options.brief else found[:4])),
                    flush=True,
                )
    if ("import" in tables or not options.cases) and not options.only and options.language != "shell":
        found = try_import(program)
        tried, failed = tried + 1, failed + bool(found)
        print("FAIL" if found else "ok  ", "import", *(f"\n       {one}" for one in found))
    print(f"{named}, {program.task}, {program.mode}, {program.protocol}: {tried - failed} of {tried} pass", end="")
    print(f" ({time.monotonic() - started:.0f} s)")
    sys.exit(1 if failed else 0)


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
