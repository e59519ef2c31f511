"""The facts of references/ and templates/ as typed objects, in the order in which they depend on each other.

Named tuples, not frozen dataclasses: as immutable, and created in a fifth of the time, which a cold start notices.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

JsonObject = Mapping[str, Any]
EMPTY: JsonObject = MappingProxyType({})
NO_NAMES: Mapping[str, str] = MappingProxyType({})


class Evidence(NamedTuple):
    """Where a fact was read, on which day, and how far it can be trusted."""

    source: str
    date: str
    confidence: str


class Auth(NamedTuple):
    """An authentication scheme: `header: prefix + key`, the key named by its environment variable.

    `protocols` are those that use it by default; none stands for all. An empty `key` stands for a gateway that asks
    for none; with `optional` the variable may be unset, and then no such header is sent.
    """

    name: str
    key: str
    header: str = "Authorization"
    prefix: str = "Bearer "
    protocols: Sequence[str] = ()
    source: str = ""
    optional: bool = False


class Endpoint(NamedTuple):
    """One path of a gateway, appended to its base URL.

    `poll_path` is asked afterwards for the state of a task, `result_paths` are the dotted paths of the wanted value
    in a reply, in order of preference, `kinds` the kinds of task that it serves (none stands for all), `query` the
    parameters that its address always has.
    """

    name: str
    path: str
    source: str = ""
    note: str = ""
    poll_path: str = ""
    result_paths: Sequence[str] = ()
    kinds: Sequence[str] = ()
    query: Mapping[str, str] = NO_NAMES


class ModelFacts(NamedTuple):
    """What the maker of a model says of it: life cycle, limits, list price and parameters that it refuses.

    `price` is US dollars per million tokens, input then output. `mutually_exclusive` are pairs of parameters of
    which the model takes one.
    """

    retired: str = ""
    shutdown_date: str = ""
    successor: str = ""
    context: int | None = None
    output: int | None = None
    input: Sequence[str] = ()
    tools: bool | None = None
    price: Sequence[float] = ()
    unsupported_parameters: Sequence[str] = ()
    mutually_exclusive: Sequence[Sequence[str]] = ()

    @property
    def status(self) -> str:
        """Return when the maker switched the model off or will, or an empty text."""
        return f"retired {self.retired}" if self.retired else self.shutdown_date and f"ends {self.shutdown_date}"


class ModelFactTable(NamedTuple):
    """The facts of every model that is known, and where they were read."""

    models: Mapping[str, ModelFacts]
    sources: Mapping[str, Evidence]


class Model(NamedTuple):
    """What is known of one model id at one gateway.

    `protocols` are those on which it is known to answer, `documented_protocol` the one that the documentation names.
    """

    id: str
    source: str = ""
    note: str = ""
    guidance: str = ""
    protocols: Sequence[str] = ()
    documented_protocol: str = ""
    facts: ModelFacts = ModelFacts()


class Recommendation(NamedTuple):
    """The models that a gateway offers for a kind of task or a priority, the preferred one first."""

    models: Sequence[str]
    source: str = ""


class Threshold(NamedTuple):
    """A value above which a parameter deserves a note."""

    bound: float
    note: str


class Parameter(NamedTuple):
    """A parameter of a request: its range, and where it stands in the body.

    `path` is its place when that is not its name, `as_list` that a single value is sent as a list, `extra` what is
    sent along, `kinds` the kinds of task that it belongs to, `unsupported` the reason why it cannot be set.
    """

    type: str = ""
    description: str = ""
    minimum: float | None = None
    maximum: float | None = None
    enum: Sequence[str] = ()
    path: Sequence[str] = ()
    as_list: bool = False
    extra: JsonObject = EMPTY
    kinds: Sequence[str] = ()
    unsupported: str = ""
    note: str = ""
    warn_above: Threshold | None = None
    default: Any = None
    source: str = ""


class Note(NamedTuple):
    """A documented fact for people who read the references."""

    topic: str
    text: str
    source: str


class LastCheck(NamedTuple):
    """What the user's own last `check` of a gateway listed, and when."""

    date: str
    listed: Sequence[str]


