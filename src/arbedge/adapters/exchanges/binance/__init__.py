"""Binance: spot and USD-M futures."""

from arbedge.adapters.exchanges.binance.client import Binance

__all__ = ["Binance"]
