"""Whole markets: the newest scan where it is fresh enough, the exchange where it is not, the truth where neither helps."""

import asyncio

import pytest
from msgspec.structs import replace

from arbedge.app.market_data import FeedKey, MarketData, Missing, Sourced
from arbedge.domain.market import FEEDS, Feed
from arbedge.errors import MarketDataUnavailable
from arbedge.limits import FAILURE_KEPT_MS_MAX, FAILURES_MAX
from scripts.sandbox.faults import Kind
from tests.integration.world import World

ALL: list[FeedKey] = list(FEEDS)


def fresh(world: World) -> MarketData:
    return world.services().market


def sources(answers) -> set[str]:
    return {answer.source if isinstance(answer, Sourced) else "missing" for answer in answers.values()}


async def test_the_newest_scan_serves_everyone_who_accepts_its_age(arbedge: World):
    await arbedge.scan()
    arbedge.sandbox.requests.clear()
    relaxed = await fresh(arbedge).load_feeds(ALL, 60_000)
    assert sources(relaxed) == {"cache"}
    strict = await fresh(arbedge).load_feeds(ALL, 5_000)
    assert sources(strict) == {"lake"}, "KV may lag, the lake does not"
    for key, answer in relaxed.items():
        assert isinstance(answer, Sourced)
        assert (answer.value.exchange, answer.value.market) == key
        assert (answer.mode, answer.value.source) == ("synthetic", "cache")
        assert 2_000 <= answer.age_ms < 5_000
    assert arbedge.sandbox.requests.entries() == []


async def test_only_what_is_too_old_is_asked_for_and_only_once(arbedge: World):
    await arbedge.scan()
    await arbedge.env.advance(30_000)
    arbedge.sandbox.requests.clear()
    market = fresh(arbedge)
    keys: list[FeedKey] = [("bybit", "spot")]
    first, second = await asyncio.gather(market.load_feeds(keys, 10_000), market.load_feeds(keys, 10_000))
    assert sources(first) == sources(second) == {"api"}
    assert [entry.target for entry in arbedge.sandbox.requests.entries()] == ["bybit"]


async def test_an_exchange_whose_clock_is_ahead_is_as_old_from_itself_as_from_the_scan(arbedge: World):
    services = arbedge.services()
    bybit = services.exchanges["bybit"]
    tickers = await bybit.fetch_tickers("spot")
    with pytest.MonkeyPatch.context() as patch:

        async def fetch(_market: str):
            rows = [replace(row, exchange_at=row.exchange_at and row.exchange_at + 7_000) for row in tickers.rows]
            return replace(tickers, rows=rows, clock_offset_ms=7_000)

        patch.setattr(bybit, "fetch_tickers", fetch)
        answer = (await services.market.load_feeds([("bybit", "spot")], 10_000))["bybit", "spot"]
    assert isinstance(answer, Sourced)
    assert answer.source == "api"
    assert all(0 <= answer.value.age_ms(quote, answer.value.received_at) < 5_000 for quote in answer.value.quotes)


async def test_before_the_first_scan_the_exchanges_are_asked(arbedge: World):
    answers = await fresh(arbedge).load_feeds([("okx", "perp")], 10_000)
    answer = answers["okx", "perp"]
    assert isinstance(answer, Sourced)
    assert answer.source == "api"
    assert any(quote.funding for quote in answer.value.quotes)


@pytest.mark.parametrize("down", [("KV",), ("LAKE",), ("KV", "LAKE"), ("DB",), ("KV", "LAKE", "DB")])
async def test_stores_that_are_down_are_passed_by(arbedge: World, down):
    await arbedge.scan()
    for binding in down:
        arbedge.env.faults.fail(binding, times=None)
    answers = await fresh(arbedge).load_feeds([("binance", "spot"), ("okx", "perp")], 60_000)
    assert "missing" not in sources(answers)


async def test_a_feed_that_failed_in_the_newest_scan_is_not_asked_again_at_once(arbedge: World):
    arbedge.break_(target="bybit", kind="status", value=500)
    await arbedge.scan()
    arbedge.sandbox.requests.clear()
    answers = await fresh(arbedge).load_feeds(ALL, 60_000)
    failed = answers["bybit", "spot"]
    assert isinstance(failed, Missing)
    assert failed.state == "down"
    assert isinstance(answers["okx", "spot"], Sourced), "the others go on"
    assert arbedge.sandbox.requests.entries("bybit") == []


async def test_a_pause_that_a_scan_was_told_of_holds_for_every_reader(arbedge: World):
    await arbedge.scan()
    arbedge.break_(target="binance", kind="rate_limit", value=120)
    await arbedge.scan()
    arbedge.sandbox.faults.clear()
    await arbedge.env.advance(60_000)
    arbedge.sandbox.requests.clear()
    answers = await fresh(arbedge).load_feeds([("binance", "spot")], 5_000)
    resting = answers["binance", "spot"]
    assert isinstance(resting, Missing)
    assert resting.state == "rate_limited"
    assert arbedge.sandbox.requests.entries("binance") == []


@pytest.mark.parametrize(
    ("kind", "value", "state", "words"),
    [
        ("status", 500, "down", "HTTP 500"),
        ("geo", None, "unreachable", "unreachable from here"),
        ("reset", None, "unreachable", "connection"),
        ("malformed", None, "down", "unreadable"),
    ],
)
async def test_a_market_that_rests_because_it_fails_is_not_said_to_be_limited(
    arbedge: World, kind: Kind, value: int | None, state: str, words: str
):
    await arbedge.scan()
    arbedge.break_(target="bybit", kind=kind, value=value)
    await arbedge.scan(FAILURES_MAX)
    await arbedge.env.advance(FAILURE_KEPT_MS_MAX)
    arbedge.sandbox.requests.clear()
    market = fresh(arbedge)
    resting = (await market.load_feeds([("bybit", "spot")], 5_000))["bybit", "spot"]
    assert isinstance(resting, Missing)
    assert (resting.state, words in resting.error) == (state, True)
    instrument = (await market.load_instruments(("bybit", "spot"))).value["BTCUSDT"]
    with pytest.raises(MarketDataUnavailable, match=words) as failure:
        await market.load_book(instrument)
    assert failure.value.state == state
    assert arbedge.sandbox.requests.entries("bybit") == []


async def test_quotes_that_cannot_be_true_are_left_out_and_counted(arbedge: World):
    await arbedge.scan()
    services = arbedge.services()
    snapshot = await services.snapshots.get()
    assert snapshot is not None

    def poison(feed: Feed) -> Feed:
        one, two, *rest = feed.quotes
        return replace(feed, quotes=[replace(one, ask=one.bid / 2), replace(two, bid=-1.0), *rest])

    await services.snapshots.put(replace(snapshot, feeds=[poison(feed) for feed in snapshot.feeds]))
    answer = (await fresh(arbedge).load_feeds([("okx", "spot")], 60_000))["okx", "spot"]
    assert isinstance(answer, Sourced)
    assert answer.value.rejected["implausible"] == 2
    assert all(0 < quote.bid <= quote.ask for quote in answer.value.quotes)


async def test_a_snapshot_of_another_market_is_no_answer(arbedge: World):
    await arbedge.scan()
    services = arbedge.services()
    snapshot = await services.snapshots.get()
    assert snapshot is not None
    await services.snapshots.put(replace(snapshot, mode="replay"))
    answers = await fresh(arbedge).load_feeds([("okx", "spot")], 60_000)
    assert sources(answers) == {"lake"}
