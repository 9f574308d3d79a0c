"""The top of the list stands still while edges move within noise, and moves at once when one really moved."""

import random
from decimal import Decimal as D
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.policy import Policy
from arbedge.domain.ranking import settle_rank

POLICY = Policy()
EDGES = st.integers(-5_000, 90_000).map(lambda ten_thousandths: D(ten_thousandths) / 1000)


def walk(edges: list[list[D]]) -> list[tuple[int, ...]]:
    """The order of the list after each scan, given everyone's edges scan by scan."""
    ranks = edges[0]
    orders: list[tuple[int, ...]] = []
    for now in edges:
        ranks = [settle_rank(net, rank, POLICY) for net, rank in zip(now, ranks, strict=True)]
        orders.append(order_of(ranks))
    return orders


def order_of(edges: list[D]) -> tuple[int, ...]:
    return tuple(sorted(range(len(edges)), key=lambda one: (-edges[one], one)))


def count_changes(orders: list[tuple[int, ...]]) -> int:
    return sum(before != after for before, after in pairwise(orders))


def test_noise_swaps_nobody_where_plain_order_would_at_almost_every_scan():
    chance = random.Random(7)
    true = [D("12.0"), D("12.1"), D("12.2"), D("30.0"), D("30.1")]
    scans = [[net + D(chance.randint(-490, 490)) / 1000 for net in true] for _ in range(360)]
    assert count_changes([order_of(now) for now in scans]) > 200
    assert count_changes(walk(scans)) == 0


def test_an_hour_of_drifting_edges_with_noise_swaps_a_few_times_at_most():
    chance = random.Random(11)
    true, scans = [20.0, 20.5, 21.0, 21.5], []
    for _ in range(360):
        true = [net + chance.gauss(0, 0.05) for net in true]
        scans.append([D(str(round(net + chance.gauss(0, 0.2), 4))) for net in true])
    plain, held = count_changes([order_of(now) for now in scans]), count_changes(walk(scans))
    assert held * 8 < plain, (held, plain)


def test_a_real_change_moves_at_once():
    still, mover = D(20), D(15)
    orders = walk([[still, mover], [still, mover], [still, D(28)], [still, D("14.9")]])
    assert orders == [(0, 1), (0, 1), (1, 0), (0, 1)]


@given(st.lists(EDGES, min_size=1, max_size=30))
def test_the_rank_is_never_a_whole_change_from_the_edge(edges: list[D]):
    rank = edges[0]
    for net in edges:
        before, rank = rank, settle_rank(net, rank, POLICY)
        assert abs(net - rank) < D(str(POLICY.change_bps_min))
        assert rank in {net, before}
        assert settle_rank(net, rank, POLICY) == rank, "looking again changes nothing"


def test_by_hand_a_whole_change_moves_it_and_anything_less_does_not():
    assert settle_rank(D(11), D(10), POLICY) == D(11)
    assert settle_rank(D("10.9999"), D(10), POLICY) == D(10)
    assert settle_rank(D(9), D(10), POLICY) == D(9)
