"""One instrument, ticker or funding rate of OKX V5 as it goes over the wire: everything a string, "" for nothing."""

from typing import Any

from scripts.sandbox.exchanges.wire import plain, trim
from scripts.sandbox.market.candles import DayFigures
from scripts.sandbox.market.listings import Listing, step_text
from scripts.sandbox.market.market import HOUR_MS, Funding
from scripts.sandbox.market.quotes import Quote, lots_worth


def price(row: Listing, ticks: int) -> str:
    return trim(f"{ticks * row.tick:.{row.price_decimals}f}")


def size(row: Listing, lots: int) -> str:
    return trim(f"{lots * row.lot:.{row.lot_decimals}f}")


def contract_text(value: float) -> str:
    return plain(value) if value < 1 else str(int(value))


def leverage(row: Listing) -> str:
    if row.kind == "perp":
        return "100" if row.tier <= 1 else "50" if row.tier <= 3 else "20"
    return "10" if row.tier <= 2 else ""


def instrument(row: Listing) -> dict[str, Any]:
    swap = row.kind == "perp"
    family = f"{row.base}-{row.quote}"
    return {
        "alias": "", "auctionEndTime": "",
        "baseCcy": "" if swap else row.base,
        "category": "1",
        "contTdSwTime": str(row.launch_ms) if swap else "",
        "ctMult": "1" if swap else "",
        "ctType": "linear" if swap else "",
        "ctVal": contract_text(row.ct_val) if swap else "",
        "ctValCcy": row.base if swap else "",
        "expTime": "", "freq": "", "futureSettlement": False,
        "groupId": "4" if swap else "12",
        "instCategory": "1",
        "instFamily": family if swap else "",
        "instId": row.symbol,
        "instIdCode": row.key % 100_000,
        "instType": "SWAP" if swap else "SPOT",
        "lever": leverage(row),
        "listTime": str(row.launch_ms),
        "longPosRemainingQuota": "",
        "lotSz": step_text(row.lot),
        "maxIcebergSz": "100000000.0000000000000000" if swap else "999999999999.0000000000000000",
        "maxLmtAmt": "20000000",
        "maxLmtSz": "100000000" if swap else "999999999999",
        "maxMktAmt": "" if swap else "1000000",
        "maxMktSz": plain(lots_worth(row, 2e7) * row.lot, 0) if swap else "1000000",
        "maxPlatOICoinLmt": "", "maxPlatOILmt": "",
        "maxStopSz": plain(lots_worth(row, 2e7) * row.lot, 0) if swap else "1000000",
        "maxTriggerSz": "100000000.0000000000000000",
        "maxTwapSz": "100000000.0000000000000000",
        "method": "",
        "minSz": step_text(row.lot) if swap else size(row, lots_worth(row, 0.6)),
        "openType": "call_auction" if swap else "fix_price",
        "optType": "",
        "posLmtAmt": "250000" if swap else "",
        "posLmtPct": "30" if swap else "",
        "preMktSwTime": "",
        "quoteCcy": "" if swap else row.quote,
        "ruleType": "normal",
        "seriesId": "",
        "settleCcy": row.quote if swap else "",
        "shortPosRemainingQuota": "",
        "state": "suspend" if row.halted else "live",
        "stk": "",
        "tickSz": step_text(row.tick),
        "tradeQuoteCcyList": [] if swap else [row.quote],
        "uly": family if swap else "",
        "upcChg": [],
    }  # fmt: skip


def volumes(row: Listing, volume: float, turnover: float) -> tuple[float, float, float]:
    """vol, volCcy and volCcyQuote: contracts, coins and quote on swaps; coins, quote and quote on spot."""
    if row.kind == "perp":
        return volume / row.ct_val, volume, turnover
    return volume, turnover, turnover


def render_ticker(row: Listing, quote: Quote, day: DayFigures, wall_ms: int) -> str:
    volume, volume_ccy, _ = volumes(row, day.volume, day.turnover)
    kind = "SWAP" if row.kind == "perp" else "SPOT"
    if quote.bid:
        bid, bid_size = price(row, quote.bid), size(row, quote.bid_lots)
        ask, ask_size = price(row, quote.ask), size(row, quote.ask_lots)
    else:
        bid = bid_size = ask = ask_size = ""
    opened = price(row, day.open)
    return (
        f'{{"instType":"{kind}","instId":"{row.symbol}","last":"{price(row, quote.last)}",'
        f'"lastSz":"{size(row, max(1, quote.bid_lots // 9))}","askPx":"{ask}","askSz":"{ask_size}",'
        f'"bidPx":"{bid}","bidSz":"{bid_size}","open24h":"{opened}","high24h":"{price(row, day.high)}",'
        f'"low24h":"{price(row, day.low)}","volCcy24h":"{plain(volume_ccy, 6)}","vol24h":"{plain(volume, 6)}",'
        f'"ts":"{wall_ms}","sodUtc0":"{opened}","sodUtc8":"{opened}"}}'
    )


def render_funding(row: Listing, funding: Funding, wall_ms: int) -> str:
    interval_ms = row.funding_interval_h * HOUR_MS
    cap = plain(row.funding_cap)
    premium = funding.mark / funding.index - 1
    return (
        f'{{"formulaType":"withRate","fundingRate":"{plain(funding.rate, 16)}","fundingTime":"{funding.next_ms}",'
        f'"impactValue":"10000","instId":"{row.symbol}","instType":"SWAP",'
        f'"interestRate":"{plain(0.0001 * row.funding_interval_h / 8)}","maxFundingRate":"{cap}",'
        f'"method":"current_period","minFundingRate":"-{cap}","nextFundingRate":"",'
        f'"nextFundingTime":"{funding.next_ms + interval_ms}","premium":"{plain(premium, 16)}",'
        f'"prevFundingTime":"{funding.next_ms - interval_ms}","settFundingRate":"{plain(funding.last_rate, 16)}",'
        f'"settState":"settled","ts":"{wall_ms}"}}'
    )
