"""Start the local software to record, on loopback, and stop it again.

These environment variables name its folders and files: LLAMA_SERVER, TINY_GGUF, TINY_MMPROJ, LITELLM, AICLIENT_DIR.
Nothing is installed or downloaded here.
"""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

LITELLM_CONFIG = Path(__file__).resolve().parent / "litellm_config"
MODEL_NOTE = "a chat model of 0.9 M parameters made for such recordings: its words mean little, and it sees no picture"
START_TIMEOUT = 120.0  # seconds until a server must answer
DEAD = "http://127.0.0.1:9/v1"  # the discard port: nothing listens there


class Stack(NamedTuple):
    """A running gateway: its address, its version, the engine behind it, and the keys it accepts."""

    url: str
    version: str
    engine: str
    keys: Mapping[str, str]


@contextmanager
def running(name: str) -> Iterator[Stack]:
    """Yield the software of this name, with its engine; stop it at the end of the block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield stack.enter_context(STACKS[name](folder))


@contextmanager
def llama(folder: Path) -> Iterator[Stack]:
    """Start the engine alone."""
    keys = canary_keys()
    with engine(folder, "default", keys["<key>"]) as url:
        yield Stack(url, engine_version(), MODEL_NOTE, keys)


@contextmanager
def litellm(folder: Path) -> Iterator[Stack]:
    """Start LiteLLM in front of the engine."""
    keys = canary_keys()
    engine_key = keys["<engine-key>"]
    with engine(folder, "tiny-chat", engine_key) as engine_url:
        values = {"ENGINE_KEY": engine_key, "ENGINE": engine_url, "MASTER_KEY": keys["<master-key>"]}
        text = (LITELLM_CONFIG / "config.yaml").read_text(encoding="utf-8")
        for placeholder, value in values.items():
            text = text.replace(placeholder, value)
        (folder / "config.yaml").write_text(text, encoding="utf-8")
        shutil.copy(LITELLM_CONFIG / "litellm_keys.py", folder)
        names = {"GOOD_KEY": "<key>", "POOR_KEY": "<poor-key>", "BUSY_KEY": "<busy-key>"}
        env = {name: keys[placeholder] for name, placeholder in names.items()}
        env |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
        command, port = [require_variable("LITELLM"), "--config", "config.yaml", "--host", "127.0.0.1"], free_port()
        with server([*command, "--port", str(port)], port, "/health/liveliness", folder, env) as url:
            python = Path(require_variable("LITELLM")).with_name("python")
            yield Stack(
                url, version_of(python, "litellm"), f"llama.cpp server ({engine_version()}) with {MODEL_NOTE}", keys
            )


@contextmanager
def aiclient(folder: Path) -> Iterator[Stack]:
    """Start AIClient-2-API in front of the engine, with providers that work and two that do not."""
    keys, home = canary_keys(), Path(require_variable("AICLIENT_DIR")).resolve()
    engine_key = keys["<engine-key>"]
    with engine(folder, "tiny-chat", engine_key) as engine_url:
        (folder / "configs").mkdir()
        (folder / "configs" / "provider_pools.json").write_text(
            json.dumps(pools(engine_url, engine_key)), encoding="utf-8"
        )
        port = free_port()
        settings = {**SETTINGS, "REQUIRED_API_KEY": keys["<key>"], "SERVER_PORT": port}
        (folder / "configs" / "config.json").write_text(json.dumps(settings), encoding="utf-8")
        for name in ("src", "package.json", "VERSION", "node_modules"):
            (folder / name).symlink_to(home / name)
        command = ["node", "--preserve-symlinks", "--preserve-symlinks-main", "src/services/api-server.js"]
        with server([*command, "--port", str(port), "--host", "127.0.0.1"], port, "/health", folder, {}) as url:
            version = (home / "VERSION").read_text(encoding="utf-8").strip()
            yield Stack(url, version, f"llama.cpp server ({engine_version()}) with {MODEL_NOTE}", keys)


SETTINGS = {
    "HOST": "127.0.0.1",
    "MODEL_PROVIDER": "openai-custom,claude-custom,openai-custom-refused,openai-custom-dead",
    "PROVIDER_POOLS_FILE_PATH": "configs/provider_pools.json",
    "PROMPT_LOG_MODE": "none",
    "LOG_OUTPUT_MODE": "console",
    "REQUEST_MAX_RETRIES": 1,
    "REQUEST_BASE_DELAY": 1,
    "CREDENTIAL_SWITCH_MAX_RETRIES": 1,
    "MAX_ERROR_COUNT": 1000,
    "SCHEDULED_HEALTH_CHECK": {"enabled": False, "interval": 600000, "startupRun": False},
    "CRON_REFRESH_TOKEN": False,
    "UI_ENABLED": False,
    "TLS_SIDECAR_ENABLED": False,
}
OPENAI = ["gemini-2.5-flash", "gemini-3-flash-preview"]
CLAUDE = ["claude-sonnet-4-6", "claude-haiku-4-5-20251001"]


def pools(engine_url: str, key: str) -> dict[str, list[dict[str, object]]]:
    """Return the providers; all their models are the engine's one."""

    def provider(number: int, kind: str, key: str, url: str, models: list[str]) -> dict[str, object]:
        about = {"customName": f"provider-{number}", f"{kind}_API_KEY": key, f"{kind}_BASE_URL": url}
        state = {"checkHealth": False, "isHealthy": True, "isDisabled": False, "notSupportedModels": []}
        return {**about, **state, "supportedModels": models, "uuid": f"00000000-0000-4000-8000-{number:012}"}

    url = f"{engine_url}/v1"
    return {
        "openai-custom": [provider(1, "OPENAI", key, url, [*OPENAI, *CLAUDE])],
        "claude-custom": [provider(2, "CLAUDE", key, url, CLAUDE)],
        "openai-custom-refused": [provider(3, "OPENAI", "not-the-engine-s-key", url, [*OPENAI, *CLAUDE])],
        "openai-custom-dead": [provider(4, "OPENAI", "none", DEAD, [*OPENAI, *CLAUDE])],
    }


