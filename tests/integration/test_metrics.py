"""Whatever happens to a source is in the figures after one scan, under its right name, and in nobody else's."""

import io
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from arbedge.adapters.logging import configure_logging
from arbedge.domain.market import EXCHANGES, MARKETS
from tests.integration.metrics_page import TOKEN, Page, scrape
from tests.integration.test_bad_days import TARGETS, health
from tests.integration.test_lying_exchanges import TICKERS, Lie, LyingWorld
from tests.integration.test_main_job import open_gap
from tests.integration.world import FIONA, World, make_settings

FEEDS = [(exchange, market) for exchange in EXCHANGES for market in MARKETS]
OTHER_TOKENS = {
    "none": {},
    "wrong": {"Authorization": "Bearer " + "x" * len(TOKEN)},
    "shorter": {"Authorization": f"Bearer {TOKEN[:-1]}"},
    "longer": {"Authorization": f"Bearer {TOKEN}x"},
    "empty": {"Authorization": "Bearer "},
    "another scheme": {"Authorization": f"tma {TOKEN}"},
    "bare": {"Authorization": TOKEN},
    "the webhook's": {"Authorization": "Bearer integration-webhook-secret"},
    "the bot's": {"Authorization": "Bearer 6012345678:AAEtestTOKENforVectorsOnly_000000000"},
    "an admin's": {"X-User-ID": "user_admin_000"},
    "not text": {"Authorization": b"Bearer \xff\xfe"},
}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(METRICS_TOKEN=TOKEN)
    yield made
    await made.aclose()


def is_hit(target: str, place: tuple[str, str]) -> bool:
    exchange, market = TARGETS[target]
    return place[0] == exchange and market in {None, place[1]}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("kind", "value", "state", "error"),
    [
        ("timeout", None, "unreachable", "unreachable"),
        ("reset", None, "unreachable", "unreachable"),
        ("malformed", None, "down", "unreadable"),
        ("geo", None, "unreachable", "blocked_from_here"),
        ("status", 500, "down", "down"),
        ("rate_limit", 30, "rate_limited", "rate_limited"),
    ],
)
async def test_a_broken_source_is_seen_after_one_scan(
    world: World, target: Any, kind: Any, value: float | None, state: str, error: str
):
    await world.scan()
    before = await scrape(world)
    world.break_(target=target, kind=kind, value=value)
    await world.scan()
    after = await scrape(world)
    told = (await health(world))["exchanges"]
    for place in FEEDS:
        feed = {"exchange": place[0], "market": place[1]}
        grown = {
            name: after.find(f"feed_{name}_total", **feed, **labels)
            - before.find(f"feed_{name}_total", **feed, **labels)
            for name, labels in (
                ("errors", {"error": error}),
                ("readings", {"result": "held_back"}),
                ("requests", {}),
                ("quotes", {}),
            )
        }
        answers = after.get("feed_latency_seconds_count", **feed) - before.get("feed_latency_seconds_count", **feed)
        hit = is_hit(target, place)
        assert after.states()[place] == told[place[0]][place[1]]["state"] == (state if hit else "ok")
        assert after.get("feed_up", **feed) == (not hit)
        # Where one host serves both markets, the refusal of one keeps the other's request from being sent at all.
        counted = grown["errors"] + grown["readings"]
        assert (counted, answers, grown["quotes"] > 0) == ((1, 0, False) if hit else (0, 1, True)), place
        assert (grown["requests"] > 0) == (grown["readings"] == 0)
        assert after.get("feed_success_age_seconds", **feed) == (14 if hit else 2)
    classes = {(key, value) for key, value in after.samples.items() if key[0] == "arbedge_feed_errors_total"}
    assert {dict(labels)["error"] for (_, labels), _ in classes} == {error}, "it is called by one name"


async def test_rows_that_cannot_be_true_show_as_rejected():
    def lie(answer: Any) -> Any:
        for row in answer["result"]["list"][:10]:
            row["ask1Price"] = "1e40"
        return answer

    before, after = await scrape_around_a_lie(lie)
    for exchange, market in FEEDS:
        feed = {"exchange": exchange, "market": market, "reason": "impossible"}
        lied = after.find("feed_rejected_rows_total", **feed) - before.find("feed_rejected_rows_total", **feed)
        assert lied == (10 if exchange == "bybit" else 0)
    assert set(after.states().values()) == {"ok"}


