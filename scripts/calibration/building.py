"""What every recording is made of: instruments as the sandbox lists them, and funding as it was charged last."""

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from arbedge.domain.decision import LegKey
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Funding, Market
from scripts.sandbox.market.listings import Listing, step_text
from scripts.sandbox.market.recordings import HOUR_MS, listing_at
from scripts.sandbox.market.universe import ExchangeName

SECOND_MS: Final = 1000
LOTS: Final = "lots and smallest orders, which are those the sandbox gives an instrument of this price"
FUNDING_LAST: Final = "the running estimate of funding, for which the rate charged last stands"


def make_instrument(listing: Listing) -> Instrument:
    return Instrument(
        exchange=listing.exchange,
        market=listing.kind,
        symbol=listing.symbol,
        asset=listing.asset,
        base=listing.base,
        quote=listing.quote,
        tick_size=Decimal(step_text(listing.tick)),
        lot_size=Decimal(step_text(listing.lot)),
        min_size=Decimal(step_text(listing.lot)),
        min_notional=Decimal(str(listing.min_notional)),
        is_trading=True,
        contract_size=Decimal(str(listing.ct_val)),
        multiplier=listing.multiplier,
        funding_interval_h=listing.funding_interval_h,
    )


def list_instrument(exchange: ExchangeName, market: Market, asset: str, price: float) -> Instrument:
    return make_instrument(listing_at(exchange, market, asset, "USDT", price, 0))


def charge_last(charged: Sequence[tuple[int, float]], at: int, interval_h: int, mark: float) -> Funding | None:
    """The next settlement at the rate charged last: what was to be charged next is not looked at."""
    place = bisect_right(charged, (at, float("inf"))) - 1
    if place < 0:
        return None
    interval_ms = interval_h * HOUR_MS
    return Funding(charged[place][1], (at // interval_ms + 1) * interval_ms, float(interval_h), mark)


def key_of(instrument: Instrument) -> LegKey:
    return instrument.exchange, instrument.market, instrument.symbol
