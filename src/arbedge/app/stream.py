"""Changes of the list of open opportunities as they are written, for one listener: first the list, then what is news.

A place in the stream is the number of the last news, which the database gives out in the order of writing, so whoever
comes back with one goes on from there. It is the newest state that is told: what came and went between two reads of
the database is told once, as it is then.
"""

import logging
from collections.abc import AsyncGenerator, Callable
from typing import Literal

from msgspec import Struct

from arbedge.app.services import Services
from arbedge.app.views import OpportunityDetail, view_opportunity
from arbedge.config import MarketMode
from arbedge.domain.gauge import choose_gauge
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.person import Person
from arbedge.domain.revaluation import read
from arbedge.errors import StoreUnavailable
from arbedge.limits import (
    STREAM_CHANGES_MAX,
    STREAM_HEARTBEAT_MS,
    STREAM_POLL_MS,
    STREAM_RESUMED_MS_MAX,
)
from arbedge.ports.store import Change, Changes, OpportunityFilter

log = logging.getLogger(__name__)


class Place(Struct, frozen=True):
    """Where in the stream a listener is: the last news it knows of, and when that was."""

    seq: int
    at: int

    def __str__(self) -> str:
        return f"{self.seq}-{self.at}"


class Listed(Struct, frozen=True):
    """The list as it is: everything a listener knew before is to be forgotten. `is_cut` when the plan shows no more."""

    place: Place
    items: list[OpportunityDetail]
    is_cut: bool
    mode: MarketMode
    at: int


class Told(Struct, frozen=True):
    """One piece of news; `left` is about what is still open and no longer among what the listener asked for."""

    place: Place
    kind: Literal["opened", "changed", "ended", "left"]
    item: OpportunityDetail


class Silence(Struct, frozen=True):
    """Nothing happened; the place has moved on all the same."""

    place: Place


Event = Listed | Told | Silence


def parse_place(text: str | None, now: int) -> Place | None:
    """The place a listener names; None for what is none of ours, or too long ago to go on from."""
    seq, dash, at = (text or "").partition("-")
    if not (dash and seq.isascii() and seq.isdecimal() and at.isascii() and at.isdecimal() and len(seq) + len(at) < 40):
        return None
    place = Place(int(seq), int(at))
    return place if 0 <= now - place.at <= STREAM_RESUMED_MS_MAX and place.seq < 2**53 else None


class Listener:
    """One connection: what it asked for, where it is, and what it has been shown."""

    def __init__(
        self, services: Services, person: Person, wanted: OpportunityFilter, limit: int, place: Place | None
    ) -> None:
        self._services = services
        self._gauge = choose_gauge(person.preferences, services.policy)
        self._wanted = wanted
        self._limit = limit
        self._place = place
        # None where another connection did the showing: then whatever had been open by then may have been shown.
        self._shown: set[str] | None = None

    async def read(self) -> list[Event]:
        """What is news, in order; nothing when nothing is. One look into the database."""
        now = self._services.clock.now_ms()
        if self._place is None:
            return [await self._list(now)]
        before = self._place
        found = await self._services.opportunities.load_changes(self._wanted, before.seq, STREAM_CHANGES_MAX)
        if found.is_cut or found.seq < before.seq or self._is_past_knowing(found):
            return [await self._list(now)]
        self._place = Place(found.seq, now)
        told = (self._tell(change, before.seq, now) for change in found.items)
        return [one for one in told if one is not None]

    async def follow(self, first: list[Event], until: int, is_gone: Callable[[], bool]) -> AsyncGenerator[Event]:
        """Everything from `first` on. Ends when time is up, and early when the database does not answer or nobody
        listens any more.
        """
        clock = self._services.clock
        spoke_at = clock.now_ms()
        events = first
        while True:
            for event in events:
                yield event
            now = clock.now_ms()
            if events:
                spoke_at = now
            elif now - spoke_at >= STREAM_HEARTBEAT_MS and self._place is not None:
                spoke_at = now
                yield Silence(self._place)
            left_ms = until - clock.now_ms()
            if left_ms <= 0:
                return
            await clock.sleep_ms(min(STREAM_POLL_MS, left_ms))
            if is_gone():
                return
            try:
                events = await self.read()
            except StoreUnavailable as error:
                log.warning("stream ended early", extra={"error": error.code})
                return

    async def _list(self, now: int) -> Listed:
        page, seq = await self._services.opportunities.load_listed(self._wanted, self._limit)
        items = [self._view(one, now) for one in page.items if one.is_live(now)]
        self._shown = {one.id for one in items}
        self._place = Place(seq, now)
        return Listed(self._place, items, page.next_cursor is not None, self._services.settings.market_mode, now)

    def _is_past_knowing(self, found: Changes) -> bool:
        """Whether there is news of what the reader may not see and another connection may have shown before: who was
        never shown it must not learn its id, from which anyone can tell what it is.
        """
        return self._shown is None and any(not _may_be_read(one.opportunity, self._wanted) for one in found.items)

    def _tell(self, change: Change, after_seq: int, now: int) -> Told | None:
        one = change.opportunity
        was_shown = change.opened_seq <= after_seq if self._shown is None else one.id in self._shown
        place, item = Place(change.seq, now), self._view(one, now)
        if one.ended_at is not None:
            self._forget(one)
            if _may_be_read(one, self._wanted):
                return Told(place, "ended", item) if was_shown or _has_edge(one, self._wanted) else None
        elif one.is_live(now) and _may_be_read(one, self._wanted) and _has_edge(one, self._wanted):
            if self._shown is not None:
                self._shown.add(one.id)
            return Told(place, "changed" if was_shown else "opened", item)
        self._forget(one)
        return Told(place, "left", item) if was_shown else None

    def _view(self, one: Opportunity, now: int) -> OpportunityDetail:
        """By the reader's own size and horizon; what is news, and what stands in the list, is so at the scan's."""
        return view_opportunity(one, now, reading=read(one, self._gauge, self._services.policy))

    def _forget(self, one: Opportunity) -> None:
        if self._shown is not None:
            self._shown.discard(one.id)


def _may_be_read(one: Opportunity, wanted: OpportunityFilter) -> bool:
    return wanted.is_premium is None or one.is_premium == wanted.is_premium


def _has_edge(one: Opportunity, wanted: OpportunityFilter) -> bool:
    return wanted.min_edge_bps is None or float(one.net_bps) >= wanted.min_edge_bps
