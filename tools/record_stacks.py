"""Records the gateways that run on loopback, into the tests' cassettes: what `make record` runs.

    python tools/record_stacks.py [STACK …] [--cells WORDS]

running_stacks.py says what must be on the machine; stacks/stacks.yaml what is recorded.
"""

import argparse
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from chat_completions import catalog  # noqa: E402
from chat_completions.live import tape  # noqa: E402
from chat_completions.live.proxy import recording  # noqa: E402
from chat_completions.live.record import Source, today  # noqa: E402
from chat_completions.live.scenes import Scene, scenes  # noqa: E402
from chat_completions.live.scrub import Secrets  # noqa: E402
from chat_completions.live.session import recorded  # noqa: E402
from running_stacks import STACKS, TOY, Stack, running  # noqa: E402

PLANS = yaml.safe_load((ROOT / "tools" / "stacks" / "stacks.yaml").read_text(encoding="utf-8"))
CASSETTES = ROOT / "tests" / "cassettes"
MALFORMED = '{"model": "broken'


def main() -> int:
    """Record the stacks that are named, or all."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("stacks", nargs="*", metavar="STACK", help=", ".join(STACKS))
    asked.add_argument("--cells")
    asked.add_argument("--output", type=Path, default=CASSETTES)
    given = asked.parse_args()
    failed = []
    for name in given.stacks or STACKS:
        with running(name) as stack:
            source = source_of(name, stack, given.output)
            outcome = recorded(planned(name, given.cells), source, lambda line: print(line, flush=True))
            failed += [f"{name}/{scene}: {reason}" for scene, reason in outcome.missing]
            for raw in () if given.cells else PLANS[name]["raw"]:
                store_raw(raw, source)
    print("\n".join(["Missing:", *failed] if failed else ["All is recorded."]))
    return 1 if failed else 0


def source_of(name: str, stack: Stack, folder: Path) -> Source:
    """Where the recordings of this stack come from."""
    plan = PLANS[name]
    note = plan["note"].replace("ENGINE", stack.engine).replace("TOY", TOY)
    return Source(name, stack.url, stack.keys, f"{plan['software']} {stack.version}, on loopback", note, False, folder)


def planned(name: str, cells: str | None) -> list[Scene]:
    """A scene for each cell, and those of the plan, recorded by the first program that fits."""
    plan = PLANS[name]
    found = [one for one in scenes(name, cells) if one.kind not in plan.get("leave", ())]
    found = [one._replace(exits=(0, 1), statuses=(200,)) if one.kind in plan["misfits"] else one for one in found]
    if cells:
        return found
    chat = {one.options["protocol"]: one.programs for one in scenes(name) if one.kind == "chat"}
    return [*found, *(more(one, chat) for one in plan["scenes"])]


def more(plan: Mapping[str, Any], programs: Mapping[str, Any]) -> Scene:
    """A scene of the plan: a chat program that meets trouble, or a mock."""
    options = {"task": "chat", "protocol": next(iter(programs)), **plan.get("write", {})}
    return Scene(
        name=plan["name"],
        kind=plan["name"],
        options=options,
        programs=programs[options["protocol"]],
        key=plan.get("key", "<key>"),
        exits=(plan.get("exit", 0),),
        note=plan.get("note", ""),
        mock=plan.get("mock", False),
        everywhere=False,
    )


def store_raw(plan: Mapping[str, Any], source: Source) -> None:
    """Sends what no program of ours would, and keeps the last of the replies."""
    key, secrets = plan.get("key", "<key>"), Secrets(source.keys)
    base = catalog.gateway(source.gateway).base_url
    body = json.dumps(plan["body"]) if "body" in plan else MALFORMED
    with recording(source.upstream, base, secrets) as recorder:
        headers = {"content-type": "application/json", plan["header"]: plan.get("prefix", "") + key}
        for _ in range(plan.get("times", 1)):
            send(recorder.url + plan["path"], headers, body.encode())
    heard = recorder.heard[-1]
    document = {
        "version": 1,
        "provenance": {
            "label": "recorded",
            "source": source.source,
            "date": today(),
            "note": source.note,
            "mock": source.mock,
            "by": "a request that no written program sends",
        },
        "interactions": [tape.interaction(heard, recorder, base, plan["header"])],
    }
    tape.save(source.folder / source.gateway / f"{plan['name']}.yaml", document)
    print(f"{plan['name']}: {heard.status}", flush=True)


def send(url: str, headers: dict[str, str], body: bytes) -> None:
    """One request; how it is answered is the recorder's business."""
    try:
        urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60).read()  # noqa: S310 - loopback
    except urllib.error.HTTPError as answered:
        answered.close()


if __name__ == "__main__":
    sys.exit(main())
