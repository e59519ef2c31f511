"""Fills the generated parts of references/*.md from the YAML and the templates.

    python tools/make_references.py [--check]

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`. With --check nothing is
written; the exit code is 1 when a part is stale.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import make_sources  # noqa: E402
from chat_completions import catalog, explain, listing, literals  # noqa: E402
from chat_completions.shapes import Call, Gateway, Model, Request, Slot, Snippet  # noqa: E402
from chat_completions.snippet import decide, make  # noqa: E402

PART = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "references").glob("*.md")))
SPOKEN = ("openai-chat", "anthropic-messages", "gemini-generate")  # what conversations are held in
OURS = sorted(file.stem for file in (ROOT / "references" / "gateways").glob("*.yaml"))
PRIORITIES = ("cost", "balanced", "quality")
# Title, options of the program, options as a user would type them.
SAMPLES: Sequence[tuple[str, dict[str, Any]]] = (
    ("Creative writing (AIReiter's document)", {"gateway": "aireiter", "protocol": "openai-chat", "model": "claude-sonnet-4-5-20250929", "prompt": "写一首关于秋天的现代诗", "params": {"temperature": 0.9, "frequency_penalty": 0.5, "presence_penalty": 0.3}}),
    ("Exact output (AIReiter's document)", {"gateway": "aireiter", "protocol": "openai-chat", "model": "claude-sonnet-4-5-20250929", "prompt": "计算 1234 × 5678 的结果", "params": {"temperature": 0.0, "seed": 42}}),
    ("A basic question (AIReiter's document)", {"gateway": "aireiter", "protocol": "openai-chat", "model": "claude-sonnet-4-5-20250929", "prompt": "用 Python 实现快速排序"}),
    ("A streamed article (AIReiter's document)", {"gateway": "aireiter", "protocol": "openai-chat", "model": "claude-sonnet-4-5-20250929", "prompt": "写一篇关于量子计算的技术博客", "stream": True}),
    ("System message and sampling (AINative's document)", {"gateway": "ainative", "endpoint": "public", "model": "claude-3-5-sonnet-20241022", "system": "You are a helpful assistant.", "prompt": "What is ZeroDB?", "params": {"temperature": 0.7, "max_tokens": 1024}}),
    ("Streaming (AINative's document)", {"gateway": "ainative", "endpoint": "public", "model": "claude-3-5-sonnet-20241022", "prompt": "Count to 5", "stream": True}),
    ("A poem (AIClient-2-API's document)", {"gateway": "aiclient-2-api", "model": "gemini-2.5-flash", "system": "你是一名乐于助人的AI助手。", "prompt": "你好,能帮我写一首关于春天的诗吗?", "params": {"max_tokens": 100, "temperature": 0.7}, "stream": True}),
)  # fmt: skip
MULTI_TURN: Sequence[tuple[str, str]] = (
    ("system", "你是一位资深 Python 开发专家,擅长代码审查和性能优化。"),
    ("user", "什么是 GIL?"),
    ("assistant", "GIL(全局解释器锁)是..."),
    ("user", "怎么绕过 GIL 实现真正的并行?"),
)


def main() -> int:
    """Write the documents, or only compare them."""
    stale = []
    for file in DOCUMENTS:
        old = file.read_text(encoding="utf-8")
        new = PART.sub(lambda found: f"{found[1]}\n{_part(found[2]).rstrip()}\n\n{found[3]}", old)
        if new != old:
            stale.append(file.name)
            if "--check" not in sys.argv:
                file.write_text(new, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"stale: {', '.join(stale)}; run `make references`", file=sys.stderr)
        return 1
    return 0


def _part(name: str) -> str:
    """A part by its name: `requests-X` holds the requests of protocol X."""
    about, _, protocol = name.partition("-")
    return requests(protocol) if about == "requests" else PARTS[name]()


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
    from chat_completions.errors import NotOffered

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


def requests(protocol: str) -> str:
    """The request of each task on one protocol, as the first gateway that offers it gets it."""
    parts = []
    words = catalog.language("shell").literals
    for task in catalog.names("task"):
        call = _call(task, protocol) if protocol in catalog.task(task).body else None
        if call:
            known = {"MESSAGES": call.messages, "TOOLS": call.wire_tools, "SCHEMA": call.schema}
            body = f"\n{literals.spell(_filled(call.bodies[0], known), words)}" if call.bodies[0] else ""
            form = ", as multipart/form-data beside the field `image`" if call.form else ""
            parts.append(f"{task} ({call.title}{form}):\n\n```\n{call.method} {call.path}{body}\n```\n")
    return "\n".join(parts)


def _call(task: str, protocol: str) -> Call | None:
    from chat_completions.errors import NotOffered

    for gateway in OURS:
        try:
            return make(Request(gateway, task=task, protocol=protocol)).call
        except NotOffered:
            continue
    return None


def _filled(value: Any, known: Mapping[str, Any]) -> Any:
    """A body with what its slots stand for; what only a run knows is named."""
    if isinstance(value, Slot):
        return _filled(known[value.name], known) if value.name in known else f"<{value.name}>"
    if isinstance(value, Mapping):
        return {key: _filled(item, known) for key, item in value.items()}
    return [_filled(item, known) for item in value] if isinstance(value, (list, tuple)) else value


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


def programs() -> str:
    """The chat programs whole, in Python and in cURL, and of the other tasks the commands and what differs."""
    parts = []
    for language in ("python", "shell"):
        snippet = make(Request("aitoll", language=language))
        parts.append(f"### Chat, {snippet.library}\n\n{_typed(snippet, {})}\n{_block(snippet)}")
    homes: dict[str, str] = {}
    for gateway in ("aitoll", *OURS):
        for row in listing.rows("cells", gateway):
            homes.setdefault(row["task"], gateway)
    for task, gateway in homes.items():
        if task != "chat":
            parts.append(f"### {task.capitalize()}\n\n{_of_task(task, gateway)}")
    pages = [make(Request("aitoll", language=one, stream=True)) for one in ("nextjs", "react")]
    parts.append("### A web page\n\n" + "\n".join(_typed(one, {"stream": True}) for one in pages))
    return "\n".join(parts)


def _of_task(task: str, gateway: str) -> str:
    python, shell = (make(Request(gateway, task=task, language=one)) for one in ("python", "shell"))
    commands = "\n".join(_typed(one, {"task": task}) for one in (python, shell))
    return f"{commands}\n{_data(python)}" if python.call.messages else commands


def samples() -> str:
    """The samples of the gateways' documents: the command, and the lines in which its program differs."""
    parts = []
    for title, options in SAMPLES:
        snippet = make(Request(**options))
        parts.append(f"### {title}\n\n{_typed(snippet, options)}\n{_data(snippet)}")
    turns = [{"role": role, "content": content} for role, content in MULTI_TURN]
    snippet = make(
        Request(
            "aireiter",
            task="conversation",
            protocol="openai-chat",
            model="claude-sonnet-4-5-20250929",
            messages=turns,
            params={"temperature": 0.3},
        )
    )
    yaml_turns = "".join(f"- {{role: {one['role']}, content: {literals.text(one['content'])}}}\n" for one in turns)
    parts.append(
        "### Several turns (AIReiter's document)\n\n`turns.yaml`:\n\n"
        f"```yaml\n{yaml_turns}```\n\n"
        "```bash\nchat-completions write --messages turns.yaml --gateway aireiter "
        f"--protocol openai-chat --model claude-sonnet-4-5-20250929 --param temperature=0.3\n```\n\n{_data(snippet)}"
    )
    return "\n".join(parts)


