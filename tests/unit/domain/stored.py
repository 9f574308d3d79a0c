"""Opportunities as scans leave them, with rules and whole books, so that they can be valued again."""

from decimal import Decimal as D
from typing import Any

import msgspec

from arbedge.domain.detection.candidates import Candidate, LegRef
from arbedge.domain.detection.verification import LegMarket, verify
from arbedge.domain.market import Funding, OrderBook
from arbedge.domain.opportunity import Opportunity, Transition, derive_id
from arbedge.domain.policy import OpportunityType, Policy
from tests.unit.domain.builders import HOUR, NOW, book, instrument

MARKETS: dict[OpportunityType, tuple[str, str]] = {
    "cross_exchange": ("spot", "spot"),
    "funding": ("perp", "perp"),
    "spot_perp": ("spot", "perp"),
}


def keep(candidate: Candidate, markets: list[LegMarket], policy: Policy, unit: D = D(1), **changes: Any) -> Opportunity:
    """What a scan leaves of it, as it is read back from the database. Raises `Refused` where that is nothing."""
    seen = verify(candidate, markets, NOW, policy, unit)
    fields = {
        "id": derive_id(candidate.key, NOW),
        "key": candidate.key,
        "type": candidate.type,
        "asset": candidate.asset,
        "quote": candidate.quote,
        "status": "active",
        "mode": "synthetic",
        "horizon_h": policy.horizon_h,
        "detected_at": NOW,
        "updated_at": NOW,
        "expires_at": NOW + 600_000,
        "revised_at": NOW,
        "revised_net_bps": seen.edge.net_bps,
        "sighting": seen,
        "transitions": [Transition("detected", NOW), Transition("active", NOW)],
    }
    return msgspec.json.decode(msgspec.json.encode(Opportunity(**(fields | changes))), type=Opportunity)


def stored(
    asset: str = "BTC",
    kind: OpportunityType = "cross_exchange",
    *,
    first: str = "10",
    sell_at: str = "101",
    rate: float = 0.01,
    lot_size: D = D("0.001"),
    min_size: D = D("0.001"),
    min_notional: D | None = D(5),
    **changes: Any,
) -> Opportunity:
    """Bought on Binance, `first` units at 100 and ten more at 101, sold on OKX at `sell_at`, of which there are 200.

    Of perpetuals the one that is sold pays `rate` every eight hours, in an hour first.
    """
    buying, selling = MARKETS[kind]
    books = (
        book("binance", buying, f"{asset}USDT", bids=[("99.9", "200")], asks=[("100", first), ("101", "10")]),
        book("okx", selling, f"{asset}-USDT", bids=[(sell_at, "200")], asks=[(str(D(sell_at) + D("0.1")), "200")]),
    )
    rules = {"asset": asset, "base": asset, "lot_size": lot_size, "min_size": min_size, "min_notional": min_notional}
    markets = [_observe(one, fee, rules) for one, fee in zip(books, (0.0, rate), strict=True)]
    sides: Any = ("buy", "sell")
    refs = tuple(LegRef(one.exchange, one.market, one.symbol, side) for one, side in zip(books, sides, strict=True))
    return keep(Candidate(kind, asset, "USDT", refs, 0.0, 0.0), markets, Policy(), **changes)


def _observe(one: OrderBook, rate: float, rules: dict[str, Any]) -> LegMarket:
    funding = Funding(rate, NOW + HOUR, 8.0, 100.0) if one.market == "perp" else None
    return LegMarket(instrument(one.exchange, one.market, one.symbol, **rules), one, funding)
