"""Coin data for everyone: the last answer while it is fresh, a new one where the quota allows it, else the last with
its age and the reason why there is no newer one. Nothing is made up: what was never fetched is unavailable.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, Literal, TypeVar, cast

from msgspec import Struct

from arbedge.app.chronicle import Chronicle
from arbedge.app.chronicle.coins import record_coins
from arbedge.domain.market import FeedState, Mode, Source
from arbedge.domain.quota import (
    Account,
    Ledger,
    Refusal,
    RefusalReason,
    ceiling_at,
    count_days_left,
    month_ceiling,
)
from arbedge.errors import (
    CoinDataBlocked,
    CoinDataDown,
    CoinDataError,
    CoinDataKeyRefused,
    CoinDataLimited,
    CoinDataRefused,
    CoinDataUnreachable,
    CoinDataUnreadable,
    StoreUnavailable,
)
from arbedge.limits import (
    CMC_CACHE_MS,
    CMC_LISTINGS_PER_CREDIT,
    CMC_MAP_CACHE_MS,
    CMC_MAP_ROWS,
    CMC_QUOTES_KEPT,
    CMC_QUOTES_PER_CALL,
    CMC_STALE_MS_MAX,
)
from arbedge.ports.clock import Clock
from arbedge.ports.coin_data import (
    CoinCache,
    CoinIdentity,
    CoinQuote,
    CoinSource,
    CreditLedger,
    FearAndGreed,
    GlobalMetrics,
    Grant,
    Kept,
    Paid,
)
from arbedge.ports.health import DependencyHealth

log = logging.getLogger(__name__)

NAME: Final = "cmc"
KEY_PAUSE_MS: Final = 3_600_000  # lifted sooner by the next look at the account
OFF: Final = "off: CMC_API_KEY is not configured"
# What most people look at: served first, and from the part of a day's credits that is kept back for it.
PRIORITY_COINS: Final = frozenset({1, 1027, 825, 1839, 52, 5426, 3408, 74, 2010, 1958, 1975, 5805, 2})

# Why there is no (newer) value: a refusal of our own, the code of a `CoinDataError`, or a coin the source lacks.
Reason = (
    RefusalReason
    | Literal[
        "unreachable",
        "unreadable",
        "blocked_from_here",
        "down",
        "rate_limited",
        "refused",
        "coin_data_error",
        "unknown_coin",
    ]
)
T = TypeVar("T")


class Reading(Struct, Generic[T], frozen=True):
    """A value with where it came from. `degraded` says why it is not newer; None means that it is fresh."""

    value: T
    source: Source
    mode: Mode
    fetched_at: int
    degraded: Reason | None = None


class Unavailable(Struct, frozen=True):
    """No value, and one reason for it."""

    reason: Reason
    retry_at: int | None = None


class Usage(Struct, frozen=True):
    """What an administrator sees of the account."""

    ledger: Ledger
    month_ceiling: int
    credits_now: int  # that may be spent by now in this part of the day, priority included
    days_left: int
    is_configured: bool


class CoinData:
    """The one door to coin data. `source` is None where no key is configured."""

    def __init__(
        self,
        source: CoinSource | None,
        ledger: CreditLedger,
        cache: CoinCache,
        clock: Clock,
        mode: Mode,
        chronicle: Chronicle,
    ) -> None:
        self._source = source
        self._ledger = ledger
        self._cache = cache
        self._clock = clock
        self._mode: Mode = mode
        self._chronicle = chronicle

    async def read_global_metrics(self) -> Reading[GlobalMetrics] | Unavailable:
        return await self._read("global", GlobalMetrics, 1, lambda source: source.fetch_global_metrics())

    async def read_fear_and_greed(self) -> Reading[FearAndGreed] | Unavailable:
        return await self._read("fear_and_greed", FearAndGreed, 1, lambda source: source.fetch_fear_and_greed())

    async def read_listings(self) -> Reading[list[CoinQuote]] | Unavailable:
        """The largest coins, largest first: as many as one credit buys."""
        limit = CMC_LISTINGS_PER_CREDIT
        return await self._read(f"listings/{limit}", list[CoinQuote], 1, lambda source: source.fetch_listings(limit))

    async def read_map(self) -> Reading[list[CoinIdentity]] | Unavailable:
        """The ids of active coins by rank; several may share a symbol, and the first of them is the largest."""
        return await self._read(
            "map", list[CoinIdentity], 0, lambda source: source.fetch_map(CMC_MAP_ROWS), fresh_ms=CMC_MAP_CACHE_MS
        )

    async def read_quotes(self, ids: Sequence[int]) -> dict[int, Reading[CoinQuote] | Unavailable]:
        """A quote or a reason for each id. Priority coins are asked for first, and one call brings up to a hundred."""
        kept = await self._load_quotes()
        now = self._clock.now_ms()
        wanted = sorted(set(ids), key=lambda one: (one not in PRIORITY_COINS, one))
        due = [one for one in wanted if one not in kept or now - kept[one].fetched_at >= CMC_CACHE_MS]
        reasons: dict[int, Unavailable] = {}
        fetched: set[int] = set()
        for start in range(0, len(due), CMC_QUOTES_PER_CALL):
            chunk = due[start : start + CMC_QUOTES_PER_CALL]
            answer = await self._fetch_quotes(chunk)
            if isinstance(answer, Unavailable):
                reasons |= dict.fromkeys(chunk, answer)
                continue
            kept |= {one.id: Kept(one, answer.received_at, self._mode) for one in answer.value}
            fetched |= {one.id for one in answer.value}
            reasons |= dict.fromkeys(set(chunk) - fetched, Unavailable("unknown_coin"))
        if fetched:
            await self._save_quotes(kept)
        return {one: self._judge(kept.get(one), reasons.get(one), is_new=one in fetched) for one in wanted}

    async def load_usage(self) -> Usage:
        """For administrators. Raises `StoreUnavailable`."""
        now = self._clock.now_ms()
        ledger = await self._ledger.load(now)
        room = min(ceiling_at(ledger, now, is_priority=True), month_ceiling(ledger)) - ledger.credits_used
        return Usage(
            ledger=ledger,
            month_ceiling=month_ceiling(ledger),
            credits_now=max(0, room),
            days_left=count_days_left(ledger),
            is_configured=self._source is not None,
        )

    async def check(self) -> DependencyHealth | None:
        """Asks the account how it stands, corrects the ledger by it, and says how the source is; None while off."""
        if self._source is None:
            return None
        asked_at = self._clock.now_ms()
        answer = await self._ask("account", 0, lambda source: source.fetch_account(), is_priority=True)
        now = self._clock.now_ms()
        if isinstance(answer, Paid):
            ledger = await self._ledger.reconcile(answer.value, asked_at, now)
            return _describe(answer.value, ledger, now)
        if isinstance(answer, Refusal):
            return DependencyHealth(NAME, "rate_limited", f"not asked: {answer.reason}", now, None)
        return DependencyHealth(NAME, _state_of(answer), f"{answer.code}: {answer}", now, None)

    async def _read(
        self,
        topic: str,
        value_type: type[T],
        cost: int,
        fetch: Callable[[CoinSource], Awaitable[Paid[T]]],
        fresh_ms: int = CMC_CACHE_MS,
    ) -> Reading[T] | Unavailable:
        kept = await self._load(topic, value_type)
        if kept and self._clock.now_ms() - kept.fetched_at < fresh_ms:
            return Reading(kept.value, "cache", kept.mode, kept.fetched_at)
        answer = await self._ask(topic, cost, fetch, is_priority=True)
        if not isinstance(answer, Paid):
            return self._judge(kept, _explain(answer), is_new=False, stale_ms_max=max(CMC_STALE_MS_MAX, fresh_ms * 7))
        await self._save(topic, Kept(answer.value, answer.received_at, self._mode))
        return Reading(answer.value, "api", self._mode, answer.received_at)

    async def _ask(
        self, topic: str, cost: int, fetch: Callable[[CoinSource], Awaitable[Paid[T]]], *, is_priority: bool
    ) -> Paid[T] | Refusal | CoinDataError:
        """Reserves, calls, settles. What is not known to have been free stays reserved."""
        if self._source is None:
            return Refusal("not_configured", 0)
        try:
            grant = await self._ledger.reserve(topic, cost, self._clock.now_ms(), is_priority=is_priority)
        except StoreUnavailable:
            return Refusal("ledger_unavailable", self._clock.now_ms() + CMC_CACHE_MS)
        if isinstance(grant, Refusal):
            return grant
        try:
            answer = await fetch(self._source)
        except CoinDataError as error:
            log.warning("cmc_call_failed", extra={"topic": topic, "error": f"{error.code}: {error}"})
            await self._book(grant, error.credits)
            await self._pause_after(error)
            return error
        await self._book(grant, grant.credits if answer.credits is None else answer.credits)
        await self._chronicle.tell(*record_coins(topic, answer, self._mode))
        return answer

    async def _book(self, grant: Grant, credits_said: int | None) -> None:
        if credits_said is None and grant.credits:
            return
        try:
            await self._ledger.settle(grant, credits_said or 0, self._clock.now_ms())
        except StoreUnavailable:
            log.warning("cmc_call_not_settled", extra={"credits": grant.credits})

    async def _pause_after(self, error: CoinDataError) -> None:
        now = self._clock.now_ms()
        try:
            if isinstance(error, CoinDataLimited):
                wait_s = error.retry_after_s
                await self._ledger.pause(error.scope, None if wait_s is None else now + int(wait_s * 1000))
            elif isinstance(error, CoinDataKeyRefused):
                await self._ledger.pause("key_refused", now + KEY_PAUSE_MS)
        except StoreUnavailable:
            log.warning("cmc_pause_not_recorded")

    async def _fetch_quotes(self, chunk: Sequence[int]) -> Paid[list[CoinQuote]] | Unavailable:
        # Others may ask for other coins at the same time, so the topic names the coins.
        topic = f"quotes/{','.join(map(str, sorted(chunk)))}"
        is_priority = not PRIORITY_COINS.isdisjoint(chunk)
        answer = await self._ask(topic, 1, lambda source: source.fetch_quotes(chunk), is_priority=is_priority)
        return answer if isinstance(answer, Paid) else _explain(answer)

    async def _load_quotes(self) -> dict[int, Kept[CoinQuote]]:
        kept = await self._load("quotes", list[Kept[CoinQuote]])
        return {one.value.id: one for one in kept.value} if kept else {}

    async def _save_quotes(self, quotes: dict[int, Kept[CoinQuote]]) -> None:
        newest = sorted(quotes.values(), key=lambda one: -one.fetched_at)[:CMC_QUOTES_KEPT]
        await self._save("quotes", Kept(newest, self._clock.now_ms(), self._mode))

    def _judge(
        self,
        kept: Kept[T] | None,
        why: Unavailable | None,
        *,
        is_new: bool,
        stale_ms_max: int = CMC_STALE_MS_MAX,
    ) -> Reading[T] | Unavailable:
        """What there is, unless it is too old to mean anything."""
        now = self._clock.now_ms()
        if kept is None or now - kept.fetched_at > stale_ms_max:
            return why or Unavailable("unknown_coin")
        source: Source = "api" if is_new else "cache"
        return Reading(kept.value, source, kept.mode, kept.fetched_at, why.reason if why else None)

    async def _load(self, topic: str, value_type: type[T]) -> Kept[T] | None:
        """Values of another market's mode are not this market's, however the deployment came by them."""
        try:
            kept = await self._cache.get(f"{self._mode}/{topic}", value_type)
        except StoreUnavailable:
            return None
        return kept if kept and kept.mode == self._mode else None

    async def _save(self, topic: str, kept: Kept[T]) -> None:
        try:
            await self._cache.put(f"{self._mode}/{topic}", kept)
        except StoreUnavailable:
            log.warning("cmc_answer_not_kept", extra={"topic": topic})


def _explain(answer: Refusal | CoinDataError) -> Unavailable:
    if isinstance(answer, Refusal):
        return Unavailable(answer.reason, answer.retry_at or None)
    return Unavailable(cast("Reason", answer.code))


def _describe(account: Account, ledger: Ledger, now: int) -> DependencyHealth:
    """Well, unless the month is spent: then readers see values that grow old."""
    is_spent = ledger.credits_used >= month_ceiling(ledger)
    words = f"the month's credits are spent: {ledger.credits_used} of {account.credits_limit}"
    return DependencyHealth(NAME, "degraded" if is_spent else "ok", words if is_spent else None, now, now)


def _state_of(error: CoinDataError) -> FeedState:
    match error:
        case CoinDataLimited():
            return "rate_limited"
        case CoinDataUnreadable():
            return "down"  # it answers, so it is not out of reach
        case CoinDataUnreachable() | CoinDataBlocked():
            return "unreachable"
        case CoinDataDown() | CoinDataKeyRefused() | CoinDataRefused():
            return "down"
        case _:
            return "degraded"
