"""The checks of printed programs find what they are there to find."""

import pytest
from support.case_runner import skip_without_tools, try_case
from support.case_table import Case, Expected
from support.variants import Program, Variant

PYTHON, NODE, SHELL = "python-requests", "javascript-fetch", "shell-curl"
ASK = {
    PYTHON: """
import os, sys, urllib.request
def ask():
    headers = {"Authorization": "Bearer " + os.environ["AITOLL_API_KEY"]}
    url = os.environ["AITOLL_BASE_URL"] + "/chat/completions"
    return urllib.request.urlopen(urllib.request.Request(url, b'{"model": "m"}', headers)).read()
""",
    NODE: """
const ask = () => fetch(process.env.AITOLL_BASE_URL + "/chat/completions", {
  method: "POST", body: "{}", headers: { Authorization: "Bearer " + process.env.AITOLL_API_KEY },
});
""",
    SHELL: 'ask() { curl -s "$AITOLL_BASE_URL/chat/completions" -d "{}" "$@" >/dev/null; }\n',
}
WITH_KEY = '-H @<(printf "Authorization: Bearer %s" "$AITOLL_API_KEY")'
FAULTS = [
    (PYTHON, "ask(); print('Hello'); print(os.environ['AITOLL_API_KEY'], file=sys.stderr)", "the key is in the output"),
    (PYTHON, "ask(); ask(); print('Hello')", "a request after the first byte of an answer"),
    (PYTHON, "[ask() for _ in range(4)]; print('Hello')", "4 requests"),
    (PYTHON, "ask(); 1 / 0", "stderr shows 'Traceback'"),
    (PYTHON, "ask(); print('Hello'); open('left', 'w').write('x')", "files "),
    (PYTHON, "ask(); print('Hello'); print('\\x1b[1m', file=sys.stderr)", "control characters"),
    (PYTHON, "ask(); print('Hallo')", "stdout is 'Hallo"),
    (PYTHON, "print('Hello')", "0 requests, not [1]"),
    (PYTHON, "ask(); print('Hello'); sys.exit(3)", "exit 3, not [0]"),
    (PYTHON, "ask(); print('Hello'); print('Error: no', file=sys.stderr)", "an Error line, but exit 0"),
    (PYTHON, "ask(); sys.exit('Error: a\\nError: b')", "a failure is not one line"),
    (PYTHON, "ask(); print('Hello'); import time; time.sleep(1)", "after the last byte"),
    (NODE, "await ask(); console.log('Hallo');", "stdout is 'Hallo"),
    (NODE, "await ask(); console.log('Hello'); process.exitCode = 4;", "exit 4, not [0]"),
    (NODE, "await ask(); null.x;", "exit 1, not [0]"),
    (NODE, "console.log('Hello', await ask().then((one) => one.status));", "stdout is 'Hello 200"),
    (SHELL, 'ask -H "Authorization: Bearer $AITOLL_API_KEY"; echo Hello', "the process list"),
    (SHELL, "ask; echo Hello", "no header of the request"),
]
GOOD = {
    PYTHON: "ask(); print('Hello')",
    NODE: "await ask(); console.log('Hello');",
    SHELL: f"ask {WITH_KEY}; echo Hello",
}


def try_code(client: str, code: str, *, within: float, shared: bool = True) -> str:
    """What the checks say of this program, which must end so many seconds after the last byte."""
    skip_without_tools(Variant(client))
    case = Case("x", "x", [client], [{"answer": "Hello"}], expect=Expected(text="Hello", within=within))
    return "; ".join(try_case(Program(ASK[client] + code, client, "AITOLL"), case, shared=shared))


@pytest.mark.parametrize(("client", "code", "problem"), FAULTS)
def test_a_fault_is_found(client: str, code: str, problem: str) -> None:
    assert problem in try_code(client, code, within=0.7)


@pytest.mark.parametrize("client", GOOD)
@pytest.mark.parametrize("shared", [True, False])
def test_a_good_program_passes(client: str, shared: bool) -> None:
    assert try_code(client, GOOD[client], within=20, shared=shared) == ""
