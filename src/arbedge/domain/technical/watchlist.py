"""Which instruments are watched for signals: perpetuals, since only those can be entered on both sides.

Bulk tickers carry no traded volume on all three exchanges, so what is traded most is told by what it costs to trade:
an asset is ranked by the spread of its USDT perpetual over its price, the median over the exchanges that list it.
Only assets count that every exchange lists which answered.
"""

from collections.abc import Mapping, Sequence
from statistics import median

from msgspec import Struct

from arbedge.domain.market import ExchangeId, Feed, Quote

QUOTED_IN = "USDT"


class Watched(Struct, frozen=True):
    """An asset and its perpetuals, the one that costs least to trade first: the others stand in for it."""

    asset: str
    symbols: tuple[tuple[ExchangeId, str], ...]
    spread: float  # a fraction of the price


def choose_watchlist(feeds: Sequence[Feed], count_max: int) -> list[Watched]:
    """The assets that cost least to trade; none where no feed has quotes."""
    answered = [feed for feed in feeds if feed.market == "perp" and feed.quotes]
    found: dict[str, dict[ExchangeId, tuple[float, str]]] = {}
    for feed in answered:
        for quote in feed.quotes:
            if quote.quote == QUOTED_IN and 0 < quote.bid < quote.ask:
                listed = found.setdefault(quote.asset, {})
                listed[feed.exchange] = min(listed.get(feed.exchange, (1.0, "~")), (_spread(quote), quote.symbol))
    everywhere: dict[str, dict[ExchangeId, tuple[float, str]]] = {
        asset: listed for asset, listed in found.items() if len(listed) == len(answered)
    }
    ranked = sorted((median(spread for spread, _ in listed.values()), asset) for asset, listed in everywhere.items())
    return [Watched(asset, _by_spread(everywhere[asset]), spread) for spread, asset in ranked[:count_max]]


def _by_spread(listed: Mapping[ExchangeId, tuple[float, str]]) -> tuple[tuple[ExchangeId, str], ...]:
    ranked = sorted(listed.items(), key=lambda entry: (entry[1], entry[0]))
    return tuple((exchange, symbol) for exchange, (_, symbol) in ranked)


def _spread(quote: Quote) -> float:
    return (quote.ask - quote.bid) / quote.mid
