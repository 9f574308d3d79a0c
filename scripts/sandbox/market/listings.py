"""The instruments: each asset on each exchange with tick, lot, smallest order, contract value and funding interval."""

import math
from dataclasses import dataclass
from functools import cache

from scripts.sandbox.market.noise import key_of, uniform
from scripts.sandbox.market.tickers import OKX_CONTRACT_VALUES, ticker_of
from scripts.sandbox.market.universe import EXCHANGES, Asset, ExchangeName, MarketKind, build_assets

LAUNCH_FIRST_MS = 1_567_965_300_000
HALTED: frozenset[tuple[str, str, str]] = frozenset(
    {
        ("binance", "spot", "MDT"),
        ("binance", "spot", "FARM"),
        ("binance", "spot", "UTK"),
        ("binance", "perp", "MBL"),
        ("okx", "spot", "SAMO"),
        ("okx", "spot", "STC"),
    }
)
SMALLEST_TICK_EXPONENT: dict[ExchangeName, int] = {"binance": -8, "bybit": -13, "okx": -14}
MAJORS_TICK: dict[tuple[str, str, str], float] = {
    ("binance", "spot", "BTC"): 0.01,
    ("binance", "perp", "BTC"): 0.1,
    ("bybit", "spot", "BTC"): 0.1,
    ("bybit", "perp", "BTC"): 0.1,
    ("okx", "spot", "BTC"): 0.1,
    ("okx", "perp", "BTC"): 0.1,
}


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """One instrument. Sizes are in the exchange's own unit: coins, or contracts of `ct_val` coins on OKX perpetuals."""

    exchange: ExchangeName
    kind: MarketKind
    asset: str
    symbol: str
    base: str
    quote: str
    multiplier: int
    tier: int
    level: float
    tick: float
    price_decimals: int
    lot: float
    lot_decimals: int
    min_notional: float
    ct_val: float
    halted: bool
    funding_interval_h: int
    funding_cap: float
    launch_ms: int
    key: int

    def price_text(self, ticks: int) -> str:
        return f"{ticks * self.tick:.{self.price_decimals}f}"

    def qty_text(self, lots: int) -> str:
        return f"{lots * self.lot:.{self.lot_decimals}f}"


def decimals_of(step: float) -> int:
    return max(0, -math.floor(math.log10(step) + 1e-9))


def step_text(step: float) -> str:
    return f"{step:.{decimals_of(step)}f}"


def tick_of(exchange: ExchangeName, kind: MarketKind, asset: str, quote: str, price: float, tier: int) -> float:
    """Four or five significant digits, coarser for the illiquid, as exchanges do."""
    known = MAJORS_TICK.get((exchange, kind, asset))
    if known is not None and quote != "BTC":
        return known
    exponent = math.floor(math.log10(price))
    mantissa = price / 10**exponent
    coarse = tier >= 3 or (tier == 2 and mantissa >= 3) or (tier == 1 and mantissa >= 6)
    digits = 3 if coarse else 4
    return float(f"1e{max(exponent - digits, SMALLEST_TICK_EXPONENT[exchange])}")


def contract_value(asset: str, price: float) -> float:
    return OKX_CONTRACT_VALUES.get(asset) or float(f"1e{math.floor(math.log10(10 / price))}")


def lot_of(exchange: ExchangeName, kind: MarketKind, unit_price: float, tier: int) -> float:
    """The step is worth cents to a coin; perpetuals have coarser steps than spot."""
    if exchange == "okx" and kind == "perp":
        return 0.01 if tier <= 1 else 0.1 if tier == 2 else 1.0
    worth = 0.6 if kind == "spot" else 70 if tier == 0 else 1.0
    exponent = math.floor(math.log10(worth / unit_price))
    largest = 2 if exchange == "bybit" and kind == "perp" else 0
    return float(f"1e{max(-8, min(exponent, largest))}")