@contextmanager
def engine(folder: Path, alias: str, key: str) -> Iterator[str]:
    """Start llama-server with the small model; yield its address."""
    port = free_port()
    command = [
        require_variable("LLAMA_SERVER"),
        "-m",
        require_variable("TINY_GGUF"),
        "--mmproj",
        require_variable("TINY_MMPROJ"),
    ]
    command += ["--host", "127.0.0.1", "--port", str(port), "--alias", alias, "--api-key", key, "--jinja", "-c", "4096"]
    # One seed and no cache: the same question gets the same answer.
    command += ["-np", "2", "-t", "1", "--seed", "42", "--temp", "0", "--offline", "--no-slots", "--no-cache-prompt"]
    with server(command, port, "/health", folder, {}) as url:
        yield url


@contextmanager
def server(command: list[str], port: int, ready: str, folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Start a server; yield its address once it answers, and stop it at the end of the block."""
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, **env}, stdout=out, stderr=out)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url + ready, process, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the address answers; stop the run with the end of the log if it never does."""
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end and process.poll() is None:
        try:
            httpx.get(url, timeout=2, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.exit(f"{process.args!r} does not answer:\n" + log.read_text(errors="replace")[-2000:], returncode=2)


def canary_keys() -> dict[str, str]:
    """Return the keys of every local recording: known, so that a test can search cassettes for them."""
    placeholders = ("<key>", "<poor-key>", "<busy-key>", "<master-key>", "<engine-key>")
    return {name: f"sk-{hashlib.sha256(f'canary {name}'.encode()).hexdigest()[:40]}" for name in placeholders}


def require_variable(variable: str) -> str:
    """Return an environment variable that must be set."""
    return os.environ.get(variable) or pytest.exit(
        f"{variable} is not set: it names the place of the software.", returncode=2
    )


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def engine_version() -> str:
    """Return the version of llama-server, and the origin of its source if LLAMA_SOURCE is set."""
    output = subprocess.run(
        [require_variable("LLAMA_SERVER"), "--version"], capture_output=True, text=True, check=True
    ).stderr
    version = next(line for line in output.splitlines() if line.startswith("version")).partition(": ")[2].split()[0]
    origin = os.environ.get("LLAMA_SOURCE", "")
    return f"{version}, {origin}" if origin else version


def version_of(python: Path, package: str) -> str:
    """Return the version of a package in another Python environment."""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True).stdout.strip()


STACKS = {"aiclient-2-api": aiclient, "litellm": litellm, "llama-cpp": llama}
