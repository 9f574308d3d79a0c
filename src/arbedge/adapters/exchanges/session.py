"""Asks one exchange host for data: what is the same for every exchange when a GET goes out.

Bounds the time and the body, times the call, and turns whatever goes wrong into an `ExchangeError`.
"""

import asyncio
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final, Protocol

import httpx
from msgspec import Struct

from arbedge.adapters.exchanges.failures import excerpt
from arbedge.errors import ExchangeError, ExchangeRateLimited, ExchangeUnreachable
from arbedge.limits import EXCHANGE_BODY_BYTES_MAX, EXCHANGE_TIMEOUT_S
from arbedge.ports.clock import Clock

# To one host, of the six connections there are: one that does not answer must not keep the others from being asked.
CALLS_AT_ONCE: Final = 2


class Call(Struct, frozen=True):
    """One GET of an exchange's documentation, and what it costs in that exchange's own rate-limit units."""

    path: str
    weight: int
    params: Mapping[str, str] = {}

    def asking(self, **params: str | int) -> "Call":
        """The same call with further parameters."""
        return Call(self.path, self.weight, {**self.params, **{name: str(value) for name, value in params.items()}})


class Answer(Struct, frozen=True):
    """A body with status 200, when its last byte arrived and how long that took from sending."""

    body: bytes
    received_at: int
    latency_ms: int


class Classify(Protocol):
    """Names the error behind an answer that is not 200; each exchange's rules have one."""

    def __call__(self, status: int, headers: httpx.Headers, body: bytes, now: int) -> ExchangeError: ...


class Session:
    """Calls to one host. Once the host asks for silence, nothing more is sent to it until that has passed."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        base_url: str,
        clock: Clock,
        classify: Classify,
        find_pause: Callable[[httpx.Headers, int], int | None] = lambda _headers, _now: None,
    ) -> None:
        """`find_pause` reads from an answer's headers until when (epoch ms) the host had better be left alone."""
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._classify = classify
        self._find_pause = find_pause
        self._quiet_until = 0
        self._slots = asyncio.Semaphore(CALLS_AT_ONCE)

    async def fetch(self, call: Call) -> Answer:
        """One answer with status 200; raises an `ExchangeError` for everything else.

        A call waits its turn first: only then do its deadline and its latency begin, and only then is it known
        whether an answer to a call before it asks for silence.
        """
        async with self._slots:
            return await self._fetch(call)

    async def _fetch(self, call: Call) -> Answer:
        started_at = self._clock.now_ms()
        if started_at < self._quiet_until:
            wait_s = (self._quiet_until - started_at) / 1000
            raise ExchangeRateLimited(f"{call.path}: not sent, the exchange asked for a pause", wait_s)
        status, headers, body = await self._send(call)
        now = self._clock.now_ms()
        if status != HTTPStatus.OK:
            error = self._classify(status, headers, body, now)
            if isinstance(error, ExchangeRateLimited):
                self._quiet_until = now + int(error.retry_after_s * 1000)
            raise error
        if pause := self._find_pause(headers, now):
            self._quiet_until = pause
        return Answer(body, now, now - started_at)

    async def fetch_all(self, calls: Sequence[Call]) -> list[Answer]:
        """All answers, asked for at once; the first failure ends the other calls and is raised."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self.fetch(call)) for call in calls]
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _send(self, call: Call) -> tuple[int, httpx.Headers, bytes]:
        """The deadline covers the whole exchange of bytes: an answer that drips is as late as one that never comes."""
        try:
            async with (
                asyncio.timeout(EXCHANGE_TIMEOUT_S),
                self._client.stream(
                    "GET", f"{self._base_url}{call.path}", params=call.params, timeout=EXCHANGE_TIMEOUT_S
                ) as response,
            ):
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > EXCHANGE_BODY_BYTES_MAX:
                        raise ExchangeUnreachable(f"{call.path}: body over {EXCHANGE_BODY_BYTES_MAX} bytes")
                return response.status_code, response.headers, bytes(body)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise ExchangeUnreachable(f"{call.path}: no answer within {EXCHANGE_TIMEOUT_S} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ExchangeUnreachable(f"{call.path}: {type(error).__name__}: {error}") from error


@contextmanager
def reading(*answers: Answer) -> Generator[None, None, None]:
    """Decoding inside: a body that is not what the exchange documents is as good as no answer."""
    try:
        yield
    except (ValueError, ArithmeticError, RecursionError) as error:  # ValueError is msgspec's, and that of bad UTF-8
        seen = " | ".join(excerpt(answer.body) for answer in answers)
        raise ExchangeUnreachable(f"unreadable answer: {error}: {seen}") from error
