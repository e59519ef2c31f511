"""The checks of written programs find what they are there to find."""

import pytest
from support import trials
from support.cases import Case
from support.programs import Shape
from support.trials import Trial, examine

PYTHON, SHELL = Shape("python", "requests", False), Shape("shell", "curl", False)
ASK = """
import os, sys, urllib.request
def ask():
    headers = {"Authorization": "Bearer " + os.environ["AITOLL_API_KEY"], "Content-Type": "application/json"}
    url = os.environ["AITOLL_BASE_URL"] + "/chat/completions"
    return urllib.request.urlopen(urllib.request.Request(url, b'{"model": "m"}', headers)).read()
"""
CURL = 'curl -s -X POST "$AITOLL_BASE_URL/chat/completions" -H "Content-Type: application/json"'
SECRET = '-H "Authorization: Bearer $AITOLL_API_KEY"'
GOOD = Case("x", "x", replies=["good"], stdout=None)
FAULTS = [
    (PYTHON, "ask(); sys.stderr.write('Error: ' + os.environ['AITOLL_API_KEY'][3:11])", "a piece of it, is in stderr"),
    (PYTHON, "ask(); ask()", "after the first byte of an answer"),
    (PYTHON, "[ask() for _ in range(4)]", "4 requests"),
    (PYTHON, "ask(); 1 / 0", "stderr shows 'Traceback'"),
    (PYTHON, "ask(); open('left', 'w').write('x')", "files are left behind"),
    (PYTHON, "ask(); open('left', 'w').write(os.environ['AITOLL_API_KEY'])", "a piece of it, is in file"),
    (PYTHON, "ask(); print('\\x1b[1m', file=sys.stderr)", "control characters"),
    (PYTHON, "ask(); print('x' * 301, file=sys.stderr)", "more than 300 characters"),
    (PYTHON, "pass", "0 requests, not 1"),
    (PYTHON, "ask(); sys.exit(3)", "exit 3, not 0"),
    (SHELL, f"{CURL} {SECRET} -d '{{}}'", "a piece of it, is in the process list"),
    (SHELL, f"{CURL} -d '{{}}'", "the authorization header is not the key"),
]


@pytest.mark.parametrize(("shape", "code", "said"), FAULTS)
def test_a_fault_is_found(runnable: Shape, code: str, said: str) -> None:
    found = examine(ASK + code if runnable == PYTHON else code, Trial(GOOD, runnable))
    assert said in "; ".join(found)


def test_a_good_program_passes() -> None:
    assert not examine(ASK + "ask(); print('Hello')", Trial(GOOD, PYTHON))


def test_the_time_after_the_last_byte_counts() -> None:
    slow = Case("x", "x", replies=["good"], stdout=None, within=0.5)
    assert "after the last byte" in "; ".join(examine(ASK + "ask(); import time; time.sleep(1)", Trial(slow, PYTHON)))


@pytest.mark.parametrize("shape", [Shape("python", "openai", False)], ids=str)
def test_a_deviation_counts_only_while_it_lasts(runnable: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Case("kept", "x", level="should", replies=["good"], stdout="Hello", usage=True)
    broken = Case("broken", "x", level="should", replies=["good"], stdout="Bye", usage=True)
    table = {str(runnable): {"kept": "a reason", "broken": "a reason"}}
    monkeypatch.setattr(trials, "deviations", lambda: table)
    found = trials.failures([Trial(kept, runnable), Trial(broken, runnable)])
    assert found == ["kept: python-openai-plain keeps it now; take it out of deviations.yaml"]
