"""The values between a request and a program: `ProgramRequest -> Resolution -> RequestPlan -> Program`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chat_completions.catalog.gateway import Auth, Endpoint, Evidence, Gateway
from chat_completions.catalog.types import EMPTY, JsonObject, Language, Library, Protocol, Task


class Variable(NamedTuple):
    """A value that the printed program has under a name; literals write that name."""

    name: str


def replace_variables(value: Any, **values: Any) -> Any:
    """Return `value` with each variable that `values` names replaced by its value."""
    if isinstance(value, Variable):
        return replace_variables(values[value.name], **values) if value.name in values else value
    if isinstance(value, Mapping):
        return {key: replace_variables(item, **values) for key, item in value.items()}
    return [replace_variables(item, **values) for item in value] if isinstance(value, (list, tuple)) else value


class Tool(NamedTuple):
    """A tool that the model may call."""

    name: str
    parameters: JsonObject  # a JSON Schema
    description: str = ""
    example: Any = None  # the result that its stub returns
    strict: bool | None = None  # arguments must follow the schema; None: not set


class Image(NamedTuple):
    """An image of a request: a file (read when the program runs), a URL or a data URI.

    The messages of a plan name it by variables: `image_url` (a URL or data URI), or `image_type` and
    `image_data` (base64), each with the `suffix` (`_1`, `_2`, …) where there are several images.
    """

    source: str
    suffix: str | None = ""  # None: the messages hold the source itself

    @property
    def is_file(self) -> bool:
        """Return whether the source is the path of a file."""
        return not self.source.startswith(("https://", "http://", "data:"))

    @property
    def is_data(self) -> bool:
        """Return whether the source is a data URI."""
        return self.source.startswith("data:")


class ProgramRequest(NamedTuple):
    """The options of the user; None leaves the choice to the program."""

    gateway: str
    task: str = "chat"
    language: str | None = None
    library: str | None = None
    protocol: str | None = None
    stream: bool = False
    asynchronous: bool = False
    priority: str = "balanced"
    model: str | None = None
    auth: str | None = None
    endpoint: str | None = None
    prompt: str | None = None
    system: str | None = None
    messages: Sequence[JsonObject] | None = None
    params: JsonObject = EMPTY
    base_url: str | None = None
    images: Sequence[str] = ()
    tools: Sequence[JsonObject] | None = None
    schema: JsonObject | None = None
    fallback: bool = False
    key: str | None = None
    allow_http: bool = False


class Objects(NamedTuple):
    """What the names of a request refer to, whether they go together or not."""

    request: ProgramRequest  # with the id of its protocol
    gateway: Gateway
    task: Task
    language: Language
    library: Library


class ModelChoice(NamedTuple):
    """A model, the rule that picked it, and the notes and evidence for it."""

    model: str
    rule: str
    reason: str
    alternatives: Sequence[str] = ()
    notes: Sequence[str] = ()
    evidence: Sequence[Evidence] = ()


class Resolution(NamedTuple):
    """The objects that the names of a request refer to; they go together."""

    request: ProgramRequest
    gateway: Gateway  # with the base URL of the request
    task: Task
    language: Language
    library: Library
    protocol: Protocol
    endpoint: Endpoint
    auth: Auth
    stream: bool
    choice: ModelChoice

    @property
    def tools(self) -> list[Tool]:
        """Return the user's tools, or the example's; none where the task has no tools."""
        tools = (self.request.tools or self.task.tools) if self.task.kind == "tools" else ()
        return [Tool(**tool) for tool in tools]

    @property
    def schema(self) -> JsonObject:
        """Return the user's JSON Schema of the answer, or the example's; empty where the task has none."""
        return (self.request.schema or self.task.schema) if self.task.kind == "structured" else EMPTY


class Messages(NamedTuple):
    """Texts and images of a request, in the protocol's format."""

    system: Sequence[str | Variable]  # the system texts that are not among the messages
    messages: Sequence[JsonObject]
    images: Sequence[Image]
    prompt: str | None  # None for a conversation
    instructions: bool  # the messages hold the variable `instructions`
    notes: Sequence[str]


class HttpRequest(NamedTuple):
    """Where and how a request is sent."""

    method: str
    path: str  # appended to the base URL; may hold {model}
    query: Mapping[str, str]
    headers: Mapping[str, str]  # the fixed ones, of protocol and gateway
    sdk_base_path: str  # what a client library needs after the base URL
    multipart: bool  # the body is sent as a form, with files
    poll_path: str
    result_paths: Sequence[str]
    read_timeout: int  # seconds


class RequestPlan(NamedTuple):
    """One HTTP request, fully decided: all that a template sees, as `plan`.

    `body` and `messages` hold variables of the printed program: MODEL, messages, TOOLS, SCHEMA, prompt,
    instructions (SCHEMA in prose), task_id and those of images.
    """

    template: str
    protocol: str
    stream: bool
    asynchronous: bool
    gateway: Gateway
    auth: Auth
    http: HttpRequest
    model: str
    alternative: str  # the second model, or an empty text
    alternative_omits: Sequence[str]  # fields of the body that the second model does not accept
    fallback: bool  # the program calls the second model, which there is, where the first is missing or down
    body: JsonObject
    extra_body: JsonObject  # fields of `body` that client libraries do not know
    first_round_body: JsonObject  # fields that only the first round of a tool loop sends
    messages: Sequence[JsonObject]  # in the protocol's format; for a chatbot those before the first prompt
    system_texts: Sequence[str | Variable]  # those that the protocol has outside the messages
    prompt: str | None  # the value of the variable; None where the messages hold it, or it is read later
    instructions: bool  # the messages hold the variable
    tools: Sequence[Tool]
    tool_definitions: Sequence[JsonObject]  # in the protocol's format
    schema: JsonObject
    images: Sequence[Image]

    @property
    def keys(self) -> list[Auth]:
        """Return every key that the program reads from an environment variable."""
        return [auth for auth in (self.auth, *self.gateway.extra_keys) if auth.key_env]


class Program(NamedTuple):
    """A printed program, and how to install, set up and run it."""

    code: str
    filename: str
    resolution: Resolution
    plan: RequestPlan
    notes: Sequence[str]
    install: Sequence[str]
    run: str
    setup: str = ""
