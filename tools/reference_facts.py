"""The tables of references/*.md and of the README that say what the YAML says."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from chat_completions import catalog, listing
from chat_completions.errors import NotOffered
from chat_completions.shapes import Gateway, Model, Request
from chat_completions.snippet import decide

ROOT = Path(__file__).resolve().parents[1]
SPOKEN = ("openai-chat", "anthropic-messages", "gemini-generate")  # what conversations are held in
OURS = sorted(file.stem for file in (ROOT / "references" / "gateways").glob("*.yaml"))
PRIORITIES = ("cost", "balanced", "quality")


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table; bars inside a cell are escaped."""
    lines = [list(head), ["---"] * len(list(head)), *([str(cell).replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def decisions() -> str:
    """Preferred and alternative models for each use: gateway by gateway, protocol by protocol."""
    parts = []
    for gateway in map(catalog.gateway, OURS):
        parts.append(f"### {gateway.name}\n")
        for protocol in gateway.endpoints:
            rows: dict[tuple[str, str], list[str]] = {}
            for task, priority in product(catalog.names("task"), PRIORITIES):
                row = _decision(gateway, task, protocol, priority)
                if row:
                    rows.setdefault(row, []).append(f"{task} ({priority})")
            uses = [(_uses(names), preferred, alternative) for (preferred, alternative), names in rows.items()]
            parts += [table((f"use, on {protocol}", "preferred", "alternative"), uses)] if uses else []
    return "\n".join(parts)


def _decision(gateway: Gateway, task: str, protocol: str, priority: str) -> tuple[str, str] | None:
    try:
        choice = decide(Request(gateway.id, task=task, protocol=protocol, priority=priority))
    except NotOffered:
        return None
    return f"`{choice.model}`", ", ".join(f"`{one}`" for one in choice.alternatives) or "–"


def _uses(names: Sequence[str]) -> str:
    """`chat (cost), chat (balanced), chat (quality)` as `chat`."""
    tasks: dict[str, list[str]] = {}
    for name in names:
        task, _, priority = name.partition(" ")
        tasks.setdefault(task, []).append(priority.strip("()"))
    return ", ".join(
        task if len(some) == len(PRIORITIES) else f"{task} ({', '.join(some)})" for task, some in tasks.items()
    )


def models() -> str:
    """Every model that a gateway's documents or probes name."""
    parts = []
    for gateway in map(catalog.gateway, OURS):
        rows = [_model_row(gateway, model) for model in gateway.models.values()]
        head = ("model", "streams", "takes", "tools", "context", "price in / out", "status", "guidance", "source")
        parts.append(f"### {gateway.name}\n\n" + table(head, rows))
    return "\n".join(parts)


def _model_row(gateway: Gateway, model: Model) -> tuple[str, ...]:
    up = model.upstream
    plays = {name for roles in gateway.roles.values() for name, role in roles.items() if model.id in role["models"]}
    pictures = plays == {"painter"} or (bool(model.protocols) and not set(SPOKEN) & set(model.protocols))
    price = "/".join(f"{one:g}" for one in up["price"]) if "price" in up else "unknown"
    about = [f"{model.guidance}" if model.guidance else "", model.note]
    rules = [f"takes no {one}" for one in up.get("rejects", ())]
    rules += [f"takes {' or '.join(pair)}, not both" for pair in up.get("not_both", ())]
    source = gateway.sources[model.source]
    return (
        f"`{model.id}`",
        "no" if pictures else "yes",
        ", ".join(up.get("input", ["unknown"])),
        {True: "yes", False: "no", None: "unknown"}[up.get("tools")],
        f"{up['context']:,}" if "context" in up else "unknown",
        price,
        model.status,
        "; ".join(one for one in (*about, *rules) if one),
        f"{source.source}, {source.date}",
    )


def gateways() -> str:
    """How each gateway is reached, what it takes, and what its errors mean."""
    return "\n".join(_gateway(catalog.gateway(name)) for name in OURS)


def _gateway(gateway: Gateway) -> str:
    lines = [f"### {gateway.name}\n", f"- Base URL: `{gateway.base_url}` (override: `{gateway.env}_BASE_URL`)"]
    lines += [
        f"- Auth `{one.name}`: `{one.header}: {one.prefix}<key>`, the key from `{one.key}`" for one in gateway.auth
    ]
    for protocol, endpoints in gateway.endpoints.items():
        for one in endpoints:
            note = f" ({one.note})" if one.note else ""
            then = f", then `POST {one.then}`" if one.then else ""
            method = catalog.protocol(protocol).method
            lines.append(f"- `{protocol}`, endpoint `{one.name}`: `{method} {one.path}`{then}{note}")
    lines += [f"- {one['about']}: {one['says']} ({gateway.sources[one['source']].date})" for one in gateway.facts]
    return "\n".join(lines) + "\n\n" + _parameters(gateway) + "\n"


def _parameters(gateway: Gateway) -> str:
    rows = []
    for protocol, documented in gateway.parameters.items():
        known = catalog.protocol(protocol).parameters
        for name, facts in documented.items():
            merged = {**known.get(name, {}), **facts}
            remark = merged.get("caveat") or merged.get("refused", "")
            rows.append((protocol, f"`{name}`", _range(merged), merged.get("default", ""), remark))
    return table(("protocol", "documented parameter", "range", "default", "remark"), rows)


def _range(facts: Mapping[str, Any]) -> str:
    if "enum" in facts:
        return ", ".join(facts["enum"])
    bounds = [str(facts[name]) for name in ("minimum", "maximum") if name in facts]
    kind = "a string, or up to four" if facts.get("type") == "stop" else facts.get("type", "")
    return f"{kind} {' to '.join(bounds)}".strip() + (" or more" if len(bounds) == 1 else "")


def parameters() -> str:
    """The parameters, under our names, and what each protocol calls them and takes."""
    shapes = {name: catalog.protocol(name).parameters for name in SPOKEN}
    rows = []
    for name in dict.fromkeys(name for known in shapes.values() for name in known):
        says = next(known[name].get("says") or known[name]["refused"] for known in shapes.values() if name in known)
        rows.append((f"`{name}`", *(_sent(name, known) for known in shapes.values()), says))
    return table(("parameter", *SPOKEN, "what it does"), rows)


def _sent(name: str, known: Mapping[str, Any]) -> str:
    if name not in known:
        return "–"
    at = ".".join(known[name].get("at", [name]))
    return _range(known[name]) + (f", as `{at}`" if at != name else "")


def cells() -> str:
    """How many cells there are, and what each gateway has."""
    rows = listing.rows("cells", None)
    lines = []
    for gateway in OURS:
        own = [row for row in rows if row["gateway"] == gateway]
        tasks, protocols = (list(dict.fromkeys(row[name] for row in own)) for name in ("task", "protocol"))
        lines.append((catalog.gateway(gateway).name, ", ".join(tasks), ", ".join(protocols), len(own)))
    counted = [row for row in rows if row["gateway"] in OURS]
    return f"{len(counted)} cells in all:\n\n" + table(("gateway", "tasks", "protocols", "cells"), lines)


def errors() -> str:
    """What a program advises for each status, gateway by gateway."""
    shared = catalog.protocol("openai-chat").errors
    loaded = [catalog.gateway(name) for name in OURS]
    marks = [*shared, *dict.fromkeys(mark for one in loaded for mark in one.errors if mark not in shared)]
    rows = []
    for mark in marks:
        own = "; ".join(f"{one.name}: {one.errors[mark]}" for one in loaded if mark in one.errors)
        rows.append((mark, shared.get(mark, ""), own))
    return table(("status or words", "what to do", "said of one gateway"), rows)
