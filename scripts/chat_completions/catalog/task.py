"""What a program does, and the rules that pick a model for it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chat_completions.json_values import EMPTY, JsonObject


class Task(NamedTuple):
    """What a program does."""

    id: str
    kind: str  # decides the model, and the template where `template` is empty
    summary: str
    prompt: str | None = ""  # of the example; None where the turns are read one by one
    messages: Sequence[JsonObject] = ()
    body: Mapping[str, JsonObject] = EMPTY  # the request by protocol, with placeholders
    tools: Sequence[JsonObject] = ()
    schema: JsonObject = EMPTY
    images: Sequence[str] = ()
    streams: bool = True  # the answer can be streamed
    always_streams: bool = False
    asynchronous: bool = False  # the programs are asynchronous in each language
    uses_model: bool = True
    read_timeout: int = 120  # seconds
    template: str = ""
    language: str = ""  # the only one that has the task; empty: all
    example_input: Sequence[str] = ()  # lines to try a program with that reads its prompts
    arguments: str = ""  # for the command line of such a program
    aliases: Sequence[str] = ()


class Rule(NamedTuple):
    """A reason to pick a model: for some kinds of task, or for a priority."""

    id: str
    reason: str
    kinds: Sequence[str] = ()  # empty: a priority
    required: bool = False  # a model that is recommended for something else will not do


class DecisionTable(NamedTuple):
    """The rules that pick a model: by the kind of task, else by the priority."""

    kinds: list[Rule]
    priorities: list[Rule]


def build_task(id_: str, data: JsonObject) -> Task:
    """Return the task that the data of its file describe."""
    return Task(id=id_, **data)


def build_decision_table(data: JsonObject) -> DecisionTable:
    """Return the rules that decision_table.yaml describes, in order."""
    return DecisionTable([Rule(**rule) for rule in data["kinds"]], [Rule(**rule) for rule in data["priorities"]])
