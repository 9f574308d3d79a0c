"""The whole bot in one process: the application on the twins of the bindings, and the Telegram stand-in around it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from arbedge import bootstrap
from arbedge.app.services import Services
from arbedge.config import Settings
from arbedge.domain.detection.candidates import Drop
from arbedge.domain.market import EXCHANGES, MARKETS
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.verdicts import sum_up
from arbedge.entrypoints.telegram.webhook import handle_webhook
from arbedge.ports.store import FeedHealth
from scripts.sandbox.breakage import FaultMiddleware
from scripts.sandbox.config import SandboxConfig
from scripts.sandbox.fault_replies import fault_renderers
from scripts.sandbox.faults import Fault, FaultTable, Kind
from scripts.sandbox.requests import RequestLog
from scripts.sandbox.telegram import TelegramSandbox
from scripts.sandbox.telegram import build as build_telegram
from scripts.sandbox.telegram.outbox import SentCall
from tests.miniflare_shim import ShimEnv, VirtualClock
from tests.unit.entrypoints.telegram.builders import report

MIGRATIONS = Path(__file__).parents[3] / "migrations"
NOW = 1_795_300_000_000
BOT_TOKEN = "6012345678:AAEtestTOKENforVectorsOnly_000000000"
SETTLE_S = 30.0  # the first call waits for the models of the Bot API to be imported
SECRET = "webhook-secret_0123456789"
FIONA, PAVEL = 123456789, 456789123
PEOPLE = {FIONA: ("user_free_123", "Fiona", "free"), PAVEL: ("user_premium_456", "Pavel", "premium")}
SETTINGS = Settings(
    environment="test",
    market_mode="synthetic",
    binance_spot_url="https://binance.test",
    binance_futures_url="https://futures.test",
    bybit_url="https://bybit.test",
    okx_url="https://okx.test",
    telegram_api_url="https://sandbox.test/telegram",
    telegram_bot_token=BOT_TOKEN,
    telegram_webhook_secret=SECRET,
    pseudonym_key="pseudonym-key-of-tests-0123456789abcdef",
    log_level="INFO",
)


class World:
    """One deployment and one Telegram. Time stands still unless `clock` is moved."""

    def __init__(self) -> None:
        self.clock = VirtualClock(NOW)
        self.env = ShimEnv(clock=self.clock)
        self.env.migrate(MIGRATIONS)
        config = SandboxConfig(worker_url="http://worker.test", bot_token=BOT_TOKEN, webhook_secret=SECRET)
        self._faults = FaultTable(self.clock, 7)
        requests = RequestLog(self.clock)
        self.telegram: TelegramSandbox = build_telegram(config, self.clock, self._faults, requests)
        self.telegram.backend.pacing.enforced = False
        mounted = Starlette(routes=[Mount("/telegram", self.telegram.bot_api)])
        self._sandbox = FaultMiddleware(mounted, self._faults, requests, fault_renderers(self.clock))
        self.worker = Starlette(routes=[Route("/webhook/telegram", self._webhook, methods=["POST"])])
        self.telegram.deliver_through(httpx.ASGITransport(self.worker), retry_scale=0.001)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.worker), base_url="http://worker.test")

    def build(self) -> Services:
        """A new set of ports, as each event gets one."""
        return bootstrap.build(cast("Any", self.env), SETTINGS, httpx.ASGITransport(self._sandbox), self.clock)

    async def _webhook(self, request: Request) -> Response:
        answer = await handle_webhook(self.build(), request.headers, request.stream())
        return Response(answer.body, answer.status, dict(answer.headers))

    def seed(self) -> None:
        for telegram_id, (user_id, name, tier) in PEOPLE.items():
            self.execute(
                "INSERT INTO users (id, telegram_id, name, tier, created_at) VALUES (?, ?, ?, ?, ?)",
                user_id, telegram_id, name, tier, NOW,
            )  # fmt: skip

    def execute(self, sql: str, *values: Any) -> list[Any]:
        connection = self.env.DB.sqlite.connection
        rows = connection.execute(sql, values).fetchall()
        connection.commit()
        return rows

    async def keep(self, *opportunities: Opportunity) -> None:
        """Stores opportunities as a scan would."""
        await self.build().opportunities.save(list(opportunities))

    async def scan(self, *drops: Drop, verdicts: bool = False) -> None:
        """Stores a finished scan with these nearest misses and every feed well; `verdicts` keeps it for the hour."""
        scans, now = self.build().scans, self.clock.now_ms()
        assert await scans.begin(now - 1_000, "synthetic", now - 1_000)
        feeds = [
            FeedHealth(
                exchange=exchange,
                market=market,
                state="ok",
                error=None,
                error_class=None,
                quotes=400,
                latency_ms=80,
                checked_at=now,
                last_success_at=now,
            )
            for exchange in EXCHANGES
            for market in MARKETS
        ]
        said = sum_up(drops, {}, {}, {}, ()) if verdicts else None
        await scans.finish(replace(report(*drops, finished_at=now), scan_id=now - 1_000), {}, feeds, verdicts=said)

    def break_telegram(self, kind: Kind, path: str | None = None, value: float | None = None) -> None:
        self._faults.add(Fault(target="telegram", kind=kind, path=path, value=value))

    def mend_telegram(self) -> None:
        self._faults.clear()

    async def post(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """One delivery to the webhook, with the right secret unless `headers` says otherwise."""
        sent = {"x-telegram-bot-api-secret-token": SECRET, "content-type": "application/json"} | (headers or {})
        return await self.client.post("/webhook/telegram", content=body, headers=sent)

    async def say(self, person: int, text: str, **more: Any) -> list[SentCall]:
        """What the bot did because of it."""
        seen = len(self.calls())
        self.telegram.actors.say(person, text, **more)
        await self.telegram.settle(SETTLE_S)
        return self.calls()[seen:]

    async def tap(self, person: int, message_id: int, data: str, **more: Any) -> list[SentCall]:
        seen = len(self.calls())
        self.telegram.actors.tap(person, message_id, data, **more)
        await self.telegram.settle(SETTLE_S)
        return self.calls()[seen:]

    def calls(self, method: str | None = None) -> list[SentCall]:
        return [call for call in self.telegram.outbox.calls() if method in {None, call.method}]

    async def aclose(self) -> None:
        await self.client.aclose()
        await self.telegram.aclose()


def buttons_of(call: SentCall) -> dict[str, dict[str, Any]]:
    """The buttons of a message by what they say."""
    rows = call.parameters.get("reply_markup", {}).get("inline_keyboard", [])
    return {button["text"]: button for row in rows for button in row}


def only(calls: list[SentCall], method: str) -> SentCall:
    (call,) = [call for call in calls if call.method == method]
    return call


async def stream(body: bytes) -> AsyncIterator[bytes]:
    yield body
