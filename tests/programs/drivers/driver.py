"""Import the program that was printed, call its function, and write what happened to result.json."""

import asyncio
import importlib
import inspect
import json
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

NAMES = ("ask", "stream", "generate_image", "list_models", "get_balance")
# Whether its import downloads a price list is said by the environment alone; the other one it sets by itself.
OF_LITELLM = ("LITELLM_LOCAL_MODEL_COST_MAP", "TIKTOKEN_CACHE_DIR")


def state() -> dict[str, object]:
    """What an import must leave as it was."""
    return {
        "the environment": {name: value for name, value in os.environ.items() if name not in OF_LITELLM},
        "the handlers of logging": list(logging.root.handlers),
        "the default timeout of sockets": socket.getdefaulttimeout(),
        "the handler of SIGINT": signal.getsignal(signal.SIGINT),
        "stdout": (sys.stdout, getattr(sys.stdout, "encoding", "")),
        "the hook for exceptions": sys.excepthook,
    }


def call(module: Any) -> dict[str, object]:
    """Call the program's function once."""
    function = next(getattr(module, name) for name in NAMES if hasattr(module, name))
    try:
        value = function(*([] if os.environ["TASK"] in ("models", "balance") else [json.loads(os.environ["ARGUMENT"])]))
        if inspect.isasyncgen(value):
            value = collect(value)
        value = asyncio.run(value) if inspect.iscoroutine(value) else value
        return {"value": "".join(map(str, value)) if inspect.isgenerator(value) else value}
    except Exception as error:  # noqa: BLE001 - the kind of error is what is asked
        kinds = {name for base in type(error).__mro__ for name in (base.__module__.split(".")[0], base.__name__)}
        status = getattr(error, "status_code", None)  # which LiteLLM has in no message
        return {"error": str(error), "status": status, "kinds": sorted(kinds)}


async def collect(pieces: Any) -> str:
    """Return the pieces of an asynchronous generator as one text."""
    return "".join([str(piece) async for piece in pieces])


def main() -> None:
    """Import it and call it as often as is wanted."""
    result: dict[str, Any] = {"results": []}
    before = state()
    try:
        module = importlib.import_module("printed")
        result["changed"] = [f"it changes {name}" for name, value in state().items() if value != before[name]]
        result["results"] = [call(module) for _ in range(int(os.environ["CALLS"]))]
        result["changed"] += [f"a call changes {name}" for name, value in state().items() if value != before[name]]
    except BaseException as error:  # noqa: BLE001 - SystemExit is what is looked for
        result["fault"] = f"{type(error).__name__}: {error}"
    Path("result.json").write_text(json.dumps(result, default=str), encoding="utf-8")


main()
