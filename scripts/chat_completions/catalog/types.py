"""What protocols, tasks and languages are, as the YAML files of references/ and templates/ describe them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

JsonObject = Mapping[str, Any]
EMPTY: JsonObject = MappingProxyType({})


class Threshold(NamedTuple):
    """A value above which a parameter deserves a note."""

    bound: float
    note: str


class Parameter(NamedTuple):
    """A parameter of a request: its range, and its place in the body."""

    type: str = ""
    description: str = ""
    minimum: float | None = None
    maximum: float | None = None
    enum: Sequence[str] = ()
    path: Sequence[str] = ()  # keys that lead to it in the body; empty: its name alone
    as_list: bool = False  # a single value is sent as a list
    extra: JsonObject = EMPTY  # fields that are sent with it
    kinds: Sequence[str] = ()  # kinds of task that have it; empty: all
    unsupported: str = ""  # the reason why it cannot be set
    note: str = ""
    warn_above: Threshold | None = None
    default: Any = None
    source: str = ""

    def changed_by(self, other: "Parameter") -> "Parameter":
        """Return it with the fields of `other` that are not the default, as a gateway changes a protocol's."""
        fields = zip(other._fields, other, Parameter(), strict=True)
        return self._replace(**{name: value for name, value, default in fields if value != default})


class Conflict(NamedTuple):
    """Parameters that deserve a note when they are sent together."""

    names: Sequence[str]
    note: str


class Streaming(NamedTuple):
    """What changes in a request for a streamed answer: fields of the body, or a part of the path (old, new)."""

    body: JsonObject = EMPTY
    path: Sequence[str] = ()


class ToolFormat(NamedTuple):
    """How a protocol declares tools and the choice between them."""

    shape: JsonObject  # of one tool, with placeholders
    choice_path: Sequence[str]
    choice: JsonObject  # its forms `auto`, `required`, `none` and `named`
    parallel_path: Sequence[str] = ()  # of the switch for parallel calls; empty where there is none
    parallel_inverse: bool = False  # the switch forbids parallel calls where it is true


class ModelRule(NamedTuple):
    """Parameters that models whose id matches `pattern` know by another name, or accept only with their default."""

    pattern: str
    renamed: Mapping[str, str] = EMPTY
    fixed: Sequence[str] = ()
    source: str = ""


class Protocol(NamedTuple):
    """A request and reply format."""

    id: str
    name: str
    method: str = "POST"
    headers: Mapping[str, str] = EMPTY
    sdk_paths: Sequence[str] = ()  # ends of paths that client libraries append themselves
    message_format: str = "messages"  # a key of message_formats.FORMATS
    multipart_images: bool = False  # images are uploaded as files of a form
    schema_in_prompt: bool = False  # a JSON Schema is described in the messages too
    defaults: JsonObject = EMPTY  # fields that a request must have, with their values
    streaming: Streaming | None = None
    parameters: Mapping[str, Parameter] = EMPTY
    parameter_aliases: Mapping[str, str] = EMPTY
    conflicts: Sequence[Conflict] = ()
    less_than: Sequence[Sequence[str]] = ()  # pairs of parameters of which the first must be less than the second
    reserved: Mapping[str, str] = EMPTY  # parameters that an option sets, and that option
    tools: ToolFormat | None = None
    response_formats: Mapping[str, JsonObject] = EMPTY  # fields that request JSON, by the value of response_format
    model_rules: Sequence[ModelRule] = ()
    aliases: Sequence[str] = ()


class Task(NamedTuple):
    """What a program does."""

    id: str
    kind: str  # decides the model, and which options a program has
    summary: str
    prompt: str | None = ""  # of the example; None where the program reads prompts when it runs
    messages: Sequence[JsonObject] = ()
    body: Mapping[str, JsonObject] = EMPTY  # the request by protocol, with placeholders
    tools: Sequence[JsonObject] = ()
    schema: JsonObject = EMPTY
    images: Sequence[str] = ()
    streams: bool = True  # the answer can be streamed
    always_streams: bool = False
    asynchronous: bool = False  # the programs are asynchronous in each language
    uses_model: bool = True
    read_timeout: int = 120  # seconds
    template: str = ""  # the name of its templates; empty in a file: the kind
    language: str = ""  # the only one that has the task; empty: all
    example_input: Sequence[str] = ()  # lines to try a program with that reads its prompts
    arguments: str = ""  # for the command line of such a program
    aliases: Sequence[str] = ()


class Rule(NamedTuple):
    """A reason to pick a model: for some kinds of task, or for a priority."""

    id: str
    reason: str
    kinds: Sequence[str] = ()  # empty: a priority
    required: bool = False  # a model that is recommended for something else will not do


class DecisionTable(NamedTuple):
    """The rules that pick a model: by the kind of task, else by the priority."""

    kinds: list[Rule]
    priorities: list[Rule]


class LiteralStyle(NamedTuple):
    """How a language writes plain values."""

    booleans: Sequence[str]  # false, true
    null_literal: str
    indent: int  # columns
    unquoted_keys: bool  # identifiers may be keys without quotes
    non_bmp_escape: str  # how a character beyond the basic plane is escaped: `surrogates` or `code_point`
    trailing_comma: bool
    sigil: str = ""  # before the name of a variable
    width: int = 116  # columns that a value on one line may reach
    largest_integer: int | None = None  # that its numbers hold exactly; None: any


class Library(NamedTuple):
    """A client library of a language."""

    id: str
    install: str  # the command
    protocols: Sequence[str]
    note: str = ""
    sdk: bool = False  # it appends the paths itself
    whole_and_stream: Sequence[str] = ()  # templates that print both the whole and the streamed program
    message_roles: Sequence[str] = ()  # roles whose messages it can hold as plain text; empty: any message
    auth_header: str = ""  # the only header in which it sends the key; empty: any
    query: bool = False  # an SDK that sends query parameters
    fallback: bool = True  # its programs can call a second model
    unsupported: Mapping[str, str] = EMPTY  # kinds that it cannot do (tools) or stream (tools-stream), and why
    requirements: Sequence[str] = ()  # empty: those of the language
    more_packages: Mapping[str, str] = EMPTY  # packages for one protocol, one kind, or `stream`
    async_kinds: Sequence[str] = ()  # kinds of task for which it has asynchronous programs
    stream_needs: Sequence[str] = ()  # events without which it cannot read a stream
    run: str = ""  # the command; empty: that of the language
    setup: str = ""  # how a program is given the key; empty: by an environment variable
    aliases: Sequence[str] = ()


class Language(NamedTuple):
    """One folder of templates."""

    id: str
    name: str
    extension: str
    run: str  # the command, with {file}
    requirements: Sequence[str]
    literals: LiteralStyle
    libraries: Mapping[str, Library]  # the default first
    typed: bool = False  # its programs declare types
    aliases: Sequence[str] = ()
    schema_keywords: Sequence[str] = ()  # of JSON Schema, which its programs check; empty: a validator checks all
