"""Turns an exchange's rows into quotes of assets, using the instrument each row belongs to.

Figures that cannot be true (no number, endless, negative, from another age) end here: one of them would spoil the
median it is compared with, the arithmetic of a whole scan, or the record of it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from arbedge.domain.instruments import Instrument
from arbedge.domain.market import PRICE_MAX, PRICE_MIN, SIZE_MAX, STAMP_MAX, STAMP_MIN, Funding, Quote, Ticker

_ONE: Final = Decimal(1)
_PRICE_MIN: Final = float(PRICE_MIN)
_PRICE_MAX: Final = float(PRICE_MAX)
_SIZE_MAX: Final = float(SIZE_MAX)
FUNDING_RATE_MAX: Final = 0.1  # exchanges cap a settlement at 4 % or less
MARK_RATIO_MAX: Final = 1.5  # a mark price further from the book is that of something else
FUNDING_INTERVAL_H_MIN: Final = 1.0
FUNDING_INTERVAL_H_MAX: Final = 24.0


def normalise(rows: Iterable[Ticker], instruments: Mapping[str, Instrument]) -> tuple[list[Quote], Counter[str]]:
    """Quotes per asset unit, and how many rows were left out, by reason.

    Left out: `unknown_instrument` (not tradable or out of scope), `no_quote` (a side without price or size),
    `impossible` (a figure or time that cannot be true), `repeated` (a symbol that has been told already). A perpetual
    whose funding is incomplete or impossible is kept without it and counted as `no_funding`.
    """
    quotes: list[Quote] = []
    rejected: Counter[str] = Counter()
    told: set[str] = set()
    for row in rows:
        instrument = instruments.get(row.symbol)
        if instrument is None or not instrument.is_trading:
            rejected["unknown_instrument"] += 1
            continue
        bid, bid_size, ask, ask_size = row.bid, row.bid_size, row.ask, row.ask_size
        if not (bid and ask and bid_size and ask_size):
            rejected["no_quote"] += 1
            continue
        exchange_at = row.exchange_at
        # False for NaN too, since no comparison with it holds. Spelled out here: this runs for every row of a scan.
        if not (
            _PRICE_MIN <= bid <= _PRICE_MAX
            and _PRICE_MIN <= ask <= _PRICE_MAX
            and 0 < bid_size <= _SIZE_MAX
            and 0 < ask_size <= _SIZE_MAX
            and (exchange_at is None or STAMP_MIN <= exchange_at <= STAMP_MAX)
        ):
            rejected["impossible"] += 1
            continue
        if row.symbol in told:
            rejected["repeated"] += 1
            continue
        told.add(row.symbol)
        funding = None
        if instrument.market == "perp":
            funding = _funding_of(row, instrument)
            if funding is None:
                rejected["no_funding"] += 1
        multiplier = instrument.multiplier
        if multiplier != 1 or instrument.contract_size != _ONE:  # most exchanges count in asset units themselves
            units = float(instrument.units)
            bid, bid_size, ask, ask_size = bid / multiplier, bid_size * units, ask / multiplier, ask_size * units
        quotes.append(
            Quote(row.symbol, instrument.asset, instrument.quote, bid, bid_size, ask, ask_size, exchange_at, funding)
        )
    return quotes, rejected


def _funding_of(row: Ticker, instrument: Instrument) -> Funding | None:
    """The next settlement; a rate without its interval or its time is no rate."""
    rate, next_at, mark, bid, ask = row.funding_rate, row.funding_at, row.mark, row.bid, row.ask
    interval_h = row.funding_interval_h or instrument.funding_interval_h
    if rate is None or not (next_at and mark and interval_h and bid and ask):
        return None
    if (
        -FUNDING_RATE_MAX <= rate <= FUNDING_RATE_MAX
        and STAMP_MIN <= next_at <= STAMP_MAX
        and bid <= mark * MARK_RATIO_MAX
        and mark <= ask * MARK_RATIO_MAX
        and FUNDING_INTERVAL_H_MIN <= interval_h <= FUNDING_INTERVAL_H_MAX
    ):
        return Funding(rate, next_at, interval_h, mark / instrument.multiplier)
    return None
