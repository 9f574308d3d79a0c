"""How coins look on the wire: one object, in one of three shapes, with its quotes by currency or in a list."""

from typing import Any

from scripts.sandbox.cmc.account import iso
from scripts.sandbox.cmc.coins import Coin, Figures

CURRENCY_IDS = {"USD": 2781, "EUR": 2790, "BTC": 1, "ETH": 1027, "USDT": 825}
PLATFORMS = {"ethereum": (1027, "Ethereum", "ETH"), "solana": (5426, "Solana", "SOL"), "bnb": (1839, "BNB", "BNB")}
ADDED = "2013-04-28T00:00:00.000Z"
Rates = dict[str, float]
"""Units of each currency one US dollar buys."""


def render_coin(row: Figures, rates: Rates, total_cap: float, *, is_v3: bool = False) -> dict[str, Any]:
    coin = row.coin
    quotes = {currency: render_price(row, rate, total_cap) for currency, rate in rates.items()}
    return {
        "id": coin.id,
        "name": coin.name,
        "symbol": coin.symbol,
        "slug": coin.slug,
        "num_market_pairs": 100 + coin.id % 9_000,
        "date_added": ADDED,
        "tags": [],
        "max_supply": coin.max_supply,
        "circulating_supply": coin.supply,
        "total_supply": coin.supply,
        "is_active": 1,
        "platform": render_platform(coin),
        "cmc_rank": row.rank,
        "is_fiat": 0,
        "last_updated": iso(row.at_ms),
        "quote": [{"id": CURRENCY_IDS[name], "symbol": name, **price} for name, price in quotes.items()]
        if is_v3
        else quotes,
    }


def render_price(row: Figures, rate: float, total_cap: float) -> dict[str, Any]:
    return {
        "price": row.price * rate,
        "volume_24h": row.volume_24h * rate,
        "volume_change_24h": 0.0,
        "percent_change_1h": row.changes["1h"],
        "percent_change_24h": row.changes["24h"],
        "percent_change_7d": row.changes["7d"],
        "percent_change_30d": row.changes["30d"],
        "market_cap": row.market_cap * rate,
        "market_cap_dominance": row.market_cap / total_cap * 100,
        "fully_diluted_market_cap": row.price * (row.coin.max_supply or row.coin.supply) * rate,
        "last_updated": iso(row.at_ms),
    }


def render_platform(coin: Coin) -> dict[str, Any] | None:
    if coin.chain is None:
        return None
    id_, name, symbol = PLATFORMS[coin.chain]
    address = f"0x{coin.id:040x}"
    return {"id": id_, "name": name, "symbol": symbol, "slug": coin.chain, "token_address": address}


def render_map_row(row: Figures) -> dict[str, Any]:
    coin = row.coin
    return {
        "id": coin.id,
        "rank": row.rank,
        "name": coin.name,
        "symbol": coin.symbol,
        "slug": coin.slug,
        "is_active": 1,
        "first_historical_data": ADDED,
        "last_historical_data": iso(row.at_ms),
        "platform": render_platform(coin),
    }


def shape_quotes(version: int, by: str, found: dict[str, list[dict[str, Any]]]) -> Any:
    """`found`: what was asked for to the coins that answer to it, largest first.

    Version 1 has one coin for each, version 2 a list where it was asked by symbol, version 3 one flat list.
    """
    if version == 3:
        return [coin for coins in found.values() for coin in coins]
    if version == 2 and by == "symbol":
        return found
    if by == "slug":
        return {str(coins[0]["id"]): coins[0] for coins in found.values()}
    return {asked: coins[0] for asked, coins in found.items()}