async def test_an_exchange_that_stands_still_shows_by_the_age_of_its_quotes():
    def lie(answer: Any) -> Any:
        answer["time"] -= 600_000
        return answer

    before, after = await scrape_around_a_lie(lie)
    for exchange, market in FEEDS:
        for quote in ("median", "oldest"):
            feed = {"exchange": exchange, "market": market, "quote": quote}
            assert before.get("feed_quote_age_seconds", **feed) < 2
            assert (after.get("feed_quote_age_seconds", **feed) >= 600) == (exchange == "bybit")


async def scrape_around_a_lie(lie: Lie) -> tuple[Page, Page]:
    """Before and after a scan to which Bybit lies about its tickers."""
    world = LyingWorld()
    world.settings = make_settings(METRICS_TOKEN=TOKEN)
    try:
        await world.scan()
        before = await scrape(world)
        world.liar.path, world.liar.lie = TICKERS, lie
        await world.scan()
        return before, await scrape(world)
    finally:
        await world.aclose()


async def test_a_resting_feed_is_skipped_and_neither_asked_nor_blamed_again(world: World):
    await world.scan()
    world.break_(target="binance", kind="rate_limit", value=60)
    await world.scan()
    first = await scrape(world)
    await world.scan(2)
    later = await scrape(world)
    feed = {"exchange": "binance", "market": "spot"}
    skipped, errors = {**feed, "result": "skipped"}, {**feed, "error": "rate_limited"}
    assert later.get("feed_readings_total", **skipped) - first.get("feed_readings_total", **skipped) == 2
    for name in ("feed_requests_total", "feed_received_bytes_total"):
        assert later.get(name, **feed) == first.get(name, **feed)
    assert later.get("feed_errors_total", **errors) == first.get("feed_errors_total", **errors) == 1
    assert later.states()["binance", "spot"] == "rate_limited"


async def test_counters_run_on_over_restarts_and_pruning(world: World):
    await world.say(FIONA, "/start")
    await open_gap(world)
    await world.scan(2)
    seen = (await scrape(world)).counters()
    for hours in (1, 30, 24 * 91):
        world.restart()
        await world.env.advance(hours * 3_600_000)
        await world.scan()
        await world.services().metrics.prune(world.clock.now_ms())
        now = (await scrape(world)).counters()
        assert {key: value for key, value in seen.items() if now[key] < value} == {}
        seen = now
    assert seen["arbedge_scans_total", frozenset()] == 5
    assert seen["arbedge_scans_missed_total", frozenset()] > 24 * 91 * 360 - 10


async def test_what_the_system_does_is_told(world: World):
    await world.say(FIONA, "/start")
    await open_gap(world)
    await world.scan(2)
    listed = (await world.get("/opportunities", limit=100)).json()["data"]
    page = await scrape(world)
    for kind in ("cross_exchange", "funding"):
        assert page.get("open_opportunities", type=kind) == sum(one["type"] == kind for one in listed)
    assert page.get("deliveries_last_hour", state="sent") == len(world.alerts(FIONA))
    assert page.get("scans_total") == page.get("scan_duration_seconds_count") == 2
    assert page.get("scan_age_seconds") == 2
    assert page.get("opportunities_opened_total") == len(listed)
    assert page.get("drops_total", reason="below_minimum") > 0
    assert page.get("cmc_credits_limit") > 0
    assert page.get("build_info", version="1.0.0", environment="test") == 1


async def test_reads_on_demand_are_told_by_who_served_them(world: World):
    await world.scan()
    query = {"exchange": "binance", "market": "spot", "symbol": "BTC/USDT", "interval": "5m"}
    for _ in range(3):
        assert (await world.get("/market/candles", **query)).status_code == 200
    page = await scrape(world)
    served = {
        dict(labels)["served"]: value
        for (name, labels), value in page.samples.items()
        if name == "arbedge_market_reads_total" and dict(labels)["kind"] == "candles"
    }
    assert sum(served.values()) == 3
    assert served["api"] == 1


