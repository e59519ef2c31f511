"""A Next.js app with what is written for one: of the route and component, whole and streamed, and of the AI SDK."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from chat_completions.generate import generate_program

from support.running import WEB
from support.serving import Server
from support.variants import Variant, request
from support.web import needs, running, succeed

KEY = "pass_Zq7Vw2Xk9Rt4Lm6Bn8Hd"
SYSTEM, QUESTION, WEATHER = "Be kind.", "Say hello", "What is the weather in Oslo?"
LAYOUT = """export default function Layout({ children }: { children: React.ReactNode }) {
  return <html lang="en"><body>{children}</body></html>;
}
"""
# The packages are elsewhere: the file system is the only folder that holds both. test_web_written.py checks the types.
CONFIG = 'export default { turbopack: { root: "/" }, typescript: { ignoreBuildErrors: true } };\n'
NEXT = str(WEB / "node_modules/next/dist/bin/next")
# The folder of each page, its route handler and itself, and what the page begins with. useChat asks /api/chat.
PAGES = {
    "stream": (Variant("nextjs-route", mode="stream"), Variant("react-component", mode="stream"), QUESTION),
    "plain": (Variant("nextjs-route"), Variant("react-component"), QUESTION),
    "chat": (
        Variant("nextjs-ai", task="tools", mode="stream"),
        Variant("react-ai", task="tools", mode="stream"),
        WEATHER,
    ),
}


def write_app(folder: Path) -> None:
    """Write the app without its build."""
    for name, (route, page, prompt) in PAGES.items():
        files = {
            f"app/api/{name}/route.ts": generate_program(request(route, system=SYSTEM)).code,
            f"app/{name}/page.tsx": generate_program(request(page, prompt=prompt)).code,
        }
        for file, code in files.items():
            (folder / file).parent.mkdir(parents=True)
            (folder / file).write_text(code.replace('"/api/chat"', f'"/api/{name}"'), encoding="utf-8")
    (folder / "app" / "layout.tsx").write_text(LAYOUT)
    (folder / "next.config.mjs").write_text(CONFIG)
    shutil.copy(WEB / "tsconfig.json", folder)
    (folder / "node_modules").symlink_to(WEB / "node_modules")


def built_app(mine: Path) -> Path:
    """Return the folder of the built app; where tests run side by side, the first of them builds it for all.

    `mine` is the folder of this process for temporary files.
    """
    needs("node")
    shared = (mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / "next-app"
    with (shared.parent / "next-app.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "built").exists():
            shutil.rmtree(shared, ignore_errors=True)
            write_app(shared)
            succeed("node", NEXT, "build", cwd=shared, CI="true")
            (shared / "built").touch()
    return shared


@contextmanager
def serve_app(app: Path, gateway: Server, **env: str) -> Iterator[str]:
    """Serve the built app, which asks this gateway, and yield its address."""
    with Server([]) as free:
        port = free.host.rpartition(":")[2]
    environment: Mapping[str, str] = {"AITOLL_API_KEY": KEY, "AITOLL_BASE_URL": gateway.url, **env}
    command = ["node", NEXT, "start", "-H", "127.0.0.1", "-p", port]
    with running(command, environment, f"http://127.0.0.1:{port}/chat", app):
        yield f"http://127.0.0.1:{port}"


def what_browsers_get(app: Path) -> str:
    """Return all JavaScript that the app sends to a browser."""
    return "\n".join(file.read_text(encoding="utf-8") for file in (app / ".next" / "static").rglob("*.js"))
