"""OKX V5: spot and linear swaps."""

from arbedge.adapters.exchanges.okx.client import Okx

__all__ = ["Okx"]
