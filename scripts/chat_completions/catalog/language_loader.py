"""Builds a language from what its language.yaml says."""

from chat_completions.catalog.types import JsonObject, Language, Library, LiteralStyle

RENAMED = {"caveat": "note", "before": "setup", "header": "auth_header", "roles": "message_roles"}


def build_language(id_: str, data: JsonObject) -> Language:
    """Return the language that `data` describes."""
    fields = dict(data)
    literals = fields.pop("literals")
    style = LiteralStyle(
        booleans=literals["booleans"],
        null=literals["nothing"],
        indent=literals["indent"],
        unquoted_keys=literals["keys"] == "bare",
        non_bmp_escape="code_point" if literals["astral"] == "wide" else "surrogates",
        trailing_comma=literals["trailing"],
        sigil=literals.get("sigil", ""),
    )
    libraries = {
        name: Library(name, **{RENAMED.get(key, key): value for key, value in library.items()})
        for name, library in fields.pop("libraries").items()
    }
    return Language(id=id_, literals=style, libraries=libraries, requirements=fields.pop("needs"), **fields)
