"""Start Python programs quickly: fork them from a process that has loaded their libraries."""

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock

# What a program imports, and what its packages import or build with the first request: `module` or `module:Model`,
# a model of pydantic's. A process with all packages loaded takes four times as long to fork and to end.
ASYNC = ("asyncio", "anyio._backends._asyncio", "concurrent.futures.thread", "tqdm.asyncio")
COMMON = ("requests", "httpx", "httpx_sse", "httpx_retries", "httpcore", "jsonschema", "pkgutil", "runpy", *ASYNC)
TRACERS = (
    "langchain_core.env",
    "langchain_core.tracers.langchain",
    "langchain_core.tracers.context",
    "langchain_core.tracers.stdout",
    "langchain_core.messages.block_translators.langchain_v0",
)
LITELLM = (
    "litellm.main",
    "litellm.proxy.openai_files_endpoints.common_utils",
    "litellm._service_logger",
    "litellm.litellm_core_utils.default_encoding",
    "litellm.integrations.generic_api",
    "litellm.llms.fal_ai.chat.transformation",
    "litellm.llms.edenai.chat.transformation",
    "litellm.llms.github_copilot.authenticator",
    "litellm.llms.litellm_proxy.chat.transformation",
    "litellm.llms.openai_like.dynamic_config",
    "litellm.types.router:LiteLLM_Params",
    "litellm.types.services:ServiceLoggerPayload",
    "litellm.types.utils:ModelResponse",
    "litellm.types.utils:ModelResponseStream",
    "litellm.types.utils:Usage",
)
OPENAI = (
    "openai.resources.chat.chat",
    "openai.resources.chat.completions.completions",
    "openai.types.chat.chat_completion:ChatCompletion",
    "openai.types.chat.chat_completion:Choice",
    "openai.types.chat.chat_completion_message:ChatCompletionMessage",
    "openai.types.chat.chat_completion_chunk:ChatCompletionChunk",
    "openai.types.chat.chat_completion_chunk:Choice",
    "openai.types.chat.chat_completion_chunk:ChoiceDelta",
    "openai.types.completion_usage:CompletionUsage",
    "httpcore2",
)
ANTHROPIC = (
    "anthropic.resources.messages",
    "anthropic.types.message:Message",
    "anthropic.types.usage:Usage",
    "anthropic.types.raw_message_delta_event:RawMessageDeltaEvent",
    "opentelemetry.propagate",
    "httpcore2",
)
GOOGLE = (
    "google.genai.types:HttpOptions",
    "google.genai.types:HttpResponse",
    "google.genai.types:UserContent",
    "google.genai.types:GenerateContentResponse",
    "google.genai.types:_GenerateContentParameters",
    "google.auth.aio.credentials",
    "httpcore2",
)
PACKAGES = {
    "import openai": ("openai", *OPENAI),
    "import anthropic": ("anthropic", *ANTHROPIC),
    "from google import genai": ("google.genai", *GOOGLE),
    "from langchain_openai": ("langchain_openai", *OPENAI, *TRACERS),
    "import litellm": ("litellm", *LITELLM, *OPENAI),
    "from pydantic_ai": ("pydantic_ai", "genai_prices.data", "httpcore2"),
    "from pydantic_ai.models.openai": (
        "pydantic_ai.models.openai",
        *OPENAI,
        "pydantic_ai.models.openai._chat_completions:LenientChatCompletion",
    ),
    "from pydantic_ai.models.anthropic": (
        "pydantic_ai.models.anthropic",
        "anthropic.resources.beta.messages",
        *ANTHROPIC,
    ),
    "from pydantic_ai.providers.openai_compatible": ("pydantic_ai.providers.openai_compatible",),
    "from langchain_anthropic": ("langchain_anthropic", *ANTHROPIC, *TRACERS),
}
RUNS_EACH = 50  # of one process, before another takes its place
START = Path(__file__).with_name("fork_server_main.py")


class ForkedProcess:
    """A program that was forked; what of subprocess.Popen the runner uses."""

    def __init__(self, status: int) -> None:
        self._status = os.fdopen(status, "rb")
        self.pid = int(self._status.readline())

    def wait(self, timeout: float) -> int:
        """The exit code, negative for a signal; TimeoutExpired when it still runs."""
        if not select.select([self._status], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a program", timeout)
        with self._status:
            return int(self._status.readline() or -signal.SIGKILL)


class Worker:
    """A forked process that runs programs one after another; while one runs, what the runner uses of Popen."""

    def __init__(self, control: socket.socket, idle: "list[Worker]") -> None:
        self._control, self._idle, self._left = control, idle, RUNS_EACH
        self.pid = int(control.recv(64))

    def start(self, job: bytes, streams: Sequence[int]) -> None:
        """Run a program with these three descriptors."""
        self._left -= 1
        socket.send_fds(self._control, [job], streams)

    def wait(self, timeout: float) -> int:
        """The exit code of the program; TimeoutExpired when it still runs, -9 when the process was killed."""
        if not select.select([self._control], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a program", timeout)
        code = self._control.recv(64)
        if code and self._left:
            self._idle.append(self)
        else:
            self._control.close()
        return int(code or -signal.SIGKILL)


class ForkServer:
    """The interpreter that forks, with these modules loaded."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._control, theirs = socket.socketpair()
        self._lock = Lock()
        self._ready = False
        self._idle: list[Worker] = []
        with theirs:
            descriptor = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, str(START), str(descriptor), *modules],
                pass_fds=[descriptor],
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
                # Python asks at its start whether these can seek; those of programs cannot.
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )

    def wait(self) -> None:
        """Returns when the libraries are loaded: no program's time counts before that."""
        with self._lock:
            if not self._ready:
                self._control.recv(1)
                self._ready = True

    def start(
        self, program: Path, args: Sequence[str], cwd: Path, env: Mapping[str, str], streams: Sequence[int]
    ) -> ForkedProcess:
        """Forks a process that runs `program` with these three descriptors."""
        status_reader, status_writer = os.pipe()
        try:
            with self._lock:
                socket.send_fds(self._control, [_job(program, args, cwd, env)], [*streams, status_writer])
                self._control.recv(1)
        finally:
            os.close(status_writer)
        return ForkedProcess(status_reader)

    def start_shared(
        self, program: Path, args: Sequence[str], cwd: Path, env: Mapping[str, str], streams: Sequence[int]
    ) -> Worker:
        """Run `program` with these three descriptors in a process in which others have run."""
        with self._lock:
            worker = self._idle.pop() if self._idle else self._fork_worker()
        worker.start(_job(program, args, cwd, env), streams)
        return worker

    def _fork_worker(self) -> Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"{}"], [theirs.fileno()])
            self._control.recv(1)
        return Worker(ours, self._idle)

    def close(self) -> None:
        """Ends the interpreter."""
        with contextlib.suppress(OSError):
            self._control.close()
        self._process.communicate()


def _job(program: Path, args: Sequence[str], cwd: Path, env: Mapping[str, str]) -> bytes:
    return json.dumps({"program": str(program), "args": list(args), "cwd": str(cwd), "env": dict(env)}).encode()


_only_one = Lock()


def fork_server(code: str) -> ForkServer:
    """The one of this process that has loaded what this program imports, ready."""
    extra = [module for imported, modules in PACKAGES.items() if imported in code for module in modules]
    with _only_one:
        server = _fork_server((*COMMON, *extra))
    server.wait()
    return server


@cache
def _fork_server(modules: tuple[str, ...]) -> ForkServer:
    server = ForkServer(modules)
    atexit.register(server.close)
    return server
