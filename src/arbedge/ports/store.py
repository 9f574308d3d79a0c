"""What is kept in the database, an interface an aggregate. Every method raises `StoreUnavailable` and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from arbedge.domain.budget import Host
from arbedge.domain.categories import Category
from arbedge.domain.circuit import Circuit
from arbedge.domain.detection.candidates import Drop
from arbedge.domain.eligibility import Withheld
from arbedge.domain.episodes import Streak
from arbedge.domain.instruments import Instrument
from arbedge.domain.listings import EventKind, InstrumentEvent
from arbedge.domain.market import ExchangeId, FeedState, Market, Mode
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.person import Person
from arbedge.domain.policy import OpportunityType
from arbedge.domain.quarantine import Suspect, Watch
from arbedge.domain.similarity import Traits
from arbedge.domain.verdicts import Account, Verdict
from arbedge.limits import INSTRUMENTS_AGE_MS_MAX
from arbedge.ports.analytics import ScanMetrics
from arbedge.ports.lake.scan_records import version_instruments


class FeedHealth(Struct, frozen=True):
    """How one exchange and market did when it was last asked."""

    exchange: ExchangeId
    market: Market
    state: FeedState
    error: str | None
    error_class: str | None
    quotes: int
    latency_ms: int
    checked_at: int
    last_success_at: int | None
    retry_at: int | None = None  # nothing is asked of this feed before
    failures: int = 0  # in a row

    @property
    def circuit(self) -> Circuit:
        return Circuit(self.failures, self.retry_at)


class ScanReport(Struct, frozen=True):
    """What a scan decided: counts by reason and the nearest misses."""

    scan_id: int
    mode: Mode
    started_at: int
    finished_at: int
    instruments: int
    candidates: int
    drop_counts: dict[str, int]
    nearest: list[Drop]


class ScanStart(Struct, frozen=True):
    """Granted to the one scan that may run: what the scan before it knew."""

    streaks: dict[str, Streak]
    feeds: list[FeedHealth]
    hosts: dict[str, Host] = {}  # budgets, silences and clocks, by the host's name
    watch: dict[str, Suspect] = {}  # instruments under suspicion
    follows: int | None = None  # the scan this one continues; None when it starts anew or one in between broke off


class Scans(Protocol):
    async def begin(self, scan_id: int, mode: Mode, now: int) -> ScanStart | None:
        """Takes the lease, or None: this scan has run already, or another one is running.

        A scan due more than an hour ago may have run and been forgotten, so it is refused too.
        """
        ...

    async def finish(
        self,
        report: ScanReport,
        streaks: Mapping[str, Streak],
        feeds: Sequence[FeedHealth],
        hosts: Mapping[str, Host] | None = None,
        watch: Watch | None = None,
        metrics: ScanMetrics | None = None,
        verdicts: Mapping[str, Sequence[Verdict]] | None = None,
    ) -> None:
        """Ends the scan and keeps what the next one needs; without `hosts` or `watch` what is stored of them stays.

        A scan's `metrics` are counted once, however often it is ended. Its `verdicts`, by asset, are kept for an hour.
        """
        ...

    async def load_latest(self) -> ScanReport | None: ...

    async def load(self, scan_id: int) -> ScanReport | None:
        """The report of one scan of the last hour."""
        ...

    async def load_accounts(self, mode: Mode, asset: str, since: int) -> list[Account]:
        """What each scan from `since` on said of an asset, oldest first; of one that said nothing, that it did not."""
        ...

    async def load_latest_id(self) -> int | None:
        """The scan whose report is the latest."""
        ...

    async def load_earliest_id(self) -> int | None:
        """The first finished scan that is still known."""
        ...

    async def load_feeds(self) -> list[FeedHealth]: ...

    async def load_watch(self, mode: Mode) -> Watch:
        """Instruments under suspicion, as the latest scan left them."""
        ...


class Catalogue(Struct, frozen=True):
    """All instruments by feed (`exchange:market`) and symbol, and when each feed's list was fetched."""

    instruments: dict[str, dict[str, Instrument]]
    fetched_at: dict[str, int]
    versions: dict[str, str] = {}  # of each feed's list, where it is known; derived from the list

    def by_symbol(self, feed: tuple[ExchangeId, Market]) -> Mapping[str, Instrument]:
        return self.instruments.get(":".join(feed), {})

    def get_trading(self, feed: tuple[ExchangeId, Market]) -> list[Instrument]:
        """What scans look at of a feed's list."""
        return [one for one in self.by_symbol(feed).values() if one.is_trading]

    def is_due(self, feed: tuple[ExchangeId, Market], now: int) -> bool:
        """Whether this feed's list is missing or too old."""
        return now - self.fetched_at_of(feed) >= INSTRUMENTS_AGE_MS_MAX

    def has(self, feed: tuple[ExchangeId, Market]) -> bool:
        """Whether this feed's list was ever read."""
        return ":".join(feed) in self.fetched_at

    def fetched_at_of(self, feed: tuple[ExchangeId, Market]) -> int:
        """0 for a feed whose list was never read."""
        return self.fetched_at.get(":".join(feed), 0)

    def refreshed(self, fresh: Mapping[tuple[ExchangeId, Market], Sequence[Instrument]], now: int) -> "Catalogue":
        """With the lists of these feeds replaced."""
        lists = {":".join(feed): {one.symbol: one for one in instruments} for feed, instruments in fresh.items()}
        versions = {feed: version_instruments(listed.values()) for feed, listed in lists.items()}
        return Catalogue(
            {**self.instruments, **lists},
            {**self.fetched_at, **dict.fromkeys(lists, now)},
            {**self.versions, **versions},
        )

    def get_versions(self) -> dict[str, str]:
        """The version of every feed's list; one that came without is derived anew."""
        return {
            feed: self.versions.get(feed) or version_instruments(listed.values())
            for feed, listed in self.instruments.items()
        }


