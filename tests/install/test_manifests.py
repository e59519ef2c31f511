"""What clients read beside SKILL.md: the manifests for plugins and Codex's own description."""

import json
import re
from pathlib import Path
from typing import Any

import yaml
from chat_completions import __version__

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def manifest(name: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / ".claude-plugin" / name).read_text(encoding="utf-8")))


def test_the_plugin_is_this_version() -> None:
    plugin, market = manifest("plugin.json"), manifest("marketplace.json")
    assert plugin["version"] == __version__
    (offered,) = market["plugins"]
    assert offered["name"] == plugin["name"] == market["name"] == "chat-completions"
    assert offered["source"] == "./"
    assert "version" not in offered  # only in plugin.json


def test_codex_has_a_description_of_its_own() -> None:
    manifest = yaml.safe_load((ROOT / "agents" / "openai.yaml").read_text(encoding="utf-8"))
    assert set(manifest) == {"interface", "policy"}
    assert 25 <= len(manifest["interface"]["short_description"]) <= 64
    assert "$chat-completions" in manifest["interface"]["default_prompt"]
    assert manifest["policy"]["allow_implicit_invocation"] is True


def test_each_channel_has_what_was_tested_and_when() -> None:
    table = README.split("## Channels")[1].split("\n## ")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ") and "channel" not in line]
    assert len(rows) >= 8
    for _, _, tested in rows:
        assert re.match(r"2\d{3}-\d\d-\d\d with .*\d\.\d|not run", tested), tested
    for name in ["Claude Code", "Codex", "Gemini CLI", "OpenClaw", "SkillHub", "WorkBuddy", "QClaw", "Kimi"]:
        assert name in table
    assert "Not tested" in table
