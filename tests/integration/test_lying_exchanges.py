"""One exchange sends figures that cannot be true: its rows are left out, and everything else goes on as before."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from arbedge import bootstrap
from arbedge.app.services import Services
from tests.integration.test_main_job import open_gap
from tests.integration.world import FIONA, World

TICKERS, DEPTH, INSTRUMENTS = (f"/bybit/v5/market/{name}" for name in ("tickers", "orderbook", "instruments-info"))
Lie = Callable[[Any], Any]


class Liar(httpx.AsyncBaseTransport):
    """Passes everything on, and rewrites Bybit's answers on one path."""

    def __init__(self, app: Any) -> None:
        self._honest = httpx.ASGITransport(app)
        self.path = ""
        self.lie: Lie | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._honest.handle_async_request(request)
        if self.lie is None or request.url.path != self.path:
            return response
        told = self.lie(json.loads(await response.aread()))
        if isinstance(told, httpx.Response):
            return told
        return httpx.Response(200, content=told if isinstance(told, bytes) else json.dumps(told).encode())


class LyingWorld(World):
    def __init__(self) -> None:
        super().__init__()
        self.liar = Liar(self.sandbox.app)

    def services(self) -> Services:
        self.env.ANALYTICS.begin_invocation()
        return bootstrap.build(self.env, self.settings, self.liar, self.clock)


@pytest.fixture
async def world() -> AsyncIterator[LyingWorld]:
    made = LyingWorld()
    yield made
    await made.aclose()


def in_rows(**changes: Any) -> Lie:
    def lie(answer: Any) -> Any:
        for row in answer["result"]["list"]:
            row.update(changes)
        return answer

    return lie


def in_books(asks: list[list[str]], bids: list[list[str]] | None = None) -> Lie:
    def lie(answer: Any) -> Any:
        answer["result"].update({"a": asks} | ({"b": bids} if bids is not None else {}))
        return answer

    return lie


def in_lots(**rules: str) -> Lie:
    def lie(answer: Any) -> Any:
        for row in answer["result"]["list"]:
            row["lotSizeFilter"].update(rules)
        return answer

    return lie


def stamped_book(at: str) -> Lie:
    def lie(answer: Any) -> Any:
        answer["result"]["ts"] = at
        return answer

    return lie


def in_digits(answer: Any) -> Any:
    """Prices as they are, each of them written out to a length that no row of a database holds fifty of."""
    for side in "ab":
        answer["result"][side] = [
            [f"{float(price):.9f}{'0' * 50_000}1", size] for price, size in answer["result"][side]
        ]
    return answer


def told_again(times: int) -> Lie:
    def lie(answer: Any) -> Any:
        answer["result"]["list"] *= times
        return answer

    return lie


def crowded(count: int) -> Lie:
    """Hundreds of instruments for one pair, each of which would be compared with each of the others'."""

    def lie(answer: Any) -> Any:
        rows = answer["result"]["list"]
        answer["result"]["list"] = rows + [{**rows[0], "symbol": f"LTC{place}USDT"} for place in range(count)]
        return answer

    return lie


def refused_at_length(_answer: Any) -> Any:
    return {"retCode": 10001, "retMsg": "A" * 3_000_000, "result": {}}


def stamped(at: int) -> Lie:
    return lambda answer: answer | {"time": at}


LIES: dict[str, tuple[str, Lie]] = {
    "not a number": (TICKERS, in_rows(bid1Price="NaN", ask1Price="NaN")),
    "infinite": (TICKERS, in_rows(bid1Price="1", ask1Price="Infinity")),
    "beyond all prices": (TICKERS, in_rows(bid1Price="1e308", ask1Price="1.1e308")),
    "too small to divide by": (TICKERS, in_rows(bid1Price="4e-324", ask1Price="1e-323")),
    "negative": (TICKERS, in_rows(bid1Price="-2", ask1Price="-1")),
    "endless size": (TICKERS, in_rows(bid1Size="Infinity", ask1Size="1e308")),
    "funding without time between": (TICKERS, in_rows(fundingIntervalHour="0.0000001", fundingRate="0.01")),
    "funding that is not a number": (TICKERS, in_rows(fundingIntervalHour="8", fundingRate="NaN")),
    "funding at the end of time": (TICKERS, in_rows(fundingIntervalHour="8", nextFundingTime=str(10**18))),
    "stamped before all time": (TICKERS, stamped(-(10**26))),
    "stamped after all time": (TICKERS, stamped(10**26)),
    "nested without end": (TICKERS, lambda _: b'{"retCode":0,"result":' + b"[" * 100_000),
    "not text": (TICKERS, lambda _: b'{"retCode":0,"retMsg":"\xff\xfe"}'),
    "a wait that is no number": (TICKERS, lambda _: httpx.Response(429, headers=[(b"retry-after", b"\xb2")])),
    "a wait without end": (TICKERS, lambda _: httpx.Response(429, headers={"retry-after": "9" * 400})),
    "a book of nothing": (DEPTH, in_books([["NaN", "1"]])),
    "a book without end": (DEPTH, in_books([["1E+999999", "1E+999999"]])),
    "a book from beyond all numbers": (DEPTH, stamped_book("-" + "9" * 400)),
    "a book of digits": (DEPTH, in_digits),
    "a refusal of megabytes": (TICKERS, refused_at_length),
    "a time of megabytes": (TICKERS, lambda answer: answer | {"time": "A" * 3_000_000}),
    "millions of rows": (TICKERS, lambda _: b'{"retCode":0,"result":{"list":[' + b"{}," * 4_000_000 + b"{}]}}"),
    "a pair a thousand times": (INSTRUMENTS, crowded(1_000)),
    "lots of digits": (INSTRUMENTS, in_lots(basePrecision=f"0.01{'0' * 50_000}1", qtyStep=f"0.01{'0' * 50_000}1")),
    "lots of nothing": (INSTRUMENTS, in_lots(basePrecision="NaN", qtyStep="NaN")),
    "lots below nothing": (INSTRUMENTS, in_lots(basePrecision="-1", qtyStep="-1")),
    "lots too fine to count": (INSTRUMENTS, in_lots(basePrecision="1E-999999", qtyStep="1E-999999")),
}


