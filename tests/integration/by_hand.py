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


FEES = {"spot": FEE, "binance perp": Decimal("0.0005"), "bybit perp": Decimal("0.00055"), "okx perp": Decimal("0.0005")}


async def read_perpetual(client: httpx.AsyncClient, exchange: str, symbol: str, side: str) -> Side:
    """Asks or bids of a perpetual's book, per coin: OKX counts contracts, whose value its instruments name."""
    match exchange:
        case "binance":
            answer = await client.get("/binance-futures/fapi/v1/depth", params={"symbol": symbol, "limit": 100})
            rows, unit = answer.json()[side], Decimal(1)
        case "bybit":
            answer = await client.get(
                "/bybit/v5/market/orderbook", params={"category": "linear", "symbol": symbol, "limit": 200}
            )
            rows, unit = answer.json()["result"][side[0]], Decimal(1)
        case _:
            answer = await client.get("/okx/api/v5/market/books", params={"instId": symbol, "sz": 400})
            rows = answer.json()["data"][0][side]
            rules = await client.get("/okx/api/v5/public/instruments", params={"instType": "SWAP", "instId": symbol})
            unit = Decimal(rules.json()["data"][0]["ctVal"])
    return [(Decimal(row[0]), Decimal(row[1]) * unit) for row in rows]


async def read_funding(client: httpx.AsyncClient, exchange: str, symbol: str) -> tuple[Decimal, Decimal]:
    """The rate of the next settlement and the mark price, as published."""
    match exchange:
        case "binance":
            row = (await client.get("/binance-futures/fapi/v1/premiumIndex", params={"symbol": symbol})).json()
            return Decimal(row["lastFundingRate"]), Decimal(row["markPrice"])
        case "bybit":
            answer = await client.get("/bybit/v5/market/tickers", params={"category": "linear", "symbol": symbol})
            row = answer.json()["result"]["list"][0]
            return Decimal(row["fundingRate"]), Decimal(row["markPrice"])
        case _:
            rate = await client.get("/okx/api/v5/public/funding-rate", params={"instId": symbol})
            mark = await client.get("/okx/api/v5/public/mark-price", params={"instType": "SWAP", "instId": symbol})
            return Decimal(rate.json()["data"][0]["fundingRate"]), Decimal(mark.json()["data"][0]["markPx"])


async def recompute_holding(client: httpx.AsyncClient, opportunity: dict[str, Any], now: int) -> Decimal:
    """Net bps of spot against a perpetual: four fills on the books published now, and the settlements of a day."""
    size = Decimal(opportunity["size_base"])
    cash = Decimal(0)
    for leg in opportunity["legs"]:
        read = read_side if leg["market"] == "spot" else read_perpetual
        asks = await read(client, leg["exchange"], leg["symbol"], "asks")
        bids = await read(client, leg["exchange"], leg["symbol"], "bids")
        fee = FEES["spot" if leg["market"] == "spot" else f"{leg['exchange']} perp"]
        cash += cash_for(bids, size) * (1 - fee) - cash_for(asks, size) * (1 + fee)
        assert Decimal(leg["price"]) == (asks if leg["side"] == "buy" else bids)[0][0]
        if leg["funding"]:
            rate, mark = await read_funding(client, leg["exchange"], leg["symbol"])
            settlements, at = 0, leg["funding"]["next_at"]
            while at <= now + 24 * 3_600_000:
                settlements, at = settlements + 1, at + round(leg["funding"]["interval_h"] * 3_600_000)
            cash += size * mark * rate * settlements * (1 if leg["side"] == "sell" else -1)
    return cash / (size * Decimal(opportunity["legs"][0]["price"])) * 10_000


async def recompute_cycle(client: httpx.AsyncClient, opportunity: dict[str, Any]) -> Decimal:
    """Net bps of three trades on OKX, each spending what the one before left after its fee, in whole lots."""
    first = opportunity["legs"][0]
    assert first["side"] == "buy"
    put_in = held = notional = Decimal(0)
    for leg in opportunity["legs"]:
        side = "asks" if leg["side"] == "buy" else "bids"
        levels = await read_side(client, leg["exchange"], leg["symbol"], side)
        rules = await client.get("/okx/api/v5/public/instruments", params={"instType": "SPOT", "instId": leg["symbol"]})
        lot = Decimal(rules.json()["data"][0]["lotSz"])
        if leg is first:
            # 1,000 USDT at top of book, in whole lots.
            quantity = 1000 / levels[0][0] // lot * lot
            put_in, notional = cash_for(levels, quantity), quantity * levels[0][0]
            received = quantity
        elif leg["side"] == "buy":
            lots = int(held / levels[0][0] / lot)
            while cash_for(levels, lots * lot) > held:
                lots -= 1
            received = lots * lot
        else:
            received = cash_for(levels, held // lot * lot)
        held = received * (1 - FEE)
    return (held - put_in) / notional * 10_000
