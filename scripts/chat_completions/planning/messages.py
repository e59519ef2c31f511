"""Build the messages of a request, with the user's text and images in them."""

import json
from collections.abc import Sequence
from typing import Any

from chat_completions.catalog.types import JsonObject, Protocol, Task
from chat_completions.errors import BadInput, NotOffered
from chat_completions.planning.message_formats import SYSTEM_ROLES, ImagePart, convert
from chat_completions.planning.request_body import fill
from chat_completions.planning.types import Image, Messages, ProgramRequest, Resolution, Variable

INSTRUCTIONS = "Answer with JSON only, no Markdown and no explanation. It must follow this JSON Schema: "


def build_messages(resolution: Resolution, params: JsonObject) -> Messages:
    """Return the messages of the request: the user's own, or the task's with the user's prompt and images.

    Raises BadInput for options that contradict each other, NotOffered for an image that the protocol cannot send.
    """
    request, task, protocol = resolution.request, resolution.task, resolution.protocol
    turns, prompt = _conversation(request, task)
    if request.system is not None:
        turns = _with_system(turns, request)
    instructions = _needs_instructions(resolution, params)
    if instructions:
        turns = _with_instructions(turns, resolution)
    images = _images(request, task)
    parts = [_image_part(image, protocol) for image in images]
    if parts and turns:
        turns[-1] = _with_images(turns[-1], parts)
    notes = _notes_on_images(images, protocol, task)
    system, converted = convert(turns, protocol.message_format)
    if request.messages and not converted:
        raise BadInput("The conversation holds nothing but system texts.", "Add a message of the user's.")
    return Messages(system, converted, images, prompt, instructions and request.messages is None, notes)


def _notes_on_images(images: Sequence[Image], protocol: Protocol, task: Task) -> list[str]:
    """Return notes on the images of a request; NotOffered where the protocol cannot send them together."""
    notes = []
    local = [image for image in images if image.is_file or image.is_data]
    if protocol.message_format == "parts" and len(local) < len(images):
        notes.append("Gemini reads addresses of its own file store; of others only with newer models: a file is safer")
    if protocol.id not in task.body or "$images" not in str(task.body[protocol.id]):
        return notes
    if len(images) > 1 and (local or any("," in image.source for image in images)):
        raise NotOffered(f"{protocol.name} takes several images by address only.", "Give URLs, or one --image.")
    if local:
        notes.append("the documentation wants a public URL for the image; one from a file is sent as a data URI")
    return notes


def _conversation(request: ProgramRequest, task: Task) -> tuple[list[JsonObject], str | None]:
    """Return the messages before anything is added to them, and the prompt that they hold as a variable."""
    prompt = task.prompt if request.prompt is None else request.prompt
    if request.messages is not None:
        return list(request.messages), None
    if len([message for message in task.messages if message["role"] != "system"]) > 1:
        return [fill(message, {"$prompt": prompt}) for message in task.messages], None
    return [fill(message, {"$prompt": Variable("prompt")}) for message in task.messages], prompt


def _with_system(turns: list[JsonObject], request: ProgramRequest) -> list[JsonObject]:
    has_one = bool(turns) and turns[0]["role"] in SYSTEM_ROLES
    if has_one and request.messages is not None:
        raise BadInput("--system and a system message in --messages contradict each other.", "Give one of them.")
    return [{"role": "system", "content": request.system}, *turns[has_one:]]


def _with_instructions(turns: list[JsonObject], resolution: Resolution) -> list[JsonObject]:
    """Return the messages with a description of the JSON after those of the system."""
    # The user's own conversation is a constant of the program, which cannot contain a variable.
    is_constant = resolution.request.messages is not None
    text = INSTRUCTIONS + json.dumps(resolution.schema) if is_constant else Variable("instructions")
    place = next((number for number, turn in enumerate(turns) if turn["role"] not in SYSTEM_ROLES), len(turns))
    return [*turns[:place], {"role": "system", "content": text}, *turns[place:]]


def _with_images(turn: JsonObject, parts: list[ImagePart]) -> JsonObject:
    content = turn["content"]
    texts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    return {**turn, "content": [*texts, *parts]}


def _images(request: ProgramRequest, task: Task) -> list[Image]:
    if request.messages is not None and request.images:
        raise BadInput("--image and --messages contradict each other.", "Put the image into a message of the file.")
    sources = list(request.images or task.images) if request.messages is None else []
    return [Image(source, f"_{number}" if len(sources) > 1 else "") for number, source in enumerate(sources, 1)]


def _image_part(image: Image, protocol: Protocol) -> ImagePart:
    if not image.source:
        raise BadInput("--image is empty.", "Give a file, a URL or a data URI.")
    if protocol.multipart_images and not (image.is_file or image.is_data):
        raise NotOffered(f"{protocol.name} takes an image as a file, not by its address.", "Download it first.")
    return ImagePart("", image)


def _needs_instructions(resolution: Resolution, params: JsonObject) -> bool:
    """Return whether the messages must describe the JSON, because the parameter alone would not do."""
    mode: Any = params.get("response_format", "json_schema")
    unreliable = "structured" in (*resolution.gateway.unreliable, *resolution.gateway.undocumented)
    return bool(resolution.schema) and (resolution.protocol.schema_in_prompt or unreliable or mode == "json_object")
