"""Make an image with a model on AITOLL and save the result."""

import itertools
import logging
import os
import re
import sys
import urllib.request

import openai

API_KEY = os.environ.get("AITOLL_API_KEY", "").strip()
BASE_URL = os.environ.get("AITOLL_BASE_URL", "https://aitoll.net/api/gateway/api").rstrip("/")
MODEL = "gemini-3-pro-image-preview"


logger = logging.getLogger(__name__)


def generate_image(prompt):
    """Return the images that the model makes for one prompt, as bytes."""
    if not API_KEY or not API_KEY.isprintable():
        raise ValueError("AITOLL_API_KEY is not set to a key: export AITOLL_API_KEY='your key'")
    messages = [{"role": "user", "content": [{"type": "text", "text": prompt}]}]
    client = openai.OpenAI(
        api_key=API_KEY,
        base_url=BASE_URL,
        timeout=300,
        http_client=openai.DefaultHttpxClient(follow_redirects=False),
    )
    completion = client.chat.completions.create(model=MODEL, messages=messages, stream=False)
    if not getattr(completion, "choices", None):  # an error with status 200, or a web page
        raise openai.OpenAIError(repr(getattr(completion, "error", None) or completion))
    message = completion.choices[0].message.model_dump(warnings=False)
    urls = list(dict.fromkeys(find_images(message)))
    if not urls:
        raise ValueError(f"the answer holds no image: {message['content'] or message['refusal']!r}")
    images = [load_image(url) for url in urls]
    logger.info("Usage: %s", completion.usage and completion.usage.to_dict())
    return images


def find_images(value):
    """Return the addresses (URLs or data URIs) of the images in a reply, wherever they stand."""
    match value:
        case {"b64_json": str(data)} | {"inlineData": {"data": str(data)}}:
            return [f"data:;base64,{data}"]
        case {"url": str(url)} | {"image_url": str(url)}:
            return [url]
        case dict():
            return [url for item in value.values() for url in find_images(item)]
        case list():
            return [url for item in value for url in find_images(item)]
        case str():
            return re.findall(r"data:image/[\w.+-]+;base64,[\w+/=]+|(?<=\]\()https?://[^\s)]+|^https?://\S+$", value)
    return []


def load_image(url):
    """Return the bytes of an image at a URL or in a data URI."""
    if not url.startswith(("https://", "http://", "data:")):
        raise ValueError(f"this is no address of an image: {url[:60]}")
    with urllib.request.urlopen(url, timeout=300) as response:  # without the key
        return response.read()


def save_image(content):
    """Write an image to a new file named by its type, and return the name."""
    types = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"RIFF": "webp"}
    extension = next((name for start, name in types.items() if content.startswith(start)), None)
    if not extension:
        raise ValueError(f"this is no image: {content[:60]!r}")
    for number in itertools.count(1):
        try:
            with open(f"image-{number}.{extension}", "xb") as file:
                file.write(content)
            return file.name
        except FileExistsError:
            continue


if __name__ == "__main__":
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)
    try:
        for content in generate_image("A lighthouse at dusk, in watercolour."):
            print(save_image(content))
    except openai.APIStatusError as error:
        sys.exit(f"Error: HTTP {error.status_code}: {error.body!r}".replace(API_KEY, "***")[:300])
    except (openai.OpenAIError, OSError, ValueError) as error:
        sys.exit(f"Error: {error.__cause__ or error}".replace(API_KEY or "***", "***")[:300])
    except KeyboardInterrupt:
        sys.exit(130)
