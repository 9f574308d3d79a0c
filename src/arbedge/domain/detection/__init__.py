"""Finds candidates in a snapshot: one module a type, each pure and linear in the number of instruments.

A module offers `detect(snapshot, now, policy, drops)`, which looks at tops of book, and
`value(buy, sell, size, now, policy)`, which walks the two order books.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from arbedge.domain.detection import cross_exchange, funding
from arbedge.domain.detection.candidates import Candidate, Drops
from arbedge.domain.edge import Edge, LegTerms
from arbedge.domain.market import Snapshot
from arbedge.domain.policy import OpportunityType, Policy


class Detector(NamedTuple):
    detect: Callable[[Snapshot, int, Policy, Drops], Iterable[Candidate]]
    value: Callable[[LegTerms, LegTerms, Decimal, int, Policy], Edge]


DETECTORS: Final[dict[OpportunityType, Detector]] = {
    "cross_exchange": Detector(cross_exchange.detect, cross_exchange.value),
    "funding": Detector(funding.detect, funding.value),
}


def detect_all(snapshot: Snapshot, now: int, policy: Policy, drops: Drops) -> list[Candidate]:
    """Candidates of every type, best net edge at top of book first."""
    found = [
        candidate for detector in DETECTORS.values() for candidate in detector.detect(snapshot, now, policy, drops)
    ]
    return sorted(found, key=lambda candidate: (-candidate.net_bps, candidate.key))
