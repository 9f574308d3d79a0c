"""The three exchanges behind one port, over answers that a test writes down or over the sandbox."""

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from arbedge.adapters.exchanges import build_exchanges
from arbedge.domain.market import ExchangeId, Market
from arbedge.ports.exchange import ExchangeMarketData
from scripts.sandbox import SettableClock
from scripts.sandbox.config import fixtures_directory

NOW_MS = 1_795_386_285_997
FIXTURES = fixtures_directory()
SNAPSHOTS = FIXTURES / "market" / "snapshots"
needs_fixtures = pytest.mark.skipif(
    not FIXTURES.exists(), reason=f"recorded data is not at {FIXTURES} (ARBEDGE_FIXTURES)"
)

EVERY_MARKET: list[tuple[ExchangeId, Market]] = [
    (exchange, market) for exchange in ("binance", "bybit", "okx") for market in ("spot", "perp")
]


def connect(transport: httpx.AsyncBaseTransport, clock: SettableClock) -> dict[ExchangeId, ExchangeMarketData]:
    return build_exchanges(
        transport,
        clock,
        {},
        binance_spot_url="http://sandbox/binance",
        binance_futures_url="http://sandbox/binance-futures/",
        bybit_url="http://sandbox/bybit",
        okx_url="http://sandbox/okx",
    )


class Canned:
    """Answers by path; `sent` keeps what was asked. An answer may be a body, a whole response or an error to raise."""

    def __init__(self, answers: Mapping[str, Any] | Callable[[httpx.Request], httpx.Response]) -> None:
        self.sent: list[httpx.Request] = []
        self._answers = answers
        self.clock = SettableClock(NOW_MS)
        self.exchanges = connect(httpx.MockTransport(self._answer), self.clock)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if callable(self._answers):
            return self._answers(request)
        answer = next(answer for path, answer in self._answers.items() if request.url.path.endswith(path))
        return httpx.Response(200, content=answer if isinstance(answer, bytes) else json.dumps(answer).encode())


def always(answer: httpx.Response | Exception) -> Canned:
    """An exchange that says the same to everything."""

    def reply(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return Canned(reply)


def load_snapshot(name: str) -> bytes:
    return gzip.decompress((SNAPSHOTS / f"{name}.json.gz").read_bytes())


def load_ccxt(kind: str, exchange: str) -> dict[str, Any]:
    return json.loads(Path(FIXTURES / "ccxt" / kind / f"{exchange}.json").read_text())
