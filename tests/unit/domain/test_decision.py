"""What a scan decides: the same data decides the same, and every candidate ends in a sighting or in one reason."""

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
