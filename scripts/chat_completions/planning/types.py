"""The values that travel from a request to a program: `ProgramRequest -> Resolution -> RequestPlan -> Program`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chat_completions.catalog.gateway import Auth, Endpoint, Evidence, Gateway, ModelFacts
from chat_completions.catalog.language import Language, Library
from chat_completions.catalog.protocol import Protocol
from chat_completions.catalog.task import Task
from chat_completions.json_values import EMPTY, JsonObject


class ProgramRequest(NamedTuple):
    """What the user asked for; None means that the choice is left to us."""

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


class ModelChoice(NamedTuple):
    """A model, the rule that picked it, and what there is to say about it."""

    model: str
    rule: str
    reason: str
    alternatives: Sequence[str] = ()
    notes: Sequence[str] = ()
    evidence: Sequence[Evidence] = ()
    facts: ModelFacts = ModelFacts()
    facts_source: Evidence | None = None


class Resolution(NamedTuple):
    """The pieces that the names of a request stand for; they go together."""

    request: ProgramRequest
    gateway: Gateway
    task: Task
    language: Language
    library: Library
    protocol: Protocol
    endpoint: Endpoint
    auth: Auth
    stream: bool
    choice: ModelChoice


class Variable(NamedTuple):
    """A value that the printed program has under a name; literals write that name."""

    name: str


class Tool(NamedTuple):
    """A tool that the model may call.

    `example` is what its stub returns, `strict` whether arguments must follow the schema, None where not given.
    """

    name: str
    description: str
    parameters: JsonObject
    example: Any
    strict: bool | None


class Image(NamedTuple):
    """An image that goes out with the prompt: a file (read when the program runs), a URL or a data URI.

    The messages of a plan name it by variables: `image_url` (a URL or data URI), or `image_type` and
    `image_data` (base64), each with the `suffix` (`_1`, `_2`, …) where there are several images.
    """

    source: str
    suffix: str = ""

    @property
    def is_file(self) -> bool:
        """Return whether the source is the path of a file."""
        return not self.source.startswith(("https://", "http://", "data:"))

    @property
    def is_data(self) -> bool:
        """Return whether the source is a data URI."""
        return self.source.startswith("data:")


class RequestPlan(NamedTuple):
    """One HTTP request, fully decided: all that a template sees, as `plan`.

    `stream` tells that the answer comes in pieces, `asynchronous` that the program's functions are coroutines.
    `auth` is the key, whose variable is empty where the gateway asks for none; `extra_keys` travel beside it.
    `headers` are fixed, `gateway_headers` those of them that the gateway adds to the protocol's.
    `path` may hold `{model}`; `query` are its parameters. `sdk_base_path` is what a client library wants
    behind the base URL. `body` is the JSON body; in it stand variables of the printed program: MODEL,
    messages, TOOLS, SCHEMA, prompt, task_id and those of images. `extra_body` are those of its fields that the
    protocol's client libraries do not know. `messages` are the turns in the protocol's own form; `prompt` is the
    user's text, which they hold as the variable `prompt`, or None for a conversation: its turns are all given, or
    (kind chatbot) read by the program, and then `messages` are those that stand before them.
    `instructions` tells that the messages hold the variable `instructions`: SCHEMA in words.
    `first_round_body` is sent on top in the first round of a tool loop. `alternative` is the second model,
    `fallback` whether the program asks it when the first is missing or down, `alternative_omits` the fields of
    the body that the alternative does not take. `multipart` tells that the body travels as a form beside files.
    `poll_path`, `result_paths` and `recommended_models` serve the tasks image, balance and models.
    `reported_fields` are fields of a reply beside the usage that the gateway adds, such as credits.
    """

    gateway_name: str
    task: str
    kind: str
    protocol: str
    stream: bool
    asynchronous: bool
    base_url: str
    base_url_env: str
    auth: Auth
    extra_keys: Sequence[Auth]
    headers: Mapping[str, str]
    gateway_headers: Mapping[str, str]
    method: str
    path: str
    query: Mapping[str, str]
    sdk_base_path: str
    model: str
    alternative: str
    alternative_omits: Sequence[str]
    fallback: bool
    body: JsonObject
    extra_body: JsonObject
    first_round_body: JsonObject
    messages: Sequence[JsonObject]
    prompt: str | None
    instructions: bool
    tools: Sequence[Tool]
    tool_definitions: Sequence[JsonObject]
    schema: JsonObject
    images: Sequence[Image]
    multipart: bool
    poll_path: str
    result_paths: Sequence[str]
    recommended_models: Sequence[str]
    reported_fields: Sequence[str]
    read_timeout: int


class Program(NamedTuple):
    """A printed program and all there is to say about it."""

    code: str
    filename: str
    language: str
    library: str
    gateway: str
    plan: RequestPlan
    choice: ModelChoice
    notes: Sequence[str]
    install: Sequence[str]
    run: str
    setup: str = ""