@pytest.mark.parametrize("name", LIES)
async def test_whatever_one_exchange_says_the_others_still_lead_to_alerts(world: LyingWorld, name: str):
    world.liar.path, world.liar.lie = LIES[name]
    await world.say(FIONA, "/start")
    await open_gap(world)
    await open_gap(world, exchange="bybit", asset="LTC", bps=-60)
    await world.scan(2)
    texts = [call["parameters"]["text"] for call in world.alerts(FIONA, "LTC")]
    assert any("Binance" in text and "OKX" in text for text in texts)
    listed = await world.get("/opportunities", limit=50)
    assert listed.status_code == 200
    assert "NaN" not in listed.text
    assert (await world.get("/health/detailed", user=None)).num_bytes_downloaded < 20_000
    assert (await world.get("/opportunities", asset="LTC")).json()["meta"]["scan"]["age_ms"] < 60_000


async def test_an_instrument_of_impossible_rules_is_none_for_readers_either(world: LyingWorld):
    """Before the first scan readers have the lists from the exchanges themselves."""
    book = {"exchange": "bybit", "market": "spot", "symbol": "LTCUSDT"}
    world.liar.path, world.liar.lie = INSTRUMENTS, in_lots(basePrecision="NaN", qtyStep="NaN")
    assert (await world.get("/market/orderbook", **book)).status_code == 404
    world.liar.lie = None
    assert (await world.get("/market/orderbook", **book)).status_code == 200


async def test_rows_told_again_and_again_count_once(world: LyingWorld):
    """Each of them would be compared with each of the others'."""
    await world.scan()
    honest = (await world.get("/opportunities")).json()["meta"]["scan"]["instruments"]
    world.liar.path, world.liar.lie = TICKERS, told_again(20)
    await world.scan()
    assert (await world.get("/opportunities")).json()["meta"]["scan"]["instruments"] == honest


@pytest.mark.parametrize(
    ("asks", "bids"),
    [
        ([["50", "0"], ["100", "10"]], None),
        ([["50", "-1"], ["100", "10"]], None),
        ([["51", "10"], ["50.9", "10"]], None),
        ([], []),
    ],
)
async def test_a_book_with_impossible_levels_decides_nothing(world: LyingWorld, asks, bids):
    world.liar.path, world.liar.lie = DEPTH, in_books(asks, bids if bids is not None else [["49", "10"], ["48", "1"]])
    await open_gap(world, exchange="bybit")
    await world.scan(2)
    for opportunity in (await world.get("/opportunities", limit=50)).json()["data"]:
        assert "bybit" not in {leg["exchange"] for leg in opportunity["legs"]}


async def test_a_quote_from_the_future_is_not_fresh(world: LyingWorld):
    """A feed that has frozen with a stamp ahead of our clock would otherwise stay fresh for as long as it is ahead."""
    world.liar.path, world.liar.lie = TICKERS, stamped(world.clock.now_ms() + 3_600_000)
    await open_gap(world, exchange="bybit")
    await world.scan(2)
    for opportunity in (await world.get("/opportunities", limit=50)).json()["data"]:
        assert "bybit" not in {leg["exchange"] for leg in opportunity["legs"]}


async def test_a_book_is_kept_to_the_depth_that_was_asked_for(world: LyingWorld):
    def lie(answer: Any) -> Any:
        for side, step in (("a", 1), ("b", -1)):
            last = float(answer["result"][side][-1][0])
            answer["result"][side] += [[f"{last * (1 + step * 1e-6 * n):.12f}", "0.001"] for n in range(1, 1000)]
        return answer

    world.liar.path, world.liar.lie = DEPTH, lie
    await open_gap(world, exchange="bybit")
    await world.scan(2)
    seen = (await world.get("/opportunities", limit=50)).json()["data"]
    told = [one for one in seen if "bybit" in {leg["exchange"] for leg in one["legs"]}]
    assert told
    for one in told:
        detail = (await world.get(f"/opportunities/{one['id']}")).json()["data"]
        assert max(len(side) for side in detail["books"]) <= 50


async def test_an_exchange_that_asks_for_silence_on_a_book_is_not_asked_for_anything_before_then(world: LyingWorld):
    await open_gap(world)
    await world.scan()
    world.break_(target="binance", kind="rate_limit", value=60, path="/api/v3/depth")
    await world.scan()
    limited_at = world.clock.now_ms()
    world.sandbox.faults.clear()
    spot = (await world.get("/health/detailed", user=None)).json()["data"]["exchanges"]["binance"]["spot"]
    assert spot["state"] == "rate_limited"
    await world.scan(3)
    assert world.sandbox.requests.entries("binance", limited_at) == []
    await world.scan(3)
    assert world.sandbox.requests.entries("binance", limited_at) != []
