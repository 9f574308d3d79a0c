"""Which asset an exchange means by a ticker: the one table of names that are not right by themselves.

A ticker is not an asset. Most of them name the same coin everywhere; some count in thousands, some were renamed because
the plain name was taken, and some name different coins on different exchanges. The last kind is the dangerous one: a
price guard finds most mix-ups, but two strangers' prices can cross. So a ticker that is known to name several coins
names one of its own on each exchange (`HOT.OKX`), unless a row below says which coin it is there.

Rows state their source. What no row knows is left to `quarantine`, which watches prices.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from arbedge.domain.instruments import Instrument, parse_base
from arbedge.domain.market import ExchangeId


class Naming(NamedTuple):
    """What one exchange means by one ticker; a unit of the ticker is `multiplier` units of the asset."""

    exchange: ExchangeId
    ticker: str
    asset: str
    multiplier: int
    source: str


class Homonym(NamedTuple):
    """A ticker of several coins."""

    names: tuple[str, ...]
    source: str


_NEIRO: Final = "ccxt issue 25500: the NEIRO of Binance is the NEIROCTO of Bybit, and another coin than Bybit's NEIRO"
_RAY: Final = "Binance USD-M premium index, 2025-06-17: RAYSOLUSDT and RAYUSDT have one index price, 2.15867059"

NAMINGS: Final[tuple[Naming, ...]] = (
    Naming("binance", "NEIRO", "NEIRO", 1, _NEIRO),
    Naming("bybit", "NEIROCTO", "NEIRO", 1, _NEIRO),
    Naming("bybit", "1000NEIROCTO", "NEIRO", 1000, _NEIRO),
    Naming("binance", "RAYSOL", "RAY", 1, _RAY),
    # What the rule for powers of ten reads as well; here so that a change of the rule cannot lose them.
    Naming("binance", "1000PEPE", "PEPE", 1000, "ccxt issue 9302; Binance USD-M premium index, 2025-06-17"),
    Naming("binance", "1000SHIB", "SHIB", 1000, "ccxt issue 9302; Binance USD-M exchange information, 2021"),
    Naming("binance", "1MBABYDOGE", "BABYDOGE", 1_000_000, "ccxt issue 9302; Binance spot tickers, 2025-01-18"),
    Naming("bybit", "1000PEPE", "PEPE", 1000, "ccxt issue 9302; Bybit linear instruments, 2026-08"),
    Naming("bybit", "SHIB1000", "SHIB", 1000, "ccxt issue 9302"),
    Naming("bybit", "1000000BABYDOGE", "BABYDOGE", 1_000_000, "Bybit linear instruments, 2026-08"),
)

_MAP: Final = "ccxt issues 1330, 4919 and 23170; CoinMarketCap's map, where the ticker belongs to several listed coins"

HOMONYMS: Final[dict[str, Homonym]] = {
    "ACE": Homonym(("Fusionist", "Ace Data Cloud"), _MAP),
    "BROCCOLI": Homonym(
        ("BROCCOLI714", "BROCCOLIF3B"),
        "Binance USD-M premium index, 2025-06-17: two contracts with suffixes, 0.0224 and 0.0096 USDT",
    ),
    "HOT": Homonym(("Holo", "Hydro Protocol"), _MAP),
    "LEO": Homonym(("UNUS SED LEO", "Leo the Lion"), _MAP),
    "NEIRO": Homonym(("First Neiro On Ethereum", "Neiro (ETH)"), _NEIRO),
    "PUMP": Homonym(("Pump.fun", "PumpBTC"), _MAP),
    "QI": Homonym(("BENQI", "Qi Dao"), _MAP),
}

_BY_TICKER: Final = {(row.exchange, row.ticker): row for row in NAMINGS}


def identify(exchange: ExchangeId, ticker: str) -> tuple[str, int]:
    """The asset and the power of ten it is counted in: `1000PEPE` -> (`PEPE`, 1000), `HOT` on OKX -> (`HOT.OKX`, 1)."""
    if row := _BY_TICKER.get((exchange, ticker)):
        return row.asset, row.multiplier
    asset, multiplier = parse_base(ticker)
    if asset in HOMONYMS:
        return f"{asset}.{exchange.upper()}", multiplier
    return asset, multiplier


def split_name(asset: str) -> str:
    """The ticker people know an asset by: `HOT` for `HOT.OKX`."""
    ticker, dot, exchange = asset.rpartition(".")
    return ticker if dot and exchange in _EXCHANGE_SUFFIXES else asset


_EXCHANGE_SUFFIXES: Final = frozenset({"BINANCE", "BYBIT", "OKX"})


def list_namings(instruments: Iterable[Instrument]) -> list[Naming]:
    """The table, and every listed ticker that is not its asset's own name, each once."""
    found = {(row.exchange, row.ticker): row for row in NAMINGS}
    for one in instruments:
        key = (one.exchange, one.base)
        if one.base != one.asset and key not in found:
            source = "the rule for powers of ten" if one.multiplier != 1 else HOMONYMS[split_name(one.asset)].source
            found[key] = Naming(one.exchange, one.base, one.asset, one.multiplier, source)
    return [found[key] for key in sorted(found)]
