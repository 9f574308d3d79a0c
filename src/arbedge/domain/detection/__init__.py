"""Finds candidates in a snapshot: one module a type, each pure and linear in the number of instruments.

A module offers `detect(board, drops)`, which looks at tops of book, `value(legs, size, now, policy)`, which walks the
order books, and where it is more than a pair that is entered, `measure(legs)`, which says how its sizes are counted.
Where what is claimed is a forecast, `close(legs, size, entered_at)` says what leaving at these books brings.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from arbedge.domain.detection import cross_exchange, funding, holding, spot_perp, technical, triangular
from arbedge.domain.detection.board import Board, read_board
from arbedge.domain.detection.candidates import Candidate, Drops
from arbedge.domain.edge import Edge, Legs, Sizing, measure_pair
from arbedge.domain.market import Snapshot
from arbedge.domain.policy import OpportunityType, Policy
from arbedge.domain.technical.signals import BackedSignal


class Detector(NamedTuple):
    detect: Callable[[Board, Drops], Iterable[Candidate]]
    value: Callable[[Legs, Decimal, int, Policy], Edge]
    measure: Callable[[Legs], Sizing] = measure_pair
    close: Callable[[Legs, Decimal, Decimal], Edge] | None = None


DETECTORS: Final[dict[OpportunityType, Detector]] = {
    "cross_exchange": Detector(cross_exchange.detect, cross_exchange.value),
    "funding": Detector(funding.detect, funding.value, holding.measure),
    "spot_perp": Detector(spot_perp.detect, spot_perp.value, holding.measure),
    "triangular": Detector(triangular.detect, triangular.value, triangular.measure),
    "technical": Detector(technical.detect, technical.value, technical.measure, technical.close),
}


def detect_all(
    snapshot: Snapshot, now: int, policy: Policy, drops: Drops, signals: Sequence[BackedSignal] = ()
) -> list[Candidate]:
    """Candidates of every type, best net edge at top of book first."""
    board = read_board(snapshot, now, policy, signals)
    found = [candidate for detector in DETECTORS.values() for candidate in detector.detect(board, drops)]
    return sorted(found, key=lambda candidate: (-candidate.net_bps, candidate.key))
