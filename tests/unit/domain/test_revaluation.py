"""A stored opportunity is enough to be valued again: at any size and horizon it comes to what the scan would have said."""

from decimal import Decimal as D
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.detection import DETECTORS
from arbedge.domain.detection.candidates import Candidate, LegRef
from arbedge.domain.detection.verification import LegMarket, verify
from arbedge.domain.edge import Edge, Refused, Side
from arbedge.domain.gauge import choose_gauge
from arbedge.domain.market import Funding
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.person import Preferences
from arbedge.domain.policy import HELD_TYPES, OpportunityType, Policy
from arbedge.domain.revaluation import Valuations, read, revalue
from tests.unit.domain.builders import HOUR, NOW, instrument
from tests.unit.domain.stored import MARKETS, keep, stored
from tests.unit.domain.technical.builders import backed, signal
from tests.unit.domain.test_edge_of_pairs import ladders
from tests.unit.domain.test_triangular_value import legs as make_cycle

every_type = pytest.mark.parametrize("kind", DETECTORS)
ANYTHING: dict[Any, float] = dict.fromkeys(DETECTORS, -1e9)
FILTERED = [HealthCheck.filter_too_much, HealthCheck.too_slow]
sizes = st.sampled_from(["10", "37.5", "100", "500", "1000", "1234.56", "5000", "50000", "1000000"]).map(D)
horizons = st.integers(1, 720)


def policy(size: D = D(1000), horizon_h: int = 24) -> Policy:
    return Policy(min_net_bps=ANYTHING, size_quote=size, horizon_h=horizon_h)


@st.composite
def candidates(draw, kind: OpportunityType) -> Any:
    """A candidate of this type and the markets of its legs, with rules that bite."""
    sides: list[Side]
    if kind == "triangular":
        deep = str(draw(st.sampled_from([1, 20, 1000])))
        lots = draw(st.tuples(*[st.sampled_from(["0.01", "0.0001", "0.00001"])] * 3))
        chain = make_cycle(lots=lots, deep=deep, cross_bid=draw(st.sampled_from(["0.0505", "0.0501"])))
        markets = [LegMarket(leg.instrument, leg.book, None) for leg in chain]
        sides = [leg.side for leg in chain]
    elif kind == "technical":
        markets = [_draw_signal(draw)]
        sides = ["buy"]
    else:
        markets = [_draw_market(draw, one, place) for place, one in enumerate(draw(ladders(*MARKETS[kind])))]
        sides = ["buy", "sell"]
    refs = tuple(
        LegRef(one.instrument.exchange, one.instrument.market, one.instrument.symbol, side)
        for one, side in zip(markets, sides, strict=True)
    )
    kind_: Any = kind
    return Candidate(kind_, "BTC", "USDT", refs, 0.0, 0.0), markets


def _draw_signal(draw) -> LegMarket:
    market = _draw_market(draw, draw(ladders("perp", "perp"))[0], 0)
    middle = float(market.book.bids[0].price + market.book.asks[0].price) / 2
    entry = middle * draw(st.sampled_from([0.98, 1.0, 1.01]))
    said = signal(entry=entry, target=entry * 1.06, stop=entry * 0.96, enter_by=NOW + HOUR, ends_at=NOW + 24 * HOUR)
    return replace(market, signal=backed(said))


def _draw_market(draw, one: Any, place: int) -> LegMarket:
    multiplier = draw(st.sampled_from([1, 1000]))
    rules = instrument(
        one.exchange,
        one.market,
        one.symbol,
        base="BTC" if multiplier == 1 else "1000BTC",
        multiplier=multiplier,
        lot_size=draw(st.sampled_from(["0.001", "0.0003", "0.5"]).map(D)) / multiplier,
        min_size=draw(st.sampled_from(["0.001", "0.5"]).map(D)) / multiplier,
        min_notional=draw(st.sampled_from([None, D(5), D(400)])),
        contract_size=draw(st.sampled_from(["1", "0.01"]).map(D)),
    )
    rate = draw(st.sampled_from([-0.004, 0.0, 0.0001, 0.0025]))
    funding = Funding(rate, NOW + (place + 1) * HOUR, draw(st.sampled_from([1.0, 4.0, 8.0])), 100.0)
    return LegMarket(rules, one, funding if one.market == "perp" else None)


