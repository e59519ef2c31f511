"""A language and its client libraries, as a language.yaml in templates/ describes them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chat_completions.json_values import NO_NAMES, JsonObject


class LiteralStyle(NamedTuple):
    """How a language writes plain values."""

    booleans: Sequence[str]  # false, true
    null_literal: str
    indent: int  # columns
    unquoted_keys: bool  # identifiers may be keys without quotes
    non_bmp_escape: str  # how a character beyond the basic plane is escaped: `surrogates` or `code_point`
    trailing_comma: bool
    sigil: str = ""  # before the name of a variable


class Library(NamedTuple):
    """A client library of a language."""

    id: str
    install: str  # the command
    protocols: Sequence[str]
    note: str = ""
    sdk: bool = False  # it appends the paths itself
    kinds: Sequence[str] = ()  # kinds of task that it has templates for; empty: all
    message_roles: Sequence[str] = ()  # roles whose messages it can hold as plain text; empty: any message
    auth_header: str = ""  # the only header in which it sends the key; empty: any
    query: bool = False  # an SDK that sends query parameters
    fallback: bool = True  # its programs can call a second model
    unsupported: Mapping[str, str] = NO_NAMES  # kinds that it cannot do (tools) or stream (tools-stream), and why
    requirements: Sequence[str] = ()  # empty: those of the language
    more_packages: Mapping[str, str] = NO_NAMES  # packages for one protocol, one kind, or `stream`
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


def build_language(id_: str, data: JsonObject) -> Language:
    """Return the language that the data of its file describe."""
    fields = {
        **data,
        "literals": LiteralStyle(**data["literals"]),
        "libraries": {name: Library(name, **library) for name, library in data["libraries"].items()},
    }
    return Language(id=id_, **fields)
