"""The packages the skill needs, as files for its `scripts/vendor/`."""

import importlib.machinery
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from chat_completions.errors import ChatCompletionsError

# Distribution -> the module it brings. MarkupSafe is what Jinja2 itself needs.
PACKAGES = {"jinja2": "jinja2", "markupsafe": "markupsafe", "pyyaml": "yaml", "click": "click"}
FOLDER = "scripts/vendor"
NATIVE = (".so", ".pyd")  # each has its Python and machine in its name; others pass it over
LICENCES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")


def vendored(where: Path | None = None, *, native: bool) -> dict[str, bytes]:
    """The files of all packages, from a folder or from the interpreter that runs this."""
    path = None if where is None else [str(where)]
    found: dict[str, bytes] = {}
    for distribution, module in PACKAGES.items():
        for name, file in [*_code(module, path, native=native), *_papers(distribution, path)]:
            found[f"{FOLDER}/{name}"] = file.read_bytes()
    return {name: found[name] for name in sorted(found)}


def _code(module: str, path: list[str] | None, *, native: bool) -> Iterator[tuple[str, Path]]:
    spec = importlib.machinery.PathFinder.find_spec(module, path)
    if spec is None or not spec.submodule_search_locations:
        raise ChatCompletionsError(f"The package {module} is not here to be copied.", "Install the package anew.")
    root = Path(next(iter(spec.submodule_search_locations)))
    suffixes = (".py", *(NATIVE if native else ()))
    for file in sorted(root.rglob("*")):
        if file.is_file() and file.name.endswith(suffixes):
            yield f"{module}/{file.relative_to(root).as_posix()}", file


def _papers(distribution: str, path: list[str] | None) -> Iterator[tuple[str, Path]]:
    """The licence of a package and what says its version."""
    options: dict[str, Any] = {"name": distribution} if path is None else {"name": distribution, "path": path}
    for one in metadata.Distribution.discover(context=metadata.DistributionFinder.Context(**options)):
        for file in one.files or []:
            if ".dist-info" in str(file) and (file.name == "METADATA" or file.name.upper().startswith(LICENCES)):
                yield file.as_posix(), Path(str(one.locate_file(file)))
        return
