"""The quick way through a sound board finds, drops and keeps exactly what a look at every pair does."""

from collections import Counter
from itertools import combinations, product
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.detection import DETECTORS
from arbedge.domain.detection.board import read_board
from arbedge.domain.detection.candidates import Drops
from arbedge.domain.fees import get_base_tier
from arbedge.domain.market import EXCHANGES, Funding
from arbedge.domain.policy import OpportunityType, Policy
from arbedge.domain.reasons import BAD_DATA
from tests.unit.domain.builders import HOUR, NOW, feed, quote, snapshot

POLICY = Policy()
PRICES = st.sampled_from([98.0, 99.5, 99.9, 100.0, 100.05, 100.4, 101.0, 107.0, 112.0])
GAPS = st.sampled_from([-0.01, 0.01, 0.05, 0.5])
STAMPS = st.sampled_from([NOW] * 6 + [None, NOW - 9_000, NOW - 11_000, NOW - 16_000, NOW + 12_000])
RATES = st.sampled_from([-0.004, -0.0005, 0.0, 0.0001, 0.003])
NEXT = st.sampled_from([NOW + HOUR, NOW + 8 * HOUR, NOW - 2 * HOUR, NOW - 9 * HOUR])


SOUND = {"price": st.sampled_from([99.9, 100.0, 100.05, 100.4, 101.0]), "gap": st.just(0.05), "at": st.just(NOW)}
ANY = {"price": PRICES, "gap": GAPS, "at": STAMPS}


@st.composite
def rows(draw, asset: str, of: dict[str, Any], *, perp: bool = False):
    """None to two quotes of an asset on one exchange."""
    found = []
    for symbol in [asset, f"1000{asset}"][: draw(st.sampled_from([0, 1, 1, 1, 2]))]:
        bid = draw(of["price"])
        rate = None
        if perp and draw(st.booleans()):
            next_at = draw(NEXT) if of is ANY else NOW + HOUR
            rate = Funding(draw(RATES), next_at, draw(st.sampled_from([1.0, 8.0])), bid)
        found.append(quote(bid, bid + draw(of["gap"]), asset=asset, at=draw(of["at"]), funding=rate, symbol=symbol))
    return found


ASSETS = ["BTC", "SOL", "LTC"]


@st.composite
def markets(draw):
    """Every second asset is quoted as assets are on a quiet day, the others in any way."""
    kinds = {asset: draw(st.sampled_from([SOUND, ANY])) for asset in ASSETS}
    return snapshot(
        *(
            feed(
                exchange,
                *(row for asset in ASSETS for row in draw(rows(asset, kinds[asset], perp=market == "perp"))),
                market=market,
                received_at=NOW - 500,
            )
            for exchange in EXCHANGES
            for market in ("spot", "perp")
        )
    )


def listed(market, where: str, asset: str):
    return [(one, row) for one in market.feeds if one.market == where for row in one.quotes if row.asset == asset]


def age(one, row) -> int:
    return NOW - (row.exchange_at or one.received_at)


def judge(a, b, among, net: float, minimum: float, *perps) -> str:
    """The one reason of a pair, from the sentences of the specification."""
    overdue = [row for _, row in perps if row.funding.next_at + row.funding.interval_h * HOUR < NOW]
    ages, mids = [age(*a), age(*b)], sorted([a[1].mid, b[1].mid])
    middle = median(row.mid for _, row in among)
    if overdue:
        return "interval"
    if not all(0 < row.bid < row.ask for _, row in (a, b)):
        return "crossed_book"
    if max(map(abs, ages)) > 15_000:
        return "stale"
    if abs(ages[0] - ages[1]) > 10_000:
        return "skew"
    if max(mids[1] / mids[0] - 1, mids[1] / middle - 1, 1 - mids[0] / middle) > 0.08:
        return "identity"
    if net >= minimum:
        return "told"
    return "below_minimum" if net > 0 else "fees"


def income(row) -> float:
    """What a short of one unit is paid within a day."""
    rate = row.funding
    first = rate.next_at
    while first <= NOW:
        first += round(rate.interval_h * HOUR)
    stamps = range(first, NOW + 24 * HOUR + 1, round(rate.interval_h * HOUR))
    return rate.rate * rate.mark * len(stamps)


def round_trip(one, row) -> float:
    """Spread and both fees of one unit."""
    fee = float(get_base_tier(one.exchange, one.market).taker)
    return row.ask - row.bid + fee * (row.ask + row.bid)


