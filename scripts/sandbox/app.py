"""Puts the stand-ins together into one ASGI application: exchanges, Telegram with its chat page, and control."""

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any, Protocol, cast

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from scripts.sandbox.breakage import FaultMiddleware
from scripts.sandbox.clock import Clock, WallClock
from scripts.sandbox.config import SandboxConfig
from scripts.sandbox.control import control_routes
from scripts.sandbox.fault_replies import fault_renderers
from scripts.sandbox.faults import FaultTable
from scripts.sandbox.requests import RequestLog


class TelegramSandbox(Protocol):
    """What `scripts.sandbox.telegram.build(config, clock, faults, requests)` returns."""

    bot_api: ASGIApp
    pages: list[BaseRoute]
    control: list[BaseRoute]

    def reset(self) -> None: ...
    def state(self) -> dict[str, Any]: ...


@dataclass(slots=True)
class Sandbox:
    """One running world. `app` is the ASGI application that serves all of it."""

    app: ASGIApp
    config: SandboxConfig
    clock: Clock
    faults: FaultTable
    requests: RequestLog
    telegram: TelegramSandbox | None

    def reset(self) -> None:
        """Back to the start: faults off, logs and outbox empty, market rewound."""
        self.faults.clear()
        self.requests.clear()
        if self.telegram is not None:
            self.telegram.reset()

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = {
            "clock_ms": self.clock.now_ms(),
            "faults": self.faults.active(),
            "faults_hit": self.faults.hits,
            "requests": self.requests.counts(),
        }
        if self.telegram is not None:
            state["telegram"] = self.telegram.state()
        return state


def build_telegram(
    config: SandboxConfig, clock: Clock, faults: FaultTable, requests: RequestLog
) -> TelegramSandbox | None:
    """Loaded late: market data can be served on a machine that lacks what the Bot API stand-in needs."""
    if importlib.util.find_spec("scripts.sandbox.telegram") is None:
        return None
    module = importlib.import_module("scripts.sandbox.telegram")
    return cast("TelegramSandbox", module.build(config, clock, faults, requests))


def create_sandbox(config: SandboxConfig, clock: Clock | None = None) -> Sandbox:
    clock = clock or WallClock()
    faults = FaultTable(clock, config.seed)
    requests = RequestLog(clock)
    telegram = build_telegram(config, clock, faults, requests)
    routes: list[BaseRoute] = []
    control: list[BaseRoute] = []
    if telegram is not None:
        routes += [Mount("/telegram", app=telegram.bot_api), *telegram.pages]
        control.append(Mount("/telegram", routes=telegram.control))
    starlette = Starlette()
    app = FaultMiddleware(starlette, faults, requests, fault_renderers(clock))
    sandbox = Sandbox(app, config, clock, faults, requests, telegram)
    control += control_routes(sandbox)
    starlette.router.routes.extend([Mount("/_control", routes=control), *routes])
    return sandbox
