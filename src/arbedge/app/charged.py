"""What the settlements of perpetuals really charged in the last days, as it is shown."""

from collections.abc import Collection
from typing import Final

from msgspec import Struct

from arbedge.app.market_data.sourced import mode_of
from arbedge.domain.funding_record import DAY_MS, ChargedFunding, PerpKey
from arbedge.domain.market import Mode
from arbedge.limits import FUNDING_DAYS_SHOWN
from arbedge.ports.funding_record import FundingRecord

_DECIMALS: Final = 12  # beyond those that rates have, so that a sum of floats shows no noise


class ChargedView(Struct, frozen=True):
    """What settlements between `from_at` and `to_at` really charged together, as fractions of notional.

    `to_at` is when the exchange was last read, `age_ms` how long ago that was. The record is one of whole days of UTC.
    """

    settlements: int
    rate_sum: float
    rate_min: float
    rate_max: float
    from_at: int
    to_at: int
    age_ms: int
    mode: Mode


async def load_charged(
    record: FundingRecord, market_mode: Mode, keys: Collection[PerpKey], now: int
) -> dict[PerpKey, ChargedView]:
    """The last days of those perpetuals that are on record."""
    if not keys:
        return {}
    since = now // DAY_MS * DAY_MS - FUNDING_DAYS_SHOWN * DAY_MS
    found = await record.load(market_mode, keys, since)
    return {key: _view(one, now, mode_of(market_mode, "lake")) for key, one in found.items()}


def _view(charged: ChargedFunding, now: int, mode: Mode) -> ChargedView:
    return ChargedView(
        settlements=charged.settlements,
        rate_sum=round(charged.rate_sum, _DECIMALS),
        rate_min=charged.rate_min,
        rate_max=charged.rate_max,
        from_at=charged.from_at,
        to_at=charged.read_at,
        age_ms=max(0, now - charged.read_at),
        mode=mode,
    )
