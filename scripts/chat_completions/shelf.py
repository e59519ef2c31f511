"""The skill's own data and templates: each text by its name below `references` or `templates`.

In the sources each is a file. In archives and installed folders the many small ones travel in a few
bundles, so that a person or a scanner has few files to look at: `*.txtar` in one of the two folders,
the plain text format of Go's tools, where a line `-- NAME --` stands before each text. Files beside a
bundle are found too; for a name that both have, `text` takes the bundle, which belongs to this version.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath

from chat_completions.errors import BadData
from chat_completions.paths import skill_root

BUNDLE = ".txtar"
MARK = re.compile(r"^-- (.+) --\n", re.MULTILINE)


def home(top: str) -> Path:
    """The folder that holds the files and bundles of a kind."""
    return skill_root() / top


def names(top: str, pattern: str) -> Iterable[PurePosixPath]:
    """The names below a top folder that a pattern of as many steps fits, each once, in no order."""
    folder = home(top)
    bundled = (PurePosixPath(name) for name in _bundled(folder))
    files = (PurePosixPath(path.relative_to(folder).as_posix()) for path in folder.glob(pattern))
    steps = pattern.count("/") + 1
    found = {*(name for name in bundled if len(name.parts) == steps and name.match(pattern)), *files}
    return (name for name in found if not any(step.startswith(".") for step in name.parts))


def beside(top: str, name: str) -> Path | None:
    """A file of that name that somebody put beside the bundles; None in the sources, where all files are ours."""
    folder = home(top)
    return folder / name if _bundled(folder) and (folder / name).is_file() else None


def text(top: str, name: str) -> str | None:
    """The text of that name, or None where there is none."""
    folder = home(top)
    bundled = _bundled(folder).get(name)
    if bundled is not None:
        return bundled
    try:
        return (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def joined(texts: Mapping[str, str]) -> str:
    """One bundle of texts; BadData for a text that would not come out of it as it went in."""
    unfit = sorted(name for name, one in texts.items() if MARK.search(one) or not one.endswith("\n"))
    if unfit:
        raise BadData(f"A bundle cannot hold {', '.join(unfit)}.", "Each line must end; none may be '-- NAME --'.")
    return "".join(f"-- {name} --\n{texts[name]}" for name in sorted(texts))


def parted(bundle: str) -> dict[str, str]:
    """The texts of a bundle by their names; what stands before the first is a remark."""
    _, *parts = MARK.split(bundle)
    return dict(zip(parts[::2], parts[1::2], strict=True))


@cache
def _bundled(folder: Path) -> dict[str, str]:
    """The texts in all bundles of a folder, by their names; BadData for a bundle that is no text."""
    found: dict[str, str] = {}
    for file in sorted(folder.glob(f"[!.]*{BUNDLE}")):
        try:
            found.update(parted(file.read_text(encoding="utf-8")))
        except UnicodeDecodeError as problem:
            raise BadData(
                f"{folder.name}/{file.name} is broken: it is not UTF-8.", "Install the skill anew."
            ) from problem
    return found
