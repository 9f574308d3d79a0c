"""The whole application in one process: its own code on the twins of the bindings, the sandbox over ASGI, one clock.

Everything a test does goes through a public door: a cron tick, a message to the bot, a request to the API, the
sandbox's control.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from arbedge import bootstrap
from arbedge.adapters.cloudflare.queues import decode_message
from arbedge.app.services import Services
from arbedge.config import Settings, load_settings
from arbedge.domain.budget import Host
from arbedge.entrypoints.appraiser import AppraisalLoop
from arbedge.entrypoints.cron import run_cron
from arbedge.entrypoints.http.api import bind, create_api
from arbedge.entrypoints.queues import consume
from arbedge.entrypoints.scanner import ScanLoop
from arbedge.entrypoints.telegram.screens.alert import render_alert
from arbedge.entrypoints.telegram.webhook import handle_webhook
from scripts.local_config import LOCAL_CMC_API_KEY
from scripts.sandbox import SandboxConfig, create_sandbox
from scripts.sandbox.faults import Fault, Kind, Target
from scripts.sandbox.market.memo import Memo
from tests.miniflare_shim import MessageBatch, ShimEnv, VirtualClock

ROOT = Path(__file__).parents[2]
START = 1_795_386_285_000
MARKET = Memo(kept_max=800)  # every test's clock starts at the same time, so that most ask for the same market
TICK_MS = 10_000
SETTLE_S = 60.0  # on a busy machine the first call waits for the stand-in's models
BOT_TOKEN = "6012345678:AAEtestTOKENforVectorsOnly_000000000"
WEBHOOK_SECRET = "integration-webhook-secret"
PSEUDONYM_KEY = "integration-pseudonym-key-0123456789abcdef"
EVERY_MINUTE, HOURLY = "* * * * *", "0 * * * *"
FIONA, PAVEL, PRIYA, ADA = 123456789, 456789123, 789123456, 999888777
SEEDED = (
    ("user_free_123", FIONA, "user", "free"),
    ("user_premium_456", PAVEL, "user", "premium"),
    ("user_pro_789", PRIYA, "user", "pro"),
    ("user_admin_000", ADA, "admin", "free"),
)
API = create_api()


def make_settings(**changes: str) -> Settings:
    sandbox = "http://sandbox"
    return load_settings(
        {
            "ENVIRONMENT": "test",
            "MARKET_MODE": "synthetic",
            "BINANCE_SPOT_URL": f"{sandbox}/binance",
            "BINANCE_FUTURES_URL": f"{sandbox}/binance-futures",
            "BYBIT_URL": f"{sandbox}/bybit",
            "OKX_URL": f"{sandbox}/okx",
            "TELEGRAM_API_URL": f"{sandbox}/telegram",
            "CMC_URL": f"{sandbox}/cmc",
            "CMC_API_KEY": LOCAL_CMC_API_KEY,
            "TELEGRAM_BOT_TOKEN": BOT_TOKEN,
            "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "PSEUDONYM_KEY": PSEUDONYM_KEY,
            "LOG_LEVEL": "INFO",
            **changes,
        }
    )


class ScannerObject:
    """The shell of `src/entry.py`, which cannot be imported outside the Worker."""

    def __init__(self, ctx: Any, build: Callable[[], Services]) -> None:
        self._loop = ScanLoop(ctx.storage, build)

    async def alarm(self, _info: Any = None) -> None:
        await self._loop.ring()

    async def wake(self, scheduled_at: int) -> bool:
        return await self._loop.wake(int(scheduled_at))


class AppraiserObject:
    """As above."""

    def __init__(self, ctx: Any, build: Callable[[], Services]) -> None:
        self._loop = AppraisalLoop(ctx.storage, build)

    async def alarm(self, _info: Any = None) -> None:
        await self._loop.ring()

    async def wake(self) -> None:
        await self._loop.wake()


class World:
    """One deployment with its market and its Telegram. Books stand still unless a test moves them.

    With `is_self_driven` the scan loop's alarms ring; without it, they are held back and `scan` alone starts scans.
    """

    def __init__(self, *, fresh_kv: bool = True, seed: int = 0, is_self_driven: bool = False, **settings: str) -> None:
        self.clock = VirtualClock(START)
        self.env: Any = ShimEnv(clock=self.clock, seed=seed, fresh_kv=fresh_kv, flood_limit=10_000)
        self.env.migrate(ROOT / "migrations")
        self._seed_people()
        self.hosts: dict[str, Host] = {}
        self.objects = self.env.add_objects("SCANNER", lambda ctx, _env: ScannerObject(ctx, self.services))
        self.objects.holds_alarms = not is_self_driven
        self.appraisers = self.env.add_objects("APPRAISER", lambda ctx, _env: AppraiserObject(ctx, self.services))
        self.settings = make_settings(**settings)
        config = SandboxConfig("http://worker", BOT_TOKEN, WEBHOOK_SECRET)
        self.sandbox = create_sandbox(config, self.clock, MARKET)
        self.sandbox.choose_market(None, None, 0)
        self.transport: httpx.AsyncBaseTransport = httpx.ASGITransport(self.sandbox.app)
        self.telegram: Any = self.sandbox.telegram
        self.telegram.deliver_through(httpx.ASGITransport(self.app), retry_scale=0.001)
        self.api = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://worker")
        self.exchanges = httpx.AsyncClient(transport=httpx.ASGITransport(self.sandbox.app), base_url="http://sandbox")
        self._consume()

    def _seed_people(self) -> None:
        for id_, telegram_id, role, tier in SEEDED:
            self.env.DB.sqlite.execute(
                "INSERT INTO users (id, telegram_id, name, role, tier, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                (id_, telegram_id, id_, role, tier, START),
            )

    async def aclose(self) -> None:
        await self.telegram.aclose()
        await self.api.aclose()
        await self.exchanges.aclose()

    def services(self) -> Services:
        """The ports of one event, built anew for each as in the Worker."""
        self.env.ANALYTICS.begin_invocation()
        return bootstrap.build(self.env, self.settings, self.transport, self.clock, self.hosts)

    def restart(self) -> None:
        """The platform moves the Worker: whatever was in memory is gone."""
        self.objects.evict()
        self.appraisers.evict()
        self.hosts.clear()

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """The Worker's fetch as an ASGI application."""
        if scope["path"] != "/webhook/telegram":
            await bind(API, self.services())(scope, receive, send)
            return

        async def body():
            while True:
                message = await receive()
                yield message.get("body", b"")
                if not message.get("more_body"):
                    return

        headers = httpx.Headers(scope["headers"])
        answer = await handle_webhook(self.services(), headers, body())
        lines = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": lines})
        await send({"type": "http.response.body", "body": answer.body})

    def _consume(self) -> None:
        async def handle(batch: MessageBatch) -> None:
            await consume(self.services(), batch, decode_message, render_alert)

        self.env.consume(handle)

    def break_(self, target: Target, kind: Kind, **fault: Any) -> None:
        """Breaks something outside, as the sandbox's control does."""
        self.sandbox.faults.add(Fault(target=target, kind=kind, **fault))

    async def scan(self, times: int = 1) -> None:
        """Cron ticks ten seconds apart, each followed by everything it put into the queues."""
        for _ in range(times):
            await self.env.advance(TICK_MS)
            await self.tick(self.clock.now_ms())
            await self.env.advance(2_000)

    async def tick(self, scheduled_at: int) -> None:
        """The minute's cron, as the platform fires it."""
        await run_cron(self.services(), EVERY_MINUTE, scheduled_at)

    async def tick_hour(self) -> None:
        """The hour's cron, for the hour that it is now."""
        await run_cron(self.services(), HOURLY, self.clock.now_ms() // 3_600_000 * 3_600_000)

    async def say(self, person: int, text: str) -> list[dict[str, Any]]:
        """A person writes; returns what the bot called in answer."""
        before = len(self.calls())
        self.telegram.actors.say(person, text)
        await self.telegram.settle(SETTLE_S)
        return self.calls()[before:]

    async def tap(self, person: int, message_id: int, data: str) -> list[dict[str, Any]]:
        before = len(self.calls())
        self.telegram.actors.tap(person, message_id, data)
        await self.telegram.settle(SETTLE_S)
        return self.calls()[before:]

    def calls(self, person: int | None = None, method: str | None = None) -> list[dict[str, Any]]:
        """Accepted Bot API calls as {method, parameters, result}."""
        return [
            {"method": call.method, "parameters": call.parameters, "result": call.result}
            for call in self.telegram.outbox.calls(chat_id=person)
            if method is None or call.method == method
        ]

    def alerts(self, person: int = FIONA, asset: str | None = None) -> list[dict[str, Any]]:
        """Alert messages sent to a person (not their edits), told apart by their Open button."""
        sent = [
            call for call in self.calls(person, "sendMessage") if "op:o:" in str(call["parameters"].get("reply_markup"))
        ]
        alerts = [call for call in sent if "op:y:" in str(call["parameters"]["reply_markup"])]
        return [call for call in alerts if asset is None or f"<b>{asset} " in call["parameters"]["text"]]

    def edits(self, message_id: int) -> list[dict[str, Any]]:
        return [
            call for call in self.calls(method="editMessageText") if call["parameters"].get("message_id") == message_id
        ]

    async def get(self, path: str, user: str | None = "user_pro_789", **parameters: Any) -> httpx.Response:
        headers = {"X-User-ID": user} if user else {}
        return await self.api.get(f"/api/v1{path}", headers=headers, params=parameters)

    async def post(self, path: str, user: str | None = "user_pro_789", **body: Any) -> httpx.Response:
        headers = {"X-User-ID": user} if user else {}
        return await self.api.post(f"/api/v1{path}", headers=headers, json=body)


def told_id(alert: dict[str, Any]) -> str:
    """The opportunity an alert tells of."""
    found = re.search(r"op:o:([0-9a-f]{16})", str(alert["parameters"]["reply_markup"]))
    assert found
    return found.group(1)
