"""Recomputes a cross-exchange waterfall the way a trader would: two order books, a calculator, the published fees.

Shares no code with the product. Levels are (price, size) in asset units.
"""

from decimal import Decimal
from typing import Any

import httpx

FEE = Decimal("0.001")  # base tier taker fee on spot, the same on all three exchanges
TRANSFER_BPS = Decimal(2)
PREFIXES = {"binance": "/binance", "bybit": "/bybit", "okx": "/okx"}

Side = list[tuple[Decimal, Decimal]]


async def read_side(client: httpx.AsyncClient, exchange: str, symbol: str, side: str) -> Side:
    """Asks or bids of a spot book, as the exchange publishes them."""
    match exchange:
        case "binance":
            answer = await client.get("/binance/api/v3/depth", params={"symbol": symbol, "limit": 100})
            rows = answer.json()[side]
        case "bybit":
            answer = await client.get(
                "/bybit/v5/market/orderbook", params={"category": "spot", "symbol": symbol, "limit": 200}
            )
            rows = answer.json()["result"][side[0]]
        case _:
            answer = await client.get("/okx/api/v5/market/books", params={"instId": symbol, "sz": 400})
            rows = answer.json()["data"][0][side]
    return [(Decimal(row[0]), Decimal(row[1])) for row in rows]


def cash_for(levels: Side, size: Decimal) -> Decimal:
    left, cash = size, Decimal(0)
    for price, available in levels:
        taken = min(left, available)
        cash += taken * price
        left -= taken
    assert not left, "the published book is too thin for the size"
    return cash


def net_bps(asks: Side, bids: Side, size: Decimal) -> Decimal:
    """Proceeds less cost less both fees less the transfer, over the buy leg's notional at top of book."""
    notional = size * asks[0][0]
    cost, proceeds = cash_for(asks, size), cash_for(bids, size)
    net = proceeds * (1 - FEE) - cost * (1 + FEE) - notional * TRANSFER_BPS / 10_000
    return net / notional * 10_000


async def recompute(client: httpx.AsyncClient, opportunity: dict[str, Any]) -> Decimal:
    """Net bps of an opportunity of the API from the books the exchanges publish now."""
    buy, sell = opportunity["legs"]
    asks = await read_side(client, buy["exchange"], buy["symbol"], "asks")
    bids = await read_side(client, sell["exchange"], sell["symbol"], "bids")
    assert Decimal(buy["price"]) == asks[0][0]
    assert Decimal(sell["price"]) == bids[0][0]
    return net_bps(asks, bids, Decimal(opportunity["size_base"]))
