"""Starts the sandbox, as a process like `make dev` does, and a bot for it to talk to."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from scripts.layout import ROOT
from tests.web.echo_bot import echo_bot

TOKEN = "6012345678:AAEtestTOKENforVectorsOnly_000000000"
SECRET = "web-page-secret"
START_S_MAX = 20


def bound() -> socket.socket:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    return listening


@contextmanager
def serving_bot(api_url: str, listening: socket.socket) -> Iterator[None]:
    app = echo_bot(api_url, SECRET)
    config = uvicorn.Config(
        app, loop="asyncio", log_level="warning", ws="none", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()


@contextmanager
def serving_sandbox(port: int, worker_url: str) -> Iterator[None]:
    command = [sys.executable, "-m", "scripts.sandbox", "--port", str(port), "--worker-url", worker_url]
    process = subprocess.Popen([*command, "--bot-token", TOKEN, "--webhook-secret", SECRET], cwd=ROOT)
    try:
        wait_for(f"http://127.0.0.1:{port}/telegram/bot{TOKEN}/getMe")
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing answers at {url}")


@pytest.fixture(scope="session")
def chat_url() -> Iterator[str]:
    """The sandbox's address; its webhook leads to a bot that answers."""
    bot_socket = bound()
    with bound() as reserved:
        port = reserved.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    bot_url = f"http://127.0.0.1:{bot_socket.getsockname()[1]}"
    with serving_bot(f"{url}/telegram/bot{TOKEN}", bot_socket), serving_sandbox(port, bot_url):
        yield url
