"""Chats in the terminal: the conversation, what ends a turn and what ends the program."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.case_runner import KEY, skip_without_tools
from support.protocols import PROTOCOLS, answer_chunks
from support.replies import Reply
from support.running import COMMANDS, run, write_program
from support.serving import Server
from support.variants import ENV, Variant, variants, write_variant
from support.watching import RunOptions

MAX_TURNS = 20
CHATBOTS = variants("chatbot")
IN_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


@pytest.mark.parametrize("variant", CHATBOTS, ids=str)
def test_a_long_history_is_cut_by_whole_turns(variant: Variant) -> None:
    skip_without_tools(variant)
    answer = Reply(200, [("content-type", "text/event-stream")], chunks=answer_chunks({"text": "Ja"}, variant.protocol))
    lines = [f"Line {number}" for number in range(MAX_TURNS + 3)]
    with Server([answer], watch=False) as server:
        env = {f"{ENV}_API_KEY": KEY, f"{ENV}_BASE_URL": f"{server.url}/api"}
        options = RunOptions(stdin="\n".join(lines).encode(), warm=True, shared=True)
        ran = run(write_variant(variant, system="Be brief.").code, variant.language, env, options=options)
    assert ran.stdout.decode().split() == ["Ja"] * len(lines)
    bodies = [json.loads(request.body) for request in server.requests]
    conversations = [
        [message for message in PROTOCOLS[variant.protocol].messages(body) if message["role"] != "system"]
        for body in bodies
    ]
    assert [len(conversation) for conversation in conversations] == [
        min(2 * number, 2 * MAX_TURNS) + 1 for number in range(len(lines))
    ]
    assert lines[2] in json.dumps(conversations[-1][0])
    assert all("Be brief." in json.dumps(body) for body in bodies)
    assert ran.stderr.count(f"last {MAX_TURNS} turns") == 1


@pytest.mark.parametrize(
    ("client", "key", "exit_code"),
    [
        ("python-openai", b"\x03", 0),
        ("python-openai", b"\x04", 0),
        ("javascript-openai", b"\x03", 256 - signal.SIGINT),  # Node.js itself ends the program
        ("javascript-openai", b"\x04", 0),
    ],
    ids=["Python-Ctrl-C", "Python-Ctrl-D", "JavaScript-Ctrl-C", "JavaScript-Ctrl-D"],
)
def test_ctrl_c_and_ctrl_d_at_the_prompt_end_it(client: str, key: bytes, exit_code: int, tmp_path: Path) -> None:
    variant = Variant(client, task="chatbot", mode="stream")
    skip_without_tools(variant)
    program = write_program(write_variant(variant).code, variant.language, tmp_path / "program")
    command = [sys.executable, "-c", IN_A_TERMINAL, *COMMANDS[variant.language], str(program)]
    env = {"PATH": os.environ["PATH"], f"{ENV}_API_KEY": KEY}
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as chat:
        assert chat.stdin
        assert chat.stdout
        shown = b""
        while not shown.endswith(b"> "):  # a terminal shows what the program says of itself, too
            shown += chat.stdout.read(1) or pytest.fail(f"no prompt, only {shown!r}")
        try:
            assert press(key, chat) == exit_code
        finally:
            chat.kill()


def press(key: bytes, chat: "subprocess.Popen[bytes]") -> int | None:
    """Press a key until the program ends, as a person would, and return its exit code.

    A key that comes between the prompt and the moment at which the terminal is read is lost.
    """
    for _ in range(20):
        if chat.stdin:
            chat.stdin.write(key)
            chat.stdin.flush()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return chat.wait(1)
    return None
