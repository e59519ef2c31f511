"""A language and its client libraries, as a language.yaml in templates/ describes them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chat_completions.json_values import NO_NAMES, JsonObject


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


def build_language(id_: str, data: JsonObject) -> Language:
    """Return the language that the data of its file describe."""
    fields = {
        **data,
        "literals": LiteralStyle(**data["literals"]),
        "libraries": {name: Library(name, **library) for name, library in data["libraries"].items()},
    }
    return Language(id=id_, **fields)
