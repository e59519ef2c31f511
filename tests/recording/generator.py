"""Call the generator: the only module of the recording that knows the package's functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat_completions.catalog import gateway_loader, load
from chat_completions.generate import generate_program
from chat_completions.planning.combinations import offered_combinations
from chat_completions.planning.types import ProgramRequest

LANGUAGE, LIBRARY = "python", "requests"
LIBRARIES = {"batch": "httpx"}  # of the tasks for which there is no such program


@dataclass(frozen=True)
class Program:
    """A written program, and what it takes to run it against another address."""

    code: str
    filename: str
    base_url: str
    base_url_env: str
    key_env: str
    stdin: str = ""
    arguments: Sequence[str] = ()
    written_in: str = f"{LANGUAGE}/{LIBRARY}"


@dataclass(frozen=True)
class GatewayInfo:
    """What the recording needs to know about a gateway."""

    title: str
    base_url: str
    base_url_env: str
    key_env: str
    key_headers: tuple[str, ...]


def write_program(gateway: str, options: Mapping[str, Any]) -> Program:
    """Write the program that records a scenario."""
    task = load.load_task(options.get("task", "chat"))
    library = LIBRARIES.get(task.id, LIBRARY)
    program = generate_program(ProgramRequest(gateway, language=LANGUAGE, library=library, **options))
    plan, stdin = program.plan, "".join(f"{line}\n" for line in task.example_input)
    arguments = ["-"] * len(task.arguments.split())
    return Program(
        program.code,
        program.filename,
        plan.gateway.base_url,
        plan.gateway.base_url_env,
        plan.auth.key_env,
        stdin,
        arguments,
        f"{LANGUAGE}/{library}",
    )


def load_gateway(name: str) -> GatewayInfo:
    """Return the facts about a gateway."""
    gateway = gateway_loader.load_gateway(name)
    return GatewayInfo(
        title=gateway.name,
        base_url=gateway.base_url,
        base_url_env=f"{gateway.env_prefix}_BASE_URL",
        key_env=gateway.auth[0].key_env,
        key_headers=tuple(auth.header.lower() for auth in gateway.auth),
    )


def gateway_names() -> list[str]:
    """Return the names of all gateways."""
    return gateway_loader.gateway_names()


def combinations(gateway: str) -> list[tuple[str, str, bool]]:
    """Return task, protocol and stream of all that the recording library can ask of a gateway."""
    offered = [
        combination
        for combination in offered_combinations(gateway)
        if combination.language == LANGUAGE and combination.library == LIBRARIES.get(combination.task, LIBRARY)
    ]
    protocols = list(gateway_loader.load_gateway(gateway).endpoints)
    keys = {(item.task, item.protocol, item.stream) for item in offered}
    return sorted(keys, key=lambda key: (key[0], protocols.index(key[1]), key[2]))