def look(candidate: Candidate, markets: list[LegMarket], rules: Policy, unit: D = D(1)) -> Edge | str:
    """What a scan says: an edge, or the reason against it."""
    try:
        return verify(candidate, markets, NOW, rules, unit).edge
    except Refused as refused:
        return refused.reason


def store(candidate: Candidate, markets: list[LegMarket], rules: Policy, unit: D = D(1)) -> Opportunity:
    """The opportunity that such a scan leaves; what leaves none is no example."""
    try:
        return keep(candidate, markets, rules, unit)
    except Refused:
        reject()


def say(one: Opportunity, size: D, horizon_h: int, rules: Policy) -> Edge | str:
    try:
        return revalue(one, size, horizon_h, rules)
    except Refused as refused:
        return refused.reason


@every_type
@settings(max_examples=25, suppress_health_check=FILTERED)
@given(st.data(), sizes, horizons)
def test_at_the_scans_own_size_and_horizon_it_is_exactly_the_scans_edge(kind, data, size, horizon_h):
    candidate, markets = data.draw(candidates(kind))
    rules, unit = policy(size, horizon_h), data.draw(st.sampled_from([D(1), D("0.02"), D("1.0003")]))
    kept = store(candidate, markets, rules, unit)
    # The horizon and the size of today's rules play no part: both come with the question.
    assert say(kept, size, horizon_h, policy()) == kept.sighting.edge == look(candidate, markets, rules, unit)


@every_type
@settings(max_examples=25, suppress_health_check=FILTERED)
@given(st.data(), sizes, horizons)
def test_at_any_other_it_is_what_a_scan_would_have_said(kind, data, size, horizon_h):
    """A size the scan could not have traded is refused for the same reason; beyond the stored levels that is depth."""
    candidate, markets = data.draw(candidates(kind))
    kept = store(candidate, markets, policy(D(100)))
    expected = look(candidate, markets, policy(size, horizon_h))
    assert say(kept, size, horizon_h, policy(D(100))) == expected
    one = read(kept, choose_gauge(Preferences(size_quote=size, horizon_h=horizon_h), policy(D(100))), policy(D(100)))
    assert (one.refused.reason if one.refused else one.sighting.edge) == expected
    if one.refused:
        assert one.sighting == kept.sighting


@every_type
@settings(max_examples=12, suppress_health_check=FILTERED)
@given(st.data(), horizons, st.sampled_from([-40.0, 0.0, 12.5]))
def test_a_reading_has_the_averages_capacity_and_curve_of_such_a_scan(kind, data, horizon_h, minimum):
    candidate, markets = data.draw(candidates(kind))
    kept = store(candidate, markets, policy(D(1000)))
    chosen = Preferences(size_quote=D(200), horizon_h=horizon_h, min_net_bps={candidate.type: minimum})
    one = read(kept, choose_gauge(chosen, policy()), policy(), with_curve=True)
    wanted = replace(policy(D(200), horizon_h), min_net_bps=ANYTHING | {candidate.type: minimum})
    said = look(candidate, markets, wanted)
    if isinstance(said, Edge):
        assert one.sighting == verify(candidate, markets, NOW, wanted)
    elif said in {"below_minimum", "fees"}:
        assert one.sighting.edge.net_bps < minimum
    else:
        assert one.refused
        assert one.refused.reason == said


def test_by_hand_a_larger_size_pays_the_second_level_and_one_beyond_the_books_is_refused():
    one = stored()
    bigger = revalue(one, D(1501), 24, Policy())
    # 15.01 units: ten at 100 and 5.01 at 101, so 5.01 over the notional at top of book.
    assert bigger.size_base == D("15.01")
    assert {part.label: part.bps for part in bigger.parts}["slippage_buy"] == -(D("5.01") / 1501 * 10_000).quantize(
        D("0.0001")
    )
    with pytest.raises(Refused) as refused:
        revalue(one, D(2001), 24, Policy())
    assert (refused.value.reason, refused.value.numbers) == ("depth", {"wanted": 20.01, "available": 20.0})


