"""The examples of references/*.md: requests and programs as the generator makes them."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chat_completions.catalog import load
from chat_completions.cli import write
from chat_completions.errors import NotOffered
from chat_completions.generate import generate_program
from chat_completions.planning.combinations import offered_combinations
from chat_completions.planning.plan import plan_request
from chat_completions.planning.resolve import resolve
from chat_completions.planning.types import ProgramRequest, RequestPlan, Variable, replace_variables
from chat_completions.rendering import literals
from chat_completions.replay import cassette
from reference_facts import OURS

CASSETTES = Path(__file__).resolve().parents[1] / "tests" / "cassettes"
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
    """Return the request of each task on one protocol, for the first gateway that offers it."""
    parts = []
    for task in load.names("task"):
        plan = _first_plan(task, protocol) if protocol in load.load_task(task).body else None
        if plan:
            multipart = ", as multipart/form-data beside the field `image`" if plan.http.multipart else ""
            parts.append(f"{task} ({plan.gateway.name}{multipart}):\n\n{_request(plan)}")
    return "\n".join(parts)


def sample() -> str:
    """Return the program at the top of the README, and its output with the response of a cassette."""
    program = generate_program(ProgramRequest("aitoll", library="openai", prompt="Say hello in one short sentence."))
    data = cassette.load_cassette(CASSETTES / "aitoll" / "chat.yaml")
    reply = json.loads(data["interactions"][-1]["response"]["body"]["string"])
    answer, label = reply["choices"][0]["message"]["content"], data["provenance"]["label"]
    shown = f"$ python3 ask.py 2>/dev/null\n{answer}\n"
    return f"```python\n{program.code}```\n\nRun against a {label} reply:\n\n```\n{shown}```\n"


def programs() -> str:
    """Return one whole program of each task in Python and in cURL, and chat programs of the other libraries."""
    parts = [_program({"gateway": "aitoll", "library": library}) for library in ("requests", "openai")]
    parts.append(_program({"gateway": "aitoll", "library": "httpx", "stream": True}))
    parts.append(_program({"gateway": "aitoll", "language": "javascript", "stream": True}))
    typed = {"gateway": "aitoll", "language": "typescript", "library": "openai"}
    parts += [_program({**typed, "stream": True}), _program({**typed, "task": "structured"})]
    sdk = {"gateway": "aitoll", "library": "ai", "stream": True}  # of Vercel
    parts.append(_program({**sdk, "language": "javascript"}))
    parts += [_program({**sdk, "language": language, "task": "tools"}) for language in ("nextjs", "react")]
    parts += [
        _program({"gateway": "aitoll", "library": library}) for library in ("langchain", "pydantic-ai", "litellm")
    ]
    homes: dict[tuple[str, str], dict[str, Any]] = {}
    for combination in (combination for gateway in ("aitoll", *OURS) for combination in offered_combinations(gateway)):
        if combination.language == "shell" or (
            combination.language == "python" and combination.task not in ("chat", "code", "reasoning")
        ):
            names = {
                "gateway": combination.gateway,
                "task": combination.task,
                "language": combination.language,
                "library": combination.library,
            }
            homes.setdefault((combination.task, combination.language), names)
    parts += [_program(names) for names in homes.values()]
    parts += [_program({"gateway": "aitoll", "language": language, "stream": True}) for language in ("nextjs", "react")]
    return "\n".join(parts)


def _program(options: dict[str, Any]) -> str:
    program = generate_program(ProgramRequest(**options))
    fence = write.FENCES[program.filename.rsplit(".", 1)[1]]
    way = ", streamed" if program.plan.stream else ""
    title = f"### {program.resolution.task.id.capitalize()}, {program.resolution.library.id}{way}"
    return f"{title}\n\n{_command(options)}\n```{fence}\n{program.code}```\n"


def samples() -> str:
    """Return the samples of the gateways' documents: the command, and the request that its program sends."""
    parts = [
        f"### {title}\n\n{_command(options)}\n{_request(_plan(ProgramRequest(**options)))}"
        for title, options in SAMPLES
    ]
    messages = [{"role": role, "content": content} for role, content in MULTI_TURN]
    options: dict[str, Any] = {
        "gateway": "aireiter",
        "protocol": "openai-chat",
        "model": "claude-sonnet-4-5-20250929",
        "params": {"temperature": 0.3},
    }
    plan = _plan(ProgramRequest(**options, task="conversation", messages=messages))
    conversation = "".join(
        f"- {{role: {message['role']}, content: {literals.text(message['content'])}}}\n" for message in messages
    )
    command = _command(options).replace(" write ", " write --messages turns.yaml ")
    parts.append(
        f"### Several turns (AIReiter's document)\n\n`turns.yaml`:\n\n```yaml\n{conversation}```\n\n{command}\n{_request(plan)}"
    )
    return "\n".join(parts)


def _first_plan(task: str, protocol: str) -> RequestPlan | None:
    for gateway in OURS:
        try:
            return _plan(ProgramRequest(gateway, task=task, protocol=protocol))
        except NotOffered:
            continue
    return None


def _plan(request: ProgramRequest) -> RequestPlan:
    return plan_request(resolve(request))[0]


def _request(plan: RequestPlan) -> str:
    """Return method, path and body; what only a run knows is named."""
    values = {"MODEL": plan.model, "prompt": plan.prompt, "messages": plan.messages, "contents": plan.messages}
    body = replace_variables(plan.body, **values, TOOLS=plan.tool_definitions, SCHEMA=plan.schema)
    text = f"\n{literals.write_literal(load.load_language('shell').literals, _name_variables(body))}" if body else ""
    return f"```\n{plan.http.method} {plan.http.path}{text}\n```\n"


def _name_variables(value: Any) -> Any:
    """Return the body with `<name>` for each variable that is left."""
    if isinstance(value, Variable):
        return f"<{value.name}>"
    if isinstance(value, Mapping):
        return {key: _name_variables(item) for key, item in value.items()}
    return [_name_variables(item) for item in value] if isinstance(value, (list, tuple)) else value


def _command(options: Mapping[str, Any]) -> str:
    """Return the command of a request, as a user types it."""
    command = [
        "chat-completions",
        "write",
        *([shlex.quote(options["prompt"])] if "prompt" in options else []),
    ]
    for name in ("gateway", "task", "language", "library", "protocol", "endpoint", "model", "system"):
        if options.get(name, "python") != "python":
            command += [f"--{name}", shlex.quote(options[name])]
    for name, value in options.get("params", {}).items():
        command += ["--param", f"{name}={value}"]
    return f"```bash\n{' '.join(command)}{' --stream' if options.get('stream') else ''}\n```\n"
