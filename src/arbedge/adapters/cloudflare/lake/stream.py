"""A Pipelines stream, written to over its HTTPS ingest endpoint.

The binding is no way in from Python: its `send` is shadowed by the runtime's own. The endpoint accepts what its schema
does not allow and drops it silently, so only validated records come here.
"""

import asyncio
from collections.abc import Iterator, Sequence

import httpx

from arbedge.errors import StoreUnavailable
from arbedge.limits import PIPELINE_REQUEST_BYTES_MAX, PIPELINE_TIMEOUT_S


class Stream:
    """Raises `StoreUnavailable` and nothing else; its words carry neither token nor address."""

    def __init__(self, client: httpx.AsyncClient, url: str, token: str) -> None:
        self._client = client
        self._url = url
        self._token = token

    def __repr__(self) -> str:
        return "Stream()"

    async def send(self, lines: Sequence[bytes]) -> None:
        """Hands all records over, in requests as large as the endpoint takes; some may be in when it fails."""
        await asyncio.gather(*(self._post(body) for body in _bodies(lines)))

    async def _post(self, body: bytes) -> None:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            async with asyncio.timeout(PIPELINE_TIMEOUT_S):
                answer = await self._client.post(self._url, content=body, headers=headers, timeout=PIPELINE_TIMEOUT_S)
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            raise StoreUnavailable(f"stream: no answer ({type(error).__name__})") from None
        if not answer.is_success:
            raise StoreUnavailable(f"stream: HTTP {answer.status_code}")


def _bodies(lines: Sequence[bytes]) -> Iterator[bytes]:
    """JSON arrays of whole records within the endpoint's bound, which a record alone never passes."""
    part: list[bytes] = []
    size = 2
    for line in lines:
        if part and size + len(line) + 1 > PIPELINE_REQUEST_BYTES_MAX:
            yield b"[" + b",".join(part) + b"]"
            part, size = [], 2
        part.append(line)
        size += len(line) + 1
    if part:
        yield b"[" + b",".join(part) + b"]"