class Gateway(NamedTuple):
    """One gateway, as its YAML file describes it.

    The mappings `recommended_models`, `parameters`, `default_body` and `stream_default` are by protocol. `headers`
    have fixed values, `extra_keys` travel beside the one of `auth`; `allow_http` takes a public host without TLS.
    """

    id: str
    name: str
    env_prefix: str
    base_url: str
    auth: Sequence[Auth]
    endpoints: Mapping[str, Sequence[Endpoint]]
    sources: Mapping[str, Evidence]
    recommended_models: Mapping[str, Mapping[str, Recommendation]]
    models: Mapping[str, Model]
    model_facts: ModelFactTable
    parameters: Mapping[str, Mapping[str, Parameter]]
    default_body: Mapping[str, JsonObject] = EMPTY
    stream_default: Mapping[str, bool] = EMPTY
    error_hints: Mapping[str, str] = NO_NAMES
    unreliable: Sequence[str] = ()
    extra_fields: Sequence[str] = ()
    undocumented: Sequence[str] = ()
    warnings: Sequence[str] = ()
    models_complete: bool = False
    protocol_note: str = ""
    notes: Sequence[Note] = ()
    last_check: LastCheck | None = None
    headers: Mapping[str, str] = NO_NAMES
    extra_keys: Sequence[Auth] = ()
    allow_http: bool = False

    def model(self, id_: str) -> Model:
        """Return what is known of a model here: for an id that is not listed, only its maker's facts."""
        return self.models.get(id_) or Model(id_, facts=self.model_facts.models.get(id_, ModelFacts()))


class Conflict(NamedTuple):
    """Parameters that deserve a note when they are sent together."""

    names: Sequence[str]
    note: str


class Streaming(NamedTuple):
    """What changes in a request whose answer is to be streamed: fields of the body, or a part of the path."""

    body: JsonObject = EMPTY
    path: Sequence[str] = ()


class ToolFormat(NamedTuple):
    """How a protocol writes tools: the `shape` of each, the choice of tools and whether calls may be parallel.

    `choice` has the forms `auto`, `required`, `none` and `named`, which stand at `choice_path`; `parallel_path` is
    empty where the protocol has no such switch, `parallel_inverse` tells that it is true to forbid.
    """

    shape: JsonObject
    choice_path: Sequence[str]
    choice: JsonObject
    parallel_path: Sequence[str] = ()
    parallel_inverse: bool = False


class ModelRule(NamedTuple):
    """What models whose id matches `pattern` take otherwise: parameters by another name, or only with their default."""

    pattern: str
    renamed: Mapping[str, str] = NO_NAMES
    fixed: Sequence[str] = ()
    source: str = ""


class Protocol(NamedTuple):
    """A request and reply format.

    `message_format` names the form of its messages, `image_encoding` that of its images, `defaults` are what a
    request must carry, `reserved` parameters that are set by an option, `less_than` pairs of parameters of which the
    first must be below the second, `schema_in_prompt` tells that a wanted JSON format is also described in words.
    `sdk_paths` are the ends of the paths that client libraries append themselves.
    """

    id: str
    name: str
    method: str = "POST"
    headers: Mapping[str, str] = NO_NAMES
    sdk_paths: Sequence[str] = ()
    message_format: str = ""
    image_encoding: str = ""
    schema_in_prompt: bool = False
    defaults: JsonObject = EMPTY
    streaming: Streaming | None = None
    parameters: Mapping[str, Parameter] = EMPTY
    parameter_aliases: Mapping[str, str] = NO_NAMES
    conflicts: Sequence[Conflict] = ()
    less_than: Sequence[Sequence[str]] = ()
    reserved: Mapping[str, str] = NO_NAMES
    tools: ToolFormat | None = None
    formats: Mapping[str, JsonObject] = EMPTY
    finish_reasons: Mapping[str, Sequence[str]] = EMPTY
    finish_reason_field: str = "finish_reason"
    usage: Sequence[str] = ()
    model_rules: Sequence[ModelRule] = ()
    error_hints: Mapping[str, str] = NO_NAMES
    aliases: Sequence[str] = ()


