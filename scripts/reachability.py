"""Asks the exchanges' public hosts whether they can be reached from this machine, before anyone wonders about gaps."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

PROBE_TIMEOUT_S = 4.0
# A cheap public call of each, with the words a person would use for it.
PROBES = {
    "BINANCE_SPOT_URL": ("Binance spot", "/api/v3/ping"),
    "BINANCE_FUTURES_URL": ("Binance USD-M futures", "/fapi/v1/ping"),
    "BYBIT_URL": ("Bybit", "/v5/market/time"),
    "OKX_URL": ("OKX", "/api/v5/public/time"),
}


@dataclass(frozen=True, slots=True)
class Reachability:
    """`problem` is empty for a host that answered."""

    name: str
    problem: str


def probe_exchanges(addresses: dict[str, str], transport: httpx.BaseTransport | None = None) -> list[Reachability]:
    """Probe all at once; takes no longer than one time limit."""

    def probe(variable: str) -> Reachability:
        name, path = PROBES[variable]
        try:
            with httpx.Client(transport=transport, timeout=PROBE_TIMEOUT_S) as client:
                answer = client.get(addresses[variable] + path)
        except httpx.HTTPError as error:
            return Reachability(name, f"cannot be reached from here ({type(error).__name__})")
        if answer.status_code in {403, 451}:
            return Reachability(name, f"refuses this location (HTTP {answer.status_code})")
        return Reachability(name, "" if answer.is_success else f"answers HTTP {answer.status_code}")

    with ThreadPoolExecutor() as pool:
        return list(pool.map(probe, PROBES))
