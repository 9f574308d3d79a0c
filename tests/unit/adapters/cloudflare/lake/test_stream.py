"""Requests to a stream stay within its bound and hold whole records; errors carry no secret."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.adapters.cloudflare.lake import stream as module
from arbedge.adapters.cloudflare.lake.stream import Stream
from arbedge.errors import StoreUnavailable

BOUND = 100
TOKEN = "token-of-tests-0123456789"


def make(handler: httpx.MockTransport) -> Stream:
    return Stream(httpx.AsyncClient(transport=handler), "https://stream.test/lake", TOKEN)


@given(st.lists(st.integers(1, 80), max_size=12))
async def test_records_are_packed_whole_and_in_order(lengths: list[int]) -> None:
    bodies: list[bytes] = []

    def take(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["content-type"] == "application/json"
        bodies.append(request.content)
        return httpx.Response(200)

    lines = [json.dumps("x" * length).encode() for length in lengths]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIPELINE_REQUEST_BYTES_MAX", BOUND)
        await make(httpx.MockTransport(take)).send(lines)
    assert [len(one) for body in bodies for one in json.loads(body)] == lengths
    assert all(len(body) <= BOUND for body in bodies)


@pytest.mark.parametrize("status", [301, 400, 401, 413, 429, 500])
async def test_any_other_answer_is_none(status: int) -> None:
    with pytest.raises(StoreUnavailable, match=f"HTTP {status}") as caught:
        await make(httpx.MockTransport(lambda _: httpx.Response(status, text=TOKEN))).send([b"{}"])
    assert TOKEN not in str(caught.value)


async def test_no_answer_says_its_kind_only() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no way to {request.url} with {TOKEN}")

    with pytest.raises(StoreUnavailable, match=r"no answer \(ConnectError\)$"):
        await make(httpx.MockTransport(fail)).send([b"{}"])
    assert TOKEN not in repr(make(httpx.MockTransport(fail)))
