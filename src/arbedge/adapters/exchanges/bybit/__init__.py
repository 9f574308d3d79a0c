"""Bybit V5: spot and linear perpetuals."""

from arbedge.adapters.exchanges.bybit.client import Bybit

__all__ = ["Bybit"]