def funding_interval_h(key: int, tier: int) -> int:
    """Majors every 8 h, half of the rest every 4 h, a few every 1 or 2 h: the mix that the exchanges publish."""
    if tier == 0:
        return 8
    draw = uniform(key, 1)
    if tier == 1:
        return 8 if draw < 0.85 else 4
    return 8 if draw < 0.42 else 4 if draw < 0.92 else 2 if draw < 0.96 else 1


def wire_symbol(exchange: ExchangeName, kind: MarketKind, base: str, quote: str) -> str:
    if exchange == "okx":
        return f"{base}-{quote}" + ("-SWAP" if kind == "perp" else "")
    if exchange == "bybit" and kind == "perp" and quote == "USDC":
        return f"{base}PERP"
    return f"{base}{quote}"


def build_listing(exchange: ExchangeName, kind: MarketKind, asset: Asset, quote: str, quote_price: float) -> Listing:
    ticker = ticker_of(asset.name, exchange, kind)
    # An instrument in another quote currency than USDT is a tier less liquid.
    tier = asset.tier if quote == "USDT" else min(4, asset.tier + 1)
    price = asset.price * ticker.multiplier / quote_price
    ct_val = contract_value(asset.name, asset.price) if exchange == "okx" and kind == "perp" else 1.0
    key = key_of(exchange, kind, asset.name, quote)
    tick = tick_of(exchange, kind, asset.name, quote, price, asset.tier)
    lot = lot_of(exchange, kind, price * ct_val * quote_price, asset.tier)
    return Listing(
        exchange=exchange,
        kind=kind,
        asset=asset.name,
        symbol=wire_symbol(exchange, kind, ticker.base, quote),
        base=ticker.base,
        quote=quote,
        multiplier=ticker.multiplier,
        tier=tier,
        level=price,
        tick=tick,
        price_decimals=decimals_of(tick),
        lot=lot,
        lot_decimals=decimals_of(lot),
        min_notional=5.0 if kind == "spot" or tier > 0 or exchange != "binance" else 50.0,
        ct_val=ct_val,
        halted=(exchange, kind, asset.name) in HALTED,
        funding_interval_h=funding_interval_h(key, asset.tier),
        funding_cap=0.003 if asset.tier == 0 else 0.02,
        launch_ms=LAUNCH_FIRST_MS + int(uniform(key, 2) * 6 * 365 * 86_400) * 1000,
        key=key,
    )


def quotes_of(exchange: ExchangeName, kind: MarketKind, asset: Asset) -> list[str]:
    """USDT for everything; USDC, BTC, FDUSD and EUR for the better known."""
    if asset.name in ("USDC", "FDUSD", "EUR"):
        return ["USDT"]
    quotes = ["USDT"]
    if kind == "perp":
        return quotes + (["USDC"] if asset.tier <= 1 and ticker_of(asset.name, exchange, kind).multiplier == 1 else [])
    if asset.tier <= (2 if exchange != "bybit" else 1):
        quotes.append("USDC")
    if asset.tier <= 1 and asset.name != "BTC" and asset.price > 0.01:
        quotes.append("BTC")
    if exchange == "binance" and asset.tier == 0:
        quotes += ["FDUSD", "EUR"]
    return quotes


@cache
def build_boards() -> dict[tuple[ExchangeName, MarketKind], tuple[Listing, ...]]:
    """Every instrument of every exchange and market, in the order the exchange lists them: a constant."""
    assets = build_assets()
    prices = {name: asset.price for name, asset in assets.items()} | {"USDT": 1.0}
    boards: dict[tuple[ExchangeName, MarketKind], tuple[Listing, ...]] = {}
    for exchange in EXCHANGES:
        for kind in ("spot", "perp"):
            rows = [
                build_listing(exchange, kind, asset, quote, prices[quote])
                for asset in assets.values()
                if asset.listed(exchange, kind)
                for quote in quotes_of(exchange, kind, asset)
            ]
            symbols = [row.symbol for row in rows]
            if len(set(symbols)) != len(symbols):
                raise ValueError(f"a symbol is listed twice on {exchange} {kind}")
            boards[exchange, kind] = tuple(rows)
    return boards
