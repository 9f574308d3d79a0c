"""The status page and the API page in headless Chromium, served with the policy they are deployed with."""

import asyncio
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from msgspec.structs import replace
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arbedge.domain.market import EXCHANGES, MARKETS
from arbedge.entrypoints.http.api import bind
from scripts.layout import NODE_MODULES, ROOT
from scripts.sandbox import SandboxConfig, SettableClock, create_sandbox
from scripts.screenshot import any_node
from tests.integration.http.builders import NOW, drop, feed, opportunity, report
from tests.integration.http.world import API, World
from tests.integration.store.metrics_builders import make_feed_metrics, make_scan_metrics
from tests.web.conftest import bound

IMAGES = ROOT / "build"
PUBLIC = ROOT / "public"

pytestmark = pytest.mark.xdist_group("public_pages")


def read_headers() -> list[tuple[bytes, bytes]]:
    """The headers of `_headers`, which the platform adds to every asset."""
    lines = (PUBLIC / "_headers").read_text().splitlines()
    assert lines[0] == "/*"
    pairs = (line.strip().split(": ", 1) for line in lines[1:])
    return [(name.lower().encode(), value.encode()) for name, value in pairs]


def serve_site(world: World) -> ASGIApp:
    """What the platform does: the API first, assets with their headers for the rest."""
    api, assets = bind(API, world.services), StaticFiles(directory=PUBLIC, html=True)
    extra = read_headers()

    async def site(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_asset(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        if scope["path"].startswith("/api/"):
            await api(scope, receive, send)
        else:
            await assets(scope, receive, send_asset)

    return site


async def count_hours(world: World) -> None:
    """A day's last three hours, of which the middle one was bad for one feed."""
    for hours in (3, 2, 1):
        at = NOW - hours * 3_600_000
        failed = make_feed_metrics(outcome="failed", error_class="unreachable", exchange="okx", market="perp")
        measured = make_scan_metrics(at)
        if hours == 2:
            others = [one for one in measured.feeds if (one.exchange, one.market) != ("okx", "perp")]
            measured = replace(measured, feeds=[*others, failed])
        assert await world.services.scans.begin(at, "synthetic", at)
        ended = replace(report(finished_at=at + 900), scan_id=at)
        await world.services.scans.finish(ended, {}, [], metrics=measured)


async def fill(world: World) -> None:
    world.seed()
    await count_hours(world)
    one = report(drop("ADA"))
    assert await world.services.scans.begin(one.scan_id, "synthetic", one.started_at)
    broken = {"state": "unreachable", "error": "no answer in 4 s", "last_success_at": NOW - 95_000}
    feeds = [feed(a, b, **(broken if (a, b) == ("okx", "perp") else {})) for a in EXCHANGES for b in MARKETS]
    await world.services.scans.finish(one, {}, feeds)
    markup = opportunity("<b>X</b>", "20")
    await world.services.opportunities.save([opportunity("BTC", "70"), markup])
    await fill_record(world)


async def fill_record(world: World) -> None:
    """24 alerts valued again: three in four kept three quarters of a claim of 20 bps, and 80 % had been stated."""
    for place in range(24):
        one = opportunity(f"R{place}", "20")
        one = replace(one, id=f"{place:016x}", status="vanished", ended_at=NOW - 7_200_000)
        await world.services.opportunities.save([one])
        world.execute(
            "INSERT INTO appraisals (opportunity_id, step, mode, type, exchanges, claimed_at, claimed_bps, confidence,"
            " due_at, state, realised_bps, appraised_at)"
            " VALUES (?, 'after_5s', 'synthetic', 'cross_exchange', 'bybit+okx', ?, 20, 0.81, ?, 'valued', ?, ?)",
            one.id, NOW - 1_000, NOW - 1_000, 15.0 if place % 4 else -5.0, NOW - 1_000,
        )  # fmt: skip


@pytest.fixture(scope="module")
def site_url() -> Iterator[str]:
    sandbox = create_sandbox(SandboxConfig("http://worker.invalid", "1:token", "secret"), SettableClock(NOW))
    world = World("dev", exchanges=httpx.ASGITransport(sandbox.app))
    asyncio.run(fill(world))
    listening = bound()
    config = uvicorn.Config(serve_site(world), loop="asyncio", log_level="warning", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()


@pytest.fixture(scope="module")
def seen(site_url: str) -> dict[str, Any]:
    if not (NODE_MODULES / "playwright-core").is_dir():
        pytest.skip("playwright-core is not installed")
    IMAGES.mkdir(exist_ok=True)
    command = [any_node(), str(Path(__file__).with_name("public_pages.mjs")), site_url, str(IMAGES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_nothing_went_wrong_and_no_other_host_was_asked(seen: dict[str, Any]) -> None:
    assert seen["errors"] == []


def test_the_page_fits_a_phone_and_names_its_controls(seen: dict[str, Any]) -> None:
    assert (seen["homeOverflows"], seen["docsOverflow"]) == (False, False)
    assert (seen["homeNameless"], seen["docsNameless"]) == (0, 0)


def test_a_market_that_is_not_real_is_said_to_be(seen: dict[str, Any]) -> None:
    assert "synthetic" in seen["market"]


def test_the_feed_that_fails_is_seen_beside_those_that_work(seen: dict[str, Any]) -> None:
    assert seen["exchanges"] == ["Binance", "Bybit", "OKX"]
    assert sorted(seen["states"]) == ["unreachable from here", *["working"] * 5]
    assert "no answer in 4 s" in seen["broken"]
    assert "95 s ago" in seen["broken"] or "96 s ago" in seen["broken"]
    assert seen["overall"] == "parts are degraded"
    assert seen["dependencies"] == [
        "Database", "Cache", "History", "Queues", "Instruments", "Telegram", "CoinMarketCap", "Lake",
    ]  # fmt: skip


def test_the_last_day_shows_each_feed_with_its_source_and_age(seen: dict[str, Any]) -> None:
    assert len(seen["ingestion"]) == 6
    told = {text.split("\n")[0]: text for text in seen["ingestion"]}
    assert "66.6 % whole" in told["OKX perpetual"]
    assert "100.0 % whole" in told["OKX spot"]
    assert "p50 150 ms · p95 195 ms" in told["Binance spot"]
    assert seen["hours"] == 18
    assert seen["poorHours"] == 1
    for words in ("synthetic market", "newest reading", "s old", "UTC"):
        assert words in seen["ingestionOrigin"]


def test_an_opportunity_opens_into_its_waterfall(seen: dict[str, Any]) -> None:
    assert [text.split(" ·")[0] for text in seen["opportunities"]] == ["BTC", "<b>X</b>"]
    assert seen["waterfall"][0].split("\t") == ["gross", "90.0000 bps"]
    assert seen["waterfall"][-1].split("\t") == ["net", "70.0000 bps"]
    assert all("synthetic" in leg and "s old" in leg for leg in seen["legs"])


def test_a_plan_without_premium_sees_the_rest_and_is_told(seen: dict[str, Any]) -> None:
    assert [text.split(" ·")[0] for text in seen["freeOpportunities"]] == ["<b>X</b>"]


def test_the_record_shows_what_was_left_of_claims_and_how_stated_odds_did(seen: dict[str, Any]) -> None:
    assert seen["recordMessage"].startswith("24 alerts")
    assert (seen["recordPlots"], seen["recordPoints"]) == (2, 1)
    rows = [row.split("\t") for row in seen["recordRows"]]
    assert ["+5 s", "75 %", "-25 % to 75 %", "75 %", "24", "0"] in rows
    assert ["bybit+okx, +5 s", "75 %", "-25 % to 75 %", "75 %", "24", "0"] in rows
    assert ["80 % to 90 %", "75 %", "24"] in rows
    assert "Not enough outcomes yet (24 of 200)" in seen["recordText"]


def test_when_nothing_answers_the_last_known_stays_with_its_age(seen: dict[str, Any]) -> None:
    assert seen["staleShown"] == 3


def test_the_api_page_shows_every_route_and_asks_for_real(seen: dict[str, Any]) -> None:
    assert seen["paths"] == [path for path, routes in API.openapi()["paths"].items() for _ in routes]
    assert "GET /api/v1/opportunities?limit=1" in seen["tried"]
    assert '"next_cursor": "' in seen["tried"]
    assert seen["shape"] == ["data", "next_cursor", "meta", "success"]


def test_the_chart_shows_candles_with_source_age_and_mode(seen: dict[str, Any]) -> None:
    assert seen["chartTitle"] == "ETH/USDT · 15m"
    assert seen["chartBars"] == 48, "as many as a phone has room for"
    for words in ("okx perp", "api", "s old", "synthetic", "no real price"):
        assert words in seen["chartOrigin"]
    assert " O " in seen["chartReading"]
    assert " C " in seen["chartReading"]
    assert (seen["chartOverflows"], seen["chartNameless"]) == (False, 0)


def test_a_pair_nobody_lists_is_refused_on_the_chart_page(seen: dict[str, Any]) -> None:
    assert seen["chartRefused"] == "There is no such instrument."
