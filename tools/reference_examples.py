"""The examples of references/*.md: requests and programs as the generator makes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from chat_completions.catalog import load
from chat_completions.cli import output
from chat_completions.errors import NotOffered
from chat_completions.generate import make
from chat_completions.planning.combinations import offered_combinations
from chat_completions.planning.types import Program, ProgramRequest, RequestPlan, Variable
from chat_completions.rendering import literals
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
    words = load.load_language("shell").literals
    for task in load.names("task"):
        call = _call(task, protocol) if protocol in load.load_task(task).body else None
        if call:
            turns = call.messages
            known: dict[str, Any] = {
                "messages": turns,
                "contents": turns,
                "TOOLS": call.tool_definitions,
                "SCHEMA": call.schema,
            }
            known |= {"MODEL": call.model, "prompt": call.prompt}
            body = f"\n{literals.spell(_filled(call.body, known), words)}" if call.body else ""
            form = ", as multipart/form-data beside the field `image`" if call.multipart else ""
            parts.append(f"{task} ({call.gateway_name}{form}):\n\n```\n{call.method} {call.path}{body}\n```\n")
    return "\n".join(parts)


def _call(task: str, protocol: str) -> RequestPlan | None:
    for gateway in OURS:
        try:
            return make(ProgramRequest(gateway, task=task, protocol=protocol)).plan
        except NotOffered:
            continue
    return None


def _filled(value: Any, known: Mapping[str, Any]) -> Any:
    """A body with what its slots stand for; what only a run knows is named."""
    if isinstance(value, Variable):
        return _filled(known[value.name], known) if value.name in known else f"<{value.name}>"
    if isinstance(value, Mapping):
        return {key: _filled(item, known) for key, item in value.items()}
    return [_filled(item, known) for item in value] if isinstance(value, (list, tuple)) else value


def programs() -> str:
    """The chat programs whole, in Python and in cURL, and of the other tasks the commands and what differs."""
    parts = []
    for language in ("python", "shell"):
        program = make(ProgramRequest("aitoll", language=language))
        parts.append(f"### Chat, {program.library}\n\n{_typed(program, {})}\n{_block(program)}")
    homes: dict[str, str] = {}
    for gateway in ("aitoll", *OURS):
        for row in offered_combinations(gateway):
            homes.setdefault(row.task, gateway)
    for task, gateway in homes.items():
        if task != "chat":
            parts.append(f"### {task.capitalize()}\n\n{_of_task(task, gateway)}")
    pages = [make(ProgramRequest("aitoll", language=one, stream=True)) for one in ("nextjs", "react")]
    parts.append("### A web page\n\n" + "\n".join(_typed(one, {"stream": True}) for one in pages))
    return "\n".join(parts)


def _of_task(task: str, gateway: str) -> str:
    python, shell = (make(ProgramRequest(gateway, task=task, language=one)) for one in ("python", "shell"))
    commands = "\n".join(_typed(one, {"task": task}) for one in (python, shell))
    return f"{commands}\n{_data(python)}" if python.plan.messages else commands


def samples() -> str:
    """The samples of the gateways' documents: the command, and the lines in which its program differs."""
    parts = []
    for title, options in SAMPLES:
        program = make(ProgramRequest(**options))
        parts.append(f"### {title}\n\n{_typed(program, options)}\n{_data(program)}")
    turns = [{"role": role, "content": content} for role, content in MULTI_TURN]
    program = make(
        ProgramRequest(
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
        f"--protocol openai-chat --model claude-sonnet-4-5-20250929 --param temperature=0.3\n```\n\n{_data(program)}"
    )
    return "\n".join(parts)


def _typed(program: Program, options: dict[str, Any]) -> str:
    words = ["chat-completions", "write"]
    if "prompt" in options:
        words.append(literals.quoted(options["prompt"]))
    words += ["--gateway", program.gateway]
    if options.get("task", "chat") != "chat":
        words += ["--task", options["task"]]
    if program.language != "python":
        words += ["--language", program.language]
    for name in ("protocol", "endpoint", "model", "system"):
        if name in options:
            words += [f"--{name}", literals.quoted(options[name])]
    for name, value in options.get("params", {}).items():
        words += ["--param", f"{name}={value}"]
    return f"```bash\n{' '.join(words)}{' --stream' if options.get('stream') else ''}\n```\n"


def _data(program: Program) -> str:
    """The constants in which a Python program differs from others of its kind."""
    lines = program.code.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("MESSAGES = "))
    end = next(number for number, line in enumerate(lines) if line.startswith("KEY = "))
    return "```python\n" + "\n".join(lines[start:end]) + "\n```\n"


def _fence(program: Program) -> str:
    return output.FENCES[program.filename.rsplit(".", 1)[1]]


def _block(program: Program) -> str:
    return f"```{_fence(program)}\n{program.code}```\n"
