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

from chat_completions import catalog, explain, listing, literals  # noqa: E402
from chat_completions.shapes import Gateway, Model, Request, Snippet  # noqa: E402
from chat_completions.snippet import decide, make  # noqa: E402

PART = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
DOCUMENTS = ("models.md", "api-reference.md", "code-examples.md")
OURS = sorted(file.stem for file in (ROOT / "references" / "gateways").glob("*.yaml"))
PRIORITIES = ("cost", "balanced", "quality")
# Title, options of the program, options as a user would type them.
SAMPLES: Sequence[tuple[str, dict[str, Any]]] = (
    ("Creative writing (AIReiter's document)", {"gateway": "aireiter", "model": "claude-sonnet-4-5-20250929", "prompt": "写一首关于秋天的现代诗", "params": {"temperature": 0.9, "frequency_penalty": 0.5, "presence_penalty": 0.3}}),
    ("Exact output (AIReiter's document)", {"gateway": "aireiter", "model": "claude-sonnet-4-5-20250929", "prompt": "计算 1234 × 5678 的结果", "params": {"temperature": 0.0, "seed": 42}}),
    ("A basic question (AIReiter's document)", {"gateway": "aireiter", "model": "claude-sonnet-4-5-20250929", "prompt": "用 Python 实现快速排序"}),
    ("A streamed article (AIReiter's document)", {"gateway": "aireiter", "model": "claude-sonnet-4-5-20250929", "prompt": "写一篇关于量子计算的技术博客", "stream": True}),
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
    for name in DOCUMENTS:
        file = ROOT / "references" / name
        old = file.read_text(encoding="utf-8")
        new = PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]().rstrip()}\n\n{found[3]}", old)
        if new != old:
            stale.append(name)
            if "--check" not in sys.argv:
                file.write_text(new, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"stale: {', '.join(stale)}; run `make references`", file=sys.stderr)
        return 1
    return 0


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table; bars inside a cell are escaped."""
    lines = [list(head), ["---"] * len(list(head)), *([str(cell).replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def decisions() -> str:
    """Preferred and alternative models for each use, gateway by gateway."""
    parts = []
    for gateway in map(catalog.gateway, OURS):
        rows: dict[tuple[str, str], list[str]] = {}
        for task in catalog.names("task"):
            for priority in PRIORITIES:
                row = _decision(gateway, task, priority)
                if row:
                    rows.setdefault(row, []).append(f"{task} ({priority})")
        uses = [(_uses(names), preferred, alternative) for (preferred, alternative), names in rows.items()]
        parts.append(f"### {gateway.name}\n\n" + table(("use", "preferred", "alternative"), uses))
    return "\n".join(parts)


def _decision(gateway: Gateway, task: str, priority: str) -> tuple[str, str] | None:
    from chat_completions.errors import NotOffered

    try:
        choice = decide(Request(gateway.id, task=task, priority=priority))
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
    pictures = model.protocols in (["openai-images"], ["aireiter-tasks"])
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
            lines.append(f"- `{protocol}`, endpoint `{one.name}`: `POST {one.path}`{note}")
    lines += [f"- {one['about']}: {one['says']} ({gateway.sources[one['source']].date})" for one in gateway.facts]
    return "\n".join(lines) + "\n\n" + _parameters(gateway) + "\n"


def _parameters(gateway: Gateway) -> str:
    documented = gateway.parameters.get("openai-chat", {})
    known = catalog.protocol("openai-chat").parameters
    rows = []
    for name, facts in documented.items():
        merged = {**known.get(name, {}), **facts}
        rows.append(
            (f"`{name}`", _range(merged), merged.get("default", ""), merged.get("caveat") or merged.get("refused", ""))
        )
    return table(("documented parameter", "range", "default", "remark"), rows)


def _range(facts: Mapping[str, Any]) -> str:
    if "enum" in facts:
        return ", ".join(facts["enum"])
    bounds = [str(facts[name]) for name in ("minimum", "maximum") if name in facts]
    kind = "a string, or up to four" if facts.get("type") == "stop" else facts.get("type", "")
    return f"{kind} {' to '.join(bounds)}".strip() + (" or more" if len(bounds) == 1 else "")


def parameters() -> str:
    """The parameters of the OpenAI protocol, with the ranges that are checked."""
    rows = [
        (f"`{name}`", _range(facts), facts.get("says", facts.get("refused", "")))
        for name, facts in catalog.protocol("openai-chat").parameters.items()
    ]
    return table(("parameter", "range", "what it does"), rows)


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
    """The chat programs whole, in Python and in cURL, and the lines in which those of other tasks differ."""
    parts = []
    for stream, language in product((False, True), ("python", "shell")):
        snippet = make(Request("aitoll", language=language, stream=stream))
        title = f"Chat, {snippet.library}{', streaming' if stream else ''}"
        parts.append(f"### {title}\n\n{_typed(snippet, {'stream': stream})}\n{_block(snippet)}")
    for task in dict.fromkeys(row["task"] for row in listing.rows("cells", "aitoll")):
        if task != "chat":
            parts.append(f"### {task.capitalize()}\n\n{_of_task(task)}")
    return "\n".join(parts)


def _of_task(task: str) -> str:
    python, shell = (make(Request("aitoll", task=task, language=one)) for one in ("python", "shell"))
    commands = "\n".join(_typed(one, {"task": task}) for one in (python, shell))
    return f"{commands}\n{_data(python)}"


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
        f"--model claude-sonnet-4-5-20250929 --param temperature=0.3\n```\n\n{_data(snippet)}"
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
    for name in ("endpoint", "model", "system"):
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
    "errors": errors,
    "programs": programs,
    "samples": samples,
}

if __name__ == "__main__":
    sys.exit(main())
