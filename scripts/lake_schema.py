"""Writes the schema of the lake's stream from the records, as wrangler's `streams create --schema-file` reads it.

One stream carries every kind: a field that several kinds use with different types is JSON, and so is all that nests.
"""

import json
from pathlib import Path
from typing import Any, get_args

import msgspec

from arbedge.ports.lake.lines import AnyRecord
from scripts.layout import ROOT

SCHEMA = ROOT / "docs" / "lake-stream.schema.json"
_TYPES: dict[type[msgspec.inspect.Type], str] = {
    msgspec.inspect.IntType: "int64",
    msgspec.inspect.FloatType: "float64",
    msgspec.inspect.StrType: "string",
    msgspec.inspect.BoolType: "bool",
}


def describe_stream() -> dict[str, Any]:
    """The union of all records' fields; only what every record has is required."""
    found: dict[str, set[str]] = {"kind": {"string"}}
    for record in get_args(AnyRecord):
        information = msgspec.inspect.type_info(record)
        assert isinstance(information, msgspec.inspect.StructType)
        for field in information.fields:
            found.setdefault(field.encode_name, set()).add(_name_type(field.type))
    fields = [
        {"name": name, "type": types.copy().pop() if len(types) == 1 else "json", "required": name in {"kind", "v"}}
        for name, types in sorted(found.items())
    ]
    return {"fields": fields}


def _name_type(type_: msgspec.inspect.Type) -> str:
    if isinstance(type_, msgspec.inspect.UnionType):
        names = {_name_type(one) for one in type_.types if not isinstance(one, msgspec.inspect.NoneType)}
        return names.pop() if len(names) == 1 else "json"
    if isinstance(type_, msgspec.inspect.LiteralType):
        return "string" if isinstance(type_.values[0], str) else "int64"
    return _TYPES.get(type(type_), "json")


def write(path: Path = SCHEMA) -> None:
    path.write_text(json.dumps(describe_stream(), indent=2) + "\n")


if __name__ == "__main__":
    write()
