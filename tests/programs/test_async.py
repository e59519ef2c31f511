"""Asynchronous programs are the others with `async` and `await`, so that the cases of those hold for them, too."""

import ast
from collections.abc import Iterator
from difflib import unified_diff

import pytest
from chat_completions.planning.combinations import offered_combinations
from support.generation import make_combination, of_each_kind
from support.importing import KEY
from support.protocols import PROTOCOLS, event_text
from support.replies import Reply
from support.running import run
from support.serving import Server
from support.variants import ENV, Variant, program, variants
from support.watching import RunOptions

# Names of what is asynchronous, and those of the others.
SYNCHRONOUS = {
    "AsyncIterator": "Iterator",
    "AsyncClient": "Client",
    "AsyncOpenAI": "OpenAI",
    "AsyncAnthropic": "Anthropic",
    "DefaultAsyncHttpxClient": "DefaultHttpxClient",
    "aread": "read",
    "aclose": "close",
    "aiter_sse": "iter_sse",
    "anext": "next",
}
# The lines, by what they contain, that only one of the two programs has. Cases marked `everywhere` try them.
OWN_LINES = (
    "import asyncio",
    "asyncio.to_thread(run_tool, ",  # a tool may take its time
    "run_tool(",
    # httpx: connections belong to an event loop
    "limits = httpx.Limits(max_keepalive_connections=0)",
    "transport = RetryTransport(",
    "client = httpx.Client(",
    # openai, anthropic: so the client stands in the function, the other at the top
    "headers = {",
    "headers: Any = {",
    "http = openai.DefaultHttpxClient(",
    "http = anthropic.DefaultHttpxClient(",
    "client = openai.OpenAI(",
    "client = anthropic.Anthropic(",
    "client.organization = client.project = None",
    # anthropic: a stream that is not read to its end is closed
    "events.close()",
    # google-genai: the client of its HTTP library, which aiohttp may replace
    "import httpx",
    "options.client_args = {'follow_redirects': False}",
    "options.httpx_async_client = http_client",
    # the main part of a stream
    "def main() -> None:",
    "main()",
    "for text in stream(",
    "print(text, end='', flush=True)",
    # the rounds of a stream with tools
    "yield from complete(",
    "for text in complete(",
    "yield text",
)


class Synchronous(ast.NodeTransformer):
    """Remove `async`, `await` and what they ask for."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        return ast.FunctionDef(**{name: getattr(node, name) for name in node._fields}, lineno=1)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        self.generic_visit(node)
        return ast.For(**{name: getattr(node, name) for name in node._fields}, lineno=1)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> list[ast.stmt]:
        self.generic_visit(node)
        return node.body

    def visit_Await(self, node: ast.Await) -> ast.AST:
        value: ast.AST = self.visit(node.value)
        return value

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = SYNCHRONOUS.get(node.id, node.id)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        names = sorted(SYNCHRONOUS.get(alias.name, alias.name) for alias in node.names)
        node.names = [ast.alias(name) for name in names]
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        node.attr = SYNCHRONOUS.get(node.attr, node.attr)
        return node.value if node.attr == "aio" else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return node.args[0] if ast.unparse(node.func) == "asyncio.run" else node


def lines(code: str) -> list[str]:
    """The lines of a program without comments and what is asynchronous in it."""
    return [line.strip() for line in ast.unparse(Synchronous().visit(ast.parse(code))).split("\n") if line.strip()]


def other_lines(code: str, asynchronous: str) -> list[str]:
    """The lines in which an asynchronous program differs from the other one, but for those it may."""
    changed = list(unified_diff(lines(code), lines(asynchronous), lineterm="", n=0))[2:]  # the names of the files
    return [line for line in changed if line[0] in "+-" and not any(own in line for own in OWN_LINES)]


def pairs() -> Iterator[tuple[str, str, str]]:
    """Yield a name, the program, and the asynchronous program of each combination that has one."""
    asynchronous = [combination for combination in offered_combinations() if combination.asynchronous]
    with_second_model = [combination for combination in asynchronous if combination.gateway != "llama-cpp"]
    for options, combinations in (({}, asynchronous), ({"fallback": True}, of_each_kind(with_second_model))):
        for combination in combinations:
            code = make_combination(combination._replace(asynchronous=False), **options).code
            yield f"{combination} {options}", code, make_combination(combination, **options).code


def test_an_asynchronous_program_is_the_other_one_with_await() -> None:
    different = {name: other for name, *codes in pairs() if (other := other_lines(*codes))}
    assert different == {}


EARLY_STOP = """
import asyncio

import printed


async def main():
    async for piece in printed.stream("Say hello"):
        if piece:
            print(piece)
            break


asyncio.run(main())
"""


@pytest.mark.parametrize("variant", [v for v in variants("chat", "tools") if v.asynchronous and v.stream], ids=str)
def test_a_reader_may_stop_early(variant: Variant) -> None:
    text = Reply(headers=[("content-type", "text/event-stream")], end="hold", chunks=opening_of_a_stream(variant))
    with Server([text]) as server:
        env = {f"{ENV}_BASE_URL": f"{server.url}/api", f"{ENV}_API_KEY": KEY}
        options = RunOptions(warm=True, silent=True, timeout=20, files={"printed.py": program(variant).code})
        result = run(EARLY_STOP, "python", env, options=options)
    assert (result.code, result.stdout, result.stderr) == (0, b"Fj\n", "")


def opening_of_a_stream(variant: Variant) -> list[bytes]:
    """The events with which an answer begins, a chunk each."""
    protocol = PROTOCOLS[variant.protocol]
    return [event_text(event).encode() for event in [*protocol.opening(), *protocol.text("Fj"), *protocol.text("ord")]]


@pytest.mark.parametrize("change", [("status_code != 200", "status_code != 201"), ("finish_reason or ", "")])
def test_another_program_is_found(change: tuple[str, str]) -> None:
    combination = next(
        combination
        for combination in offered_combinations()
        if combination.asynchronous and combination.library == "httpx" and combination.stream
    )
    code = make_combination(combination._replace(asynchronous=False)).code
    asynchronous = make_combination(combination).code
    assert other_lines(code, asynchronous) == []
    assert other_lines(code, asynchronous.replace(*change)) != []
