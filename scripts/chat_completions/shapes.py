"""The values that travel through the program, in the order they appear.

`Request -> (Gateway, Task, Language, Protocol) -> Choice -> Call -> Snippet`
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
    """What a program does: its kind chooses the templates, its body the request.

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


class Slot(NamedTuple):
    """A value the written program has under a name; literals spell it as that name."""

    name: str


class Tool(NamedTuple):
    """A tool that the model may call.

    `example` is what its stub answers, `strict` whether arguments must follow the schema, None where that is not said.
    """

    name: str
    description: str
    parameters: Facts
    example: Any
    strict: bool | None


class Picture(NamedTuple):
    """A picture that the program reads when it runs: a file, or a data URI, under a slot's name."""

    name: str
    source: str


class Call(NamedTuple):
    """One HTTP request, fully decided: all that a template sees.

    `models`, `paths` and `bodies` hold one item per attempt: the chosen model, then its stand-in.
    A key is only ever the *name* of an environment variable. `sdk_base` is the path that a client
    library wants behind the base URL, `own_words` tells that a body holds parameters of this
    gateway alone, which such a library does not know. Bodies name what is written once, or known
    only at run time, by slots: MESSAGES, TOOLS, SCHEMA, TASK_ID and those of `pictures`. `first`
    is what only the first round of a tool loop sends on top; `form` says that the body travels as
    form fields beside files.
    """

    gateway: str
    title: str
    task: str
    kind: str
    summary: str
    base_url: str
    base_env: str
    method: str
    models: Sequence[str]
    paths: Sequence[str]
    bodies: Sequence[Facts]
    first: Facts
    form: bool
    then: str
    reads: Sequence[str]
    ours: Sequence[str]
    headers: Mapping[str, str]
    sdk_base: str
    auth: Auth
    protocol: str
    stream: bool
    messages: Sequence[Facts]
    wire_tools: Sequence[Facts]
    tools: Sequence[Tool]
    schema: Facts
    pictures: Sequence[Picture]
    picture_style: str
    own_words: bool
    advice: Mapping[str, str]
    endings: Mapping[str, Sequence[str]]
    ending: str
    usage: Sequence[str]
    tells: Sequence[str]
    install: str
    connect_timeout: int
    read_timeout: int

    @property
    def path(self) -> str:
        """The path of the first attempt."""
        return self.paths[0]


class Snippet(NamedTuple):
    """A written program and all there is to say about it."""

    code: str
    filename: str
    run: str
    install: Sequence[str]
    call: Call
    choice: Choice
    caveats: Sequence[str]
    language: str
    library: str
    before: str = ""
