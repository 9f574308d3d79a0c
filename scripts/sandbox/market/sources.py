"""Which markets can be served, by name."""

from pathlib import Path

from scripts.sandbox.market.recorded import RecordedSource
from scripts.sandbox.market.recordings import RECORDINGS
from scripts.sandbox.market.source import MarketSource
from scripts.sandbox.market.synthetic import SyntheticSource


class UnknownMarketError(ValueError):
    """Nothing of that name can be served; says what can."""


def build_source(name: str, seed: int, fixtures: Path, now_ms: int) -> MarketSource:
    """`synthetic` or `recorded:<name>`; a recording begins at `now_ms`.

    Raises:
        UnknownMarketError: no such market.
        MissingFixturesError: the files of the recording are not there.
    """
    if name == "synthetic":
        return SyntheticSource(seed)
    load = RECORDINGS.get(name.removeprefix("recorded:")) if name.startswith("recorded:") else None
    if load is None:
        known = ", ".join(["synthetic", *(f"recorded:{one}" for one in RECORDINGS)])
        raise UnknownMarketError(f"market {name!r} is unknown; there are {known}")
    return RecordedSource(load(fixtures), now_ms)
