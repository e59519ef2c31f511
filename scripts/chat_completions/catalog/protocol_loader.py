"""Builds a protocol from what its YAML file says."""

from typing import Any

from chat_completions.catalog.types import (
    Conflict,
    JsonObject,
    ModelRule,
    Parameter,
    Protocol,
    Streaming,
    Threshold,
    ToolFormat,
)


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
    """Return `parameter` with what `by` says of it: a gateway's own words come before the protocol's."""
    changes = {
        name: value for name, value, default in zip(by._fields, by, Parameter(), strict=True) if value != default
    }
    return parameter._replace(**changes)


def _parameter(fields: JsonObject) -> Parameter:
    if "warn_above" not in fields:
        return Parameter(**fields)
    return Parameter(**{**fields, "warn_above": Threshold(**fields["warn_above"])})
