"""Write the address of the archives, and the version, from pyproject.toml into README.md.

python tools/set_address.py [--check]

With --check nothing is written; the exit code is 1 when README.md has another.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"


def main() -> None:
    """Replace the old address and version in README.md."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    address = _value("address", project)
    if not re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~-]+)*", address):
        sys.exit(f"Error: {address!r} in pyproject.toml is not a plain https address.")
    new = replace_address(text, address, _value("version", project))
    if new == text:
        return
    if "--check" in sys.argv:
        sys.exit("README.md has another address or version than pyproject.toml: run make address.")
    README.write_text(new, encoding="utf-8", newline="\n")


def replace_address(text: str, address: str, version: str) -> str:
    """Return the text with this address and this version of the wheel."""
    old = re.search(r"^export CHAT_COMPLETIONS_ADDRESS=(\S+)$", text, re.MULTILINE)
    if old is None:
        sys.exit("Error: README.md sets no CHAT_COMPLETIONS_ADDRESS.")
    return re.sub(r"(?<=/chat_completions-)\S+?(?=-py3)", version, text.replace(old[1], address))


def _value(name: str, project: str) -> str:
    return str(re.findall(rf'^{name} = "(.*)"$', project, re.MULTILINE)[0]).rstrip("/")


if __name__ == "__main__":
    main()
