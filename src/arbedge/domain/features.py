"""What is known of an alert at its confirmation that may tell whether its edge will last.

All of it comes from the sighting, the scans before it and outcomes older than it; nothing comes from after it.
"""

from collections.abc import Mapping
from math import log, log1p
from typing import Final

from arbedge.domain.opportunity import Sighting
from arbedge.domain.policy import OpportunityType

Features = dict[str, float]
Shares = Mapping[str, tuple[int, int]]
"""Outcomes by pair: how many there are, and in how many the edge was still there."""

PRIOR_OUTCOMES: Final = 10  # a pair's own share counts as much as everyone's once it has so many outcomes
PLAIN_TYPE: Final[OpportunityType] = "cross_exchange"  # the one the others are compared with


def name_pair(sighting: Sighting) -> str:
    """One asset between the same exchanges, whichever of them buys and whatever the type."""
    exchanges = sorted({leg.exchange for leg in sighting.legs})
    return "|".join((sighting.asset, sighting.quote, *exchanges))


def shrink(pair: tuple[int, int], everyone: float) -> float:
    """A pair's share of outcomes whose edge lasted, drawn towards everyone's as long as it has few."""
    n, positive = pair
    return (positive + PRIOR_OUTCOMES * everyone) / (n + PRIOR_OUTCOMES)


def extract(sighting: Sighting, scans: int, move_bps: float, shares: Shares, everyone: float) -> Features:
    """`scans` in a row saw it by now; `move_bps` is how far its net edge typically moved from one to the next."""
    net_bps = max(0.0, float(sighting.edge.net_bps))
    room = float(sighting.capacity_quote / sighting.edge.size_quote) if sighting.edge.size_quote else 0.0
    oldest_ms = max(sighting.seen_at - leg.quoted_at for leg in sighting.legs)
    features = {
        "edge_over_volatility": log1p(net_bps / (1.0 + move_bps)),
        "edge": log1p(net_bps),
        "depth": log1p(max(0.0, room)),
        "age_s": max(0, oldest_ms) / 1000,
        "persistence": log(max(1, scans)),
        "pair_history": shrink(shares.get(name_pair(sighting), (0, 0)), everyone),
    }
    if sighting.type != PLAIN_TYPE:
        features[f"type_{sighting.type}"] = 1.0
    return features
