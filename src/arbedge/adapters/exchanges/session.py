"""Asks one exchange host for data: what is the same for every exchange when a GET goes out.

Keeps the host's budget and its silences, bounds the time and the body, times the call, and turns whatever goes wrong
into an `ExchangeError`. It speaks to the transport itself: the cookies, redirects and credentials of a client have no
place here, and every one of a scan's fifty requests would pay for them.
"""

import asyncio
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import urlencode

import httpx
from msgspec import Struct

from arbedge.adapters.exchanges.failures import WAIT_S_MAX, excerpt
from arbedge.domain.budget import Host, Limit, learn_used, reserve
from arbedge.domain.clocks import estimate_offset
from arbedge.errors import ExchangeError, ExchangeRateLimited, ExchangeUnreachable, ExchangeUnreadable
from arbedge.limits import EXCHANGE_BODY_BYTES_MAX, EXCHANGE_TIMEOUT_S
from arbedge.ports.clock import Clock
from arbedge.ports.exchange import Traffic, counted_traffic

# To one host, of the six connections there are: one that does not answer must not keep the others from being asked.
CALLS_AT_ONCE: Final = 2
_CLOCK_BYTES: Final = 256
_HEADERS: Final = {"accept": "application/json", "user-agent": "arbedge"}

# Most of what a scan asks was asked by the one before, and a parsed address is plain data that never changes.
_parse_url = lru_cache(maxsize=256)(httpx.URL)


class Call(Struct, frozen=True):
    """One GET of an exchange's documentation, and what it costs in that exchange's own rate-limit units."""

    path: str
    weight: int
    params: Mapping[str, str] = {}

    @property
    def query(self) -> str:
        """Path and parameters as they go out."""
        return f"{self.path}?{urlencode(self.params)}" if self.params else self.path

    def asking(self, **params: str | int) -> "Call":
        """The same call with further parameters."""
        return Call(self.path, self.weight, {**self.params, **{name: str(value) for name, value in params.items()}})


class Answer(Struct, frozen=True):
    """A body with status 200, when its last byte arrived and how long that took from sending.

    `clock` is the earliest and the latest time that the host's clock may have shown meanwhile, if it says so.
    `reset_at` is until when, by our clock, nothing more is taken if the body says that a limit is used up.
    """

    body: bytes
    received_at: int
    latency_ms: int
    clock: tuple[int, int] | None = None
    reset_at: int | None = None


class Classify(Protocol):
    """Names the error behind an answer that is not 200; each exchange's rules have one."""

    def __call__(self, status: int, headers: httpx.Headers, body: bytes, now: int) -> ExchangeError: ...


class HostRules(Struct, frozen=True):
    """What an exchange documents about one host."""

    name: str
    classify: Classify
    find_limit: Callable[[Call], Limit]
    find_used: Callable[[httpx.Headers], int | None] = lambda _headers: None
    """Reads from an answer what the host has counted in the limit's current window."""
    server_time: re.Pattern[bytes] | None = None
    """Finds epoch ms in a body's first or last bytes; without it the Date header has to do."""
    find_reset: Callable[[httpx.Headers], int | None] = lambda _headers: None
    """Reads from an answer when the host's limit begins anew, in epoch ms by its own clock."""


