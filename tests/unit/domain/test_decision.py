"""What a scan decides: the same data decides the same, and every candidate ends in a sighting or in one reason."""

from decimal import Decimal as D

from msgspec import json

from arbedge.domain.decision import Known, LegKey, choose, conclude
from arbedge.domain.policy import Policy
from tests.unit.domain.builders import NOW, book, feed, instrument, quote, snapshot

POLICY = Policy()
BINANCE: LegKey = ("binance", "spot", "BTCUSDT")
OKX: LegKey = ("okx", "spot", "BTC-USDT")
GAP = snapshot(feed("binance", quote(99.9, 100.0)), feed("okx", quote(100.5, 100.6, symbol="BTC-USDT")))
INSTRUMENTS = {BINANCE: instrument(*BINANCE), OKX: instrument(*OKX)}
BOOKS = {
    BINANCE: book(*BINANCE, bids=[("99.9", "50")], asks=[("100.0", "50")]),
    OKX: book(*OKX, bids=[("100.5", "50")], asks=[("100.6", "50")]),
}
NOTHING = Known({}, [])


def decide(known=NOTHING, books=BOOKS, **options):
    return conclude(choose(GAP, known, POLICY), GAP, INSTRUMENTS, books, known, NOW, POLICY, **options)


def test_seen_once_it_is_unconfirmed_and_seen_again_it_is_an_episode():
    first = decide()
    assert first.changed == []
    assert [drop.reason for drop in first.nearest] == ["unconfirmed"]
    second = decide(Known(first.streaks, []))
    assert [one.status for one in second.changed] == ["active"]
    assert second.nearest == []


def test_the_same_data_decides_the_same_to_the_byte():
    choice = choose(GAP, NOTHING, POLICY)
    once, again = (conclude(choice, GAP, INSTRUMENTS, BOOKS, NOTHING, NOW, POLICY) for _ in range(2))
    assert json.encode(once) == json.encode(again)


def test_concluding_leaves_the_choice_as_it_was():
    choice = choose(GAP, NOTHING, POLICY)
    for _ in range(2):
        decision = conclude(choice, GAP, INSTRUMENTS, {}, NOTHING, NOW, POLICY)
        assert decision.drop_counts == {"book_unavailable": 1}
    assert not choice.drops.counts


def test_a_book_that_was_not_recorded_is_no_book_that_could_not_be_fetched():
    decision = decide(books={BINANCE: BOOKS[BINANCE]}, not_recorded={OKX})
    assert decision.drop_counts == {"not_recorded": 1}
    assert decision.nearest[0].numbers == {"books": 1}
    assert decide(books={BINANCE: BOOKS[BINANCE]}).drop_counts == {"book_unavailable": 1}


def test_each_book_is_wanted_once():
    assert choose(GAP, NOTHING, POLICY).legs.keys() == {BINANCE, OKX}


def in_bitcoin(*, has_rate: bool):
    """One asset quoted in BTC on two exchanges, a gap apart, with BTC at 50,000 USDT or unknown."""
    ends = {
        BINANCE: quote(0.0999, 0.1, asset="ETH", currency="BTC"),
        OKX: quote(0.1005, 0.1006, asset="ETH", currency="BTC", symbol="BTC-USDT"),
    }
    rate = [quote(49_990.0, 50_010.0, symbol="RATE")] if has_rate else []
    market = snapshot(feed("binance", ends[BINANCE], *rate), feed("okx", ends[OKX]))
    books = {
        BINANCE: book(*BINANCE, bids=[("0.0999", "50")], asks=[("0.1", "50")]),
        OKX: book(*OKX, bids=[("0.1005", "50")], asks=[("0.1006", "50")]),
    }
    fine = {"asset": "ETH", "quote": "BTC", "min_notional": None}
    rules = {BINANCE: instrument(*BINANCE, **fine), OKX: instrument(*OKX, **fine)}
    choice = choose(market, NOTHING, POLICY)
    first = conclude(choice, market, rules, books, NOTHING, NOW, POLICY)
    return first, conclude(choice, market, rules, books, Known(first.streaks, []), NOW, POLICY)


def test_a_size_in_usdt_is_converted_into_another_quote_currency():
    _, second = in_bitcoin(has_rate=True)
    [told] = second.changed
    assert told.sighting.edge.size_quote == D("0.02"), "1,000 USDT at 50,000 USDT a bitcoin"


def test_without_a_live_rate_it_cannot_be_sized():
    first, second = in_bitcoin(has_rate=False)
    assert first.drop_counts == {"no_conversion": 1}
    assert second.changed == []
