"""One instrument or ticker of Bybit V5 as it goes over the wire."""

from typing import Any

from scripts.sandbox.exchanges.wire import plain
from scripts.sandbox.market.candles import DayFigures
from scripts.sandbox.market.listings import Listing, step_text
from scripts.sandbox.market.market import Funding
from scripts.sandbox.market.quotes import Quote, lots_worth


def spot_instrument(row: Listing) -> dict[str, Any]:
    largest = plain(lots_worth(row, 8e6) * row.lot)
    market_largest = plain(lots_worth(row, 4e6) * row.lot)
    return {
        "symbolId": row.key % 4000,
        "symbol": row.symbol,
        "baseCoin": row.base,
        "quoteCoin": row.quote,
        "innovation": "0",
        "status": "Trading",
        "marginTrading": "utaOnly" if row.tier <= 2 else "none",
        "stTag": "1" if row.tier == 4 and row.key % 23 == 0 else "0",
        "lotSizeFilter": {
            "basePrecision": step_text(row.lot),
            "quotePrecision": plain(row.tick * row.lot, row.price_decimals + row.lot_decimals),
            "minOrderQty": step_text(row.lot),
            "maxOrderQty": largest,
            "minOrderAmt": "0.0001" if row.quote == "BTC" else "5",
            "maxOrderAmt": "8000000",
            "maxLimitOrderQty": largest,
            "maxMarketOrderQty": market_largest,
            "postOnlyMaxLimitOrderSize": largest,
        },
        "priceFilter": {"tickSize": step_text(row.tick)},
        "riskParameters": {"priceLimitRatioX": "0.015", "priceLimitRatioY": "0.03"},
        "symbolType": "innovation" if row.tier == 4 else "",
        "xstockMultiplier": "1",
    }


def linear_instrument(row: Listing) -> dict[str, Any]:
    largest = plain(lots_worth(row, 6e7) * row.lot)
    market_largest = plain(lots_worth(row, 6e6) * row.lot)
    cap = plain(row.funding_cap)
    return {
        "symbol": row.symbol,
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": row.base,
        "quoteCoin": row.quote,
        "launchTime": str(row.launch_ms),
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(row.price_decimals),
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": "100.00" if row.tier == 0 else "50.00" if row.tier <= 2 else "25.00",
            "leverageStep": "0.01",
        },
        "priceFilter": {
            "minPrice": step_text(row.tick),
            "maxPrice": f"{row.tick * 19_999_998:.{row.price_decimals}f}",
            "tickSize": step_text(row.tick),
        },
        "lotSizeFilter": {
            "maxOrderQty": largest,
            "minOrderQty": step_text(row.lot),
            "qtyStep": step_text(row.lot),
            "postOnlyMaxOrderQty": largest,
            "maxMktOrderQty": market_largest,
            "minNotionalValue": "5",
        },
        "unifiedMarginTrade": True,
        "fundingInterval": row.funding_interval_h * 60,
        "settleCoin": row.quote,
        "copyTrading": "both",
        "upperFundingRate": cap,
        "lowerFundingRate": f"-{cap}",
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": "0.1"},
        "displayName": "",
        "symbolType": "innovation" if row.tier == 4 else "",
        "forbidUplWithdrawal": False,
        "symbolId": row.key % 4000,
    }


def render_spot_ticker(row: Listing, quote: Quote, day: DayFigures) -> str:
    def price(ticks: int) -> str:
        return plain(ticks * row.tick, row.price_decimals)

    return (
        f'{{"symbol":"{row.symbol}","bid1Price":"{price(quote.bid)}","bid1Size":"{plain(quote.bid_lots * row.lot)}",'
        f'"ask1Price":"{price(quote.ask)}","ask1Size":"{plain(quote.ask_lots * row.lot)}",'
        f'"lastPrice":"{price(quote.last)}","prevPrice24h":"{price(day.open)}",'
        f'"price24hPcnt":"{quote.last / day.open - 1:.4f}","highPrice24h":"{price(day.high)}",'
        f'"lowPrice24h":"{price(day.low)}","turnover24h":"{plain(day.turnover)}","volume24h":"{plain(day.volume, 6)}",'
        f'"usdIndexPrice":"{plain(quote.mid, row.price_decimals + 2)}"}}'
    )


def render_linear_ticker(row: Listing, quote: Quote, day: DayFigures, funding: Funding) -> str:
    tick, decimals = row.tick, row.price_decimals
    lot, lot_decimals = row.lot, row.lot_decimals
    interest = day.volume * 0.4
    return (
        f'{{"symbol":"{row.symbol}","lastPrice":"{quote.last * tick:.{decimals}f}",'
        f'"indexPrice":"{funding.index:.{decimals}f}","markPrice":"{funding.mark:.{decimals}f}",'
        f'"prevPrice24h":"{day.open * tick:.{decimals}f}","price24hPcnt":"{quote.last / day.open - 1:.6f}",'
        f'"highPrice24h":"{day.high * tick:.{decimals}f}","lowPrice24h":"{day.low * tick:.{decimals}f}",'
        f'"prevPrice1h":"{quote.mid:.{decimals}f}","openInterest":"{interest:.{lot_decimals}f}",'
        f'"openInterestValue":"{interest * funding.mark:.2f}","turnover24h":"{day.turnover:.4f}",'
        f'"volume24h":"{day.volume:.4f}","fundingRate":"{plain(funding.rate)}","nextFundingTime":"{funding.next_ms}",'
        f'"predictedDeliveryPrice":"","basisRate":"","deliveryFeeRate":"","deliveryTime":"0",'
        f'"ask1Size":"{quote.ask_lots * lot:.{lot_decimals}f}","bid1Price":"{quote.bid * tick:.{decimals}f}",'
        f'"ask1Price":"{quote.ask * tick:.{decimals}f}","bid1Size":"{quote.bid_lots * lot:.{lot_decimals}f}",'
        f'"basis":"","preOpenPrice":"","preQty":"","curPreListingPhase":"",'
        f'"fundingIntervalHour":"{row.funding_interval_h}","fundingCap":"{plain(row.funding_cap)}","basisRateYear":""}}'
    )
