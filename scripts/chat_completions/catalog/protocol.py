"""A protocol, the format of requests and replies, as a YAML file of references/protocols/ describes it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chat_completions.json_values import EMPTY, NO_NAMES, JsonObject


class Threshold(NamedTuple):
    """A value above which a parameter deserves a note."""

    bound: float
    note: str


class Parameter(NamedTuple):
    """A parameter of a request: its range, and where it stands in the body.

    `path` is its place when that is not its name, `as_list` that a single value is sent as a list, `extra` what is
    sent along, `kinds` the kinds of task that it belongs to, `unsupported` the reason why it cannot be set.
    """

    type: str = ""
    description: str = ""
    minimum: float | None = None
    maximum: float | None = None
    enum: Sequence[str] = ()
    path: Sequence[str] = ()
    as_list: bool = False
    extra: JsonObject = EMPTY
    kinds: Sequence[str] = ()
    unsupported: str = ""
    note: str = ""
    warn_above: Threshold | None = None
    default: Any = None
    source: str = ""


class Conflict(NamedTuple):
    """Parameters that deserve a note when they are sent together."""

    names: Sequence[str]
    note: str


class Streaming(NamedTuple):
    """What changes in a request whose answer is to be streamed: fields of the body, or a part of the path."""

    body: JsonObject = EMPTY
    path: Sequence[str] = ()


class ToolFormat(NamedTuple):
    """How a protocol writes tools: the `shape` of each, the choice of tools and whether calls may be parallel.

    `choice` has the forms `auto`, `required`, `none` and `named`, which stand at `choice_path`; `parallel_path` is
    empty where the protocol has no such switch, `parallel_inverse` tells that it is true to forbid.
    """

    shape: JsonObject
    choice_path: Sequence[str]
    choice: JsonObject
    parallel_path: Sequence[str] = ()
    parallel_inverse: bool = False


class ModelRule(NamedTuple):
    """What models whose id matches `pattern` take otherwise: parameters by another name, or only with their default."""

    pattern: str
    renamed: Mapping[str, str] = NO_NAMES
    fixed: Sequence[str] = ()
    source: str = ""


class Protocol(NamedTuple):
    """A request and reply format.

    `message_format` names the form of its messages, `image_encoding` that of its images, `defaults` are what a
    request must carry, `reserved` parameters that are set by an option, `less_than` pairs of parameters of which the
    first must be below the second, `schema_in_prompt` tells that a wanted JSON format is also described in words.
    `sdk_paths` are the ends of the paths that client libraries append themselves.
    """

    id: str
    name: str
    method: str = "POST"
    headers: Mapping[str, str] = NO_NAMES
    sdk_paths: Sequence[str] = ()
    message_format: str = ""
    image_encoding: str = ""
    schema_in_prompt: bool = False
    defaults: JsonObject = EMPTY
    streaming: Streaming | None = None
    parameters: Mapping[str, Parameter] = EMPTY
    parameter_aliases: Mapping[str, str] = NO_NAMES
    conflicts: Sequence[Conflict] = ()
    less_than: Sequence[Sequence[str]] = ()
    reserved: Mapping[str, str] = NO_NAMES
    tools: ToolFormat | None = None
    formats: Mapping[str, JsonObject] = EMPTY
    finish_reasons: Mapping[str, Sequence[str]] = EMPTY
    finish_reason_field: str = "finish_reason"
    usage: Sequence[str] = ()
    model_rules: Sequence[ModelRule] = ()
    error_hints: Mapping[str, str] = NO_NAMES
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
    """Return `parameter` with all that `by` says differently from the defaults, as a gateway does of a protocol's."""
    changes = {
        name: value for name, value, default in zip(by._fields, by, Parameter(), strict=True) if value != default
    }
    return parameter._replace(**changes)


def _parameter(fields: JsonObject) -> Parameter:
    if "warn_above" not in fields:
        return Parameter(**fields)
    return Parameter(**{**fields, "warn_above": Threshold(**fields["warn_above"])})
