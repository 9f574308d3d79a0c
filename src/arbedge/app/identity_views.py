"""What people see of names: the quarantine with its evidence, what happened to lists, and what a ticker means."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from msgspec import Struct

from arbedge.domain.identity import HOMONYMS, Naming, split_name
from arbedge.domain.listings import EventKind, InstrumentEvent
from arbedge.domain.market import FEEDS, FeedKey, Mode
from arbedge.domain.quarantine import RELEASE_MS, Suspect, Watch, find_full
from arbedge.errors import StoreUnavailable
from arbedge.ports.assets import Asset, Assets, AssetState
from arbedge.ports.store import FeedEvents, Instruments, Scans

QUARANTINED_SHOWN = 50
EVENTS_MS = 86_400_000
EVENTS_SHOWN = 5


class ListingPrice(Struct, frozen=True):
    """One instrument, `exchange:market:symbol`, and its price per asset unit."""

    instrument: str
    price: float


class SuspectView(Struct, frozen=True):
    """An instrument in quarantine. Prices are per asset unit as they were at `seen_at`; `apart` is a fraction.

    It returns when it has been seen to agree for `agreement_needed_ms` without interruption.
    """

    instrument: str
    asset: str
    quote: str
    price: float
    median: float
    apart: float
    others: list[ListingPrice]
    scans: int
    first_at: int
    seen_at: int
    quarantined_at: int
    agreed_ms: int
    agreement_needed_ms: int = RELEASE_MS


class QuarantineView(Struct, frozen=True):
    """The instruments in quarantine, latest first; `count` of them, and `suspected` more that were apart lately.

    `full` names the feeds of which no further one can be watched: its pairs are withheld one by one (`identity`).
    """

    count: int
    suspected: int
    items: list[SuspectView]
    full: list[str] = []


class FieldChange(Struct, frozen=True):
    field: str
    before: str | None
    after: str | None


class EventView(Struct, frozen=True):
    """One thing that happened to a list; where it concerns the whole list, `count` is its size and `symbol` absent."""

    at: int
    kind: EventKind
    symbol: str | None
    count: int | None
    changes: list[FieldChange]


class EventsView(Struct, frozen=True):
    """What happened to one market's list since `since`: counts by kind, and the latest events."""

    since: int
    counts: dict[EventKind, int]
    latest: list[EventView]


class NameView(Struct, frozen=True):
    """What is known of one asset: the coins its ticker may mean, its coin at CoinMarketCap, what exchanges call it."""

    homonyms: tuple[str, ...]
    asset: Asset | None
    namings: list[Naming]


async def load_quarantine(scans: Scans, mode: Mode) -> QuarantineView | None:
    """None while the database does not answer."""
    with suppress(StoreUnavailable):
        return view_quarantine(await scans.load_watch(mode))
    return None


async def load_asset_counts(assets: Assets) -> dict[AssetState, int] | None:
    """Assets by how they were joined with CoinMarketCap; None while the database does not answer."""
    with suppress(StoreUnavailable):
        return await assets.count()
    return None


async def load_events(instruments: Instruments, now: int) -> Mapping[FeedKey, EventsView] | None:
    """What happened to each list in the last day; None while the database does not answer."""
    since = now - EVENTS_MS
    with suppress(StoreUnavailable):
        found = await instruments.load_events(since, EVENTS_SHOWN)
        views = {key: EventsView(since, {}, []) for key in FEEDS}
        for feed in found:
            views[feed.exchange, feed.market] = _view_events(feed, since)
        return views
    return None


async def load_name(assets: Assets, asset: str) -> NameView:
    """Without the database there is still what the code's own table knows."""
    known: Asset | None = None
    namings: list[Naming] = []
    with suppress(StoreUnavailable):
        known, namings = await assets.load(asset), await assets.load_namings(asset)
    homonym = HOMONYMS.get(split_name(asset))
    return NameView(homonym.names if homonym else (), known, namings)


def view_quarantine(watch: Watch, asset: str | None = None) -> QuarantineView:
    """All of it, or what concerns one asset under this name or ticker."""
    chosen = {
        key: suspect
        for key, suspect in watch.items()
        if asset is None or asset in (suspect.asset, split_name(suspect.asset))
    }
    held = [_view_suspect(key, suspect, at) for key, suspect in chosen.items() if (at := suspect.quarantined_at)]
    held.sort(key=lambda view: (-view.quarantined_at, view.instrument))
    return QuarantineView(len(held), len(chosen) - len(held), held[:QUARANTINED_SHOWN], find_full(watch))


def sum_events(events: Mapping[FeedKey, EventsView] | None) -> Counter[EventKind] | None:
    """Over all markets, by kind; None where it is not known."""
    if events is None:
        return None
    total: Counter[EventKind] = Counter()
    for view in events.values():
        total.update(view.counts)
    return total


def _view_suspect(key: str, suspect: Suspect, quarantined_at: int) -> SuspectView:
    return SuspectView(
        instrument=key,
        asset=suspect.asset,
        quote=suspect.quote,
        price=suspect.price,
        median=suspect.median,
        apart=suspect.price / suspect.median - 1,
        others=[ListingPrice(*other) for other in suspect.others],
        scans=suspect.scans,
        first_at=suspect.first_at,
        seen_at=suspect.seen_at,
        quarantined_at=quarantined_at,
        agreed_ms=suspect.agreed_ms,
    )


def _view_events(feed: FeedEvents, since: int) -> EventsView:
    return EventsView(since, feed.counts, [_view_event(event) for event in feed.latest])


def _view_event(event: InstrumentEvent) -> EventView:
    changes = [FieldChange(name, before, after) for name, (before, after) in event.changes.items()]
    return EventView(event.at, event.kind, event.symbol or None, event.count, changes)
