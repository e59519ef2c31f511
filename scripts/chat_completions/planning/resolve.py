"""Resolves the names of a request, once, into objects that go together."""

from chat_completions.catalog import load
from chat_completions.catalog.gateway import Gateway
from chat_completions.catalog.types import Language, Library, Task
from chat_completions.errors import UnknownName, find_name
from chat_completions.planning.compatibility import combine
from chat_completions.planning.types import ProgramRequest, Resolution


def resolve(request: ProgramRequest, gateway: Gateway | None = None) -> Resolution:
    """Return the objects that the names of a request refer to; `gateway` is the one named, where it is loaded.

    Raises UnknownName for a name that does not exist, NotOffered where the objects do not go together.
    """
    return combine(*find_objects(request, gateway))


def find_objects(
    request: ProgramRequest, gateway: Gateway | None = None
) -> tuple[ProgramRequest, Gateway, Task, Language, Library]:
    """Return the objects of these names, and the request with the id of its protocol; UnknownName for a wrong name."""
    gateway, task = gateway or find_gateway(request), load.load_task(request.task)
    language = load.load_language(request.language or task.language or "python")
    request = request._replace(protocol=_protocol_name(request.protocol, gateway))
    return request, gateway, task, language, _find_library(request.library, language, task.kind)


def find_gateway(request: ProgramRequest) -> Gateway:
    """Return the gateway of that name or file, or the one that --base-url, --key and --model describe."""
    if request.key is None:
        return load.load_gateway(request.gateway)
    models = [request.model] if request.model else []
    return load.describe_gateway(request.base_url or "", request.key, models, allow_http=request.allow_http)


def _find_library(name: str | None, language: Language, kind: str) -> Library:
    """Return the library of that name, or the language's first that can do this kind of task."""
    id_ = find_name(name, {id_: library.aliases for id_, library in language.libraries.items()}) if name else None
    if name and id_ is None:
        raise UnknownName(f"{language.name} library", name, language.libraries)
    able = (other for other, library in language.libraries.items() if kind not in library.unsupported)
    return language.libraries[id_ or next(able, None) or next(iter(language.libraries))]


def _protocol_name(name: str | None, gateway: Gateway) -> str | None:
    """Return the id of the protocol of that name, whether the gateway has it or not."""
    return name if name is None or name in gateway.endpoints else load.find_id("protocol", name)