class Session:
    """Calls to one host, within its budget. Once it asks for silence, nothing more is sent until that has passed.

    What it knows of the host lies in plain data that outlives it, so that the next event's session goes on from there.
    """

    def __init__(
        self, transport: httpx.AsyncBaseTransport, base_url: str, clock: Clock, rules: HostRules, hosts: dict[str, Host]
    ) -> None:
        self._transport = transport
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._rules = rules
        self._hosts = hosts
        self._slots = asyncio.Semaphore(CALLS_AT_ONCE)

    @property
    def clock_offset_ms(self) -> int:
        """How far the host's clock is ahead of ours, as last measured."""
        return self._host.clock_offset_ms

    @property
    def _host(self) -> Host:
        return self._hosts.setdefault(self._rules.name, Host())

    async def fetch(self, call: Call) -> Answer:
        """One answer with status 200; raises an `ExchangeError` for everything else.

        A call waits its turn first: only then do its deadline and its latency begin, and only then is it known
        whether an answer to a call before it asks for silence.
        """
        async with self._slots:
            return await self._fetch(call)

    async def _fetch(self, call: Call) -> Answer:
        started_at = self._clock.now_ms()
        host, limit = self._host, self._rules.find_limit(call)
        if started_at < host.quiet_until:
            raise _held_back(call, "the exchange asked for a pause", host.quiet_until - started_at)
        if (room_at := reserve(host, limit, call.weight, started_at)) is not None:
            raise _held_back(call, "the budget of this window is used up", room_at - started_at)
        status, headers, body = await self._send(call)
        now = self._clock.now_ms()
        if (used := self._rules.find_used(headers)) is not None:
            learn_used(host, limit, used, started_at, now)
        if status != HTTPStatus.OK:
            error = self._rules.classify(status, headers, body, now)
            self._obey(error, now)
            raise error
        reset_at = self._rules.find_reset(headers)
        return Answer(
            body,
            now,
            now - started_at,
            _read_clock(self._rules.server_time, headers, body),
            None if reset_at is None else reset_at - host.clock_offset_ms,
        )

    @contextmanager
    def reading(self, *answers: Answer) -> Generator[None, None, None]:
        """Decoding inside: a body that is not what the exchange documents is as good as no answer.

        A refusal that came with status 200 is obeyed like any other.
        """
        try:
            yield
        except ExchangeRateLimited as error:
            waits_s = [(one.reset_at - one.received_at) / 1000 for one in answers if one.reset_at is not None]
            refused = ExchangeRateLimited(str(error), min(max([error.retry_after_s, *waits_s]), WAIT_S_MAX))
            self._obey(refused, answers[-1].received_at)
            raise refused from None
        except (ValueError, ArithmeticError, RecursionError) as error:  # ValueError is msgspec's, and that of bad UTF-8
            seen = " | ".join(excerpt(answer.body) for answer in answers)
            raise ExchangeUnreadable(f"unreadable answer: {error}: {seen}") from error

    def _obey(self, error: ExchangeError, now: int) -> None:
        """Sends nothing more before the time that a refusal names."""
        if isinstance(error, ExchangeRateLimited):
            self._host.quiet_until = max(self._host.quiet_until, now + round(error.retry_after_s * 1000))

    def measure_clock(self, answer: Answer) -> None:
        """Compares clocks. For answers that carry no prices: one that has frozen would otherwise prove itself fresh."""
        if answer.clock is None:
            return
        offset = estimate_offset(answer.received_at - answer.latency_ms, answer.received_at, *answer.clock)
        if offset is not None:
            self._host.clock_offset_ms = offset

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
        traffic = counted_traffic.get() or Traffic()
        traffic.requests += 1
        try:
            async with asyncio.timeout(EXCHANGE_TIMEOUT_S):
                request = httpx.Request("GET", _parse_url(f"{self._base_url}{call.query}"), headers=_HEADERS)
                response = await self._transport.handle_async_request(request)
                try:
                    return response.status_code, response.headers, await _read_body(call, response, traffic)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException) as error:
            raise ExchangeUnreachable(f"{call.path}: no answer within {EXCHANGE_TIMEOUT_S} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ExchangeUnreachable(f"{call.path}: {type(error).__name__}: {error}") from error


async def _read_body(call: Call, response: httpx.Response, traffic: Traffic) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        traffic.bytes += len(chunk)
        if len(body) > EXCHANGE_BODY_BYTES_MAX:
            raise ExchangeUnreachable(f"{call.path}: body over {EXCHANGE_BODY_BYTES_MAX} bytes")
    return bytes(body)


def _held_back(call: Call, why: str, wait_ms: int) -> ExchangeRateLimited:
    return ExchangeRateLimited(f"{call.path}: not sent, {why}", wait_ms / 1000, is_sent=False)


def _read_clock(server_time: re.Pattern[bytes] | None, headers: httpx.Headers, body: bytes) -> tuple[int, int] | None:
    """The earliest and the latest time the exchange's clock may have shown; a Date header tells seconds only."""
    if server_time is not None:
        found = server_time.search(body[:_CLOCK_BYTES]) or server_time.search(body[-_CLOCK_BYTES:])
        return (int(found.group(1)), int(found.group(1))) if found else None
    if "age" in headers or not (date := headers.get("date")):
        return None  # an answer out of a cache carries the date of its making
    try:
        second_ms = round(parsedate_to_datetime(date).timestamp() * 1000)
    except (ValueError, OverflowError):  # also for a time zone of billions of hours
        return None
    return second_ms, second_ms + 999
