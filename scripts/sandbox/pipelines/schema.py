"""A structured stream's schema, and which events it lets through."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "lake-stream.schema.json"

_CHECKS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int32": lambda value: type(value) is int and -(2**31) <= value < 2**31,
    "int64": lambda value: type(value) is int and -(2**63) <= value < 2**63,
    "float64": lambda value: type(value) in {int, float},
    "json": lambda _value: True,
}


class Schema:
    """What the stream was created with: `{"fields": [{"name", "type", "required"}]}`."""

    def __init__(self, path: Path = SCHEMA) -> None:
        fields = json.loads(path.read_text())["fields"]
        self._types: dict[str, str] = {one["name"]: one["type"] for one in fields}
        self._required = [one["name"] for one in fields if one["required"]]

    def find_error(self, event: Any) -> str | None:
        """Why an event is dropped by the stream, or None; fields the schema does not name are ignored."""
        if not isinstance(event, dict):
            return "not an object"
        fields = cast("dict[str, Any]", event)
        for name in self._required:
            if fields.get(name) is None:
                return f"{name} is missing"
        for name, value in fields.items():
            kind = self._types.get(name)
            if kind is not None and value is not None and not _CHECKS[kind](value):
                return f"{name} is not of type {kind}"
        return None
