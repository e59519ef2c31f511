"""Everything that can go wrong, each with a hint and the exit code of the command.

* ChatCompletionsError   1  unexpected
  - BadInput             2  an unknown name, a bad value, a broken file of the user's
    . UnknownName        2  a name that does not exist
  - NotOffered           3  the pieces exist but do not go together
  - BadData              4  one of our own files is wrong
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from chat_completions import __version__

SIMILAR = 0.6  # from 0 to 1, as difflib counts


class ChatCompletionsError(Exception):
    """Base class: `str(error)` is the sentence to show, `hint` what to try."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class BadInput(ChatCompletionsError):
    """The user gave something that cannot be used."""

    exit_code = 2


class UnknownName(BadInput):
    """The user gave a name that does not exist; the hint offers the nearest names."""

    def __init__(self, kind: str, name: str, known: Iterable[str], aliases: Iterable[str] = ()) -> None:
        super().__init__(f"There is no {kind} called {name!r}.", did_you_mean(name, known, aliases))


class NotOffered(ChatCompletionsError):
    """The names exist, but not together."""

    exit_code = 3


class BadData(ChatCompletionsError):
    """One of the files that come with the program is wrong."""

    exit_code = 4


@contextmanager
def full_package(feature: str) -> Iterator[None]:
    """Import modules that only the full package contains; raise NotOffered where one is missing, as in the skill."""
    try:
        yield
    except ModuleNotFoundError as problem:
        if problem.name != "httpx" and not (problem.name or "").startswith("chat_completions."):
            raise
        hint = f"`pip install chat_completions-{__version__}-py3-none-any.whl`, or `pip install .` in a clone."
        raise NotOffered(f"{feature} needs the full package.", hint) from None


def did_you_mean(name: str, known: Iterable[str], aliases: Iterable[str] = ()) -> str:
    """Return a hint with the nearest of `known` and their aliases, or with all of `known` where none is near."""
    choices = list(known)
    similar = nearest(name, [*choices, *aliases], SIMILAR)
    return f"Did you mean {similar!r}?" if similar else f"Known: {', '.join(choices)}."


def nearest(name: str, known: Iterable[str], similarity: float) -> str:
    """Return the one of `known` that is most similar to `name`, or an empty text where none is similar enough."""
    from difflib import get_close_matches  # needed only once something is wrong

    simple: dict[str, str] = {}
    for candidate in known:
        simple.setdefault(simplify(candidate), candidate)
    matches = get_close_matches(simplify(name), list(simple), n=1, cutoff=similarity)
    return simple[matches[0]] if matches else ""


def simplify(name: str) -> str:
    """Return a name without what people write differently: case, spaces, hyphens and the like."""
    return "".join(filter(str.isalnum, name.casefold()))
