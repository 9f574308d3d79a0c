"""Every way a body may come in."""

import pytest

from scripts.sandbox.telegram.errors import ApiError
from scripts.sandbox.telegram.wire import Upload, read_call

BOUNDARY = "XsandboxX"


def multipart(*parts: tuple[str, bytes]) -> bytes:
    joined = b"".join(b"--%b\r\n%b\r\n\r\n%b\r\n" % (BOUNDARY.encode(), head.encode(), body) for head, body in parts)
    return joined + f"--{BOUNDARY}--\r\n".encode()


def test_json_and_query_are_joined() -> None:
    call = read_call("a=1", "application/json; charset=utf-8", b'{"b": {"c": [1]}}')
    assert (call.parameters, call.textual) == ({"a": "1", "b": {"c": [1]}}, False)


def test_forms_are_textual() -> None:
    call = read_call("", "application/x-www-form-urlencoded", b"text=a+%26+b&chat_id=5")
    assert (call.parameters, call.textual) == ({"text": "a & b", "chat_id": "5"}, True)


def test_multipart_carries_fields_and_files_byte_for_byte() -> None:
    content = bytes(range(256)) * 3
    head = 'Content-Disposition: form-data; name="photo"; filename="a.png"\r\nContent-Type: image/png'
    body = multipart(('Content-Disposition: form-data; name="chat_id"', b"5"), (head, content))
    call = read_call("", f"multipart/form-data; boundary={BOUNDARY}", body)
    assert call.parameters == {"chat_id": "5"}
    assert call.uploads == {"photo": Upload("a.png", "image/png", content)}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[1]"),
        ("text/plain", b"chat_id=5"),
        ("multipart/form-data", b"x"),
    ],
)
def test_what_cannot_be_read_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(ApiError) as refusal:
        read_call("", content_type, body)
    assert refusal.value.code == 400


def test_no_body_is_fine() -> None:
    assert read_call("chat_id=5", "", b"").parameters == {"chat_id": "5"}
    assert read_call("", "application/json", b"").parameters == {}
