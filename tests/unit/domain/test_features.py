"""What a model sees of an alert is what was known at its confirmation, and no more."""

from decimal import Decimal
from math import log, log1p

import pytest
from msgspec.structs import replace

from arbedge.domain.confidence import Learned
from arbedge.domain.episodes import Scan, advance, count_streaks
from arbedge.domain.features import extract, name_pair, shrink
from arbedge.domain.policy import Policy
from tests.integration.store.builders import make_opportunity

SIGHTING = make_opportunity(net_bps="24").sighting
POLICY = Policy()
T = SIGHTING.seen_at


def seen(net_bps: str, at: int = T):
    one = make_opportunity(net_bps=net_bps).sighting
    return replace(one, seen_at=at)


def test_features_are_those_of_the_moment():
    found = extract(replace(SIGHTING, seen_at=T + 4_000), 3, 2.0, {"BTC|USDT|binance|bybit": (10, 9)}, 0.5)
    assert found == {
        "edge_over_volatility": pytest.approx(log1p(8)),
        "edge": pytest.approx(log1p(24)),
        "depth": pytest.approx(log1p(float(SIGHTING.capacity_quote / SIGHTING.edge.size_quote))),
        "age_s": 4.0,
        "persistence": log(3),
        "pair_history": pytest.approx(14 / 20),
    }
    assert extract(replace(SIGHTING, type="funding"), 1, 0, {}, 0.5)["type_funding"] == 1.0


def test_a_pair_is_the_same_in_both_directions():
    assert name_pair(SIGHTING) == name_pair(replace(SIGHTING, legs=SIGHTING.legs[::-1])) == "BTC|USDT|binance|bybit"


@pytest.mark.parametrize(("n", "positive", "expected"), [(0, 0, 0.8), (10, 10, 0.9), (1000, 0, 0.00792)])
def test_a_short_history_is_drawn_towards_everyones(n, positive, expected):
    assert shrink((n, positive), 0.8) == pytest.approx(expected, abs=1e-5)


def test_a_sighting_without_size_or_from_the_future_has_features_all_the_same():
    one = replace(SIGHTING, seen_at=T - 9_000, edge=replace(SIGHTING.edge, size_quote=Decimal(0), net_bps=Decimal(-3)))
    found = extract(one, 0, 0.0, {}, 0.5)
    assert (found["depth"], found["age_s"], found["edge"], found["persistence"]) == (0, 0, 0, 0)


def test_a_streak_knows_how_far_the_edge_moved():
    streaks = {}
    for net_bps in ("20", "23", "19"):
        streaks = count_streaks(Scan(T, T, "live", {"k": seen(net_bps)}), streaks)
    assert (streaks["k"].count, streaks["k"].net_bps) == (3, 19.0)
    assert streaks["k"].move_bps == pytest.approx(((9 + 16) / 2) ** 0.5)
    assert count_streaks(Scan(T, T, "live", {"k": seen("20")}), {})["k"].move_bps == 0


def test_nothing_after_the_confirmation_changes_what_was_claimed():
    """The claim, its features and its confidence stay, whatever later scans see or teach."""
    first = Scan(T, T, "live", {"k": replace(seen("20"), key="k")})
    one = count_streaks(first, {})
    second = Scan(T + 1, T + 10_000, "live", {"k": replace(seen("24", T + 10_000), key="k")})
    two = count_streaks(second, one)
    learned = Learned("live", T, 41, 0.7, {"BTC|USDT|binance|bybit": (5, 5)})
    [opened] = advance(second, [], two, {}, POLICY, learned)
    assert opened.claim
    assert opened.claim.features == extract(second.sightings["k"], 2, 4.0, learned.shares, 0.7)
    assert (opened.claim.net_bps, opened.claim.at, opened.claim.confidence.n) == (Decimal("24.0000"), T + 10_000, 41)
    later = Scan(T + 2, T + 20_000, "live", {"k": replace(seen("90", T + 20_000), key="k")})
    taught = replace(learned, n=900, everyone=0.1)
    [confirmed] = advance(later, [opened], count_streaks(later, two), {}, POLICY, taught)
    assert confirmed.claim == opened.claim
    gone = [opened]
    for step in range(3, 7):
        gone = advance(Scan(T + step, T + step * 10_000, "live", {}), gone, {}, {}, POLICY, taught) or gone
    assert gone[0].status == "vanished"
    back = Scan(T + 9, T + 90_000, "live", {"k": replace(seen("50", T + 90_000), key="k")})
    streaks = count_streaks(back, count_streaks(back, {}))
    [returned] = advance(back, gone, streaks, {}, POLICY, taught)
    assert (returned.status, returned.claim) == ("active", opened.claim)
