"""A picture is paid for only where it can be saved: a folder that cannot be written is told at once."""

import os
import shutil
from pathlib import Path

import pytest
from chat_completions.generate import make
from support import running
from support.pictures import PICTURES
from support.programs import Shape, request, shapes
from support.serving import Server
from support.trials import KEY

SHAPES = [one for task in ("image", "image-edit") for one in shapes(task=task)]
# To root a folder is closed only without this right.
POWERLESS = ("setpriv", "--bounding-set", "-dac_override", "--")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_nothing_is_asked(runnable: Shape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = running.COMMANDS[runnable.language]
    if os.geteuid() == 0:
        if not shutil.which(POWERLESS[0]):
            pytest.skip("root may write everywhere")
        monkeypatch.setitem(running.COMMANDS, runnable.language, (*POWERLESS, *command))
    (tmp_path / "a.png").write_bytes(PICTURES["PNG"])
    tmp_path.chmod(0o555)
    images = {"images": ["a.png"]} if runnable.task == "image-edit" else {}
    with Server([]) as server:
        env = {"AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": f"{server.url}/api"}
        ran = running.run(make(request(runnable, **images)).code, runnable.language, env, cwd=tmp_path)
    tmp_path.chmod(0o755)
    assert ran.stderr == "Error: the current folder cannot be written: Permission denied\n"
    assert (ran.code, ran.stdout, server.requests) == (2, b"", [])
    assert [one.name for one in tmp_path.iterdir()] == ["a.png"]
