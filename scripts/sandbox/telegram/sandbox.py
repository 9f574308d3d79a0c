"""Puts the Bot API stand-in together: one Telegram with its people, its webhook, its control and its chat page."""

from typing import Any

import httpx
from starlette.routing import BaseRoute

from scripts.sandbox.clock import Clock
from scripts.sandbox.config import SandboxConfig
from scripts.sandbox.faults import FaultTable
from scripts.sandbox.telegram import schema
from scripts.sandbox.telegram.acting import Actors
from scripts.sandbox.telegram.backend import Backend, Profile
from scripts.sandbox.telegram.bot_api import BotApi
from scripts.sandbox.telegram.control import control_routes
from scripts.sandbox.telegram.outbox import Outbox
from scripts.sandbox.telegram.pacing import Pacing
from scripts.sandbox.telegram.pages import page_routes
from scripts.sandbox.telegram.queries import Queries
from scripts.sandbox.telegram.webhook import EPOCH_S, Webhook
from scripts.sandbox.telegram.world import World

MESSAGES_PER_S = 0.2
"""Message ids start from the clock, so that a Worker that outlives the sandbox never takes a new message for an old."""


class TelegramSandbox:
    """`bot_api` is mounted at `/telegram`, `control` under `/_control/telegram`, `pages` at the root."""

    def __init__(self, config: SandboxConfig, clock: Clock, faults: FaultTable) -> None:
        first_message_id = max(1, int((clock.now_ms() / 1000 - EPOCH_S) * MESSAGES_PER_S))
        self.webhook = Webhook(clock, config.worker_url, config.webhook_secret)
        self.backend = Backend(clock, World(first_message_id), Pacing(clock), Queries(clock), self.webhook)
        self.outbox = Outbox()
        self.actors = Actors(self.backend)
        self.bot_api = BotApi(config.bot_token, self.backend, self.outbox, faults)
        self.webhook.execute = self.bot_api.execute_reply
        self.control: list[BaseRoute] = control_routes(
            self.outbox, self.webhook, self.actors, self.backend.pacing, self.bot_api
        )
        self.pages: list[BaseRoute] = page_routes(self.backend, self.actors)

    def deliver_through(self, transport: httpx.AsyncBaseTransport | None, *, retry_scale: float | None = None) -> None:
        """For a Worker application in this process; `retry_scale` shortens the waits between redeliveries."""
        self.webhook.deliver_through(transport, retry_scale=retry_scale)

    async def settle(self, timeout_s: float = 5.0) -> None:
        """Waits until everything said and tapped so far was delivered."""
        await self.webhook.settle(timeout_s)

    async def aclose(self) -> None:
        await self.webhook.aclose()

    def reset(self) -> None:
        """A new Telegram; ids go on rising, because the Worker is not reset with it."""
        backend = self.backend
        self.webhook.reset()
        backend.world = World(backend.world.next_message_id(), backend.world.touch())
        backend.pacing.reset()
        backend.queries.clear()
        backend.profile = Profile()
        backend.files.clear()
        self.outbox.clear()
        self.bot_api.refused.clear()

    def state(self) -> dict[str, Any]:
        return {
            "webhook": self.webhook.info(),
            "calls": len(self.outbox),
            "refused": len(self.bot_api.refused),
            "pacing_violations": self.backend.pacing.violations,
            "unanswered_queries": self.backend.queries.unanswered(),
            "people": [{"id": p.id, "name": p.first_name} for p in self.backend.world.people.values()],
        }


def preload() -> None:
    schema.preload()
