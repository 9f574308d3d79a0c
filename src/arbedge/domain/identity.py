"""Tickers that are known to name different assets on different exchanges.

A price guard finds most mix-ups, but two strangers' prices can cross. So these are never compared across
exchanges by name alone, however close their prices are. Sources: ccxt issues 23170 and 25500; CoinMarketCap's map,
where each of these tickers belongs to several listed assets.
"""

from typing import Final

AMBIGUOUS: Final[dict[str, tuple[str, ...]]] = {
    "ACE": ("Fusionist", "Ace Data Cloud"),
    "HOT": ("Holo", "Hydro Protocol"),
    "LEO": ("UNUS SED LEO", "Leo the Lion"),
    "NEIRO": ("First Neiro On Ethereum", "Neiro (ETH)"),
    "PUMP": ("Pump.fun", "PumpBTC"),
    "QI": ("BENQI", "Qi Dao"),
}
