"""Real agents, as the npm registry has them, each in an empty home with a scripted model."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clients.scripted_model import Model

FOLDER = Path(os.environ.get("CHAT_COMPLETIONS_CLIENTS", "")).resolve()
MODULES = FOLDER / "node_modules"
SECONDS = 120
ASKED = "Write a program that says hello through AITOLL."
CODEX_CHOICE = 'model_provider = "scripted"\nmodel = "scripted"\n'
CODEX_TABLES = """
[sandbox_workspace_write]
exclude_slash_tmp = true
[model_providers.scripted]
name = "scripted"
base_url = "{url}/v1"
env_key = "SCRIPTED_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
"""
GEMINI_CONFIG = {"security": {"auth": {"selectedType": "gemini-api-key"}}}


@dataclass(frozen=True)
class Home:
    """An empty home with a folder to work in."""

    path: Path

    @property
    def work(self) -> Path:
        """Where the agent is started."""
        return self.path / "work"

    def run(self, *arguments: object, **env: str) -> subprocess.CompletedProcess[str]:
        """Runs a program at home, for a bounded time and without questions."""
        clean = {"PATH": f"{node()}:/usr/bin:/bin", "HOME": str(self.path), "TMPDIR": str(self.path / "tmp")}
        return subprocess.run(
            list(map(str, arguments)),
            cwd=self.work,
            env={**clean, "LANG": "C.UTF-8", "CI": "1", **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )


def new_home(folder: Path) -> Home:
    """An empty one."""
    for name in ("work", "tmp"):
        (folder / name).mkdir(parents=True)
    return Home(folder)


def node() -> str:
    """The folder of node."""
    return str(Path(shutil.which("node") or "/usr/bin/node").parent)


def native(package: str, name: str) -> Path:
    """The program that a package brings for this machine."""
    return next(
        path for path in sorted(MODULES.glob(f"{package}/**/{name}")) if path.is_file() and os.access(path, os.X_OK)
    )


def claude(home: Home, *arguments: object, **env: str) -> subprocess.CompletedProcess[str]:
    """Claude Code."""
    quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1"}
    return home.run(native("@anthropic-ai/claude-code-*", "claude"), *arguments, **quiet, **env)


def codex(home: Home, *arguments: object, **env: str) -> subprocess.CompletedProcess[str]:
    """Codex."""
    return home.run(native("@openai/codex-*", "codex"), *arguments, **env)


def gemini(home: Home, *arguments: object, **env: str) -> subprocess.CompletedProcess[str]:
    """Gemini CLI."""
    return home.run("node", MODULES / ".bin" / "gemini", *arguments, **env)


def ask_claude(home: Home, model: Model, *arguments: object) -> str:
    """What it answers in the end, after every event it told."""
    env = {"ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": "sk-ant-dummy"}
    allowed = ["--allowedTools", "Skill Bash(python3:*)"]
    streamed = ["--output-format", "stream-json", "--verbose"]
    return _stdout(claude(home, "-p", ASKED, "--model", "claude-sonnet-4-5", *streamed, *arguments, *allowed, **env))


def ask_codex(home: Home, model: Model) -> str:
    """The same of Codex, in the sandbox in which it runs commands by itself."""
    (home.path / ".codex").mkdir(exist_ok=True)
    config = home.path / ".codex" / "config.toml"
    before = config.read_text() if config.exists() else ""  # what `codex plugin` noted
    config.write_text(CODEX_CHOICE + before + CODEX_TABLES.format(url=model.url))
    options = ["--json", "--skip-git-repo-check", "-s", "workspace-write"]
    return _stdout(codex(home, "exec", *options, ASKED, SCRIPTED_KEY="x"))


def ask_gemini(home: Home, model: Model) -> str:
    """The same of Gemini CLI."""
    (home.path / ".gemini").mkdir(exist_ok=True)
    (home.path / ".gemini" / "settings.json").write_text(json.dumps(GEMINI_CONFIG))
    env = {"GEMINI_API_KEY": "x", "GOOGLE_GEMINI_BASE_URL": model.url}
    return _stdout(gemini(home, "-p", ASKED, "--yolo", "--skip-trust", "-m", "gemini-2.5-flash", **env))


ASK: dict[str, Callable[[Home, Model], str]] = {"claude": ask_claude, "codex": ask_codex, "gemini": ask_gemini}


def _stdout(ran: subprocess.CompletedProcess[str]) -> str:
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    return ran.stdout
