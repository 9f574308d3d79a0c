"""A sandbox in process on a clock that stands still, and one behind a real port for clients that bring their own HTTP."""

import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.sandbox import Sandbox, SandboxConfig, SettableClock, create_sandbox
from scripts.sandbox.config import fixtures_directory
from scripts.sandbox.server import uvicorn_server

NOW_MS = 1_795_386_285_997
CONFIG = SandboxConfig(worker_url="http://worker.invalid", bot_token="1:token", webhook_secret="secret")
FIXTURES = fixtures_directory()

needs_fixtures = pytest.mark.skipif(
    not FIXTURES.exists(), reason=f"recorded data is not at {FIXTURES} (ARBEDGE_FIXTURES)"
)

Get = Callable[..., Any]


@pytest.fixture(scope="session", autouse=True)
def background_work_ends() -> Iterator[None]:
    """A sandbox loads the Bot API's models in the background; an interpreter that ends meanwhile would abort."""
    yield
    for thread in threading.enumerate():
        if thread.daemon:
            thread.join(timeout=30)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW_MS)


@pytest.fixture
def sandbox(clock: SettableClock) -> Sandbox:
    return create_sandbox(CONFIG, clock)


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        yield client


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Sandbox, str]]:
    """A sandbox on the wall clock behind a free port, and its address."""
    sandbox = create_sandbox(CONFIG)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn_server(sandbox, "127.0.0.1", port)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield sandbox, f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


def recorded_cases(exchange: str, method: str) -> list[Any]:
    """Raw answers of the exchange for one method of ccxt's recordings."""
    document = json.loads((FIXTURES / "ccxt" / "response" / f"{exchange}.json").read_text())
    return [case["httpResponse"] for case in document["methods"][method]]


def recorded_market(exchange: str, symbol: str) -> dict[str, Any]:
    document = json.loads((Path(FIXTURES) / "ccxt" / "markets" / f"{exchange}.json").read_text())
    return document["markets"][symbol]["info"]


def unquoted(value: Any) -> Any:
    """The recorder turned numbers into strings: compare texts of digits and numbers as one kind."""
    if isinstance(value, dict):
        return {key: unquoted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unquoted(value[0])] if value else []
    if isinstance(value, bool) or value is None:
        return "flag"
    return "text or number"


def assert_covers(ours: Any, recorded: Any, where: str = "$") -> None:
    """Everything that the exchange sends is there, in the same nesting."""
    if isinstance(recorded, dict):
        assert isinstance(ours, dict), where
        for key, value in recorded.items():
            assert key in ours, f"{where}.{key} is missing"
            assert_covers(ours[key], value, f"{where}.{key}")
    elif isinstance(recorded, list):
        assert isinstance(ours, list), where
        if recorded and ours:
            assert_covers(ours[0], recorded[0], f"{where}[0]")
    else:
        assert not isinstance(ours, dict | list), where