class FeedEvents(Struct, frozen=True):
    """What happened to one feed's list: counts by kind, and the latest events, newest first."""

    exchange: ExchangeId
    market: Market
    counts: dict[EventKind, int]
    latest: list[InstrumentEvent]


class Instruments(Protocol):
    async def load(self) -> Catalogue | None:
        """What was saved last, whatever its age; None when nothing was."""
        ...

    async def load_list_times(self) -> dict[str, int]:
        """When each feed's list (`exchange:market`) was read last; a feed whose list never was is absent."""
        ...

    async def save(self, catalogue: Catalogue, events: Sequence[InstrumentEvent] = ()) -> None:
        """Saves the lists that are newer than what is stored, and what happened to them."""
        ...

    async def record(self, events: Sequence[InstrumentEvent]) -> None:
        """Records events of lists that were not saved. A repeat changes nothing."""
        ...

    async def load_events(self, since: int, latest_max: int) -> list[FeedEvents]:
        """What happened to each feed's list since then."""
        ...


class Page(Struct, frozen=True):
    """A page of opportunities in the list's order, and the cursor of the next page.

    `hidden` counts what matches but for `is_premium` being False.
    """

    items: list[Opportunity]
    next_cursor: str | None
    hidden: int = 0


class OpportunityFilter(Struct, frozen=True):
    """Which open opportunities a list shows; absent fields do not filter.

    With `told_chat` what this chat has been told of is there whatever `is_premium` says.
    """

    type: OpportunityType | None = None
    asset: str | None = None
    exchange: ExchangeId | None = None
    min_edge_bps: float | None = None
    is_premium: bool | None = None
    told_chat: int | None = None
    category: Category | None = None
    is_mixed: bool = False

    @property
    def shows_technical(self) -> bool:
        """Forecasts stand among arbitrage only where someone asks for them, or for everything about an asset."""
        return self.is_mixed or self.type == "technical" or self.category is not None


class Change(Struct, frozen=True):
    """The newest state of an opportunity of which there is news; `opened_seq` is that of its start or return."""

    seq: int
    opened_seq: int
    opportunity: Opportunity


class Changes(Struct, frozen=True):
    """News in the order in which it was written, up to `seq`; `is_cut` when there is more than was asked for."""

    items: list[Change]
    seq: int
    is_cut: bool


