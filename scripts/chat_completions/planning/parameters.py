"""Check the parameters of a request: their names, ranges, and whether gateway and model accept them."""

import json
import re
from typing import Any, NamedTuple

from chat_completions.catalog.gateway import Gateway, Model
from chat_completions.catalog.types import Parameter, Protocol
from chat_completions.catalog.validation import ValidationError, check_json, has_type
from chat_completions.errors import BadInput, NotOffered, UnknownName
from chat_completions.planning.types import Resolution

MAX_STOPS = 4
WRITTEN = ("model", "messages", "contents", "tools")  # what a program writes itself, whatever a gateway file names


class Parameters(NamedTuple):
    """The user's parameters under the names that the model has for them, and the notes on them."""

    values: dict[str, Any]
    notes: list[str]
    alternative_omits: list[str]  # fields of the body that the alternative model does not accept
    notes_on_alternative: list[str]


def read_parameters(resolution: Resolution) -> Parameters:
    """Return the user's parameters, without `stream: true`.

    UnknownName and BadInput (exit code 2) name the parameter; NotOffered (exit code 3) names the gateway or model
    that does not accept it, or the task that does.
    """
    protocol, params = resolution.protocol, dict(resolution.request.params)
    if params.get("stream") is True:
        del params["stream"]
    params = _with_our_names(params, protocol)
    notes: list[str] = []
    for name, value in params.items():
        parameter = _find(name, resolution.gateway, protocol, resolution.task.kind)
        _check_value(name, value, parameter)
        notes += _notes(name, value, parameter, resolution.gateway, protocol)
    params, notes_on_model = _rename_for_model(params, resolution)
    notes += notes_on_model
    notes += [conflict.note for conflict in protocol.conflicts if set(conflict.names) <= set(params)]
    for name, reason in _refused_by(resolution.gateway.model(resolution.choice.model), params):
        raise NotOffered(f"{reason}.", f"Leave out {name}, or name another --model.")
    _check_order(params, protocol)
    return Parameters(params, notes, *_omit_for_alternative(params, resolution))


def _rename_for_model(params: dict[str, Any], resolution: Resolution) -> tuple[dict[str, Any], list[str]]:
    """Return the parameters under the names that this model has for them, and notes; what a gateway documents stays."""
    protocol, model = resolution.protocol, resolution.choice.model
    documented = resolution.gateway.parameters.get(protocol.id, {})
    notes: list[str] = []
    for rule in protocol.model_rules:
        if not re.search(rule.pattern, model):
            continue
        renamed = {old: new for old, new in rule.renamed.items() if old not in documented and new not in params}
        notes += [
            f"{model} takes {new}: {old} is sent under this name" for old, new in renamed.items() if old in params
        ]
        notes += [f"{model} may accept only its default {name}" for name in rule.fixed if name in params]
        params = {renamed.get(name, name): value for name, value in params.items()}
    return params, notes


