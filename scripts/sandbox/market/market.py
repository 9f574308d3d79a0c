"""The market as the stand-ins see it: quotes, books, candles and funding now, frozen, sped up or shifted on demand."""

from dataclasses import dataclass, replace
from typing import Any

from scripts.sandbox.clock import Clock
from scripts.sandbox.market import steps
from scripts.sandbox.market.candles import Candle, DayFigures, build_candle, build_day, open_candle
from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.memo import Memo
from scripts.sandbox.market.noise import signed
from scripts.sandbox.market.quotes import Book, Quote, build_book, build_quote
from scripts.sandbox.market.source import MarketSource
from scripts.sandbox.market.universe import ExchangeName, MarketKind

HOUR_MS = 3_600_000
FUNDING_BAND_BPS = 5.0  # the premium within which exchanges charge interest alone
Place = tuple[ExchangeName, MarketKind]


@dataclass(frozen=True, slots=True)
class Shift:
    """Asked for through the control endpoint; times are wall clock."""

    symbol: str
    place: Place
    bps: float
    ends_ms: int


@dataclass(frozen=True, slots=True)
class Funding:
    """`rate` is the running estimate of what settles at `next_ms`; `last_rate` settled one interval before."""

    rate: float
    next_ms: int
    interval_h: int
    last_rate: float
    mark: float
    index: float


@dataclass(frozen=True, slots=True)
class Settlement:
    time_ms: int
    rate: float
    mark: float


@dataclass(slots=True)
class BoardState:
    """All quotes of one exchange and market in one second. `wall_ms` is the time that goes on the wire."""

    wall_ms: int
    listings: tuple[Listing, ...]
    quotes: list[Quote]


