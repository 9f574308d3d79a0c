"""Calls to one host wait for each other, so that a host that hangs costs the others nothing."""

import asyncio

import httpx
import pytest

from arbedge.adapters.clock import WallClock
from arbedge.adapters.exchanges import session as session_module
from arbedge.adapters.exchanges.failures import classify_status
from arbedge.adapters.exchanges.session import Call, HostRules, Session
from arbedge.domain.budget import Limit
from arbedge.errors import ExchangeDown, ExchangeError, ExchangeRateLimited
from arbedge.limits import CONNECTIONS_MAX

BOOK = Call("/book", 1)


class Hosts(httpx.AsyncBaseTransport):
    """As many connections as the platform has; `hanging` never answers and `limited` always asks for a pause."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(CONNECTIONS_MAX)
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async with self._slots:
            self.asked.append(request.url.host)
            if request.url.host == "hanging":
                await asyncio.sleep(60)
            await asyncio.sleep(0.01)
            return httpx.Response(429 if request.url.host == "limited" else 200, content=b"{}")


def classify(status: int, headers: httpx.Headers, body: bytes, now: int) -> ExchangeError:
    del now
    return classify_status(status, headers, body, 60.0) or ExchangeDown(str(status))


def open_session(hosts: Hosts, host: str) -> Session:
    rules = HostRules(host, classify, lambda _call: Limit("requests", 1_000, 60_000))
    return Session(hosts, f"http://{host}", WallClock(), rules, {})


async def ask(session: Session, times: int) -> list[object]:
    return await asyncio.gather(*(session.fetch(BOOK) for _ in range(times)), return_exceptions=True)


async def test_a_host_that_hangs_leaves_connections_to_the_others(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session_module, "EXCHANGE_TIMEOUT_S", 0.3)
    hosts = Hosts()
    hanging = asyncio.ensure_future(ask(open_session(hosts, "hanging"), 16))
    await asyncio.sleep(0)
    answers = await ask(open_session(hosts, "answering"), 16)
    hanging.cancel()
    assert [answer for answer in answers if isinstance(answer, Exception)] == []


async def test_a_deadline_begins_when_a_call_is_sent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session_module, "EXCHANGE_TIMEOUT_S", 0.1)
    answers = await ask(open_session(Hosts(), "answering"), 40)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []


async def test_what_waits_is_not_sent_once_the_host_asks_for_silence():
    hosts = Hosts()
    answers = await ask(open_session(hosts, "limited"), 16)
    assert all(isinstance(answer, ExchangeRateLimited) for answer in answers)
    assert len(hosts.asked) <= session_module.CALLS_AT_ONCE


@pytest.mark.parametrize("date", ["Mon, 23 Nov 2026 10:00:00 +99999999999999", "Mon, 99 Nov 2026 10:00:00 GMT", "?"])
async def test_a_date_that_no_clock_shows_says_nothing_of_the_clock(date: str):
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"date": date}, content=b"{}")

    rules = HostRules("host", classify, lambda _call: Limit("requests", 1_000, 60_000))
    session = Session(httpx.MockTransport(answer), "http://host", WallClock(), rules, {})
    assert (await session.fetch(BOOK)).clock is None
