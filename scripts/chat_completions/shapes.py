"""The values that travel through the program, in the order they appear.

`Request -> (Gateway, Task, Language, Protocol) -> Choice -> RequestPlan -> Snippet`
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

Facts = Mapping[str, Any]

# Named tuples, not frozen dataclasses: as immutable, and made in a fifth of the time, which a
# cold start would notice.
NOTHING: Facts = MappingProxyType({})


class Request(NamedTuple):
    """What the user asked for; None means that they left it to us."""

    gateway: str
    task: str = "chat"
    language: str = "python"
    library: str | None = None
    protocol: str | None = None
    stream: bool = False
    priority: str = "balanced"
    model: str | None = None
    auth: str | None = None
    endpoint: str | None = None
    prompt: str | None = None
    system: str | None = None
    messages: Sequence[Facts] | None = None
    params: Facts = NOTHING
    base_url: str | None = None
    images: Sequence[str] = ()
    tools: Sequence[Facts] | None = None
    schema: Facts | None = None
    fallback: bool = False


class Evidence(NamedTuple):
    """Where a fact was read, on which day, and how far it can be trusted."""

    source: str
    date: str
    confidence: str


class Auth(NamedTuple):
    """How the key travels: `header: prefix + key`, the key named by its environment variable.

    `protocols` are those for which it is the natural way; none stands for all.
    """

    name: str
    key: str
    header: str = "Authorization"
    prefix: str = "Bearer "
    protocols: Sequence[str] = ()


class Endpoint(NamedTuple):
    """One path of a gateway, appended to its base URL.

    `then` is the path that is asked afterwards (a task's state), `reads` names where in a reply
    the wanted value sits, as dotted paths in order of preference, `kinds` are the kinds of task
    it serves (none stands for all).
    """

    name: str
    path: str
    source: str = ""
    note: str = ""
    then: str = ""
    reads: Sequence[str] = ()
    kinds: Sequence[str] = ()


class Model(NamedTuple):
    """What is known of one model id at one gateway.

    `upstream` holds the maker's facts: when it was or will be switched off, parameters that it
    `rejects`, and `not_both` pairs of which it takes one.
    """

    id: str
    source: str = ""
    note: str = ""
    guidance: str = ""
    protocols: Sequence[str] = ()
    seed_protocol: str = ""
    upstream: Facts = NOTHING

    @property
    def status(self) -> str:
        """When its maker switched it off or will, or nothing."""
        return next((f"{word} {self.upstream[word]}" for word in ("retired", "ends") if word in self.upstream), "")


class Gateway(NamedTuple):
    """One gateway, as its YAML file states it; `seen` is what the user's own last check listed, and when."""

    id: str
    name: str
    env: str
    base_url: str
    auth: Sequence[Auth]
    endpoints: Mapping[str, Sequence[Endpoint]]
    sources: Mapping[str, Evidence]
    roles: Mapping[str, Mapping[str, Facts]]
    models: Mapping[str, Model]
    parameters: Mapping[str, Mapping[str, Facts]]
    always: Mapping[str, Facts]
    stream_default: Mapping[str, bool]
    errors: Mapping[str, str]
    weak: Sequence[str]
    reply_extras: Sequence[str]
    undocumented: Sequence[str]
    caveats: Sequence[str]
    models_complete: bool
    protocol_caveat: str
    facts: Sequence[Facts]
    upstream: Mapping[str, Facts]
    upstream_sources: Mapping[str, Evidence]
    seen: Facts = NOTHING

    def model(self, id_: str) -> "Model":
        """What is known of a model here: for an id that is not listed, only its maker's facts."""
        return self.models.get(id_) or Model(id=id_, upstream=self.upstream.get(id_, {}))


class Protocol(NamedTuple):
    """A request and reply shape: parameters with their ranges, endings, what a reply tells.

    `turns` names the dialect its messages are written in, `streaming` what a request changes to
    be streamed (nothing: it cannot be), `endings` how an answer may end (`normal`, `calls` where it
    calls tools, `cut`), `tools` how tools and their choice are written, `required`
    what a request must carry, `ending` the field that tells why an answer ended, `states_format`
    that the wanted JSON has to be described in words. `sdk_paths` are the ends of the paths that a
    client library asks.
    """

    id: str
    name: str
    parameters: Mapping[str, Facts] = NOTHING
    aliases: Mapping[str, str] = NOTHING
    together: Sequence[Facts] = ()
    below: Sequence[Sequence[str]] = ()
    elsewhere: Mapping[str, str] = NOTHING
    endings: Mapping[str, Sequence[str]] = NOTHING
    ending: str = "finish_reason"
    usage: Sequence[str] = ()
    errors: Mapping[str, str] = NOTHING
    method: str = "POST"
    turns: str = ""
    pictures: str = ""
    headers: Mapping[str, str] = NOTHING
    required: Facts = NOTHING
    streaming: Facts = NOTHING
    tools: Facts = NOTHING
    formats: Mapping[str, Facts] = NOTHING
    states_format: bool = False
    sdk_paths: Sequence[str] = ()


class Task(NamedTuple):
    """What a program does: its kind chooses the model, its template (else its kind) the program, its body the request.

    `asks_model` is False where no model is asked, `streams` where an answer comes whole only.
    """

    id: str
    kind: str
    summary: str
    prompt: str = ""
    turns: Sequence[Facts] = ()
    body: Mapping[str, Facts] = NOTHING
    tools: Sequence[Facts] = ()
    schema: Facts = NOTHING
    images: Sequence[str] = ()
    streams: bool = True
    asks_model: bool = True
    read_timeout: int = 120
    template: str = ""


class Library(NamedTuple):
    """One way to speak HTTP in a language; a client library's paths are fixed (`sdk`).

    `kinds` are the kinds of task it is written for, `roles` those whose turns it can hold as
    plain text, `header` is where it carries the key: nothing stands for all. `run` and `before`
    say how its programs are started and given the key, where that differs from the language.
    """

    id: str
    install: str
    protocols: Sequence[str]
    caveat: str = ""
    sdk: bool = False
    kinds: Sequence[str] = ()
    roles: Sequence[str] = ()
    header: str = ""
    run: str = ""
    before: str = ""


class Language(NamedTuple):
    """One folder of templates."""

    id: str
    name: str
    extension: str
    run: str
    needs: Sequence[str]
    literals: Facts
    libraries: Mapping[str, Library]
    aliases: Sequence[str]


class Row(NamedTuple):
    """One row of the decision table."""

    id: str
    when: Facts
    role: str
    because: str


class Choice(NamedTuple):
    """The model, the row that decided, and what there is to say about it."""

    model: str
    row: str
    because: str
    alternatives: Sequence[str]
    caveats: Sequence[str]
    evidence: Sequence[Evidence]


class Variable(NamedTuple):
    """A value that the printed program has under a name; literals write that name."""

    name: str


class Tool(NamedTuple):
    """A tool that the model may call.

    `example` is what its stub returns, `strict` whether arguments must follow the schema, None where that is not said.
    """

    name: str
    description: str
    parameters: Facts
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

    `path` may hold `{model}`; `query` are its parameters. `sdk_base_path` is what a client library wants
    behind the base URL. `body` is the JSON body; in it stand variables of the printed program: MODEL,
    messages, TOOLS, SCHEMA, prompt, task_id and those of images. `extra_body` are those of its fields that the
    protocol's client libraries do not know. `messages` are the turns in the protocol's own form; `prompt` is the
    user's text, which they hold as the variable `prompt`, or None for a conversation whose turns are all given.
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
    base_url: str
    base_url_env: str
    auth: Auth
    headers: Mapping[str, str]
    method: str
    path: str
    query: Mapping[str, str]
    sdk_base_path: str
    model: str
    alternative: str
    alternative_omits: Sequence[str]
    fallback: bool
    body: Facts
    extra_body: Facts
    first_round_body: Facts
    messages: Sequence[Facts]
    prompt: str | None
    instructions: bool
    tools: Sequence[Tool]
    tool_definitions: Sequence[Facts]
    schema: Facts
    images: Sequence[Image]
    multipart: bool
    poll_path: str
    result_paths: Sequence[str]
    recommended_models: Sequence[str]
    reported_fields: Sequence[str]
    read_timeout: int


class Snippet(NamedTuple):
    """A written program and all there is to say about it."""

    code: str
    filename: str
    run: str
    install: Sequence[str]
    plan: RequestPlan
    gateway: str
    choice: Choice
    caveats: Sequence[str]
    language: str
    library: str
    before: str = ""
