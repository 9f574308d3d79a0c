"""The built-in market: pure in (seed, time), gaps like the recorded ones, promises about what is planted."""

import itertools
import statistics
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.sandbox.clock import SettableClock
from scripts.sandbox.market.dislocations import Episode
from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.market import Market
from scripts.sandbox.market.synthetic import DRIFT_PERIOD_MS, SyntheticSource, collisions
from scripts.sandbox.market.universe import EXCHANGES

from .conftest import NOW_MS

DAY_MS = 86_400_000
MOMENTS = st.integers(NOW_MS - 30 * DAY_MS, NOW_MS + 30 * DAY_MS)
SCANNED = ("BTC", "ETH", "SOL", "BNB", "XRP", "DOGE", "ADA", "AVAX", "LINK", "DOT", "TRX", "SHIB", "ATOM")
TAKER = 0.001


def spot_of(market: Market, asset: str) -> dict[str, Listing]:
    return {
        exchange: row
        for exchange in EXCHANGES
        for row in market.listings((exchange, "spot"))
        if row.asset == asset and row.quote == "USDT"
    }


def gross_bps(market: Market, asset: str) -> float:
    """The best of all pairs: sell at one exchange's bid what was bought at another's ask."""
    tops = [
        (quote.bid * row.tick, quote.ask * row.tick)
        for row in spot_of(market, asset).values()
        for quote in [market.quote(row)]
    ]
    return max((sell[0] / buy[1] - 1) * 1e4 for sell, buy in itertools.permutations(tops, 2))


def test_every_market_has_several_hundred_instruments(market: Market) -> None:
    assert all(len(board) > 300 for board in market.source.boards.values())


def test_two_processes_with_one_seed_agree(clock: SettableClock) -> None:
    first, second = Market(SyntheticSource(11), clock), Market(SyntheticSource(11), clock)
    first.board(("okx", "spot"))
    clock.advance(3_600_000)
    for place in first.source.boards:
        assert first.board(place).quotes == second.board(place).quotes
        row = first.listings(place)[0]
        assert first.day(row, first.quote(row)) == second.day(row, second.quote(row))


def test_another_seed_is_another_market(market: Market, clock: SettableClock) -> None:
    other = Market(SyntheticSource(8), clock)
    row = spot_of(market, "SOL")["binance"]
    assert market.quote(row).bid != other.quote(row).bid


