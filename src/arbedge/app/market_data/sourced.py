"""What every answer of the market data carries: the value, who served it, how old it is, what market it is from."""

from typing import Generic, TypeVar

from msgspec import Struct

from arbedge.domain.market import FeedState, Mode, Source

T = TypeVar("T")


class Sourced(Struct, Generic[T], frozen=True):
    """A value no older than its reader accepts. `source` names who served it to this reader."""

    value: T
    source: Source
    age_ms: int
    mode: Mode


class Missing(Struct, frozen=True):
    """Why there is no value: the state of whoever should have given it."""

    state: FeedState
    error: str


def mode_of(market_mode: Mode, source: Source) -> Mode:
    """A real market read earlier is `cached`; a market that is not real stays what it is, whoever serves it."""
    return "cached" if market_mode == "live" and source != "api" else market_mode
