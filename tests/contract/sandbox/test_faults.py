"""Each kind of fault as a client meets it: in the exchange's own words, and over a real connection where it is cut."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from scripts.sandbox import Sandbox
from scripts.sandbox.faults import Fault

TIMES = {
    "binance": "/binance/api/v3/time",
    "binance-futures": "/binance-futures/fapi/v1/time",
    "bybit": "/bybit/v5/market/time",
    "okx": "/okx/api/v5/public/time",
}


async def broken(
    client: httpx.AsyncClient, sandbox: Sandbox, target: Any, kind: Any, value: float | None = None
) -> Any:
    sandbox.faults.add(Fault(target, kind, value))
    return await client.get(TIMES[target])


@pytest.mark.parametrize("target", TIMES)
async def test_html_instead_of_json(client: httpx.AsyncClient, sandbox: Sandbox, target: str) -> None:
    answer = await broken(client, sandbox, target, "html")
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    sandbox.faults.clear()
    assert (await broken(client, sandbox, target, "html", 200)).status_code == 200


@pytest.mark.parametrize("target", TIMES)
async def test_malformed_json(client: httpx.AsyncClient, sandbox: Sandbox, target: str) -> None:
    answer = await broken(client, sandbox, target, "malformed")
    assert answer.status_code == 200
    assert "json" in answer.headers["content-type"]
    with pytest.raises(ValueError, match=r"."):
        answer.json()


@pytest.mark.parametrize(
    ("target", "status", "text"),
    [
        ("binance", 451, '"code":0'),
        ("binance-futures", 451, "restricted location"),
        ("bybit", 403, "CloudFront"),
        ("okx", 403, '"50125"'),
    ],
)
async def test_a_country_not_served(
    client: httpx.AsyncClient, sandbox: Sandbox, target: str, status: int, text: str
) -> None:
    answer = await broken(client, sandbox, target, "geo")
    assert answer.status_code == status
    assert text in answer.text


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [("binance", 429, -1003), ("binance-futures", 429, -1003), ("bybit", 200, 10006), ("okx", 429, "50011")],
)
async def test_a_full_limit(
    client: httpx.AsyncClient, sandbox: Sandbox, target: str, status: int, code: int | str
) -> None:
    answer = await broken(client, sandbox, target, "rate_limit", 7)
    body = answer.json()
    assert (answer.status_code, body.get("code", body.get("retCode"))) == (status, code)
    if target.startswith("binance"):
        assert answer.headers["Retry-After"] == "7"
    if target == "bybit":
        assert int(answer.headers["X-Bapi-Limit-Reset-Timestamp"]) == body["time"] + 7_000


@pytest.mark.parametrize(("value", "code"), [(500, -1000), (503, -1008), (418, -1003)])
async def test_a_status_of_binance(client: httpx.AsyncClient, sandbox: Sandbox, value: int, code: int) -> None:
    answer = await broken(client, sandbox, "binance", "status", value)
    assert (answer.status_code, answer.json()["code"]) == (value, code)


async def test_latency_delays_a_good_answer(client: httpx.AsyncClient, sandbox: Sandbox) -> None:
    began = time.monotonic()
    answer = await broken(client, sandbox, "okx", "latency", 80)
    assert answer.json()["code"] == "0"
    assert time.monotonic() - began >= 0.08


async def test_in_process_a_cut_connection_is_the_transports_own_error(
    client: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    with pytest.raises(httpx.ReadError):
        await broken(client, sandbox, "okx", "reset")
    sandbox.faults.clear()
    with pytest.raises(httpx.ReadTimeout):
        await broken(client, sandbox, "okx", "timeout", 30)


@pytest.fixture
def real(served: tuple[Sandbox, str]) -> Iterator[tuple[Sandbox, httpx.Client]]:
    sandbox, base = served
    with httpx.Client(base_url=base) as client:
        yield sandbox, client
    sandbox.faults.clear()


def test_a_reset_cuts_the_connection(real: tuple[Sandbox, httpx.Client]) -> None:
    sandbox, client = real
    sandbox.faults.add(Fault("okx", "reset"))
    with pytest.raises(httpx.NetworkError):
        client.get(TIMES["okx"])
    sandbox.faults.clear()
    assert client.get(TIMES["okx"]).status_code == 200


def test_a_timeout_hangs_and_then_closes(real: tuple[Sandbox, httpx.Client]) -> None:
    sandbox, client = real
    sandbox.faults.add(Fault("bybit", "timeout", 0.3))
    with pytest.raises(httpx.ReadTimeout):
        client.get(TIMES["bybit"], timeout=0.1)
    began = time.monotonic()
    with pytest.raises(httpx.TransportError):
        client.get(TIMES["bybit"], timeout=5)
    assert 0.25 < time.monotonic() - began < 2
    assert client.get(TIMES["okx"]).status_code == 200
