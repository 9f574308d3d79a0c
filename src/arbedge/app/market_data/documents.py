"""The way of one document: KV, then R2, then the exchange; each answer judged by the time written inside it.

A failure is written beside what is known, so that others need not ask the same again for a few seconds.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from arbedge.app.market_data.flights import Flights
from arbedge.app.market_data.quiet import Quiet, explain_failure
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Source
from arbedge.errors import ExchangeError, ExchangeRateLimited, MarketDataUnavailable, StoreUnavailable
from arbedge.limits import FAILURE_KEPT_MS_MAX
from arbedge.ports.clock import Clock
from arbedge.ports.market_documents import Documents, Kind, Served

T = TypeVar("T")

log = logging.getLogger(__name__)


class Failed(Struct, frozen=True):
    """The exchange had no answer; nobody asks it the same before `until`."""

    state: str
    error: str
    until: int


class Document(Struct, Generic[T], frozen=True):
    """What an exchange answered at `fetched_at` when `asked` rows were wanted, and how it failed since."""

    fetched_at: int = 0
    asked: int = 0
    value: T | None = None
    failed: Failed | None = None


class Wanted(Struct, Generic[T], frozen=True):
    """One question. `check` raises `ValueError` for numbers that cannot be true, wherever they come from."""

    kind: Kind
    instrument: Instrument
    detail: str
    rows: int
    age_ms_max: int
    fetch: Callable[[int], Awaitable[tuple[T, int]]]
    check: Callable[[T], object]
    decoder: "msgspec.json.Decoder[Document[T]]"
    rows_usual: int
    is_recorded: bool  # in R2; a book belongs to the moment and is not

    @property
    def key(self) -> str:
        one = self.instrument
        return f"market/{self.kind}/v1/{one.exchange}/{one.market}/{one.symbol}/{self.detail}"


class DocumentPath:
    """Reads documents for the readers of one event."""

    def __init__(
        self, clock: Clock, near: Documents, far: Documents, quiet: Quiet, counts: Counter[tuple[Kind, Served]]
    ) -> None:
        self._clock = clock
        self._stores: dict[Source, Documents] = {"cache": near, "lake": far}
        self._quiet = quiet
        self._counts = counts
        self._flights = Flights()
        self._fetched: dict[str, Document[Any]] = {}

    async def read(self, wanted: Wanted[T]) -> tuple[T, Source, int]:
        """The value, who served it and when it was fetched. Raises `MarketDataUnavailable`."""
        try:
            value, source, fetched_at = await self._read(wanted)
        except MarketDataUnavailable:
            self._counts[wanted.kind, "nobody"] += 1
            raise
        self._counts[wanted.kind, source] += 1
        return value, source, fetched_at

    async def _read(self, wanted: Wanted[T]) -> tuple[T, Source, int]:
        known: Document[T] | None = self._fetched.get(wanted.key)
        if (value := self._usable(known, wanted)) is not None and known is not None:
            return value, "api", known.fetched_at
        failed: Failed | None = None
        for source in ("cache", "lake") if wanted.is_recorded else ("cache",):
            document = await self._flights.join((source, wanted.key), lambda s=source: self._load(s, wanted))
            if document and (value := self._usable(document, wanted)) is not None:
                return value, source, document.fetched_at
            if document and document.value is not None and (known is None or known.fetched_at < document.fetched_at):
                known = document
            failed = (document and document.failed) or failed
        if failed and (wait_ms := failed.until - self._clock.now_ms()) > 0:
            raise MarketDataUnavailable(failed.error, failed.state, wait_ms / 1000)
        rows = max(wanted.rows, wanted.rows_usual)
        document = await self._flights.join(("api", wanted.key, rows), lambda: self._fetch(wanted, rows, known))
        if document.value is None:
            raise MarketDataUnavailable("the exchange had no answer")
        return document.value, "api", document.fetched_at

    def _usable(self, document: Document[T] | None, wanted: Wanted[T]) -> T | None:
        if document is None or document.value is None or document.asked < wanted.rows:
            return None
        age_ms = self._clock.now_ms() - document.fetched_at
        return document.value if 0 <= age_ms <= wanted.age_ms_max else None

    async def _load(self, source: Source, wanted: Wanted[T]) -> Document[T] | None:
        """What a store has, or None: one that is down, or holds nonsense, is passed by."""
        try:
            stored = await self._stores[source].get(wanted.key)
            if stored is None:
                return None
            document = wanted.decoder.decode(stored)
            if document.value is not None:
                wanted.check(document.value)
        except (StoreUnavailable, ValueError) as error:
            log.warning("market document passed by", extra={"source": source, "error": type(error).__name__})
            return None
        return document

    async def _fetch(self, wanted: Wanted[T], rows: int, known: Document[T] | None) -> Document[T]:
        one = wanted.instrument
        await self._quiet.require_open(one.exchange, one.market)
        try:
            value, received_at = await wanted.fetch(rows)
            wanted.check(value)
        except (ExchangeError, ValueError, ArithmeticError) as error:
            await self._remember_failure(wanted, known, error)
            raise _explain(error) from error
        document = Document(received_at, rows, value)
        self._fetched[wanted.key] = document
        await self._keep(wanted, document, ("cache", "lake") if wanted.is_recorded else ("cache",))
        return document

    async def _remember_failure(self, wanted: Wanted[T], known: Document[T] | None, error: Exception) -> None:
        if isinstance(error, ExchangeRateLimited):
            await self._quiet.keep_away(wanted.instrument.exchange, error)
        until = self._clock.now_ms() + FAILURE_KEPT_MS_MAX
        failure = _explain(error)
        document = replace(known or Document[T](), failed=Failed(failure.state, str(failure), until))
        await self._keep(wanted, document, ("cache",))

    async def _keep(self, wanted: Wanted[T], document: Document[T], sources: tuple[Source, ...]) -> None:
        """The reader has the answer either way."""
        text = msgspec.json.encode(document)
        puts = (self._stores[source].put(wanted.key, text) for source in sources)
        for source, result in zip(sources, await asyncio.gather(*puts, return_exceptions=True), strict=True):
            if isinstance(result, StoreUnavailable):
                log.warning("market document not kept", extra={"source": source})
            elif result is not None:
                raise result


def _explain(error: Exception) -> MarketDataUnavailable:
    """What the reader is told: an answer that cannot be true is no answer."""
    if isinstance(error, ExchangeError):
        return explain_failure(error)
    return MarketDataUnavailable(f"implausible answer: {error}", "degraded")