def look_at_every_pair(market) -> dict[OpportunityType, Counter[str]]:
    told: dict[OpportunityType, Counter[str]] = {kind: Counter() for kind in DETECTORS}
    for asset in ASSETS:
        spot, perp = listed(market, "spot", asset), [one for one in listed(market, "perp", asset) if one[1].funding]
        for a, b in combinations(spot, 2):
            if a[0].exchange == b[0].exchange:
                continue
            (buyer, buy), (seller, sell) = (a, b) if b[1].bid * b[1].ask >= a[1].bid * a[1].ask else (b, a)
            fees = [float(get_base_tier(one.exchange, "spot").taker) for one in (buyer, seller)]
            net = (sell.bid * (1 - fees[1]) / buy.ask - 1 - fees[0]) * 10_000 - 2
            told["cross_exchange"][judge((buyer, buy), (seller, sell), spot, net, 10)] += 1
        unrated = [one for one in listed(market, "perp", asset) if not one[1].funding]
        for a, b in combinations([*perp, *unrated], 2):
            if a[0].exchange != b[0].exchange and not (a[1].funding and b[1].funding):
                told["funding"]["interval"] += 1
        told["spot_perp"]["interval"] += len(spot) * len(unrated)
        for a, b in combinations(perp, 2):
            if a[0].exchange != b[0].exchange:
                long, short = (a, b) if income(b[1]) >= income(a[1]) else (b, a)
                cash = income(short[1]) - income(long[1]) - round_trip(*a) - round_trip(*b)
                net = cash / long[1].ask * 10_000
                told["funding"][judge(long, short, perp, net, 15, long, short)] += 1
        for a, b in product(spot, perp):
            net = (abs(income(b[1])) - round_trip(*a) - round_trip(*b)) * 10_000
            net /= a[1].ask if income(b[1]) >= 0 else b[1].ask
            told["spot_perp"][judge(a, b, spot + perp, net, 15, b)] += 1
    return told


@given(markets())
@pytest.mark.parametrize("kept", [1, 200])
def test_every_pair_ends_in_the_reason_it_would_get_alone(kept, market):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arbedge.domain.detection.candidates.NEAR_MISSES_KEPT", kept)
        for kind, expected in look_at_every_pair(market).items():
            drops = Drops()
            found = list(DETECTORS[kind].detect(read_board(market, NOW, POLICY), drops))
            counted = Counter(drops.counts) + Counter({"told": len(found)})
            assert +counted == +expected, kind


@given(markets())
def test_what_is_kept_does_not_depend_on_how_little_may_be_kept(market):
    """A short list holds the head of the long one: nothing that belongs into it was only counted."""

    def nearest(kept):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("arbedge.domain.detection.candidates.NEAR_MISSES_KEPT", kept)
            patch.setattr("arbedge.domain.detection.candidates.NEAR_MISSES_OF_A_TYPE_MIN", 0)
            patch.setattr("arbedge.domain.detection.candidates.BAD_DATA_KEPT", 0)
            drops = Drops()
            list(DETECTORS["spot_perp"].detect(read_board(market, NOW, POLICY), drops))
            return [drop.candidate.net_bps for drop in drops.nearest() if drop.reason not in BAD_DATA]

    assert nearest(3) == nearest(200)[:3]


def test_a_quiet_market_is_counted_without_a_look_at_each_pair():
    """The second asset cannot come nearer than the first, and its pairs are counted all the same."""
    far = [quote(90.0, 95.0, asset="SOL", symbol=symbol) for symbol in ("SOL", "1000SOL")]
    carry = Funding(0.0, NOW + HOUR, 8.0, 100.0)
    board = read_board(
        snapshot(
            *(feed(one, quote(100.0, 100.01), *far[: place + 1]) for place, one in enumerate(EXCHANGES)),
            *(
                feed(one, *(quote(*top, asset=asset, funding=carry) for top, asset in TOPS), market="perp")
                for one in EXCHANGES
            ),
        ),
        NOW,
        POLICY,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arbedge.domain.detection.candidates.NEAR_MISSES_KEPT", 1)
        pairs_of: dict[OpportunityType, int] = {"cross_exchange": 3 + 8, "funding": 3 + 3, "spot_perp": 9 + 15}
        for kind, pairs in pairs_of.items():
            drops = Drops()
            assert not list(DETECTORS[kind].detect(board, drops))
            assert drops.counts == {"fees": pairs}
            assert [drop.candidate.asset for drop in drops.nearest()] == ["BTC"]


TOPS = [((100.0, 100.01), "BTC"), ((90.0, 95.0), "SOL")]
