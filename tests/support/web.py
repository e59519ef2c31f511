"""What the tests of Next.js and React need: real packages, pages bundled for a browser, a browser."""

import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from support.running import WEB, node_modules

SDK = WEB / "sdk"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
LONGEST_START = 60  # seconds
PAGE = '<!doctype html><meta charset="utf-8"><title>Chat</title><div id="root"></div><script>{}</script>'


def needs(*programs: str) -> None:
    """Skips where a program or the packages are missing; with CI=true that is a failure."""
    lacking = [program for program in programs if not shutil.which(program)]
    lacking += [f"npm ci in {folder.name}" for folder in (WEB, SDK) if not (folder / "node_modules").is_dir()]
    if lacking and os.environ.get("CI") == "true":
        pytest.fail(f"needs {', '.join(lacking)}")
    if lacking:
        pytest.skip(f"needs {', '.join(lacking)}")


def environment(**more: str) -> dict[str, str]:
    """Nothing of the developer's but PATH, and no telemetry."""
    return {"PATH": os.environ["PATH"], "HOME": os.devnull, "NEXT_TELEMETRY_DISABLED": "1", **more}


def succeed(*command: str, cwd: Path = WEB, **env: str) -> str:
    """Run a command that must succeed, else fail with its output."""
    result = subprocess.run(command, cwd=cwd, env=environment(**env), capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.fail(f"{' '.join(command)}\n{result.stdout}{result.stderr}", pytrace=False)
    return result.stdout


def types_are_clean(folder: Path, packages: Path = WEB, *options: str) -> None:
    """Fails with what `tsc` finds wrong in the files of a folder, checked against these packages."""
    shutil.copy(WEB / "tsconfig.json", folder)
    (folder / "node_modules").symlink_to(packages / "node_modules")
    types = ["--types", "node"] if any(folder.glob("*.ts")) else []  # a page must do without
    succeed(str(node_modules() / ".bin" / "tsc"), "-p", str(folder), *types, *options)


def bundle(pages: Mapping[str, str], folder: Path, packages: Path = WEB, look: str = "") -> None:
    """Writes each page and its bundle (NAME.mount.js) to a folder, and its first `look` (NAME.html)."""
    for name, code in pages.items():
        (folder / f"{name}.tsx").write_text(code, encoding="utf-8")
    succeed("node", str(WEB / "bundle.mjs"), str(packages / "node_modules"), str(folder), look)


def document(folder: Path, name: str) -> str:
    """A whole HTML page that runs the bundle."""
    script = (folder / f"{name}.mount.js").read_text(encoding="utf-8")
    return PAGE.format(script.replace("</script", "<\\/script"))


@contextmanager
def running(
    command: list[str], env: Mapping[str, str], address: str = "", cwd: Path = WEB
) -> Iterator[subprocess.Popen[str]]:
    """A server that runs while the block does; with an address, from when that answers on."""
    process = subprocess.Popen(command, cwd=cwd, env=environment(**env), stdout=subprocess.PIPE, text=True)
    try:
        ends = time.monotonic() + LONGEST_START
        while address and time.monotonic() < ends and process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(address, timeout=LONGEST_START):  # noqa: S310 - our own
                break
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    needs("chromium", "node")
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        yield browser
        browser.close()
