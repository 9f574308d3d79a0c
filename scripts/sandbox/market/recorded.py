"""A market that replays recorded series, laid over the wall clock by one constant offset."""

from dataclasses import dataclass, replace
from typing import Any

from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.series import Series
from scripts.sandbox.market.source import Bar, Boards, MarketMode, Top
from scripts.sandbox.market.universe import EXCHANGES, ExchangeName, MarketKind

HOUR_MS = 3_600_000
FUNDING_MODELLED = 0.0001


@dataclass(frozen=True, slots=True)
class Track:
    """One instrument and its recording. `rates`: settlement time (ms, whole hours) to funding rate."""

    listing: Listing
    series: Series
    rates: dict[int, float]


@dataclass(frozen=True, slots=True)
class Recording:
    """`start_ms` is where the replay begins, `end_ms` where it loops (back to `start_ms`) or stands still.

    `align_ms`: the offset to the wall clock is a multiple of it, so that hours and settlements keep their place.
    """

    name: str
    tracks: list[Track]
    start_ms: int
    end_ms: int
    align_ms: int
    loops: bool
    files: list[str]
    modelled: str


class RecordedSource:
    mode: MarketMode = "replay"

    def __init__(self, recording: Recording, now_ms: int) -> None:
        self._recording = recording
        align_ms = recording.align_ms
        self._offset_ms = -(-recording.start_ms // align_ms) * align_ms - now_ms // align_ms * align_ms
        tracks = [
            replace(track, listing=replace(track.listing, launch_ms=track.series.first_ms - self._offset_ms))
            for track in recording.tracks
        ]
        self._tracks = {(t.listing.exchange, t.listing.kind, t.listing.symbol): t for t in tracks}
        kinds: tuple[MarketKind, ...] = ("spot", "perp")
        self.boards: Boards = {
            (exchange, kind): tuple(
                t.listing for t in tracks if (t.listing.exchange, t.listing.kind) == (exchange, kind)
            )
            for exchange in EXCHANGES
            for kind in kinds
        }

    @property
    def identity(self) -> object:
        return self.mode, self._recording.name, self._offset_ms

    def story_ms(self, now_ms: int) -> int:
        return now_ms + self._offset_ms

    def _inside(self, t_ms: int) -> int:
        """Recorded time of a story time beyond the end. What lies before the start was recorded, too."""
        start_ms, end_ms = self._recording.start_ms, self._recording.end_ms
        if t_ms < end_ms:
            return t_ms
        return start_ms + (t_ms - start_ms) % (end_ms - start_ms) if self._recording.loops else end_ms - 1

    def _track(self, listing: Listing) -> Track:
        return self._tracks[listing.exchange, listing.kind, listing.symbol]

    def mids(self, exchange: ExchangeName, kind: MarketKind, t_ms: int) -> list[float]:
        return [self.path(listing, t_ms) for listing in self.boards[exchange, kind]]

    def top(self, listing: Listing, t_ms: int) -> Top | None:
        return self._track(listing).series.top(self._inside(t_ms))

    def path(self, listing: Listing, t_ms: int) -> float:
        return self._track(listing).series.at(self._inside(t_ms))

    def index(self, listing: Listing, t_ms: int) -> float:
        """The mean over the exchanges that have the instrument."""
        inside_ms = self._inside(t_ms)
        prices = [
            track.series.at(inside_ms)
            for track in self._tracks.values()
            if (track.listing.asset, track.listing.quote) == (listing.asset, listing.quote)
        ]
        return sum(prices) / len(prices)

    def bar(self, listing: Listing, start_ms: int, end_ms: int) -> Bar | None:
        inside_ms = self._inside(start_ms)
        return self._track(listing).series.bar(inside_ms, inside_ms + end_ms - start_ms)

    def rate(self, listing: Listing, settlement_ms: int) -> float:
        rates = self._track(listing).rates
        if not rates:
            return FUNDING_MODELLED
        hour_ms = self._inside(settlement_ms) // HOUR_MS * HOUR_MS
        earlier = (hour_ms - back * HOUR_MS for back in range(49))
        return next((rates[at_ms] for at_ms in earlier if at_ms in rates), FUNDING_MODELLED)

    def describe(self, t_ms: int) -> dict[str, Any]:
        recording = self._recording
        return {
            "recording": recording.name,
            "files": recording.files,
            "recorded_from_ms": recording.start_ms,
            "recorded_to_ms": recording.end_ms,
            "recorded_now_ms": self._inside(t_ms),
            "offset_ms": self._offset_ms,
            "at_the_end": "loops" if recording.loops else "holds",
            "ended": t_ms >= recording.end_ms,
            "modelled": recording.modelled,
        }
