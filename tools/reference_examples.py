"""The examples of references/*.md: requests and programs as the generator makes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from chat_completions import catalog, explain, listing, literals
from chat_completions.errors import NotOffered
from chat_completions.shapes import Call, Request, Slot, Snippet
from chat_completions.snippet import make
from reference_facts import OURS

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
