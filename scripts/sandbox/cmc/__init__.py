"""CoinMarketCap: the calls of the free plan, as strict as the original, on the prices of the sandbox's market."""

from scripts.sandbox.cmc.app import CmcSandbox, build_cmc
from scripts.sandbox.cmc.replies import cmc_replies

__all__ = ["CmcSandbox", "build_cmc", "cmc_replies"]
