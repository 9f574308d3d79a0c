"""One sandbox for the session, on a clock that stands still."""

import threading
from collections.abc import Iterator

import httpx
import pytest

from arbedge.domain.market import ExchangeId
from arbedge.ports.exchange import ExchangeMarketData
from scripts.sandbox import Sandbox, SandboxConfig, SettableClock, create_sandbox
from tests.contract.exchanges.world import NOW_MS, connect

CONFIG = SandboxConfig(worker_url="http://worker.invalid", bot_token="1:token", webhook_secret="secret")


@pytest.fixture(scope="session")
def whole_sandbox() -> Iterator[Sandbox]:
    """It loads the Bot API's models in the background; an interpreter that ends meanwhile would abort."""
    yield create_sandbox(CONFIG, SettableClock(NOW_MS))
    for thread in threading.enumerate():
        if thread.daemon:
            thread.join(timeout=30)


@pytest.fixture
def sandbox(whole_sandbox: Sandbox) -> Sandbox:
    """Mended and with all its patience back; the market on a clock that stands still needs no rewinding."""
    whole_sandbox.faults.clear()
    whole_sandbox.requests.clear()
    whole_sandbox.reset_limits()
    return whole_sandbox


@pytest.fixture
def exchanges(sandbox: Sandbox) -> dict[ExchangeId, ExchangeMarketData]:
    return connect(httpx.ASGITransport(app=sandbox.app), SettableClock(NOW_MS))
