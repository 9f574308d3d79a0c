"""Which markets can be served, by name."""

from pathlib import Path

from scripts.sandbox.market.source import MarketSource
from scripts.sandbox.market.synthetic import SyntheticSource


class UnknownMarketError(ValueError):
    """Nothing of that name can be served; says what can."""


def build_source(name: str, seed: int, fixtures: Path, now_ms: int) -> MarketSource:
    """`synthetic` or `recorded:<name>`; a recording is laid over the wall clock from `now_ms` on."""
    if name == "synthetic":
        return SyntheticSource(seed)
    raise UnknownMarketError(f"market {name!r} is unknown; there is synthetic")
