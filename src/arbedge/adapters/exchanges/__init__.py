"""One folder an exchange, each with the same three names: wire, client, rules."""

import httpx

from arbedge.adapters.exchanges.binance import Binance
from arbedge.adapters.exchanges.bybit import Bybit
from arbedge.adapters.exchanges.okx import Okx
from arbedge.domain.budget import Host
from arbedge.domain.market import ExchangeId
from arbedge.ports.clock import Clock
from arbedge.ports.exchange import ExchangeMarketData


def build_exchanges(
    transport: httpx.AsyncBaseTransport,
    clock: Clock,
    hosts: dict[str, Host],
    *,
    binance_spot_url: str,
    binance_futures_url: str,
    bybit_url: str,
    okx_url: str,
) -> dict[ExchangeId, ExchangeMarketData]:
    """Every exchange we read; a further one is its folder and one line here. `hosts` outlives what is built here."""
    return {
        "binance": Binance(transport, clock, hosts, spot_url=binance_spot_url, futures_url=binance_futures_url),
        "bybit": Bybit(transport, clock, hosts, url=bybit_url),
        "okx": Okx(transport, clock, hosts, url=okx_url),
    }
