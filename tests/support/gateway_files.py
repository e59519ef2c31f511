"""Runs a printed program against a loopback address, with made-up keys in the environment."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from chat_completions.planning.types import Program

from support.protocols import answer_reply
from support.replies import Reply
from support.running import Ran, run
from support.serving import Received, Server
from support.watching import Scene

KEYS = {
    "MINE_API_KEY": "mine-secret-1",
    "OPENROUTER_API_KEY": "router-secret-2",
    "CF_AIG_TOKEN": "aig-secret-3",
    "VLLM_API_KEY": "vllm-secret-4",
}
FOREIGN = {"OPENAI_API_KEY": "foreign-1", "ANTHROPIC_API_KEY": "foreign-2", "GEMINI_API_KEY": "foreign-3"}


def run_against(
    program: Program, reply: Reply, unset: Sequence[str] = (), keys: Mapping[str, str] = KEYS
) -> tuple[Ran, list[Received]]:
    """Run a program with its base URL's path on loopback; `unset` are keys that are missing. Return what it asked too."""
    environment = {name: key for name, key in {**FOREIGN, **keys}.items() if name not in unset}
    with Server([reply], watch=False) as server:
        address = server.url + urlsplit(program.plan.base_url).path.rstrip("/")
        environment[program.plan.base_url_env] = address
        code = program.code
        if program.plan.base_url_env not in code:  # a plain command has the address itself
            code = code.replace(program.plan.base_url, address)
        ran = run(code, program.language, environment, scene=Scene(warm=True, shared=True))
        return ran, list(server.requests)


def hello(program: Program) -> Reply:
    """Return a reply that says hello in the form that the program asks for."""
    return answer_reply({"text": "Hello"}, program.plan.protocol, stream=program.plan.stream)


def json_reply(status: int, body: bytes) -> Reply:
    """Return a reply with this JSON."""
    return Reply(status, [("content-type", "application/json")], body)
