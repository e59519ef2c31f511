"""Everything that can go wrong, what to try next, and the exit code it ends with.

* ChatCompletionsError   1  something unexpected
  - BadInput             2  an unknown name, a bad value, a file of the user's that is broken
    . UnknownName        2  a name that nothing of ours has
  - NotOffered           3  the pieces exist but do not go together
    . SkillAlone         3  this is the skill, and that is in the whole package only
  - BadData              4  one of our own files is wrong
"""

from collections.abc import Iterable

from chat_completions import __version__


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
    """The user named something there is none of; the hint offers the nearest names."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"There is no {kind} called {name!r}.", did_you_mean(name, known))


class NotOffered(ChatCompletionsError):
    """The names exist, but not together."""

    exit_code = 3


class SkillAlone(NotOffered):
    """What was asked for is in the whole package, and this is the skill alone."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"This is the skill alone, without what {what}.",
            f"The whole package has it: `pip install chat_completions-{__version__}-py3-none-any.whl` "
            "with the wheel from where the skill came from, or `pip install .` in the project's folder.",
        )


class BadData(ChatCompletionsError):
    """One of the files that come with the program is wrong."""

    exit_code = 4


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest of `known`, or all of them where none is near."""
    choices = list(known)
    near = nearest(name, choices, 0.6)
    return f"Did you mean {near!r}?" if near else f"Known: {', '.join(choices)}."


def nearest(name: str, known: Iterable[str], alike: float) -> str:
    """The one of `known` that is most like `name`, from `alike` (0 to 1) on, or nothing."""
    from difflib import get_close_matches  # needed only once something is wrong

    return next(iter(get_close_matches(name, list(known), n=1, cutoff=alike)), "")