def test_gaps_are_as_small_as_recorded_ones(market: Market, clock: SettableClock) -> None:
    """Recorded: three quarters at or under 1 bps, 95 % under 2.5, nearly none over 10."""
    gaps: list[float] = []
    for step in range(120):
        clock.set(NOW_MS + step * 1_234_567)
        gaps += [gross_bps(market, asset) for asset in SCANNED]
    gaps.sort()
    assert gaps[len(gaps) * 3 // 4] <= 1.0
    assert gaps[len(gaps) * 95 // 100] <= 3.0
    assert -1.5 <= statistics.median(gaps) <= 0.8
    assert sum(gap > 10 for gap in gaps) / len(gaps) < 0.03


def test_the_book_begins_with_the_quote_and_is_ordered(market: Market) -> None:
    for place in market.source.boards:
        for row in market.listings(place)[::17]:
            quote, book = market.quote(row), market.book(row, 60)
            if row.halted:
                assert (quote.bid, quote.ask, book.bids, book.asks) == (0, 0, [], [])
                continue
            assert book.bids[0][:2] == (quote.bid, quote.bid_lots)
            assert book.asks[0][:2] == (quote.ask, quote.ask_lots)
            assert quote.bid < quote.ask
            bids, asks = [level[0] for level in book.bids], [level[0] for level in book.asks]
            assert bids == sorted(set(bids), reverse=True)
            assert asks == sorted(set(asks))
            assert len(asks) == 60
            assert all(level[1] > 0 for level in book.bids + book.asks)


def test_sides_have_fifty_levels_unless_prices_run_out(market: Market) -> None:
    for place in market.source.boards:
        for row in market.listings(place):
            if not row.halted:
                book = market.book(row, 50)
                assert len(book.asks) == 50
                assert len(book.bids) == 50 or book.bids[-1][0] == 1, row.symbol


def wide_episodes(source: SyntheticSource, from_ms: int, to_ms: int) -> Iterator[Episode]:
    yield from (e for e in source.dislocations.between(from_ms, to_ms) if e.plan == "wide_spot")


@settings(max_examples=300)
@given(MOMENTS)
def test_a_wide_spot_gap_of_a_minute_is_always_near(source: SyntheticSource, t_ms: int) -> None:
    near = list(wide_episodes(source, t_ms, t_ms + 30_000))
    assert any(e.end_ms - e.start_ms >= 60_000 and (e.start_ms > t_ms or e.end_ms > t_ms) for e in near)
    assert all(62 <= abs(e.bps) <= 120 for e in near)


@settings(max_examples=300)
@given(MOMENTS)
def test_a_wide_funding_gap_is_always_there(source: SyntheticSource, t_ms: int) -> None:
    gaps = source.funding.gaps_at(t_ms)
    assert gaps
    assert any(gap.end_ms - t_ms >= 6 * 3_600_000 for gap in gaps)


def cost_of(levels: list[tuple[int, int, int]], row: Listing, quantity: float) -> float:
    """Walk a side for a quantity of the base."""
    left, cash = quantity, 0.0
    for ticks, lots, _ in levels:
        taken = min(left, lots * row.lot)
        cash += taken * ticks * row.tick
        left -= taken
        if left <= 1e-12:
            return cash
    raise AssertionError(f"{row.symbol} is not deep enough")


def test_wide_spot_gaps_pay_after_fees_and_slippage(
    source: SyntheticSource, market: Market, clock: SettableClock
) -> None:
    """10 bps or more must remain at 1,000 USDT after a taker fee of 10 bps on both sides."""
    checked = 0
    for slot in range(60):
        for episode in wide_episodes(source, NOW_MS + slot * 240_000, NOW_MS + slot * 240_000):
            clock.set((episode.start_ms + episode.end_ms) // 2)
            rows = spot_of(market, episode.asset)
            nets: list[float] = []
            for buy, sell in itertools.permutations(rows.values(), 2):
                quantity = 1_000 / (market.quote(buy).ask * buy.tick)
                paid = cost_of(market.book(buy, 50).asks, buy, quantity)
                got = cost_of(market.book(sell, 50).bids, sell, quantity)
                nets.append((got * (1 - TAKER) / (paid * (1 + TAKER)) - 1) * 1e4)
            assert max(nets) >= 15, episode
            checked += 1
    assert checked > 30


def test_a_funding_gap_pays_for_four_fills_within_a_day(source: SyntheticSource, market: Market) -> None:
    found = 0
    for gap in source.funding.gaps_at(market.market_ms()):
        rows = {
            exchange: next(r for r in market.listings((exchange, "perp")) if r.asset == gap.asset and r.quote == "USDT")
            for exchange in EXCHANGES
        }
        day_bps = {
            exchange: market.funding(row).rate * 24 / row.funding_interval_h * 1e4 for exchange, row in rows.items()
        }
        others = [bps for exchange, bps in day_bps.items() if exchange != gap.exchange]
        widest = max(abs(day_bps[gap.exchange] - other) for other in others)
        found += widest >= 2 * (5.0 + 5.5) + 15 + 20
    assert found >= 1


def test_funding_rates_look_like_recorded_ones(market: Market) -> None:
    """Recorded, in bps: median 0.5, three quarters at or under 1, 95 % under 2, the last in a thousand 20."""
    rates = sorted(
        abs(market.funding(row).rate) * 1e4 for exchange in EXCHANGES for row in market.listings((exchange, "perp"))
    )
    assert 0.2 <= statistics.median(rates) <= 1.0
    assert rates[len(rates) * 3 // 4] <= 1.1
    assert rates[-1] >= 10


def test_funding_intervals_are_mixed(market: Market) -> None:
    for exchange in EXCHANGES:
        hours = {row.funding_interval_h for row in market.listings((exchange, "perp"))}
        assert hours == {1, 2, 4, 8}


def test_collisions_are_listed_and_far_apart(market: Market) -> None:
    listed = {entry["ticker"]: entry["assets"] for entry in collisions(market.source.boards)}
    assert {"NEIRO", "PUMP", "ACE", "LEO", "HOT", "QI", "GRID", "TIDE"} <= set(listed)
    for meanings in (meanings for ticker, meanings in listed.items() if ticker != "TIDE"):
        levels = [places[0]["price_level"] for places in meanings.values()]
        # Two random walks must not meet within the identity guard.
        assert max(levels) / min(levels) > 2.5


def test_one_pair_of_namesakes_drifts_together_and_apart_again() -> None:
    source = SyntheticSource(7)
    minutes = [source.price("TIDEB", at) / source.price("TIDE", at) for at in range(0, DRIFT_PERIOD_MS, 60_000)]
    near = sum(ratio <= 1.08 for ratio in minutes)
    assert 3 <= near <= 8
    assert sum(ratio == pytest.approx(1.6) for ratio in minutes) > 90


@pytest.mark.parametrize(
    ("exchange", "kind", "symbol", "asset", "multiplier", "ct_val"),
    [
        ("binance", "perp", "1000PEPEUSDT", "PEPE", 1000, 1),
        ("bybit", "perp", "1000PEPEUSDT", "PEPE", 1000, 1),
        ("bybit", "perp", "SHIB1000USDT", "SHIB", 1000, 1),
        ("binance", "perp", "1MBABYDOGEUSDT", "BABYDOGE", 1_000_000, 1),
        ("okx", "perp", "PEPE-USDT-SWAP", "PEPE", 1, 10_000_000),
        ("okx", "perp", "BTC-USDT-SWAP", "BTC", 1, 0.01),
        ("okx", "perp", "ETH-USDT-SWAP", "ETH", 1, 0.1),
    ],
)
def test_multipliers_and_contract_values(
    market: Market, exchange: str, kind: str, symbol: str, asset: str, multiplier: int, ct_val: float
) -> None:
    row = market.find((exchange, kind), symbol)  # type: ignore[arg-type]
    assert row is not None
    assert (row.asset, row.multiplier, row.ct_val) == (asset, multiplier, ct_val)
    spot = market.find(("okx", "spot"), f"{asset}-USDT") or market.find(("bybit", "spot"), f"{asset}USDT")
    assert spot is not None
    assert market.quote(row).mid / multiplier == pytest.approx(market.quote(spot).mid, rel=0.02)
