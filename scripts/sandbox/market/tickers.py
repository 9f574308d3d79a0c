"""What each exchange calls an asset: multiplier tickers, aliases, and planted collisions of one name for two."""

from dataclasses import dataclass

from scripts.sandbox.market.universe import ExchangeName, MarketKind

SPOT: tuple[MarketKind, ...] = ("spot",)
PERP: tuple[MarketKind, ...] = ("perp",)
BOTH: tuple[MarketKind, ...] = ("spot", "perp")


@dataclass(frozen=True, slots=True)
class Ticker:
    """`multiplier`: how many units of the asset one unit of the instrument stands for (1000 for 1000PEPE)."""

    base: str
    multiplier: int = 1


_ROWS: tuple[tuple[str, ExchangeName, tuple[MarketKind, ...], str, int], ...] = (
    ("PEPE", "binance", PERP, "1000PEPE", 1000),
    ("PEPE", "bybit", PERP, "1000PEPE", 1000),
    ("SHIB", "binance", PERP, "1000SHIB", 1000),
    ("SHIB", "bybit", PERP, "SHIB1000", 1000),
    ("FLOKI", "binance", PERP, "1000FLOKI", 1000),
    ("FLOKI", "bybit", PERP, "1000FLOKI", 1000),
    ("BONK", "binance", PERP, "1000BONK", 1000),
    ("BONK", "bybit", PERP, "1000BONK", 1000),
    ("LUNC", "binance", PERP, "1000LUNC", 1000),
    ("LUNC", "bybit", PERP, "1000LUNC", 1000),
    ("SATS", "binance", BOTH, "1000SATS", 1000),
    ("SATS", "bybit", PERP, "10000SATS", 10000),
    ("RATS", "binance", PERP, "1000RATS", 1000),
    ("RATS", "bybit", PERP, "1000RATS", 1000),
    ("BABYDOGE", "binance", BOTH, "1MBABYDOGE", 1_000_000),
    ("BABYDOGE", "bybit", PERP, "1000000BABYDOGE", 1_000_000),
    ("MOG", "binance", BOTH, "1000000MOG", 1_000_000),
    ("MOG", "bybit", PERP, "1000000MOG", 1_000_000),
    ("WHY", "binance", BOTH, "1000WHY", 1000),
    ("WHY", "bybit", PERP, "1000WHY", 1000),
    ("CHEEMS", "binance", BOTH, "1000CHEEMS", 1000),
    ("CHEEMS", "bybit", PERP, "1000CHEEMS", 1000),
    ("BTTC", "binance", PERP, "1000BTTC", 1000),
    ("CAT", "bybit", PERP, "1000CAT", 1000),
    ("TURBO", "bybit", PERP, "1000TURBO", 1000),
    ("TOSHI", "bybit", PERP, "1000TOSHI", 1000),
    # One asset under two names.
    ("NEIRO", "bybit", SPOT, "NEIROCTO", 1),
    ("NEIRO", "bybit", PERP, "1000NEIROCTO", 1000),
    ("BEAMX", "bybit", BOTH, "BEAM", 1),
    ("BEAMX", "okx", PERP, "BEAM", 1),
    # One name for two assets: what Bybit and OKX call so is not what Binance does.
    ("NEIROETH", "bybit", SPOT, "NEIRO", 1),
    ("PUMP", "bybit", BOTH, "PUMPFUN", 1),
    ("PUMPBTC", "bybit", BOTH, "PUMP", 1),
    ("ACE", "bybit", BOTH, "ACEF", 1),
    ("ACEDATA", "bybit", BOTH, "ACE", 1),
    ("LEOMEME", "bybit", BOTH, "LEO", 1),
    ("HOTHYDRO", "okx", BOTH, "HOT", 1),
    ("QIDAO", "bybit", BOTH, "QI", 1),
    # Collisions that nobody has on a list: prices far apart, prices that drift across each other (see `synthetic`),
    # and a multiplier over a name that another asset has.
    ("GRIDMEME", "bybit", SPOT, "GRID", 1),
    ("TIDEB", "okx", SPOT, "TIDE", 1),
    ("MOLEMEME", "bybit", BOTH, "1000MOLE", 1000),
)
TICKERS: dict[tuple[str, ExchangeName, MarketKind], Ticker] = {
    (asset, exchange, kind): Ticker(base, multiplier)
    for asset, exchange, kinds, base, multiplier in _ROWS
    for kind in kinds
}
# Contract values that OKX really uses; the others follow the price.
OKX_CONTRACT_VALUES: dict[str, float] = {
    "BTC": 0.01, "ETH": 0.1, "SOL": 1, "XRP": 100, "BNB": 0.01, "DOGE": 1000, "ADA": 100, "TRX": 1000, "LINK": 1,
    "AVAX": 1, "LTC": 1, "BCH": 0.1, "SUI": 1, "TON": 1, "XLM": 100, "HBAR": 100, "DOT": 1, "UNI": 1, "NEAR": 10,
    "PEPE": 10_000_000, "SHIB": 1_000_000, "AAVE": 0.1, "ETC": 10, "APT": 1, "ARB": 10, "OP": 1, "FIL": 0.1, "WIF": 1,
    "BONK": 100_000, "FLOKI": 100_000, "SATS": 10_000_000, "LUNC": 10_000, "NOT": 100, "TURBO": 10_000,
}  # fmt: skip


def ticker_of(asset: str, exchange: ExchangeName, kind: MarketKind) -> Ticker:
    return TICKERS.get((asset, exchange, kind)) or Ticker(asset)