class Market:
    def __init__(
        self,
        source: MarketSource,
        clock: Clock,
        speed: float = 1.0,
        starts_at_ms: int | None = None,
        memo: Memo | None = None,
    ) -> None:
        """`starts_at_ms`: the market's own time now; the wall clock's where it is left out."""
        self.source = source
        self.memo = memo or Memo()
        self.speed = speed
        self._clock = clock
        self._started_ms = clock.now_ms()
        self._story_ms = source.story_ms(self._started_ms) if starts_at_ms is None else starts_at_ms
        self._rates: dict[int, tuple[int, float, int, float]] = {}
        self._shifts: list[Shift] = []
        self._steps_until_ms: int | None = None
        self._days: dict[Place, tuple[int, list[DayFigures]]] = {}
        self._relisted: object = None
        self._by_symbol = {
            place: {row.symbol: i for i, row in enumerate(board)} for place, board in source.boards.items()
        }

    @property
    def identity(self) -> object:
        """Equal for markets that are equal at equal times."""
        return self.source.identity, self._started_ms, self._story_ms, self.speed, self._relisted

    def relist(self, place: Place, board: tuple[Listing, ...]) -> None:
        """Another list of instruments for one exchange and kind; prices stay what they were."""
        self.source.boards[place] = board
        self._by_symbol[place] = {row.symbol: i for i, row in enumerate(board)}
        self._days.pop(place, None)
        self._relisted = object()

    def market_ms(self, wall_ms: int | None = None) -> int:
        """The time in the market's own story: the wall clock plus a constant, until the speed is changed."""
        wall_ms = self._clock.now_ms() if wall_ms is None else wall_ms
        return self._story_ms + int((wall_ms - self._started_ms) * self.speed)

    def add_shift(self, place: Place, symbol: str, bps: float, duration_s: float) -> None:
        self._shifts.append(Shift(symbol, place, bps, self._clock.now_ms() + int(duration_s * 1000)))

    def plant_steps(self) -> int:
        """The past of all candles becomes one of steps up to the hour that began last; when that was."""
        self._steps_until_ms = self._clock.now_ms() // HOUR_MS * HOUR_MS
        return self._steps_until_ms

    def shifts(self) -> list[Shift]:
        now_ms = self._clock.now_ms()
        if self._shifts:
            self._shifts = [shift for shift in self._shifts if now_ms < shift.ends_ms]
        return self._shifts

    def generation(self) -> object:
        """Equal as long as nothing on any board may have changed: for caching what was rendered."""
        wall_ms = self._clock.now_ms()
        return wall_ms // 1000, self.market_ms(wall_ms) // 1000, tuple(self.shifts())

    def listings(self, place: Place) -> tuple[Listing, ...]:
        return self.source.boards.get(place, ())

    def find(self, place: Place, symbol: str) -> Listing | None:
        at = self._by_symbol.get(place, {}).get(symbol)
        return None if at is None else self.source.boards[place][at]

    def board(self, place: Place) -> BoardState:
        return self.memo.get((self.identity, self.generation(), place), lambda: self._build_board(place))

    def _build_board(self, place: Place) -> BoardState:
        wall_ms = self._clock.now_ms() // 1000 * 1000
        t_ms = self.market_ms() // 1000 * 1000
        listings = self.listings(place)
        shifts: dict[str, float] = {}
        for shift in self.shifts():
            if shift.place == place:
                shifts[shift.symbol] = shifts.get(shift.symbol, 0.0) + shift.bps
        mids = self.source.mids(*place, t_ms) if listings else []
        quotes = [
            build_quote(row, mid, self.source.top(row, t_ms), shifts.get(row.symbol, 0.0), t_ms // 1000)
            for row, mid in zip(listings, mids, strict=True)
        ]
        return BoardState(wall_ms, listings, quotes)

    def quote(self, listing: Listing) -> Quote:
        place = (listing.exchange, listing.kind)
        return self.board(place).quotes[self._by_symbol[place][listing.symbol]]

    def book(self, listing: Listing, levels: int) -> Book:
        return build_book(listing, self.quote(listing), levels, self.market_ms() // 1000)

    def day(self, listing: Listing, quote: Quote) -> DayFigures:
        """24 h figures by the minute; high and low include the last trade of this second."""
        place = (listing.exchange, listing.kind)
        day = self._minute(place)[self._by_symbol[place][listing.symbol]]
        if day.low <= quote.last <= day.high:
            return day
        return replace(day, high=max(day.high, quote.last), low=min(day.low, quote.last))

    def _minute(self, place: Place) -> list[DayFigures]:
        minute_ms = self.market_ms() // 60_000 * 60_000
        cached = self._days.get(place)
        if cached is None or cached[0] != minute_ms:
            rows = [build_day(self.source, row, minute_ms) for row in self.listings(place)]
            cached = self._days[place] = (minute_ms, rows)
        return cached[1]

    def candles(
        self, listing: Listing, length_ms: int, first_ms: int, last_ms: int, origin_ms: int = 0
    ) -> list[Candle]:
        """Candles whose start lies in [first_ms, last_ms], oldest first, none in the future or before the listing.

        `origin_ms` is a start of some candle: weeks begin on a Monday, the epoch on a Thursday.
        """
        now_ms = self._clock.now_ms()
        first_ms = max(first_ms, listing.launch_ms)
        start_ms = -((origin_ms - first_ms) // length_ms) * length_ms + origin_ms
        offset_ms = self.market_ms(now_ms) - now_ms
        rows: list[Candle] = []
        while start_ms <= min(last_ms, now_ms):
            if start_ms + length_ms <= now_ms:
                candle = build_candle(self.source, listing, start_ms + offset_ms, length_ms)
            else:
                last = self.quote(listing).last
                candle = open_candle(self.source, listing, start_ms + offset_ms, length_ms, now_ms + offset_ms, last)
            candle.start_ms = start_ms
            if self._steps_until_ms is not None and start_ms < self._steps_until_ms:
                steps.scale(candle, length_ms, self._steps_until_ms)
            rows.append(candle)
            start_ms += length_ms
        return rows

    def funding(self, listing: Listing) -> Funding:
        t_ms = self.market_ms()
        minute_ms = self._clock.now_ms() // 60_000 * 60_000
        known = self._rates.get(listing.key)
        if known is None or known[0] != minute_ms:
            known = self._rates[listing.key] = (minute_ms, *self._rate_now(listing, minute_ms))
        _, rate, next_ms, last_rate = known
        rate = self._with_premium(listing, rate)
        quote = self.quote(listing)
        index = self.source.index(listing, t_ms // 1000 * 1000)
        mark = index + (quote.mid - index) * 0.5
        return Funding(rate, next_ms, listing.funding_interval_h, last_rate, mark, index)

    def _with_premium(self, listing: Listing, rate: float) -> float:
        """Perpetuals above their index charge longs: a shifted one adds what lies beyond the free band."""
        place = (listing.exchange, listing.kind)
        bps = sum(shift.bps for shift in self.shifts() if shift.place == place and shift.symbol == listing.symbol)
        premium = max(0.0, abs(bps) - FUNDING_BAND_BPS) * (1 if bps > 0 else -1) * 1e-4
        return round(max(-listing.funding_cap, min(listing.funding_cap, rate + premium)), 8) if premium else rate

    def _rate_now(self, listing: Listing, now_ms: int) -> tuple[float, int, float]:
        """The running estimate, when it settles (wall clock), and what settled before. Changes by the minute."""
        interval_ms = listing.funding_interval_h * HOUR_MS
        t_ms = self.market_ms(now_ms)
        next_ms = (now_ms // interval_ms + 1) * interval_ms
        settles_ms = self._settlement_ms(next_ms, interval_ms, t_ms - now_ms)
        final = self.source.rate(listing, settles_ms)
        # The estimate wanders around what will be charged and comes to rest on it.
        left = (next_ms - now_ms) / interval_ms
        rate = round(final + abs(final) * 0.04 * left * signed(listing.key + 21, t_ms // 60_000), 8)
        return rate, next_ms, self.source.rate(listing, settles_ms - interval_ms)

    def settlements(self, listing: Listing, first_ms: int, last_ms: int) -> list[Settlement]:
        """What was charged in [first_ms, last_ms], oldest first."""
        interval_ms = listing.funding_interval_h * HOUR_MS
        now_ms = self._clock.now_ms()
        offset_ms = self.market_ms(now_ms) - now_ms
        first_ms = max(first_ms, listing.launch_ms)
        rows: list[Settlement] = []
        for time_ms in range(-(-first_ms // interval_ms) * interval_ms, min(last_ms, now_ms) + 1, interval_ms):
            settled_ms = self._settlement_ms(time_ms, interval_ms, offset_ms)
            rate, mark = self.source.rate(listing, settled_ms), self.source.path(listing, settled_ms)
            rows.append(Settlement(time_ms, rate, mark))
        return rows

    @staticmethod
    def _settlement_ms(wall_ms: int, interval_ms: int, offset_ms: int) -> int:
        """The settlement of the market's story that stands for one on the wall clock."""
        return round((wall_ms + offset_ms) / interval_ms) * interval_ms

    def describe(self) -> dict[str, Any]:
        t_ms = self.market_ms()
        return {
            "market_mode": self.source.mode,
            "speed": self.speed,
            "market_ms": t_ms,
            "shifts": self.shifts(),
            "instruments": {f"{exchange} {kind}": len(rows) for (exchange, kind), rows in self.source.boards.items()},
            **self.source.describe(t_ms),
        }
