"""Check that the task takes what the user gives to it, and build the messages with their text and images."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chat_completions.catalog.types import JsonObject, Protocol, Task
from chat_completions.catalog.user_files import subschemas
from chat_completions.errors import BadInput, NotOffered
from chat_completions.planning.message_formats import FORMATS, SYSTEM_ROLES
from chat_completions.planning.request_body import fill
from chat_completions.planning.types import Image, Messages, ProgramRequest, Resolution, Variable

KINDS_OF_OPTIONS = {"tools": ["tools"], "schema": ["structured"], "images": ["vision", "image-edit"]}
READS_PROMPTS = {
    "chatbot": "Leave it out: the program reads each prompt when it runs; --system tells the model how to answer.",
    "batch": "Leave it out: the program reads a file of prompts, one on each line.",
}
KINDS_WITH_MESSAGES = ("chat", "code", "reasoning", "tools", "structured", "vision")
ANNOTATIONS = {"title", "description", "$schema", "default", "examples", "$id", "$comment", "$defs"}
IMAGE_DATA = re.compile(r"data:image/[\w.+-]+;base64,[A-Za-z0-9+/]+={0,2}")
INSTRUCTIONS = "Answer with JSON only, no Markdown and no explanation. It must follow this JSON Schema: "


def check_contents(resolution: Resolution) -> None:
    """Raise NotOffered for a prompt, a file or an image that the kind of task or the library does not support."""
    _check_task(resolution)
    _check_messages(resolution)


def _check_task(resolution: Resolution) -> None:
    """Raise NotOffered for an option that the kind of task does not support."""
    request, task = resolution.request, resolution.task
    for name, kinds in KINDS_OF_OPTIONS.items():
        if getattr(request, name) and task.kind not in kinds:
            option = "--image" if name == "images" else f"--{name}"
            raise NotOffered(f"{option} does not go with the task {task.id!r}.", f"Use --task {kinds[0]}.")
    if request.fallback and task.kind == "ping":
        raise NotOffered(f"--fallback does not go with the task {task.id!r}.", "Leave it out.")
    if request.prompt is not None and task.kind in READS_PROMPTS:
        raise NotOffered(f"A PROMPT does not go with the task {task.id!r}.", READS_PROMPTS[task.kind])


def _check_messages(resolution: Resolution) -> None:
    """Raise NotOffered for a conversation that the kind of task or the library does not support."""
    task, library, messages = resolution.task, resolution.library, resolution.request.messages
    if messages is None:
        return
    if task.kind in READS_PROMPTS:
        raise NotOffered(f"--messages does not go with the task {task.id!r}.", "Use --task conversation.")
    if task.kind not in KINDS_WITH_MESSAGES:
        raise NotOffered(f"--messages does not go with the task {task.id!r}.", "Give a PROMPT.")
    roles = library.message_roles
    for number, message in enumerate(messages if roles else (), 1):
        if message["role"] not in roles or not isinstance(message["content"], str) or not message["content"]:
            raise NotOffered(
                f"{library.id} takes messages with text of {', '.join(roles)}, which message {number} is not.",
                "Choose another --language.",
            )


def build_messages(resolution: Resolution, params: JsonObject) -> Messages:
    """Return the messages of the request: the user's own, or the task's with the user's prompt and images.

    Raises BadInput for options that contradict each other, NotOffered for an image that the protocol cannot send.
    """
    request, task, protocol = resolution.request, resolution.task, resolution.protocol
    messages, prompt = _conversation(request, task)
    instructions = _needs_instructions(resolution, params)
    if instructions:
        messages = _with_instructions(messages, resolution)
    images = _images(request, task, protocol)
    if images and messages:
        content = messages[-1]["content"]
        texts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        messages[-1] = {**messages[-1], "content": [*texts, *images]}
    notes = _notes_on_images(images, protocol, task)
    if request.schema:
        notes += notes_on_schema(resolution.schema, resolution.language.schema_keywords)
    system, converted = FORMATS[protocol.message_format](messages)
    if request.messages and not converted:
        raise BadInput("The conversation holds nothing but system texts.", "Add a message of the user's.")
    return Messages(system, converted, images, prompt, instructions and request.messages is None, notes)


def _conversation(request: ProgramRequest, task: Task) -> tuple[list[JsonObject], str | None]:
    """Return the messages with the system message of the request, and the prompt that they hold as a variable."""
    prompt = task.prompt if request.prompt is None else request.prompt
    is_long = len([message for message in task.messages if message["role"] != "system"]) > 1
    messages = [fill(message, {"$prompt": prompt if is_long else Variable("prompt")}) for message in task.messages]
    if request.messages is not None:
        messages = list(request.messages)
    if request.system is not None:
        has_system = bool(messages) and messages[0]["role"] in SYSTEM_ROLES
        if has_system and request.messages is not None:
            raise BadInput("--system and a system message in --messages contradict each other.", "Give one of them.")
        messages = [{"role": "system", "content": request.system}, *(messages[1:] if has_system else messages)]
    return messages, None if is_long or request.messages is not None else prompt


def _needs_instructions(resolution: Resolution, params: JsonObject) -> bool:
    """Return whether the messages must describe the JSON, because the parameter alone would not do."""
    mode = params.get("response_format", "json_schema")
    unreliable = "structured" in (*resolution.gateway.unreliable, *resolution.gateway.undocumented)
    return bool(resolution.schema) and (resolution.protocol.schema_in_prompt or unreliable or mode == "json_object")


def _with_instructions(messages: list[JsonObject], resolution: Resolution) -> list[JsonObject]:
    """Return the messages with a description of the JSON after those of the system."""
    # The user's own conversation is a constant of the program, which cannot contain a variable.
    is_constant = resolution.request.messages is not None
    text = INSTRUCTIONS + json.dumps(resolution.schema) if is_constant else Variable("instructions")
    others = (number for number, message in enumerate(messages) if message["role"] not in SYSTEM_ROLES)
    place = next(others, len(messages))
    return [*messages[:place], {"role": "system", "content": text}, *messages[place:]]


def _images(request: ProgramRequest, task: Task, protocol: Protocol) -> list[Image]:
    """Return the images of the user, or of the example."""
    if request.messages is not None and request.images:
        raise BadInput("--image and --messages contradict each other.", "Put the image into a message of the file.")
    sources = (request.images or task.images) if request.messages is None else ()
    images = [Image(source, f"_{number}" if len(sources) > 1 else "") for number, source in enumerate(sources, 1)]
    for image in images:
        if not image.source:
            raise BadInput("--image is empty.", "Give a file, a URL or a data URI.")
        if image.is_file and "://" in image.source:
            raise BadInput(f"--image {image.source!r} is no image.", "Give a file, an http(s) URL or a data URI.")
        if image.is_data and not IMAGE_DATA.fullmatch(image.source):
            raise BadInput("--image is not the data URI of an image.", "Write data:image/png;base64,… with its data.")
        if protocol.multipart_images and not (image.is_file or image.is_data):
            raise NotOffered(f"{protocol.name} takes an image as a file, not by its address.", "Download it first.")
    return images


def _notes_on_images(images: Sequence[Image], protocol: Protocol, task: Task) -> list[str]:
    """Return notes on the images of a request; NotOffered where the protocol cannot send them together."""
    notes = []
    local = [image for image in images if image.is_file or image.is_data]
    if protocol.message_format == "parts" and len(local) < len(images):
        notes.append("Gemini reads addresses of its own file store; of others only with newer models: a file is safer")
    if "$images" in str(task.body.get(protocol.id)):
        if len(images) > 1 and (local or any("," in image.source for image in images)):
            raise NotOffered(f"{protocol.name} takes several images by address only.", "Give URLs, or one --image.")
        if local:
            notes.append("the documentation wants a public URL for the image; one from a file is sent as a data URI")
    return notes


def notes_on_schema(schema: JsonObject, checked: Sequence[str]) -> list[str]:
    """Return what the gateway may refuse, and what a program that checks only some keywords leaves unchecked."""
    notes = []
    unchecked = sorted({keyword for part in _schemas(schema) for keyword in part} - {*checked, *ANNOTATIONS})
    if checked and unchecked:
        notes.append(f"the program does not check {', '.join(unchecked)} of the schema; the gateway may")
    if any(_is_loose(part) for part in _schemas(schema) if part.get("type") == "object"):
        notes.append(
            "strict mode of OpenAI wants every property required and additionalProperties false in every object"
        )
    return notes


def _is_loose(schema: JsonObject) -> bool:
    optional = set(schema.get("properties", {})) - set(schema.get("required", []))
    return bool(optional) or schema.get("additionalProperties") is not False


def _schemas(schema: Any) -> Iterator[JsonObject]:
    """Yield a schema and those within it, but not the schemas that are only true or false."""
    if isinstance(schema, Mapping):
        yield schema
        for _, part in subschemas(schema):
            yield from _schemas(part)
