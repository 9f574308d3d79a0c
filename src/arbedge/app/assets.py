"""Joins the assets that are traded with the coins CoinMarketCap knows: id, chain and contract.

A symbol belongs to many coins. The only coin of its symbol is the asset; of several, the one whose price is the asset's
while no other's is. Anything else stays open and names the candidates. Prices are asked for of the largest coins, which
are one credit together, and of namesakes.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final

from arbedge.app.coin_data import Reading, Unavailable
from arbedge.app.services import Services
from arbedge.domain.identity import HOMONYMS, list_namings, split_name
from arbedge.domain.market import Snapshot
from arbedge.limits import NAMESAKES_PRICED_MAX
from arbedge.ports.assets import Asset
from arbedge.ports.coin_data import CoinIdentity

log = logging.getLogger(__name__)

HOUR_MS: Final = 3_600_000
PRICE_AGE_MS_MAX: Final = 3_600_000  # prices further apart in time than this cannot tell two coins apart
CANDIDATES_KEPT: Final = 20


async def refresh_assets(services: Services, scheduled_at: int) -> None:
    """Once an hour. Without CoinMarketCap what was joined before stays, and the log says why."""
    catalogue = await services.instruments.load()
    if catalogue is None:
        log.info("assets not joined", extra={"reason": "no instruments yet"})
        return
    listed = [one for instruments in catalogue.instruments.values() for one in instruments.values()]
    await services.assets.save_namings(list_namings(listed))
    coins = await services.coin_data.read_map()
    if isinstance(coins, Unavailable):
        log.warning("assets not joined", extra={"reason": coins.reason})
        return
    now = services.clock.now_ms()
    snapshot = await services.snapshots.get()
    is_recent = snapshot is not None and now - snapshot.finished_at <= PRICE_AGE_MS_MAX
    prices = _find_prices(snapshot) if snapshot and is_recent else {}
    ids = {one.asset for one in listed}
    turn = scheduled_at // HOUR_MS
    coin_prices = await _load_coin_prices(services, ids & prices.keys(), coins.value, turn) if prices else {}
    assets = match_assets(ids, coins.value, prices, coin_prices, services.policy.identity_ratio_max)
    await services.assets.save(assets, now)


async def _load_coin_prices(
    services: Services, traded: Iterable[str], coins: Sequence[CoinIdentity], turn: int
) -> dict[int, float]:
    """In US dollars, as far as the quota reaches; a price that is too old to be compared is none."""
    since = services.clock.now_ms() - PRICE_AGE_MS_MAX

    def is_recent(answer: Reading[Any] | Unavailable) -> bool:
        return isinstance(answer, Reading) and answer.fetched_at >= since

    listings = await services.coin_data.read_listings()
    largest = listings.value if isinstance(listings, Reading) and is_recent(listings) else []
    prices = {one.id: float(one.price) for one in largest}
    quotes = await services.coin_data.read_quotes(choose_namesakes(traded, coins, prices.keys(), turn))
    return prices | {
        id_: float(one.value.price) for id_, one in quotes.items() if isinstance(one, Reading) and is_recent(one)
    }


def choose_namesakes(
    traded: Iterable[str], coins: Iterable[CoinIdentity], priced: Collection[int], turn: int
) -> list[int]:
    """The coins whose prices decide which of them an asset is, but for those `priced` already.

    Where they are more than one run asks for, runs take turns; all coins of a symbol come together.
    """
    by_symbol = _group(coins)
    rounds: list[list[int]] = []
    for symbol in sorted({split_name(one) for one in traded}):
        found = by_symbol.get(symbol, [])
        if len(found) > 1 or symbol in HOMONYMS:
            missing = [coin.id for coin in found if coin.id not in priced]
            if not rounds or len(rounds[-1]) + len(missing) > NAMESAKES_PRICED_MAX:
                rounds.append([])
            rounds[-1] += missing
    return rounds[turn % len(rounds)] if rounds else []


def match_assets(
    ids: Iterable[str],
    coins: Iterable[CoinIdentity],
    prices: Mapping[str, float],
    coin_prices: Mapping[int, float],
    ratio_max: float,
) -> list[Asset]:
    """Each asset with its coin, or with the coins it may be; prices in USDT and in US dollars."""
    by_symbol = _group(coins)
    return [
        _match(one, by_symbol.get(split_name(one), []), prices.get(one), coin_prices, ratio_max) for one in sorted(ids)
    ]


def _group(coins: Iterable[CoinIdentity]) -> Mapping[str, list[CoinIdentity]]:
    """Active coins by their symbol."""
    by_symbol: defaultdict[str, list[CoinIdentity]] = defaultdict(list)
    for coin in coins:
        if coin.is_active:
            by_symbol[coin.symbol.upper()].append(coin)
    return by_symbol


def _match(
    asset: str, coins: Sequence[CoinIdentity], price: float | None, coin_prices: Mapping[int, float], ratio_max: float
) -> Asset:
    fits = {coin.id: _fits(price, coin_prices.get(coin.id), ratio_max) for coin in coins}
    possible = [coin for coin in coins if fits[coin.id] is not False]
    if not possible:
        return Asset(asset, "unknown")
    found = possible[0]
    # All others must be known to cost something else; a ticker of several coins needs its price to fit as well.
    is_only = len(possible) == 1 and (len(coins) == 1 or fits[found.id] is True)
    if is_only and (fits[found.id] is True or split_name(asset) not in HOMONYMS):
        return Asset(asset, "matched", found.id, [found.id], found.name, found.platform, found.token_address)
    return Asset(asset, "ambiguous", cmc_candidates=[coin.id for coin in possible[:CANDIDATES_KEPT]])


def _fits(price: float | None, coin_price: float | None, ratio_max: float) -> bool | None:
    """None where one of the prices is not known."""
    if not (price and coin_price):
        return None
    return max(price, coin_price) / min(price, coin_price) - 1 <= ratio_max


def _find_prices(snapshot: Snapshot) -> dict[str, float]:
    mids: defaultdict[str, list[float]] = defaultdict(list)
    for feed in snapshot.feeds:
        for quote in feed.quotes:
            if quote.quote == "USDT" and 0 < quote.bid < quote.ask:
                mids[quote.asset].append(quote.mid)
    return {asset: median(found) for asset, found in mids.items()}
