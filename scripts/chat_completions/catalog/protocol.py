"""A protocol, the format of requests and replies, as a YAML file of references/protocols/ describes it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chat_completions.json_values import EMPTY, NO_NAMES, JsonObject


class Threshold(NamedTuple):
    """A value above which a parameter deserves a note."""

    bound: float
    note: str


class Parameter(NamedTuple):
    """A parameter of a request: its range, and its place in the body."""

    type: str = ""
    description: str = ""
    minimum: float | None = None
    maximum: float | None = None
    enum: Sequence[str] = ()
    path: Sequence[str] = ()  # keys that lead to it in the body; empty: its name alone
    as_list: bool = False  # a single value is sent as a list
    extra: JsonObject = EMPTY  # fields that are sent with it
    kinds: Sequence[str] = ()  # kinds of task that have it; empty: all
    unsupported: str = ""  # the reason why it cannot be set
    note: str = ""
    warn_above: Threshold | None = None
    default: Any = None
    source: str = ""


class Conflict(NamedTuple):
    """Parameters that deserve a note when they are sent together."""

    names: Sequence[str]
    note: str


class Streaming(NamedTuple):
    """What changes in a request for a streamed answer: fields of the body, or a part of the path (old, new)."""

    body: JsonObject = EMPTY
    path: Sequence[str] = ()


class ToolFormat(NamedTuple):
    """How a protocol declares tools and the choice between them."""

    shape: JsonObject  # of one tool, with placeholders
    choice_path: Sequence[str]
    choice: JsonObject  # its forms `auto`, `required`, `none` and `named`
    parallel_path: Sequence[str] = ()  # of the switch for parallel calls; empty where there is none
    parallel_inverse: bool = False  # the switch forbids parallel calls where it is true


class ModelRule(NamedTuple):
    """Parameters that models whose id matches `pattern` know by another name, or accept only with their default."""

    pattern: str
    renamed: Mapping[str, str] = NO_NAMES
    fixed: Sequence[str] = ()
    source: str = ""


class Protocol(NamedTuple):
    """A request and reply format."""

    id: str
    name: str
    method: str = "POST"
    headers: Mapping[str, str] = NO_NAMES
    sdk_paths: Sequence[str] = ()  # ends of paths that client libraries append themselves
    message_format: str = ""  # a key of message_formats.FORMATS
    multipart_images: bool = False  # images are uploaded as files of a form
    schema_in_prompt: bool = False  # a JSON Schema is described in the messages too
    defaults: JsonObject = EMPTY  # fields that a request must have, with their values
    streaming: Streaming | None = None
    parameters: Mapping[str, Parameter] = EMPTY
    parameter_aliases: Mapping[str, str] = NO_NAMES
    conflicts: Sequence[Conflict] = ()
    less_than: Sequence[Sequence[str]] = ()  # pairs of parameters of which the first must be less than the second
    reserved: Mapping[str, str] = NO_NAMES  # parameters that an option sets, and that option
    tools: ToolFormat | None = None
    formats: Mapping[str, JsonObject] = EMPTY  # fields that request JSON, by the value of response_format
    model_rules: Sequence[ModelRule] = ()
    aliases: Sequence[str] = ()


def build_protocol(id_: str, data: JsonObject) -> Protocol:
    """Return the protocol that `data` describes."""
    fields: dict[str, Any] = {**data, "parameters": build_parameters(data.get("parameters", {}))}
    fields["conflicts"] = [Conflict(**conflict) for conflict in data.get("conflicts", [])]
    fields["model_rules"] = [ModelRule(**rule) for rule in data.get("model_rules", [])]
    if "streaming" in data:
        fields["streaming"] = Streaming(**data["streaming"])
    if "tools" in data:
        fields["tools"] = ToolFormat(**data["tools"])
    return Protocol(id=id_, **fields)


def build_parameters(data: JsonObject) -> dict[str, Parameter]:
    """Return parameters by their names."""
    return {name: _parameter(fields) for name, fields in data.items()}


def override(parameter: Parameter, by: Parameter) -> Parameter:
    """Return `parameter` with the fields of `by` that are not the default, as a gateway changes a protocol's."""
    changes = {
        name: value for name, value, default in zip(by._fields, by, Parameter(), strict=True) if value != default
    }
    return parameter._replace(**changes)


def _parameter(fields: JsonObject) -> Parameter:
    if "warn_above" not in fields:
        return Parameter(**fields)
    return Parameter(**{**fields, "warn_above": Threshold(**fields["warn_above"])})
