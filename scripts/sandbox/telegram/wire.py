"""Decodes a Bot API request as the server does: query string, JSON, urlencoded or multipart, whatever comes."""

import json
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from scripts.sandbox.telegram.errors import bad_request


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in a multipart body."""

    file_name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """`textual` means all values came as strings, so that nested objects are JSON inside them, as in forms."""

    parameters: dict[str, Any]
    uploads: dict[str, Upload]
    textual: bool


def read_call(query: str, content_type: str, body: bytes) -> Call:
    parameters: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    kind = content_type.split(";", 1)[0].strip().lower()
    if kind == "application/json" and body.strip():
        return Call({**parameters, **_read_json(body)}, {}, textual=False)
    if kind == "application/x-www-form-urlencoded":
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        return Call({**parameters, **fields}, {}, textual=True)
    if kind == "multipart/form-data":
        fields, uploads = _read_multipart(content_type, body)
        return Call({**parameters, **fields}, uploads, textual=True)
    if body.strip() and kind != "application/json":
        raise bad_request(f"unsupported content type {kind!r} of the request body")
    return Call(parameters, {}, textual=True)


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        raise bad_request("can't parse request body as JSON") from None
    if not isinstance(value, dict):
        raise bad_request("request body must be a JSON object")
    return value


def _read_multipart(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, Upload]]:
    head = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    if not message.is_multipart():
        raise bad_request("can't parse multipart request body")
    fields: dict[str, str] = {}
    uploads: dict[str, Upload] = {}
    for part in message.iter_parts():  # type: ignore[attr-defined]
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        file_name = part.get_filename()
        if not name:
            raise bad_request("a part of the multipart request has no name")
        if file_name is None:
            fields[str(name)] = content.decode("utf-8", "replace")
        else:
            uploads[str(name)] = Upload(file_name, part.get_content_type(), content)
    return fields, uploads