@pytest.mark.parametrize(
    ("rules", "reason"), [({"min_notional": D(50)}, "min_notional"), ({"min_size": D("0.2")}, "min_size")]
)
def test_the_exchanges_minimums_hold_at_a_small_size(rules, reason):
    with pytest.raises(Refused) as refused:
        revalue(stored(**rules), D(15), 24, Policy())
    assert refused.value.reason == reason


def test_a_longer_horizon_counts_more_settlements():
    one = stored(kind="spot_perp")
    nets = [revalue(one, D(1000), hours, Policy()).net_bps for hours in (1, 24, 48)]
    assert [float(later - nets[0]) for later in nets] == pytest.approx([0, 200, 500], abs=0.01)


def test_the_capacity_is_by_the_readers_minimum():
    one = stored()
    assert one.sighting.capacity_quote == 2000, "at 10 bps to the end of the books"
    gauge = choose_gauge(Preferences(min_net_bps={"cross_exchange": 60.0}), Policy())
    # 77.9 bps up to ten units; beyond, each costs a hundredth more: 60 are left at 12.18.
    assert 1210 < read(one, gauge, Policy()).sighting.capacity_quote < 1225


def test_an_older_record_is_read_and_says_that_it_cannot_be_valued_again():
    one = stored()
    document = msgspec.json.decode(msgspec.json.encode(one))
    for leg in document["sighting"]["legs"]:
        del leg["rules"]
    del document["sighting"]["size_usdt"], document["sighting"]["unit"]
    old = msgspec.convert(document, Opportunity)
    with pytest.raises(Refused) as refused:
        revalue(old, D(500), 24, Policy())
    assert refused.value.reason == "not_recorded"
    gauge = choose_gauge(None, Policy())
    assert read(old, gauge, Policy()).sighting.edge == one.sighting.edge, "at the scan's own size it is still known"


def test_many_readers_of_one_size_cost_one_valuation():
    one = stored(kind="spot_perp")
    known = Valuations(one, Policy())

    def find(size: int | None, horizon_h: int | None = None):
        size_quote = None if size is None else D(size)
        return known.find(choose_gauge(Preferences(size_quote=size_quote, horizon_h=horizon_h), Policy()))

    assert find(None) is one.sighting.edge
    assert find(500) is find(500)
    assert find(500, 48) is not find(500)
    assert isinstance(find(50_000), Refused)


def test_what_is_not_held_has_one_value_at_every_horizon():
    assert "cross_exchange" not in HELD_TYPES
    one = stored()
    known = Valuations(one, Policy())
    assert known.find(choose_gauge(Preferences(horizon_h=48), Policy())) is one.sighting.edge


@pytest.mark.parametrize(
    ("chosen", "asked", "size", "horizon"),
    [
        (None, {}, (D(1000), "default"), (24, "default")),
        (Preferences(size_quote=D(500)), {}, (D(500), "own"), (24, "default")),
        (Preferences(horizon_h=8), {"size_usdt": D(70)}, (D(70), "asked"), (8, "own")),
        (Preferences(size_quote=D(500), horizon_h=8), {"horizon_h": 1}, (D(500), "own"), (1, "asked")),
    ],
)
def test_a_gauge_says_whose_choice_each_part_is(chosen, asked, size, horizon):
    gauge = choose_gauge(chosen, Policy(), **asked)
    assert ((gauge.size_usdt, gauge.size_from), (gauge.horizon_h, gauge.horizon_from)) == (size, horizon)
    assert gauge.is_default == (chosen is None and not asked)


def test_a_minimum_of_ones_own_stands_beside_the_systems():
    gauge = choose_gauge(Preferences(min_net_bps={"funding": 3.0}), Policy())
    assert gauge.min_net_bps == Policy().min_net_bps | {"funding": 3.0}
    assert [gauge.get_minimum_from(kind) for kind in ("funding", "cross_exchange")] == ["own", "default"]
    assert not gauge.is_default
