"""What surrounds every request, whatever the application inside does."""

import logging

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from arbedge.entrypoints.http.envelope import SECURITY_HEADERS
from arbedge.entrypoints.http.frame import Frame, is_announced_too_large
from arbedge.limits import API_BODY_BYTES_MAX

REQUEST_ID = "one-request"
SECRET = "6012345678:AAE-secret-token"


async def answer_ok(_scope, receive, send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"max-age=1")]})
    await send({"type": "http.response.body", "body": b"fine"})


async def fail_early(_scope, _receive, _send) -> None:
    raise RuntimeError(SECRET)


async def fail_late(scope, receive, send) -> None:
    await answer_ok(scope, receive, send)
    raise RuntimeError(SECRET)


async def ask(app, method: str = "GET", **request) -> httpx.Response:
    frame = Frame(app)

    async def framed(scope, receive, send) -> None:
        await frame({**scope, "request_id": REQUEST_ID}, receive, send)

    transport = httpx.ASGITransport(app=framed)
    async with httpx.AsyncClient(transport=transport, base_url="https://arbedge.test") as client:
        return await client.request(method, "/", **request)


async def test_every_answer_carries_the_headers():
    response = await ask(answer_ok)
    assert response.headers["x-request-id"] == REQUEST_ID
    for name in SECURITY_HEADERS:
        assert name in response.headers
    assert response.headers["cache-control"] == "max-age=1", "what the application says stands"


async def test_head_is_get_without_a_body():
    response = await ask(answer_ok, "HEAD")
    assert (response.status_code, response.content) == (200, b"")


async def test_a_defect_tells_the_caller_and_the_log_nothing_private(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR):
        response = await ask(fail_early)
    answer = msgspec.json.decode(response.content)
    assert response.status_code == 500
    assert answer["error"]["code"] == "internal"
    assert SECRET not in response.text
    (record,) = caplog.records
    assert "RuntimeError" in caplog.text
    assert SECRET not in caplog.text
    assert record.__dict__["request_id"] == answer["error"]["request_id"] == response.headers["x-request-id"]


async def test_a_defect_after_the_answer_changes_nothing(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR):
        response = await ask(fail_late)
    assert (response.status_code, response.text) == (200, "fine")
    assert "RuntimeError" in caplog.text


async def test_a_body_that_says_it_is_too_large_is_not_read():
    async def unread(_scope, _receive, _send) -> None:
        raise AssertionError("the application was asked")

    response = await ask(unread, "POST", content=b"x" * (API_BODY_BYTES_MAX + 1))
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "too_large"


async def test_a_body_that_says_nothing_is_counted():
    async def stream(chunks: int):
        for _ in range(chunks):
            yield b"x" * 1024

    allowed = API_BODY_BYTES_MAX // 1024
    assert (await ask(answer_ok, "POST", content=stream(allowed))).status_code == 200
    assert (await ask(answer_ok, "POST", content=stream(allowed + 1))).status_code == 413


@pytest.mark.parametrize("length", ["", "abc", "-5", "1.5", "٣", "0", str(API_BODY_BYTES_MAX)])
def test_a_length_that_is_none_or_fits_goes_on(length: str):
    raw = length.encode("latin-1", "ignore")
    assert not is_announced_too_large(Headers(raw=[(b"content-length", raw)]))


@given(st.integers(API_BODY_BYTES_MAX + 1, 10**200))
def test_a_length_that_is_too_large_is_seen(length: int):
    assert is_announced_too_large(Headers(raw=[(b"content-length", str(length).encode())]))
