"""Plan requests, make programs, and run one against a scripted reply, without the command."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from chat_completions.generate import generate_program
from chat_completions.planning.combinations import Combination, offered_combinations
from chat_completions.planning.plan import plan_request
from chat_completions.planning.resolve import resolve
from chat_completions.planning.types import Program, ProgramRequest, RequestPlan

from support.protocols import answer_reply
from support.replies import Reply
from support.running import RunResult, run
from support.serving import Received, Server
from support.variants import GATEWAY
from support.watching import RunOptions

KEYS = {
    "MINE_API_KEY": "mine-secret-1",
    "OPENROUTER_API_KEY": "router-secret-2",
    "CF_AIG_TOKEN": "aig-secret-3",
    "VLLM_API_KEY": "vllm-secret-4",
}
FOREIGN = {"OPENAI_API_KEY": "foreign-1", "ANTHROPIC_API_KEY": "foreign-2", "GEMINI_API_KEY": "foreign-3"}


def plan(request: ProgramRequest) -> RequestPlan:
    """The request that a program would send."""
    return plan_request(resolve(request))[0]


def notes(request: ProgramRequest) -> list[str]:
    """The notes that the user gets."""
    return plan_request(resolve(request))[1]


def make_combination(combination: Combination, **options: Any) -> Program:
    """Return the program of a combination, for the example prompt unless the options say otherwise."""
    names = {name: value for name, value in combination._asdict().items() if name != "reason"}
    return generate_program(ProgramRequest(**names, **options))


def of_any_gateway() -> list[Combination]:
    """Return the combinations of a gateway that offers every protocol."""
    return [combination._replace(gateway=GATEWAY) for combination in offered_combinations(GATEWAY)]


def of_each_kind(combinations: Iterable[Combination]) -> list[Combination]:
    """Return one of each kind: those of several gateways differ only in data."""
    return list({combination._replace(gateway="", reason=""): combination for combination in combinations}.values())


def run_against(
    program: Program, reply: Reply, unset: Sequence[str] = (), keys: Mapping[str, str] = KEYS
) -> tuple[RunResult, list[Received]]:
    """Run a program with its base URL's path on loopback; `unset` are keys that are missing. Return its requests too."""
    environment = {name: key for name, key in {**FOREIGN, **keys}.items() if name not in unset}
    with Server([reply], watch=False) as server:
        address = server.url + urlsplit(program.plan.gateway.base_url).path.rstrip("/")
        environment[program.plan.gateway.base_url_env] = address
        code = program.code
        if program.plan.gateway.base_url_env not in code:  # a plain command has the address itself
            code = code.replace(program.plan.gateway.base_url, address)
        result = run(code, program.resolution.language.id, environment, options=RunOptions(warm=True, shared=True))
        return result, list(server.requests)


def hello(program: Program) -> Reply:
    """Return a reply that says hello in the form that the program asks for."""
    return answer_reply({"text": "Hello"}, program.plan.protocol, stream=program.plan.stream)


def json_reply(status: int, body: bytes) -> Reply:
    """Return a reply with this JSON."""
    return Reply(status, [("content-type", "application/json")], body)
