"""Turns an exchange's rows into quotes of assets, using the instrument each row belongs to."""

from collections import Counter
from collections.abc import Iterable, Mapping

from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Funding, Quote, Ticker


def normalise(rows: Iterable[Ticker], instruments: Mapping[str, Instrument]) -> tuple[list[Quote], Counter[str]]:
    """Quotes per asset unit, and how many rows were left out, by reason.

    Left out: `unknown_instrument` (not tradable or out of scope), `no_quote` (a side without price or size).
    A perpetual whose funding is incomplete is kept without it and counted as `no_funding`.
    """
    quotes: list[Quote] = []
    rejected: Counter[str] = Counter()
    for row in rows:
        instrument = instruments.get(row.symbol)
        if instrument is None or not instrument.is_trading:
            rejected["unknown_instrument"] += 1
            continue
        if not (row.bid and row.ask and row.bid_size and row.ask_size):
            rejected["no_quote"] += 1
            continue
        funding = None
        if instrument.market == "perp":
            funding = _funding_of(row, instrument)
            if funding is None:
                rejected["no_funding"] += 1
        multiplier, units = instrument.multiplier, float(instrument.units)
        quotes.append(
            Quote(
                row.symbol,
                instrument.asset,
                instrument.quote,
                row.bid / multiplier,
                row.bid_size * units,
                row.ask / multiplier,
                row.ask_size * units,
                row.exchange_at,
                funding,
            )
        )
    return quotes, rejected


def _funding_of(row: Ticker, instrument: Instrument) -> Funding | None:
    """The next settlement; a rate without its interval or its time is no rate."""
    interval_h = row.funding_interval_h or instrument.funding_interval_h
    if row.funding_rate is None or not row.funding_at or not row.mark or not interval_h:
        return None
    return Funding(
        rate=row.funding_rate, next_at=row.funding_at, interval_h=interval_h, mark=row.mark / instrument.multiplier
    )
