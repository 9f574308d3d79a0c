"""An httpx transport on the platform's `fetch`, since httpx's own opens sockets, which do not work in a Worker.

Make one per event: what it holds belongs to the event that made it. A body is read in pieces, so that one without end,
or of a few bytes that unpack into gigabytes, is left when it is too long. The platform fills each piece before it hands
it over: a body of 2 MB in its own chunks of 4 kB takes 190 ms.
"""

import asyncio
from typing import Any, Final

import httpx
from js import AbortController, AbortSignal, Array, Object, Uint8Array, fetch
from pyodide.ffi import JsException, to_js

from arbedge.limits import CONNECTIONS_MAX, EXCHANGE_BODY_BYTES_MAX
from arbedge.platform.fetch_headers import find_body_bytes, select_request_headers, select_response_headers

FIRST_PIECE_BYTES: Final = 65_536  # an order book, or the candles of a chart, whole
PIECE_BYTES: Final = 1_048_576


class FetchTransport(httpx.AsyncBaseTransport):
    """Keeps at most `CONNECTIONS_MAX` requests in flight: the platform would hold back the others anyway, and their
    deadlines should start when they are sent.
    """

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(CONNECTIONS_MAX)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        async with self._slots:
            return await _send(request, content)


async def _send(request: httpx.Request, content: bytes) -> httpx.Response:
    """Failures before the headers are read errors too: the platform says the same whether a connection was refused or
    lost after the request had gone out, and a connect error would promise that it had not.
    """
    given_up = AbortController.new()
    try:
        response = await fetch(str(request.url), _options(request, content, given_up.signal))
        headers: list[list[str]] = Array.from_(response.headers).to_py()
        body = None if find_body_bytes(headers) > EXCHANGE_BODY_BYTES_MAX else await _read(response.body)
        if body is None:
            given_up.abort()
            raise httpx.ReadError(f"body over {EXCHANGE_BODY_BYTES_MAX} bytes", request=request)
    except asyncio.CancelledError:
        given_up.abort()
        raise
    except JsException as error:
        if error.name == "TimeoutError":
            raise httpx.ReadTimeout("no whole answer in time", request=request) from error
        raise httpx.ReadError(str(error), request=request) from error
    return httpx.Response(response.status, headers=select_response_headers(headers), content=body, request=request)


async def _read(stream: Any) -> bytes | None:
    """The whole body, unpacked; None as soon as it is longer than any answer may be, whatever was said of it."""
    if not stream:
        return b""
    reader = stream.getReader(mode="byob")
    pieces: list[bytes] = []
    size, wanted = 0, FIRST_PIECE_BYTES
    while size <= EXCHANGE_BODY_BYTES_MAX:
        read = await reader.readAtLeast(wanted, Uint8Array.new(wanted))
        piece: bytes = read.value.to_bytes() if read.value else b""
        pieces.append(piece)
        size += len(piece)
        if len(piece) < wanted:  # it is filled unless the body has ended
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)
        wanted = PIECE_BYTES
    return None


def _options(request: httpx.Request, content: bytes, given_up: Any) -> Any:
    """Redirects are httpx's to follow; one deadline, where the caller keeps none itself, covers the whole answer."""
    deadline_s: float | None = request.extensions.get("timeout", {}).get("read")
    signal = (
        given_up if deadline_s is None else AbortSignal.any(to_js([given_up, AbortSignal.timeout(deadline_s * 1000)]))
    )
    options: dict[str, Any] = {
        "method": request.method,
        "headers": select_request_headers(request.headers.multi_items()),
        "redirect": "manual",
        "signal": signal,
    }
    if content:
        options["body"] = content
    return to_js(options, dict_converter=Object.fromEntries)
