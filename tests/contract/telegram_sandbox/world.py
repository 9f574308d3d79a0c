"""A sandbox in this process, a webhook that listens, and short ways to call both."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from scripts.sandbox import Sandbox, SandboxConfig, SettableClock, create_sandbox
from scripts.sandbox.telegram import TelegramSandbox

TOKEN = "6012345678:AAEtestTOKENforVectorsOnly_000000000"
SECRET = "contract-secret"
NOW_MS = 1_795_300_000_000
FIONA = 123456789
PAVEL = 456789123
ADA = 999888777
GROUP = -1002147483777


@dataclass
class TelegramWorld:
    """`updates` is what the webhook received; `answer` decides what it says."""

    sandbox: Sandbox
    telegram: TelegramSandbox
    clock: SettableClock
    client: httpx.AsyncClient
    updates: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[httpx.Request] = field(default_factory=list)
    answer: Callable[[httpx.Request], httpx.Response] = lambda _request: httpx.Response(200)

    async def hear(self, request: httpx.Request) -> httpx.Response:
        self.deliveries.append(request)
        with contextlib.suppress(ValueError):
            self.updates.append(json.loads(request.content))
        return self.answer(request)

    async def call(self, method: str, **parameters: Any) -> httpx.Response:
        return await self.client.post(f"/telegram/bot{TOKEN}/{method}", json=parameters)

    async def result(self, method: str, **parameters: Any) -> Any:
        answer = await self.call(method, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    async def refusal(self, method: str, **parameters: Any) -> tuple[int, str]:
        answer = await self.call(method, **parameters)
        body = answer.json()
        assert (body["ok"], body["error_code"]) == (False, answer.status_code)
        return answer.status_code, body["description"]

    async def control(self, name: str, /, **body: Any) -> Any:
        answer = await self.client.post(f"/_control/telegram/{name}", json=body)
        assert answer.status_code == 200, answer.text
        await self.telegram.settle()
        return answer.json()

    async def outbox(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.client.get("/_control/telegram/outbox", params=query)
        return answer.json()["calls"]

    async def fault(self, **fault: Any) -> None:
        answer = await self.client.post("/_control/faults", json={"target": "telegram", **fault})
        assert answer.status_code == 200, answer.text


def build_world() -> TelegramWorld:
    clock = SettableClock(NOW_MS)
    config = SandboxConfig(worker_url="http://worker.test", bot_token=TOKEN, webhook_secret=SECRET)
    sandbox = create_sandbox(config, clock)
    telegram = sandbox.telegram
    assert isinstance(telegram, TelegramSandbox)
    transport = httpx.ASGITransport(sandbox.app, raise_app_exceptions=True)
    world = TelegramWorld(
        sandbox, telegram, clock, httpx.AsyncClient(transport=transport, base_url="http://sandbox.test")
    )
    telegram.deliver_through(httpx.MockTransport(world.hear), retry_scale=0.0)
    return world
