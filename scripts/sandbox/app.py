"""Puts the stand-ins together into one ASGI application: exchanges, Telegram with its chat page, and control."""

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from scripts.sandbox.breakage import FaultMiddleware
from scripts.sandbox.clock import Clock, WallClock
from scripts.sandbox.cmc import CmcSandbox, build_cmc
from scripts.sandbox.config import SandboxConfig
from scripts.sandbox.control import control_routes
from scripts.sandbox.exchanges.binance_futures import build_binance_futures
from scripts.sandbox.exchanges.binance_spot import build_binance_spot
from scripts.sandbox.exchanges.bybit import build_bybit
from scripts.sandbox.exchanges.okx import build_okx
from scripts.sandbox.exchanges.wire import MarketHolder
from scripts.sandbox.fault_replies import fault_renderers
from scripts.sandbox.faults import FaultTable
from scripts.sandbox.market.market import Market
from scripts.sandbox.market.memo import Memo
from scripts.sandbox.market.sources import build_source
from scripts.sandbox.market.universe import ExchangeName, MarketKind
from scripts.sandbox.pipelines import PipelinesSandbox, build_pipelines
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
    holder: MarketHolder
    telegram: TelegramSandbox | None
    cmc: CmcSandbox
    pipelines: PipelinesSandbox
    reset_limits: Callable[[], None]
    source_name: str
    seed: int

    @property
    def market(self) -> Market:
        return self.holder.market

    def choose_market(self, source: str | None, seed: int | None, speed: float) -> None:
        """Another source, seed or speed; shifts end, and a change of speed goes on from where the market is."""
        name, number = source or self.source_name, self.seed if seed is None else seed
        before = self.holder.market
        now_ms = self.clock.now_ms()
        if (name, number) == (self.source_name, self.seed):
            self.holder.replace(Market(before.source, self.clock, speed, before.market_ms(now_ms), before.memo))
            return
        chosen = build_source(name, number, self.config.fixtures, now_ms)
        self.holder.replace(Market(chosen, self.clock, speed, memo=before.memo))
        self.source_name, self.seed = name, number

    def shift(self, exchange: ExchangeName, kind: MarketKind, symbol: str, bps: float, duration_s: float) -> str:
        """Move one instrument's book for a while; the instrument's own symbol is returned."""
        base, _, quote = symbol.partition("/")
        rows = [row for row in self.market.listings((exchange, kind)) if row.quote == quote]
        named = [row for row in rows if row.base == base] or [row for row in rows if row.asset == base]
        if not named:
            raise LookupError(f"{exchange} {kind} has no {symbol}")
        self.market.add_shift((exchange, kind), named[0].symbol, bps, duration_s)
        return named[0].symbol

    def plant_steps(self) -> int:
        return self.market.plant_steps()

    def reset(self) -> None:
        """Back to the start: faults off, logs and outbox empty, market rewound."""
        self.faults.clear()
        self.requests.clear()
        self.reset_limits()
        self.pipelines.reset()
        source = build_source(self.config.market, self.config.seed, self.config.fixtures, self.clock.now_ms())
        self.holder.replace(Market(source, self.clock, memo=self.market.memo))
        self.source_name, self.seed = self.config.market, self.config.seed
        if self.telegram is not None:
            self.telegram.reset()

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = {
            "clock_ms": self.clock.now_ms(),
            "source": self.source_name,
            "seed": self.seed,
            **self.market.describe(),
            "faults": self.faults.active(),
            "faults_hit": self.faults.hits,
            "requests": self.requests.counts(),
            "cmc": self.cmc.state(),
            "pipelines": self.pipelines.state(),
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


def create_sandbox(config: SandboxConfig, clock: Clock | None = None, memo: Memo | None = None) -> Sandbox:
    clock = clock or WallClock()
    faults = FaultTable(clock, config.seed)
    requests = RequestLog(clock)
    telegram = build_telegram(config, clock, faults, requests)
    source = build_source(config.market, config.seed, config.fixtures, clock.now_ms())
    holder = MarketHolder(Market(source, clock, memo=memo))
    spot_app, spot = build_binance_spot(holder, clock)
    futures_app, futures = build_binance_futures(holder, clock)
    bybit_app, bybit = build_bybit(holder, clock)
    okx_app, okx = build_okx(holder, clock)
    cmc = build_cmc(holder, clock, config.cmc_api_key)
    pipelines = build_pipelines(config.pipeline_token)

    def reset_limits() -> None:
        for limit in (spot.window, futures.window, futures.funding_limit, bybit.address_limit, *okx.limits.values()):
            limit.reset()
        cmc.account.reset()

    routes: list[BaseRoute] = [
        Mount("/binance", app=spot_app),
        Mount("/binance-futures", app=futures_app),
        Mount("/bybit", app=bybit_app),
        Mount("/okx", app=okx_app),
        Mount("/cmc", app=cmc.app),
        Mount("/pipelines", app=pipelines.app),
    ]
    control: list[BaseRoute] = [Mount("/pipelines", routes=pipelines.control)]
    if telegram is not None:
        routes += [Mount("/telegram", app=telegram.bot_api), *telegram.pages]
        control.append(Mount("/telegram", routes=telegram.control))
    starlette = Starlette()
    app = FaultMiddleware(starlette, faults, requests, fault_renderers(clock))
    sandbox = Sandbox(
        app, config, clock, faults, requests, holder, telegram, cmc, pipelines, reset_limits, config.market, config.seed
    )
    control += control_routes(sandbox)
    starlette.router.routes.extend([Mount("/_control", routes=control), *routes])
    return sandbox