def _typed(snippet: Snippet, options: dict[str, Any]) -> str:
    words = ["chat-completions", "write"]
    if "prompt" in options:
        words.append(literals.quoted(options["prompt"]))
    words += ["--gateway", snippet.call.gateway]
    if options.get("task", "chat") != "chat":
        words += ["--task", options["task"]]
    if snippet.language != "python":
        words += ["--language", snippet.language]
    for name in ("protocol", "endpoint", "model", "system"):
        if name in options:
            words += [f"--{name}", literals.quoted(options[name])]
    for name, value in options.get("params", {}).items():
        words += ["--param", f"{name}={value}"]
    return f"```bash\n{' '.join(words)}{' --stream' if options.get('stream') else ''}\n```\n"


def _data(snippet: Snippet) -> str:
    """The constants in which a Python program differs from others of its kind."""
    lines = snippet.code.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("MESSAGES = "))
    end = next(number for number, line in enumerate(lines) if line.startswith("KEY = "))
    return "```python\n" + "\n".join(lines[start:end]) + "\n```\n"


def _fence(snippet: Snippet) -> str:
    return explain.FENCES[snippet.filename.rsplit(".", 1)[1]]


def _block(snippet: Snippet) -> str:
    return f"```{_fence(snippet)}\n{snippet.code}```\n"


PARTS: dict[str, Callable[[], str]] = {
    "decisions": decisions,
    "models": models,
    "gateways": gateways,
    "parameters": parameters,
    "cells": cells,
    "errors": errors,
    "programs": programs,
    "samples": samples,
    "sources": make_sources.table,
}

if __name__ == "__main__":
    sys.exit(main())
