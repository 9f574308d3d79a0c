"""Methods that send a picture or a file, uploaded, by address or by an id given before."""

import hashlib
import re
from typing import Any
from urllib.parse import urlsplit

from scripts.sandbox.telegram.backend import Backend, Handler, Parameters
from scripts.sandbox.telegram.errors import bad_request
from scripts.sandbox.telegram.keyboards import is_public_name
from scripts.sandbox.telegram.methods.content import caption_content, markup_content, sending_content
from scripts.sandbox.telegram.methods.sends import post
from scripts.sandbox.telegram.wire import Upload

PHOTO_BYTES_MAX = 10 * 1024 * 1024
DOCUMENT_BYTES_MAX = 50 * 1024 * 1024
PHOTO_SIDES_MAX = 10_000
PHOTO_RATIO_MAX = 20
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _file(b: Backend, given: str | None, field: str, uploads: dict[str, Upload]) -> tuple[str, Upload]:
    """Finds the file a parameter means and keeps it under its id, which is made of its content."""
    if field in uploads:
        upload = uploads[field]
    elif given and given.startswith("attach://") and given.removeprefix("attach://") in uploads:
        upload = uploads[given.removeprefix("attach://")]
    elif given in b.files:
        return str(given), b.files[str(given)]
    elif given and urlsplit(given).scheme in ("http", "https"):
        if not is_public_name(urlsplit(given).hostname or ""):
            raise bad_request("wrong HTTP URL specified")
        upload = Upload(given.rsplit("/", 1)[-1] or field, "text/uri-list", given.encode())
    else:
        raise bad_request(
            "wrong remote file identifier specified: Wrong string length"
            if given
            else f"there is no {field} in the request"
        )
    if not upload.content:
        raise bad_request("file must be non-empty")
    file_id = "AgAC" + hashlib.sha256(upload.content).hexdigest()[:40]
    b.files[file_id] = upload
    return file_id, upload


def image_size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG; (0, 0) for anything else."""
    if content.startswith(PNG_SIGNATURE) and len(content) >= 24:
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    frame = re.search(rb"\xff[\xc0-\xc2]..\x08(..)(..)", content, re.DOTALL) if content[:2] == b"\xff\xd8" else None
    return (int.from_bytes(frame[2], "big"), int.from_bytes(frame[1], "big")) if frame else (0, 0)


def send_photo(b: Backend, p: Parameters, uploads: dict[str, Upload]) -> dict[str, Any]:
    chat = b.world.writable_chat(p["chat_id"])
    content = {**caption_content(p), **sending_content(p, chat), **markup_content(p, chat)}
    file_id, upload = _file(b, p.get("photo"), "photo", uploads)
    width, height = (800, 600) if upload.media_type == "text/uri-list" else image_size(upload.content)
    if len(upload.content) > PHOTO_BYTES_MAX:
        raise bad_request("file is too big")
    if not width or not height:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if width + height > PHOTO_SIDES_MAX or max(width, height) > PHOTO_RATIO_MAX * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    size = {
        "file_id": file_id,
        "file_unique_id": file_id[-15:],
        "width": width,
        "height": height,
        "file_size": len(upload.content),
    }
    return post(b, chat, p, {"photo": [size], **content})


def send_document(b: Backend, p: Parameters, uploads: dict[str, Upload]) -> dict[str, Any]:
    chat = b.world.writable_chat(p["chat_id"])
    content = {**caption_content(p), **sending_content(p, chat), **markup_content(p, chat)}
    file_id, upload = _file(b, p.get("document"), "document", uploads)
    if len(upload.content) > DOCUMENT_BYTES_MAX:
        raise bad_request("file is too big")
    document = {
        "file_id": file_id,
        "file_unique_id": file_id[-15:],
        "file_name": upload.file_name,
        "mime_type": upload.media_type,
        "file_size": len(upload.content),
    }
    return post(b, chat, p, {"document": document, **content})


HANDLERS: dict[str, Handler] = {"sendPhoto": send_photo, "sendDocument": send_document}
