"""Write cassettes for vcrpy: a persister that stores approved recordings only, and a readable YAML.

What a test notes with `Cassette.get_metadata` (provenance, write, expect) stands at the top of the
file. A recording without provenance was not approved by its test, and nothing is written.
"""

from pathlib import Path
from typing import Any

import yaml
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serialize import serialize
from vcr.serializers import yamlserializer

WIDE = 10**6  # one line of a body stays one line


class Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Write a text of several lines as a block."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Dumper.add_representer(str, represent_text)


class CassetteSerializer:
    """Serializes vcrpy's data with the notes of the test at the top."""

    @staticmethod
    def serialize(data: dict[str, Any]) -> str:
        """Return the YAML of a cassette; ValueError if it would not read back as the same."""
        notes = data.get("metadata", {})
        document = {"version": data["version"], **notes, "interactions": data["interactions"]}
        text = yaml.dump(document, Dumper=Dumper, allow_unicode=True, width=WIDE, sort_keys=False)
        if yaml.safe_load(text) != document:
            raise ValueError("The recording does not survive being written as YAML.")
        return text

    @staticmethod
    def deserialize(text: str) -> Any:
        """Return the data of a cassette."""
        return yamlserializer.deserialize(text)


class ApprovedPersister:
    """Stores a recording whose test noted its provenance, whole or not at all."""

    load_cassette = FilesystemPersister.load_cassette

    @staticmethod
    def save_cassette(cassette_path: str, cassette_dict: dict[str, Any], serializer: Any) -> None:
        """Write the cassette in one step; skip it if its test did not approve it."""
        if "provenance" not in cassette_dict.get("metadata", {}):
            return
        file = Path(cassette_path)
        text = serialize(cassette_dict, serializer)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".{file.name}.part")
        part.write_text(text, encoding="utf-8", newline="")
        part.replace(file)
