"""What a request says: the turns with the user's words and pictures in them. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from chat_completions import bodies, dialects
from chat_completions.errors import BadInput, NotOffered
from chat_completions.shapes import Facts, Gateway, Picture, Protocol, Request, Task


class Said(NamedTuple):
    """What goes out as text and pictures, in the protocol's dialect."""

    system: Sequence[str]
    messages: Sequence[Facts]
    pictures: Sequence[Picture]
    addresses: Sequence[str]
    prompt: str


def said(request: Request, task: Task, protocol: Protocol, note: str) -> Said:
    """The turns that go out: the user's own, or the task's with their prompt and pictures in it."""
    prompt = task.prompt if request.prompt is None else request.prompt
    turns = list(request.messages or [bodies.fill(turn, {"$prompt": prompt}) for turn in task.turns])
    if request.system is not None:
        if request.messages is not None and turns[0]["role"] == "system":
            raise BadInput("--system and a system message in --messages contradict each other.", "Give one of them.")
        rest = turns[1:] if turns and turns[0]["role"] == "system" else turns
        turns = [{"role": "system", "content": request.system}, *rest]
    if note:
        place = next((at for at, turn in enumerate(turns) if turn["role"] != "system"), len(turns))
        turns.insert(place, {"role": "system", "content": note})
    sources = list(request.images or task.images)
    parts = [_picture(number, source, protocol) for number, source in enumerate(sources, 1)]
    if parts and turns and request.messages is None:
        last = turns[-1]
        text = last["content"] if isinstance(last["content"], list) else [{"type": "text", "text": last["content"]}]
        turns[-1] = {**last, "content": [*text, *parts]}
    system, messages = dialects.spoken(turns, protocol.turns)
    if request.messages and not messages:
        raise BadInput("The conversation holds nothing but system texts.", "Add a turn of the user's.")
    read = [Picture(one.slot, source) for one, source in zip(parts, sources, strict=True) if one.slot]
    return Said(system, messages, read, [one.url for one in parts if not one.slot], prompt)


def _picture(number: int, source: str, protocol: Protocol) -> dialects.PicturePart:
    """An address goes out as it is; a file is read when the program runs."""
    if not source:
        raise BadInput("--image is empty.", "Give a file, a URL or a data URI.")
    address = source.startswith(("https://", "http://"))
    if address and protocol.pictures == "file":
        raise NotOffered(f"{protocol.name} takes a picture as a file, not by its address.", "Download it first.")
    inline = source.startswith("data:") and protocol.pictures != "file"
    return dialects.PicturePart(source, "") if address or inline else dialects.PicturePart("", f"IMAGE_{number}")


def system_words(texts: Sequence[str], protocol: Protocol) -> Any:
    """The system texts as the protocol has them beside the turns; WITHOUT where there are none."""
    if not texts:
        return bodies.WITHOUT
    if protocol.turns == "parts":
        return {"parts": [{"text": one} for one in texts]}
    return texts[0] if len(texts) == 1 else [{"type": "text", "text": one} for one in texts]


def format_note(gateway: Gateway, protocol: Protocol, params: Facts, schema: Facts) -> str:
    """The wanted JSON in words where the parameter alone would not do, else nothing."""
    mode = params.get("response_format", "json_schema")
    weak = "structured" in (*gateway.weak, *gateway.undocumented)
    if not schema or not (protocol.states_format or weak or mode == "json_object"):
        return ""
    return bodies.told_in_words(schema)


def caveats(said: Said, protocol: Protocol, task: Task) -> list[str]:
    """What is to be known of the pictures that go out."""
    found = []
    if protocol.turns == "parts" and any(not one.startswith("data:") for one in said.addresses):
        found.append("Gemini reads addresses of its own file store; of others only with newer models: a file is safer")
    if protocol.id not in task.body or "$images" not in str(task.body[protocol.id]):
        return found
    if len(said.pictures) + len(said.addresses) > 1 and (said.pictures or any("," in one for one in said.addresses)):
        raise NotOffered(f"{protocol.name} takes several pictures by address only.", "Give URLs, or one --image.")
    if said.pictures or any(one.startswith("data:") for one in said.addresses):
        found.append("documented is a public URL for the picture; one from a file travels as a data URI")
    return found
