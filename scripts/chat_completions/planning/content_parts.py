"""Writes the parts of a message, texts and images, in the form of each protocol."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from chat_completions.errors import BadInput
from chat_completions.json_values import JsonObject
from chat_completions.planning.types import Image, Variable

TEXT = (str, Variable)  # a text, or the variable that holds one


class ImagePart(NamedTuple):
    """An image in a message: a literal address, or the variables of an `image`."""

    url: str
    image: Image | None = None

    @property
    def address(self) -> str | Variable:
        """Return the address, or the variable that holds it."""
        return Variable(f"image_url{self.image.suffix}") if self.image else self.url

    def data(self, type_key: str) -> JsonObject | None:
        """Return media type and base64 text, or None where only the address is sent."""
        if self.image and (self.image.is_file or self.image.is_data):
            media_type, data = (Variable(f"image_{name}{self.image.suffix}") for name in ("type", "data"))
            return {type_key: media_type, "data": data}
        media_type_text, data_text = _split_data_uri(self.url)
        return {type_key: media_type_text, "data": data_text} if data_text and not self.image else None


def openai_part(part: Any) -> Any:
    """Return a part as chat completions have it; what is no image of ours stays as it is."""
    return {"type": "image_url", "image_url": {"url": part.address}} if isinstance(part, ImagePart) else part


def anthropic_block(part: Any) -> Any:
    """Return a part as a content block of the Messages API."""
    if isinstance(part, TEXT):
        return {"type": "text", "text": part}
    part = _as_image(part)
    if not isinstance(part, ImagePart):
        return part
    data = part.data("media_type")
    return {"type": "image", "source": {"type": "base64", **data} if data else {"type": "url", "url": part.address}}


def gemini_part(part: Any) -> Any:
    """Return a part as Gemini has it."""
    if isinstance(part, TEXT):
        return {"text": part}
    if isinstance(part, Mapping) and part.get("type") == "text":
        return {"text": part.get("text", "")}
    part = _as_image(part)
    if not isinstance(part, ImagePart):
        return part
    data = part.data("mimeType")
    return {"inlineData": data} if data else {"fileData": {"fileUri": part.address}}


def _as_image(part: Any) -> Any:
    """Return an image of the user's own message as an ImagePart; any other part as it is."""
    is_image = isinstance(part, Mapping) and part.get("type") == "image_url"
    return ImagePart(_address(part.get("image_url"))) if is_image else part


def _address(image: Any) -> str:
    """Return the URL of an image_url part, which is an object or the URL itself."""
    url = image.get("url") if isinstance(image, Mapping) else image
    if not isinstance(url, str):
        raise BadInput("An image in the conversation has no url.", 'Write {"image_url": {"url": "https://…"}}.')
    return url


def _split_data_uri(url: str) -> tuple[str, str]:
    """Return media type and base64 text of a data URI; two empty texts for any other address."""
    head, comma, data = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        return "", ""
    return head.removeprefix("data:").removesuffix(";base64"), data
