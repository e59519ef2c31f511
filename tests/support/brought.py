"""What a user may bring to a program of each task, for the type checkers."""

from typing import Any

PNG = "data:image/png;base64,iVBORw0KGgo="
TURNS = [{"role": role, "content": "x"} for role in ("user", "assistant", "user")]
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"a b": {"type": ["string", "null"]}, "more": {"type": "array", "items": {"$ref": "#/$defs/x"}}},
    "$defs": {"x": {"type": "object", "properties": {"kind": {"enum": ["a", 1]}}, "required": ["kind"]}},
}
TOOLS = [
    {"name": "t-1", "description": "x", "parameters": {"type": "object", "properties": {"class": {"type": "string"}}}},
    {"name": "none", "description": "y", "parameters": {"type": "object", "properties": {}}},
    {
        "name": "either",
        "description": "z",
        "parameters": {
            "type": "object",
            "properties": {"k": {"type": "string", "default": "x"}},
            "oneOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"required": ["k"]},
            ],
        },
    },
]
# What a user may bring, beside each program as it stands.
BROUGHT: dict[str, dict[str, dict[str, Any]]] = {
    "chat": {"sampled": {"params": {"max_tokens": 300, "temperature": 0.5}}},
    "batch": {"sampled": {"params": {"max_tokens": 300}}},
    "chatbot": {"sampled": {"params": {"max_tokens": 300}}},
    "vision": {"file": {"images": ["a.png"]}, "several": {"images": [PNG, "a.png"]}, "data": {"images": [PNG]}},
    "tools": {"own": {"tools": TOOLS}, "chosen": {"params": {"tool_choice": "required"}}},
    "structured": {"own": {"schema": SCHEMA}},
}
FOR_ALL: dict[str, dict[str, Any]] = {
    "fallback": {"fallback": True, "system": "Be brief.", "params": {"temperature": 0.5}},
}
ALONE = ("chatbot", "batch")  # tasks without a conversation of the user's
CONVERSATION: dict[str, dict[str, Any]] = {"conversation": {"messages": TURNS}}


def brought(task: str) -> dict[str, dict[str, Any]]:
    """Return what a user may bring to a task, by a name."""
    return {**BROUGHT.get(task, {}), **({} if task in ALONE else CONVERSATION), **FOR_ALL}
