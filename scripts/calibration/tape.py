"""What is run over: a market at certain moments, either from recorded files or from the seeded sandbox.

A recording gives what it holds and nothing else: a book has the levels that were recorded, and a moment or an
instrument that was not recorded is missing. Nothing is interpolated between two moments.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from msgspec import Struct

from arbedge.domain.appraisal import Step
from arbedge.domain.decision import LegKey
from arbedge.domain.detection.verification import LegMarket
from arbedge.domain.edge import Side
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Feed, Funding, Level, Market, Mode, OrderBook, Quote, Snapshot
from arbedge.domain.policy import OpportunityType

BOTH: frozenset[Side] = frozenset({"buy", "sell"})


class About(Struct, frozen=True):
    """A market in words: `title` names it, `has` what was recorded, `lacks` what was not and what stands for it."""

    name: str
    title: str
    files: tuple[str, ...]
    resolution: str
    has: str
    lacks: str
    types: tuple[OpportunityType, ...]  # what can be found in it
    judged_step: Step | None  # the first step whose market is recorded


class Row(NamedTuple):
    """One instrument at one moment, per asset unit. `sides` can be traded on; another side is not recorded."""

    bids: Sequence[Level]
    asks: Sequence[Level]
    stamped_at: int
    funding: Funding | None = None
    sides: frozenset[Side] = BOTH


Frame = Mapping[LegKey, Row]


class LegLike(Protocol):
    """A leg of a candidate or of an opportunity."""

    @property
    def exchange(self) -> ExchangeId: ...
    @property
    def market(self) -> Market: ...
    @property
    def symbol(self) -> str: ...
    @property
    def side(self) -> Side: ...


class Tape(Protocol):
    """A market that can be looked at, moment by moment."""

    about: About
    mode: Mode
    moments: Sequence[int]  # of scans

    async def look(self, at: int) -> Snapshot:
        """The tops of book at one of the moments."""
        ...

    def find_moment(self, due: int, tolerance_ms: int) -> int | None:
        """The first recorded moment in [due, due + tolerance], which need not be one of a scan."""
        ...

    async def fetch(self, legs: Iterable[LegLike], at: int) -> Mapping[LegKey, LegMarket]:
        """The books of these legs then; one that was not recorded is missing."""
        ...

    def get_instruments(self, legs: Iterable[LegLike]) -> Mapping[LegKey, Instrument]: ...


class RecordedTape:
    """Frames at recorded times."""

    mode: Mode = "replay"

    def __init__(
        self,
        about: About,
        instruments: Mapping[LegKey, Instrument],
        times: Sequence[int],
        get_frame: Callable[[int], Frame],
        moments: Sequence[int] | None = None,
    ) -> None:
        """`moments` are the times of scans where these are fewer than the recorded ones."""
        self.about = about
        self.moments = times if moments is None else moments
        self.instruments = instruments
        self.times = times
        self.get_frame = get_frame

    async def look(self, at: int) -> Snapshot:
        feeds: defaultdict[tuple[ExchangeId, Market], list[Quote]] = defaultdict(list)
        for key, row in self.get_frame(at).items():
            feeds[key[:2]].append(_make_quote(self.instruments[key], row))
        return Snapshot(
            version=1,
            scan_id=at,
            mode=self.mode,
            started_at=at,
            finished_at=at,
            feeds=[
                Feed(exchange=exchange, market=market, state="ok", received_at=at, latency_ms=0, quotes=quotes)
                for (exchange, market), quotes in feeds.items()
            ],
        )

    def find_moment(self, due: int, tolerance_ms: int) -> int | None:
        place = bisect_left(self.times, due)
        is_there = place < len(self.times) and self.times[place] <= due + tolerance_ms
        return self.times[place] if is_there else None

    async def fetch(self, legs: Iterable[LegLike], at: int) -> Mapping[LegKey, LegMarket]:
        frame = self.get_frame(at)
        found: dict[LegKey, LegMarket] = {}
        for leg in legs:
            key = leg.exchange, leg.market, leg.symbol
            row = frame.get(key)
            if row and leg.side in row.sides:
                found[key] = LegMarket(self.instruments[key], _make_book(key, row), row.funding)
        return found

    def get_instruments(self, legs: Iterable[LegLike]) -> Mapping[LegKey, Instrument]:
        return self.instruments


def level(price: float | str, size: float | str) -> Level:
    """A level by the decimal digits that were recorded."""
    return Level(Decimal(str(price)), Decimal(str(size)))


def _make_quote(instrument: Instrument, row: Row) -> Quote:
    bid, ask = row.bids[0], row.asks[0]
    figures = float(bid.price), float(bid.size), float(ask.price), float(ask.size)
    return Quote(instrument.symbol, instrument.asset, instrument.quote, *figures, row.stamped_at, row.funding)


def _make_book(key: LegKey, row: Row) -> OrderBook:
    stamp = row.stamped_at
    return OrderBook(
        *key, bids=list(row.bids), asks=list(row.asks), exchange_at=stamp, received_at=stamp, source="lake"
    )
