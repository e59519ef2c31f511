"""What a request says: the turns with the user's words and pictures in them. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from chat_completions import bodies, dialects
from chat_completions.errors import BadInput, NotOffered
from chat_completions.shapes import Facts, Gateway, Image, Protocol, Request, Task, Variable


class Said(NamedTuple):
    """What goes out as text and images, in the protocol's form; `prompt` is None for a whole conversation."""

    system: Sequence[str | Variable]
    messages: Sequence[Facts]
    images: Sequence[Image]
    prompt: str | None


def said(request: Request, task: Task, protocol: Protocol, *, instructions: bool) -> Said:
    """The turns that go out: the user's own, or the task's with their prompt and images in it."""
    prompt: str | None = task.prompt if request.prompt is None else request.prompt
    if request.messages is not None or len([one for one in task.turns if one["role"] != "system"]) > 1:
        turns = list(request.messages or [bodies.fill(turn, {"$prompt": prompt}) for turn in task.turns])
        prompt = None
    else:
        turns = [bodies.fill(turn, {"$prompt": Variable("prompt")}) for turn in task.turns]
    if request.system is not None:
        if request.messages is not None and turns[0]["role"] == "system":
            raise BadInput("--system and a system message in --messages contradict each other.", "Give one of them.")
        rest = turns[1:] if turns and turns[0]["role"] == "system" else turns
        turns = [{"role": "system", "content": request.system}, *rest]
    if instructions:
        place = next((at for at, turn in enumerate(turns) if turn["role"] != "system"), len(turns))
        turns.insert(place, {"role": "system", "content": Variable("instructions")})
    sources = list(request.images or task.images)
    images = [Image(one, f"_{number}" if len(sources) > 1 else "") for number, one in enumerate(sources, 1)]
    parts = [_part(one, protocol) for one in images]
    if parts and turns and request.messages is None:
        last = turns[-1]
        text = last["content"] if isinstance(last["content"], list) else [{"type": "text", "text": last["content"]}]
        turns[-1] = {**last, "content": [*text, *parts]}
    system, messages = dialects.spoken(turns, protocol.turns)
    if request.messages and not messages:
        raise BadInput("The conversation holds nothing but system texts.", "Add a turn of the user's.")
    return Said(system, messages, images, prompt)


def _part(image: Image, protocol: Protocol) -> dialects.PicturePart:
    if not image.source:
        raise BadInput("--image is empty.", "Give a file, a URL or a data URI.")
    if protocol.pictures == "file" and not (image.is_file or image.is_data):
        raise NotOffered(f"{protocol.name} takes a picture as a file, not by its address.", "Download it first.")
    return dialects.PicturePart("", image)


def system_words(texts: Sequence[str | Variable], protocol: Protocol) -> Any:
    """The system texts as the protocol has them beside the turns; WITHOUT where there are none."""
    if not texts:
        return bodies.WITHOUT
    if protocol.turns == "parts":
        return {"parts": [{"text": one} for one in texts]}
    return texts[0] if len(texts) == 1 else [{"type": "text", "text": one} for one in texts]


def needs_instructions(gateway: Gateway, protocol: Protocol, params: Facts, schema: Facts) -> bool:
    """Whether the wanted JSON has to be described in words, where the parameter alone would not do."""
    mode = params.get("response_format", "json_schema")
    weak = "structured" in (*gateway.weak, *gateway.undocumented)
    return bool(schema) and (protocol.states_format or weak or mode == "json_object")


def caveats(said: Said, protocol: Protocol, task: Task) -> list[str]:
    """What is to be known of the images that go out."""
    found = []
    if protocol.turns == "parts" and any(not (one.is_file or one.is_data) for one in said.images):
        found.append("Gemini reads addresses of its own file store; of others only with newer models: a file is safer")
    if protocol.id not in task.body or "$images" not in str(task.body[protocol.id]):
        return found
    local = [one for one in said.images if one.is_file or one.is_data]
    if len(said.images) > 1 and (local or any("," in one.source for one in said.images)):
        raise NotOffered(f"{protocol.name} takes several pictures by address only.", "Give URLs, or one --image.")
    if local:
        found.append("documented is a public URL for the picture; one from a file travels as a data URI")
    return found
