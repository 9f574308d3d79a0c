"""What changed in an exchange's list of instruments, told as events."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import fields

from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Market

EventKind = Literal["first_seen", "listed", "delisted", "changed", "halted", "resumed", "refused"]

SHRUNK_SHARE_MAX: Final = 0.5  # of a list that may be gone at once: exchanges delist a handful a day
SHRUNK_COUNT_MIN: Final = 10  # a list this short may really halve
EVENTS_OF_A_KIND_MAX: Final = 500  # at once: a month of more, hour by hour, no table would hold
INSISTENCE_MS: Final = 86_400_000  # after a day of saying the same, the exchange means it
_COMPARED: Final = tuple(
    field.name for field in fields(Instrument) if field.name not in ("exchange", "market", "symbol", "is_trading")
)


class InstrumentEvent(Struct, frozen=True):
    """One thing that happened to a feed's list. `symbol` is empty and `count` set where it concerns the whole list."""

    exchange: ExchangeId
    market: Market
    at: int
    kind: EventKind
    symbol: str = ""
    count: int | None = None
    changes: dict[str, tuple[str | None, str | None]] = {}  # field -> (before, after)


def is_truncated(before: Mapping[str, Instrument], after: Sequence[Instrument], kept_for_ms: int) -> bool:
    """Whether a list lost so much at once that the answer must be incomplete."""
    if len(before) < SHRUNK_COUNT_MIN or kept_for_ms >= INSISTENCE_MS:
        return False
    remaining = sum(one.symbol in before for one in after)
    return remaining < len(before) * (1 - SHRUNK_SHARE_MAX)


def compare_lists(
    feed: tuple[ExchangeId, Market], before: Mapping[str, Instrument] | None, after: Iterable[Instrument], at: int
) -> list[InstrumentEvent]:
    """Events in order of symbol. A feed's first list is one event, and so is what happens to hundreds at once."""
    listed = {one.symbol: one for one in after}
    if before is None:
        return [InstrumentEvent(*feed, at, "first_seen", count=len(listed))]
    events: list[InstrumentEvent] = []
    for symbol in sorted(before.keys() | listed.keys()):
        old, new = before.get(symbol), listed.get(symbol)
        if old is None:
            events.append(InstrumentEvent(*feed, at, "listed", symbol))
        elif new is None:
            events.append(InstrumentEvent(*feed, at, "delisted", symbol))
        elif old != new:
            if old.is_trading != new.is_trading:
                events.append(InstrumentEvent(*feed, at, "resumed" if new.is_trading else "halted", symbol))
            if changes := _compare(old, new):
                events.append(InstrumentEvent(*feed, at, "changed", symbol, changes=changes))
    counts = Counter[EventKind](event.kind for event in events)
    many: list[EventKind] = [kind for kind, count in counts.items() if count > EVENTS_OF_A_KIND_MAX]
    return [InstrumentEvent(*feed, at, kind, count=counts[kind]) for kind in many] + [
        event for event in events if event.kind not in many
    ]


def _compare(old: Instrument, new: Instrument) -> dict[str, tuple[str | None, str | None]]:
    return {
        name: (_say(before), _say(after))
        for name in _COMPARED
        if (before := getattr(old, name)) != (after := getattr(new, name))
    }


def _say(value: object) -> str | None:
    return None if value is None else str(value)
