"""Builds a language from what its language.yaml says."""

from chat_completions.catalog.types import JsonObject, Language, Library, LiteralStyle


def build_language(id_: str, data: JsonObject) -> Language:
    """Return the language that `data` describes."""
    fields = dict(data)
    literals = LiteralStyle(**fields.pop("literals"))
    libraries = {name: Library(name, **library) for name, library in fields.pop("libraries").items()}
    return Language(id=id_, literals=literals, libraries=libraries, **fields)
