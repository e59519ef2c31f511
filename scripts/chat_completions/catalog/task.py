"""What a program does, and the rules that pick a model for it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chat_completions.json_values import EMPTY, JsonObject


class Task(NamedTuple):
    """What a program does: its kind decides the model and the template, its body is the request by protocol.

    `uses_model` is false for requests without a model, `streams` for answers that cannot be streamed; with
    `always_streams` they always are. Programs of an `asynchronous` task are so in each language. A program that reads
    its prompts when it runs has `example_input`, lines to try it with, and perhaps `arguments` on its command line;
    `prompt` is None where its turns come one by one. `language` is the only one that has it, empty stands for all.
    `aliases` are words that people have for it.
    """

    id: str
    kind: str
    summary: str
    prompt: str | None = ""
    messages: Sequence[JsonObject] = ()
    body: Mapping[str, JsonObject] = EMPTY
    tools: Sequence[JsonObject] = ()
    schema: JsonObject = EMPTY
    images: Sequence[str] = ()
    streams: bool = True
    always_streams: bool = False
    asynchronous: bool = False
    uses_model: bool = True
    read_timeout: int = 120
    template: str = ""
    language: str = ""
    example_input: Sequence[str] = ()
    arguments: str = ""
    aliases: Sequence[str] = ()


class Rule(NamedTuple):
    """A reason to pick a model: for some kinds of task, or (without kinds) for a priority.

    `required` tells that a model recommended for something else will not do.
    """

    id: str
    reason: str
    kinds: Sequence[str] = ()
    required: bool = False


class DecisionTable(NamedTuple):
    """The rules that pick a model: by the kind of task, else by the priority."""

    kinds: list[Rule]
    priorities: list[Rule]


def build_task(id_: str, data: JsonObject) -> Task:
    """Return the task that the data of its file describe."""
    return Task(id=id_, **data)


def build_decision_table(data: JsonObject) -> DecisionTable:
    """Return the rules that models.yaml describes, in order."""
    return DecisionTable([Rule(**rule) for rule in data["kinds"]], [Rule(**rule) for rule in data["priorities"]])
