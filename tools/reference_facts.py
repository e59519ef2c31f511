"""Make the tables of references/*.md and of the README from the YAML files."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path

from chat_completions.catalog import load
from chat_completions.catalog.gateway import Gateway, Model
from chat_completions.catalog.gateway_loader import load_gateway
from chat_completions.catalog.types import Parameter
from chat_completions.catalog.yaml_files import read_our_file
from chat_completions.errors import NotOffered
from chat_completions.paths import references
from chat_completions.planning.combinations import offered_combinations
from chat_completions.planning.plan import choose_model
from chat_completions.planning.types import ProgramRequest

ROOT = Path(__file__).resolve().parents[1]
CHAT_PROTOCOLS = ("openai-chat", "anthropic-messages", "gemini-generate")
OURS = sorted(file.stem for file in (ROOT / "references" / "gateways").glob("*.yaml"))
PRIORITIES = ("cost", "balanced", "quality")


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table; bars inside a cell are escaped."""
    lines = [list(head), ["---"] * len(list(head)), *([str(cell).replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def decisions() -> str:
    """Return the preferred and alternative models for each use, by gateway and protocol."""
    parts = []
    for gateway in map(load_gateway, OURS):
        parts.append(f"### {gateway.name}\n")
        for protocol in gateway.endpoints:
            rows: dict[tuple[str, str], list[str]] = {}
            for task, priority in product(load.names("task"), PRIORITIES):
                row = _decision(gateway, task, protocol, priority)
                if row:
                    rows.setdefault(row, []).append(f"{task} ({priority})")
            uses = [(_uses(names), preferred, alternative) for (preferred, alternative), names in rows.items()]
            parts += [table((f"use, on {protocol}", "preferred", "alternative"), uses)] if uses else []
    return "\n".join(parts)


def _decision(gateway: Gateway, task: str, protocol: str, priority: str) -> tuple[str, str] | None:
    try:
        choice = choose_model(ProgramRequest(gateway.id, task=task, protocol=protocol, priority=priority))
    except NotOffered:
        return None
    return f"`{choice.model}`", ", ".join(f"`{alternative}`" for alternative in choice.alternatives) or "–"


def _uses(names: Sequence[str]) -> str:
    """Return `chat (cost), chat (balanced), chat (quality)` as `chat`."""
    tasks: dict[str, list[str]] = {}
    for name in names:
        task, _, priority = name.partition(" ")
        tasks.setdefault(task, []).append(priority.strip("()"))
    return ", ".join(
        task if len(some) == len(PRIORITIES) else f"{task} ({', '.join(some)})" for task, some in tasks.items()
    )


def models() -> str:
    """Return every model that a gateway's documents or probes name."""
    parts = []
    for gateway in map(load_gateway, OURS):
        rows = [_model_row(gateway, model) for model in gateway.models.values()]
        head = ("model", "streams", "takes", "tools", "context", "price in / out", "status", "guidance", "source")
        parts.append(f"### {gateway.name}\n\n" + table(head, rows))
    return "\n".join(parts)


def _model_row(gateway: Gateway, model: Model) -> tuple[str, ...]:
    facts = model.facts
    uses = {
        name
        for recommended in gateway.recommended_models.values()
        for name, use in recommended.items()
        if model.id in use.models
    }
    images = uses == {"image"} or (bool(model.protocols) and not set(CHAT_PROTOCOLS) & set(model.protocols))
    rules = [f"does not accept {name}" for name in facts.unsupported_parameters]
    rules += [f"accepts {' or '.join(pair)}, not both" for pair in facts.mutually_exclusive]
    source = gateway.sources[model.source]
    return (
        f"`{model.id}`",
        "no" if images else "yes",
        ", ".join(facts.input) or "unknown",
        {True: "yes", False: "no", None: "unknown"}[facts.tools],
        f"{facts.context:,}" if facts.context else "unknown",
        "/".join(f"{price:g}" for price in facts.price) or "unknown",
        facts.status,
        "; ".join(text for text in (model.guidance, model.note, *rules) if text),
        f"{source.source}, {source.date}",
    )


def gateways() -> str:
    """Return addresses, authentication, endpoints and documented parameters of each gateway."""
    return "\n".join(_gateway(load_gateway(name)) for name in OURS)


def _gateway(gateway: Gateway) -> str:
    lines = [f"### {gateway.name}\n", f"- Base URL: `{gateway.base_url}` (override: `{gateway.env_prefix}_BASE_URL`)"]
    lines += [
        f"- Auth `{item.name}`: `{item.header}: {item.prefix}<key>`, the key from `{item.key_env}`"
        for item in gateway.auth
    ]
    for protocol, endpoints in gateway.endpoints.items():
        for endpoint in endpoints:
            note = f" ({endpoint.note})" if endpoint.note else ""
            then = f", then `POST {endpoint.poll_path}`" if endpoint.poll_path else ""
            method = load.load_protocol(protocol).method
            lines.append(f"- `{protocol}`, endpoint `{endpoint.name}`: `{method} {endpoint.path}`{then}{note}")
    lines += [f"- {note['topic']}: {note['text']} ({gateway.sources[note['source']].date})" for note in gateway.notes]
    return "\n".join(lines) + "\n\n" + _parameters(gateway) + "\n"


def _parameters(gateway: Gateway) -> str:
    rows = []
    for protocol, documented in gateway.parameters.items():
        known = load.load_protocol(protocol).parameters
        for name, changes in documented.items():
            parameter = known.get(name, Parameter()).changed_by(changes)
            remark, default = parameter.note or parameter.unsupported, parameter.default
            rows.append((protocol, f"`{name}`", _range(parameter), "" if default is None else default, remark))
    return table(("protocol", "documented parameter", "range", "default", "remark"), rows)


def _range(parameter: Parameter) -> str:
    if parameter.enum:
        return ", ".join(parameter.enum)
    bounds = [str(bound) for bound in (parameter.minimum, parameter.maximum) if bound is not None]
    kind = "a string, or up to four" if parameter.type == "stop" else parameter.type
    return f"{kind} {' to '.join(bounds)}".strip() + (" or more" if len(bounds) == 1 else "")


def parameters() -> str:
    """Return the parameters by our names, with their names and ranges on each protocol."""
    shapes = {name: load.load_protocol(name).parameters for name in CHAT_PROTOCOLS}
    rows = []
    for name in dict.fromkeys(name for known in shapes.values() for name in known):
        description = next(
            known[name].description or known[name].unsupported for known in shapes.values() if name in known
        )
        rows.append((f"`{name}`", *(_sent(name, known) for known in shapes.values()), description))
    return table(("parameter", *CHAT_PROTOCOLS, "what it does"), rows)


def _sent(name: str, known: Mapping[str, Parameter]) -> str:
    if name not in known:
        return "–"
    at = ".".join(known[name].path or [name])
    return _range(known[name]) + (f", as `{at}`" if at != name else "")


def combinations() -> str:
    """Return the number of combinations, in all and of each gateway."""
    rows = offered_combinations()
    lines = []
    for gateway in OURS:
        rows_of_gateway = [row for row in rows if row.gateway == gateway]
        tasks, protocols = (
            list(dict.fromkeys(getattr(row, name) for row in rows_of_gateway)) for name in ("task", "protocol")
        )
        lines.append((load_gateway(gateway).name, ", ".join(tasks), ", ".join(protocols), len(rows_of_gateway)))
    counted = [row for row in rows if row.gateway in OURS]
    return f"{len(counted)} combinations in all:\n\n" + table(("gateway", "tasks", "protocols", "combinations"), lines)


def errors() -> str:
    """Return what to do about each status, gateway by gateway."""
    shared: Mapping[str, str] = read_our_file(references() / "error_hints.yaml")
    loaded = [load_gateway(name) for name in OURS]
    marks = [*shared, *dict.fromkeys(mark for item in loaded for mark in item.error_hints if mark not in shared)]
    rows = []
    for mark in marks:
        of_gateways = "; ".join(f"{item.name}: {item.error_hints[mark]}" for item in loaded if mark in item.error_hints)
        rows.append((mark, shared.get(mark, ""), of_gateways))
    return table(("status or text", "what to do", "of one gateway"), rows)
