"""`exchangeInfo` of Binance spot and USD-M: symbols with their filters."""

from typing import Any

import msgspec

from scripts.sandbox.exchanges.wire import plain
from scripts.sandbox.market.listings import Listing, step_text
from scripts.sandbox.market.quotes import lots_worth

SPOT_RATE_LIMITS: list[dict[str, Any]] = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
    {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 200000},
    {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 300000},
]
FUTURES_RATE_LIMITS: list[dict[str, Any]] = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400},
    {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
]


def spot_symbol(row: Listing) -> dict[str, Any]:
    none, tick, lot = "0.00000000", f"{row.tick:.8f}", f"{row.lot:.8f}"
    largest = f"{lots_worth(row, 9e6) * row.lot:.8f}"
    market_largest = f"{lots_worth(row, 4e5) * row.lot:.8f}"
    return {
        "symbol": row.symbol,
        "status": "BREAK" if row.halted else "TRADING",
        "baseAsset": row.base,
        "baseAssetPrecision": 8,
        "quoteAsset": row.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": [
            "LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT",
        ],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": True,
        "isSpotTradingAllowed": not row.halted,
        "isMarginTradingAllowed": row.tier <= 2,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": f"{row.tick * 1e8:.8f}", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": largest, "stepSize": lot},
            {"filterType": "ICEBERG_PARTS", "limit": 100},
            {"filterType": "MARKET_LOT_SIZE", "minQty": none, "maxQty": market_largest, "stepSize": none},
            {
                "filterType": "TRAILING_DELTA",
                "minTrailingAboveDelta": 10,
                "maxTrailingAboveDelta": 2000,
                "minTrailingBelowDelta": 10,
                "maxTrailingBelowDelta": 2000,
            },
            {
                "filterType": "PERCENT_PRICE_BY_SIDE",
                "bidMultiplierUp": "5",
                "bidMultiplierDown": "0.2",
                "askMultiplierUp": "5",
                "askMultiplierDown": "0.2",
                "avgPriceMins": 5,
            },
            {
                "filterType": "NOTIONAL",
                "minNotional": "0.00010000" if row.quote == "BTC" else f"{row.min_notional:.8f}",
                "applyMinToMarket": True,
                "maxNotional": "9000000.00000000",
                "applyMaxToMarket": False,
                "avgPriceMins": 5,
            },
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
            {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
            {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10},
        ],
        "permissions": [],
        "permissionSets": [["SPOT", "MARGIN", "TRD_GRP_004", "TRD_GRP_005"] if row.tier <= 2 else ["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"],
    }  # fmt: skip


def futures_symbol(row: Listing) -> dict[str, Any]:
    lot = step_text(row.lot)
    return {
        "symbol": row.symbol,
        "pair": row.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": row.launch_ms,
        "status": "SETTLING" if row.halted else "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": row.base,
        "quoteAsset": row.quote,
        "marginAsset": row.quote,
        # Digits shown, not the tick: one more than the tick has.
        "pricePrecision": row.price_decimals + 1,
        "quantityPrecision": row.lot_decimals,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["Meme"] if row.multiplier > 1 else ["PoW"] if row.base == "BTC" else [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10000,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "tickSize": futures_price_text(row, 1),
                "maxPrice": plain(row.level * 100, row.price_decimals),
                "minPrice": plain(max(row.tick, row.level / 100), row.price_decimals),
            },
            {
                "filterType": "LOT_SIZE",
                "stepSize": lot,
                "maxQty": plain(lots_worth(row, 2e7) * row.lot),
                "minQty": lot,
            },
            {
                "filterType": "MARKET_LOT_SIZE",
                "minQty": lot,
                "maxQty": plain(lots_worth(row, 2e6) * row.lot),
                "stepSize": lot,
            },
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
            {"filterType": "MIN_NOTIONAL", "notional": plain(row.min_notional)},
            {
                "filterType": "PERCENT_PRICE",
                "multiplierDown": "0.9500",
                "multiplierUp": "1.0500",
                "multiplierDecimal": "4",
            },
            {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
        ],
        "orderTypes": [
            "LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET",
        ],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }  # fmt: skip


def futures_price_text(row: Listing, ticks: int) -> str:
    """USD-M pads prices to one digit more than the tick where that leaves two (`0.10`), else to the tick."""
    decimals = 2 if row.price_decimals == 1 else row.price_decimals
    return f"{ticks * row.tick:.{decimals}f}"


def render_info(symbols: list[dict[str, Any]], rate_limits: list[dict[str, Any]]) -> bytes:
    """Everything after the server time, which is put in front at each request."""
    body = {"rateLimits": rate_limits, "exchangeFilters": [], "symbols": symbols}
    return msgspec.json.encode(body)[1:]


def with_server_time(rest: bytes, now_ms: int, extra: bytes = b"") -> bytes:
    return b'{"timezone":"UTC","serverTime":%d,%b%b' % (now_ms, extra, rest)


def futures_assets(symbols: list[Listing]) -> bytes:
    margins = sorted({row.quote for row in symbols})
    rows = [{"asset": name, "marginAvailable": True, "autoAssetExchange": "-10000"} for name in margins]
    return b'"futuresType":"U_MARGINED","assets":%b,' % msgspec.json.encode(rows)
