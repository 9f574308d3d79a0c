"""CoinMarketCap: quotes, listings, the whole market and its mood, and the ids of coins."""

from arbedge.adapters.coinmarketcap.client import CoinMarketCap

__all__ = ["CoinMarketCap"]