def _refused_by(model: Model, params: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the parameters that a model does not accept, each with the reason."""
    return [(names[-1], reason) for names, reason in model.refusals if set(names) <= set(params)]


def _omit_for_alternative(params: dict[str, Any], resolution: Resolution) -> tuple[list[str], list[str]]:
    """Return the fields that the alternative model does not accept, and notes on them."""
    alternative = next(iter(resolution.choice.alternatives), "")
    refused = _refused_by(resolution.gateway.model(alternative), params) if alternative else []
    known = resolution.protocol.parameters
    fields = [((known[name].path if name in known else ()) or [name])[-1] for name, _ in refused]
    return fields, [f"{reason}: a request to it goes without {name}" for name, reason in refused]


def _with_our_names(params: dict[str, Any], protocol: Protocol) -> dict[str, Any]:
    """Return the parameters under our names for them; BadInput where one comes under two names."""
    renamed: dict[str, Any] = {}
    for alias, value in params.items():
        name = protocol.parameter_aliases.get(alias, alias)
        if name in renamed:
            raise BadInput(f"{name!r} and its other name {alias!r} are both given.", "Give one of them.")
        renamed[name] = value
    return renamed


def _find(name: str, gateway: Gateway, protocol: Protocol, kind: str) -> Parameter:
    """Return what is known of a parameter that the task accepts; a gateway may add ones that have a type."""
    documented = gateway.parameters.get(protocol.id, {})
    of_gateway = documented.get(name, Parameter())
    is_added = of_gateway.type and name not in WRITTEN
    if name in protocol.reserved and not is_added:
        raise NotOffered(f"{name!r} is not set with --param.", f"Use {protocol.reserved[name]}.")
    parameter = protocol.parameters.get(name, Parameter()).changed_by(of_gateway)
    if is_added:
        parameter = parameter._replace(unsupported=of_gateway.unsupported)
    if not parameter.type:
        known = [*protocol.parameters, *(other for other, fields in documented.items() if fields.type)]
        error = UnknownName("parameter", name, dict.fromkeys(known))
        error.hint += " A gateway file of your own can name more of them under `parameters`."
        raise error
    if parameter.unsupported:
        raise NotOffered(f"{gateway.name}: {name!r} cannot be set: {parameter.unsupported}.", "Leave it out.")
    if parameter.kinds and kind not in parameter.kinds:
        raise NotOffered(f"{name!r} does not go with this task.", f"Use --task {parameter.kinds[0]}.")
    return parameter


def _check_value(name: str, value: Any, parameter: Parameter) -> None:
    hint, low, high = parameter.description, parameter.minimum, parameter.maximum
    if not _fits(value, parameter.type):
        raise BadInput(f"{name} must be {_describe(parameter)}, not {json.dumps(value)}.", hint)
    if parameter.enum and value not in parameter.enum:
        raise BadInput(f"{name} must be one of {', '.join(parameter.enum)}, not {value!r}.", hint)
    try:
        check_json(value, (name,))
    except ValidationError as problem:
        raise BadInput(f"{problem}.", hint) from problem
    if not isinstance(value, (int, float)):
        return
    # Written so that a NaN, for which every comparison is false, is out of range too.
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise BadInput(f"{name} must be {_describe(parameter)}, not {value!r}.", hint)


def _check_order(params: dict[str, Any], protocol: Protocol) -> None:
    """Raise BadInput where a parameter must be less than another and is not."""
    values = {**protocol.defaults, **params}
    for low, high in protocol.less_than:
        if low in params and not params[low] < values[high]:
            raise BadInput(
                f"{low} must be less than {high}, which is {values[high]}.", f"Give more: --param {high}=NUMBER."
            )


def _fits(value: Any, kind: str) -> bool:
    if kind == "stop":
        several = isinstance(value, list) and 0 < len(value) <= MAX_STOPS
        return isinstance(value, str) or (several and all(isinstance(item, str) for item in value))
    return has_type(value, kind)


def _describe(parameter: Parameter) -> str:
    if parameter.type == "stop":
        return f"a string or a list of 1 to {MAX_STOPS} strings"
    article = "an" if parameter.type in ("integer", "object", "array") else "a"
    low, high = parameter.minimum, parameter.maximum
    bounds = f" from {low} to {high}" if high is not None else f" of at least {low}" if low is not None else ""
    return f"{article} {parameter.type}{bounds}"


def _notes(name: str, value: Any, parameter: Parameter, gateway: Gateway, protocol: Protocol) -> list[str]:
    notes = [parameter.note] if parameter.note else []
    if parameter.warn_above and value > parameter.warn_above.bound:
        notes.append(parameter.warn_above.note)
    documented = gateway.parameters.get(protocol.id, {})
    if documented and name not in documented:
        notes.append(f"{name} is not documented by {gateway.name}: it is sent as the protocol has it")
    return notes