class Opportunities(Protocol):
    async def load_current(self, ended_since: int) -> list[Opportunity]:
        """All open episodes, and those that ended at or after `ended_since`.

        One whose record cannot be read is left out and ended, so that its pair may begin anew.
        """
        ...

    async def save(self, changed: Sequence[Opportunity]) -> None:
        """Inserts or updates all, or none; what is stored and newer stays."""
        ...

    async def load_unannounced(self) -> list[tuple[str, int]]:
        """(id, revision) of every opportunity with a revision that has not been handed to the queue."""
        ...

    async def mark_announced(self, announced: Sequence[tuple[str, int]]) -> None: ...

    async def load_unannounced_outcomes(self, ended_since: int) -> list[str]:
        """What ended since then, whose every re-pricing has its answer, and whose outcome was not handed over yet."""
        ...

    async def mark_outcomes_announced(self, opportunity_ids: Sequence[str], now: int) -> None: ...

    async def load(self, opportunity_id: str) -> Opportunity | None: ...

    async def list_open(self, wanted: OpportunityFilter, limit: int, cursor: str | None) -> Page:
        """Open opportunities, best first by `ranked_bps`. Raises `ValueError` for a cursor this list did not give."""
        ...

    async def load_listed(self, wanted: OpportunityFilter, limit: int) -> tuple[Page, int]:
        """The first page, and the `seq` up to which it holds all news: both as of one moment."""
        ...

    async def load_changes(self, wanted: OpportunityFilter, after_seq: int, limit: int) -> Changes:
        """News of opportunities after `after_seq`, whether they are open still or not.

        Of `wanted` it applies what does not change in an opportunity's life; an edge may have left what is wanted.
        """
        ...

    async def load_traits(
        self, mode: Mode, ended_since: int, open_max: int, ended_max: int, *, with_premium: bool
    ) -> list[Traits]:
        """What can be compared of the best open ones and of the last that ended, reading no more rows than that."""
        ...

    async def load_some(self, ids: Sequence[str]) -> list[Opportunity]:
        """Those of them that are on record, in no order."""
        ...

    async def count_categories(self, *, with_premium: bool) -> dict[str, int]:
        """How many open ones there are of each category that has any."""
        ...

    async def count_open(self) -> int: ...


class People(Protocol):
    async def load_by_telegram(self, telegram_id: int) -> Person | None: ...

    async def load(self, user_id: str) -> Person | None: ...

    async def open_session(self, telegram_id: int, name: str, now: int) -> Person:
        """Registers the person when new, opens or extends the session, and marks them reachable again."""
        ...

    async def extend_session(self, person: Person, now: int) -> None:
        """Moves an active session's end; counts the command."""
        ...

    async def mark_unreachable(self, telegram_id: int, reason: str, now: int) -> None: ...

    async def mark_reachable(self, telegram_id: int) -> None:
        """Undoes `mark_unreachable`; nothing happens for someone unknown or reachable."""
        ...

    async def load_page(self, after_user_id: str, limit: int, now: int) -> list[Person]:
        """People with an active session in order of id, after the given one."""
        ...


class Delivery(Struct, frozen=True):
    """What one chat has been shown of one opportunity."""

    opportunity_id: str
    chat_id: int
    user_id: str
    state: Literal["queued", "sending", "sent", "failed", "withheld"]
    is_silent: bool
    revision: int
    message_id: int | None
    attempts: int
    error: str | None
    updated_at: int
    shows_outcome: bool = False  # whether the message says what became of it


class Deliveries(Protocol):
    async def plan(self, opportunity_id: str, people: Sequence[tuple[Person, bool]], now: int) -> None:
        """Records that these people (with: silently?) are to be told; a person already told stays as they are."""
        ...

    async def record_decision(
        self,
        opportunity_id: str,
        revision: int,
        after_user_id: str,
        counts: Mapping[Withheld | Literal["told"], int],
        now: int,
    ) -> None: ...

    async def load_chats(self, opportunity_id: str, after_chat_id: int | None, limit: int) -> list[int]:
        """Chats that have been told or are waiting to be."""
        ...

    async def load(self, opportunity_id: str, chat_id: int) -> Delivery | None: ...

    async def claim(self, delivery: Delivery, now: int) -> bool:
        """Marks it as being sent; False when it was taken or told since it was loaded, or there is nothing to send.

        After False on a delivery that was loaded as `sending`, its holder may have died: ask again 30 s later.
        """
        ...

    async def settle(
        self,
        delivery: Delivery,
        state: Literal["queued", "sent", "failed", "withheld"],
        now: int,
        *,
        revision: int | None = None,
        message_id: int | None = None,
        error: str | None = None,
        shows_outcome: bool | None = None,
    ) -> None:
        """Records how it went, for a delivery as loaded before its claim; one that lost the claim changes nothing."""
        ...


class Updates(Protocol):
    async def begin(self, update_id: int, now: int) -> bool:
        """True when this update is to be handled: it is new, or an earlier attempt broke off. False once it is done.

        Raises `StoreUnavailable` while another attempt may still be running: the update is to be delivered again.
        """
        ...

    async def finish(self, update_id: int, error: str | None, now: int) -> None: ...


class DeadLetters(Protocol):
    async def record(self, queue: str, message_id: str, body: str, error: str, attempts: int, now: int) -> None: ...

    async def count(self) -> int: ...