class Task(NamedTuple):
    """What a program does: its kind decides the model and the template, its body is the request by protocol.

    `uses_model` is false for requests without a model, `streams` for answers that cannot be streamed; with
    `always_streams` they always are. Programs of an `asynchronous` task are so in each language. A program that reads
    its prompts when it runs has `example_input`, lines to try it with, and perhaps `arguments` on its command line;
    `prompt` is None where its turns come one by one. `language` is the only one that has it, empty stands for all.
    `aliases` are words that people have for it.
    """

    id: str
    kind: str
    summary: str
    prompt: str | None = ""
    messages: Sequence[JsonObject] = ()
    body: Mapping[str, JsonObject] = EMPTY
    tools: Sequence[JsonObject] = ()
    schema: JsonObject = EMPTY
    images: Sequence[str] = ()
    streams: bool = True
    always_streams: bool = False
    asynchronous: bool = False
    uses_model: bool = True
    read_timeout: int = 120
    template: str = ""
    language: str = ""
    example_input: Sequence[str] = ()
    arguments: str = ""
    aliases: Sequence[str] = ()


class Library(NamedTuple):
    """A client library of a language; the paths of an SDK are fixed.

    `kinds` are the kinds of task that it has templates for, `message_roles` those whose messages it can hold as
    plain text, `auth_header` is the only header in which it sends the key: empty stands for all. `query` tells that an
    SDK takes query parameters. `fallback` is false where its programs cannot ask a second model. `unsupported` are
    kinds of task that it cannot do, each with the reason, `async_kinds` those whose programs can be asynchronous.
    `requirements` stand for those of the language where they differ. `more_packages` are packages that only programs
    of one protocol or kind, or those that `stream`, install as well. `run` and `setup` say how its programs are started
    and given the key, where that differs from the language. `aliases` are words that people have for it.
    """

    id: str
    install: str
    protocols: Sequence[str]
    note: str = ""
    sdk: bool = False
    kinds: Sequence[str] = ()
    message_roles: Sequence[str] = ()
    auth_header: str = ""
    query: bool = False
    fallback: bool = True
    unsupported: Mapping[str, str] = NO_NAMES
    requirements: Sequence[str] = ()
    more_packages: Mapping[str, str] = NO_NAMES
    async_kinds: Sequence[str] = ()
    run: str = ""
    setup: str = ""
    aliases: Sequence[str] = ()


class LiteralStyle(NamedTuple):
    """How a language writes plain values.

    `unquoted_keys` tells that identifiers may be keys without quotes, `non_bmp_escape` whether a character beyond
    the basic plane is escaped as `surrogates` or as one `code_point`, `sigil` stands before the name of a variable.
    """

    booleans: Sequence[str]
    null_literal: str
    indent: int
    unquoted_keys: bool
    non_bmp_escape: str
    trailing_comma: bool
    sigil: str = ""


class Language(NamedTuple):
    """One folder of templates.

    `schema_keywords` are those of JSON Schema that its programs check; none where a validator checks them all.
    """

    id: str
    name: str
    extension: str
    run: str
    requirements: Sequence[str]
    literals: LiteralStyle
    libraries: Mapping[str, Library]
    aliases: Sequence[str] = ()
    schema_keywords: Sequence[str] = ()


class Rule(NamedTuple):
    """A reason to pick a model: for some kinds of task, or (without kinds) for a priority.

    `required` tells that a model recommended for something else will not do.
    """

    id: str
    reason: str
    kinds: Sequence[str] = ()
    required: bool = False