async def test_without_the_database_a_scrape_tells_just_that(world: World):
    await world.scan()
    world.env.faults.fail("DB", times=None)
    page = await scrape(world)
    assert page.get("dependency_up", dependency="d1") == 0
    assert page.get("dependency_up", dependency="kv") == 1
    assert {name for name, _ in page.samples} == {
        "arbedge_build_info",
        *(f"arbedge_dependency_{what}" for what in ("up", "state", "success_age_seconds")),
    }


async def test_lists_of_instruments_that_are_late_show(world: World):
    await world.scan()
    assert (await scrape(world)).get("dependency_up", dependency="instruments") == 1
    world.env.DB.sqlite.execute("UPDATE instrument_lists SET fetched_at = 0 WHERE exchange = 'bybit'")
    page = await scrape(world)
    assert page.get("dependency_up", dependency="instruments") == 0
    assert page.get("dependency_state", dependency="instruments", state="degraded") == 1


@pytest.mark.parametrize(("binding", "name"), [("KV", "kv"), ("LAKE", "r2")])
async def test_a_store_that_is_down_shows_and_so_do_scans_without_a_record(world: World, binding: str, name: str):
    world.env.faults.fail(binding, times=None)
    await world.scan()
    page = await scrape(world)
    assert page.get("dependency_up", dependency=name) == 0
    assert page.get("scans_total") == 1
    assert world.env.ANALYTICS.points[-1].doubles[8:10] == ((0, 1) if name == "kv" else (1, 0))


async def test_points_that_cannot_be_written_change_nothing(world: World):
    class Gone:
        def begin_invocation(self) -> None: ...

        def writeDataPoint(self, _point: Any) -> None:  # noqa: N802
            raise RuntimeError("gone")

    world.env.add("ANALYTICS", Gone())
    await world.scan()
    assert (await scrape(world)).get("scans_total") == 1


async def test_one_scrape_is_one_batch(world: World):
    await world.scan()
    calls: list[str] = []

    async def note(binding: str, operation: str, moment: str) -> None:
        if moment == "before":
            calls.append(f"{binding}.{operation}")

    world.env.faults.on_call = note
    await scrape(world)
    world.env.faults.on_call = None
    assert [call for call in calls if call.startswith("DB.")] == ["DB.batch"]


async def test_without_a_token_in_the_settings_there_are_no_metrics(arbedge: World):
    for headers in ({}, {"Authorization": f"Bearer {TOKEN}"}, {"Authorization": "Bearer "}):
        answer = await arbedge.api.get("/api/v1/metrics", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "metrics_off")
        assert "METRICS_TOKEN" in answer.json()["error"]["message"]


@pytest.mark.parametrize("what", OTHER_TOKENS)
async def test_nothing_else_opens_them(world: World, what: str):
    answer = await world.api.get("/api/v1/metrics", headers=OTHER_TOKENS[what])
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "arbedge_" not in answer.text


async def test_the_token_opens_nothing_else(world: World):
    document = (await world.api.get("/api/v1/openapi.json")).json()
    secured = [
        (method, path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "security" in operation
    ]
    assert ("get", "/api/v1/opportunities") in secured
    for method, path in secured:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = await world.api.request(method, path.replace("{opportunity_id}", "0" * 16), headers=headers)
        assert answer.status_code == (200 if path == "/api/v1/metrics" else 401), path
    answer = await world.api.post("/webhook/telegram", json={}, headers={"X-Telegram-Bot-Api-Secret-Token": TOKEN})
    assert answer.status_code == 401


async def test_the_token_is_in_no_log(world: World, monkeypatch: pytest.MonkeyPatch):
    shown = io.StringIO()
    monkeypatch.setattr("sys.stdout", shown)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("DEBUG", world.settings.secrets)
    try:
        for headers in (*OTHER_TOKENS.values(), {"Authorization": f"Bearer {TOKEN}"}):
            await world.api.get("/api/v1/metrics", headers=headers)
        world.env.faults.fail("DB", times=None)
        await world.api.get("/api/v1/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        logging.getLogger("arbedge").error("a library repeats %s", TOKEN)
    finally:
        root.handlers[:], root.level = handlers, level
    assert "a library repeats ***" in shown.getvalue()
    assert TOKEN not in shown.getvalue()
    assert TOKEN not in repr(world.settings)
