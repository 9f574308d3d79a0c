"""Technical signals from the candles to the people, through the public doors: job, lists, detail, bot, re-pricing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from arbedge.limits import SIGNAL_ASSETS_MAX, SIGNAL_BARS, SIGNALS_SHOWN_MAX
from scripts.replay.spans import Span
from tests.integration.replay.stage import copy_lake, replay
from tests.integration.world import ADA, FIONA, PAVEL, PRIYA, START, World, told_id

HOUR_MS = 3_600_000
shared = pytest.mark.asyncio(loop_scope="module")


async def find_signals(world: World) -> None:
    """The hour's job over a past in which breakouts earned money, and the scans that confirm what it found."""
    world.sandbox.plant_steps()
    await world.scan()
    await world.tick_hour()
    await world.scan(3)


async def listed(world: World, **wanted: Any) -> list[dict[str, Any]]:
    answer = await world.get("/opportunities", limit=50, **wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def rules(world: World) -> dict[str, tuple[int, float, str | None]]:
    rows = world.env.DB.sqlite.execute("SELECT rule, trades, net_bps, withheld FROM signal_rules").rows
    return {row[0]: tuple(row[1:]) for row in rows}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def steps() -> AsyncIterator[World]:
    """One world with signals, for the tests that only look."""
    world = World()
    await find_signals(world)
    yield world
    await world.aclose()


async def set_alerts(world: World, user: str, setting: str) -> None:
    world.env.DB.sqlite.execute(
        "INSERT INTO preferences (user_id, payload, updated_at) VALUES (?, json_object('alerts', json(?)), 1)",
        (user, f'{{"technical": "{setting}"}}'),
    )


@shared
async def test_a_signal_is_listed_with_its_rule_its_prices_and_its_record(steps: World):
    found = await listed(steps, type="technical")
    assert 0 < len(found) <= SIGNALS_SHOWN_MAX
    known = rules(steps)
    assert set(known) == {"rsi_reversal", "macd_cross", "bollinger_breakout", "momentum"}
    assert known["bollinger_breakout"][2] is None
    assert known["rsi_reversal"][2] == "unproven", "against steps, going against the move loses"
    for one in found:
        signal, (leg,) = one["signal"], one["legs"]
        trades, net_bps, _ = known[signal["rule"]]
        assert signal["record"]["trades"] == trades >= 30
        assert signal["record"]["net_bps"] == pytest.approx(net_bps, abs=1e-4)
        assert net_bps > 15
        assert 0 < signal["record"]["hit_rate"] < 1
        assert one["gross_bps"] == pytest.approx(signal["record"]["gross_bps"], abs=1e-3)
        assert float(signal["stop"]) < float(signal["entry"]) < float(signal["target"])
        assert (leg["market"], leg["side"], one["is_premium"]) == ("perp", "buy", True)
        parts = one["waterfall"]
        assert [part["label"] for part in parts][1:3] == ["fee_entry", "fee_exit"]
        assert sum(part["bps"] for part in parts[:-1]) == pytest.approx(parts[-1]["bps"], abs=1e-9)
        assert (one["horizon_h"], one["confidence"]) == (24, {"p": None, "n": 0, "model": None})
        assert one["expires_at"] <= signal["enter_by"] == signal["bar"] + 2 * HOUR_MS
        assert (signal["mode"], signal["source"]) == ("synthetic", "api")


@shared
async def test_the_net_edge_can_be_recomputed_from_the_books_that_are_shown(steps: World):
    [first, *_] = await listed(steps, type="technical")
    one = (await steps.get(f"/opportunities/{first['id']}")).json()["data"]
    size, taker = float(one["size_base"]), one["legs"][0]["fee_bps"] / 10_000
    (asks,), (bids,) = one["books"], one["exit_books"]

    def walk(side) -> float:
        left, cash = size, 0.0
        for price, depth in side:
            taken = min(left, float(depth))
            cash, left = cash + taken * float(price), left - taken
        assert left < 1e-9
        return cash

    bought, sold, top = walk(asks), walk(bids), float(asks[0][0])
    middle = (top + float(bids[0][0])) / 2
    moved = max(0.0, middle - float(one["signal"]["entry"])) * size
    funding = next(part["bps"] for part in one["waterfall"] if part["label"] == "funding")
    spread_and_slippage = (bought - sold) / (size * top) * 1e4
    fees = (bought + sold) * taker / (size * top) * 1e4
    by_hand = one["gross_bps"] - spread_and_slippage - fees - moved / (size * top) * 1e4 + funding
    assert one["net_bps"] == pytest.approx(by_hand, abs=0.01)


@shared
async def test_forecasts_stand_in_no_list_of_arbitrage(steps: World):
    ids = {one["id"] for one in await listed(steps, type="technical")}
    assert ids
    filters: list[dict[str, Any]] = [
        {},
        {"premium": True},
        {"min_edge_bps": 60},
        {"exchange": "okx"},
        {"category": "low_risk"},
    ]
    for wanted in filters:
        answer = (await steps.get("/opportunities", limit=50, **wanted)).json()
        assert not ids & {one["id"] for one in answer["data"]}
        assert "technical" not in {one["type"] for one in answer["meta"]["closest"]}
    assert {one["id"] for one in await listed(steps, category="technical_signals")} == ids
    by_rule = [await listed(steps, category=name) for name in ("momentum", "breakout", "mean_reversion")]
    assert {one["id"] for page in by_rule for one in page} == ids
    asset = (await listed(steps, type="technical"))[0]["asset"]
    assert "technical" not in {one["type"] for one in await listed(steps, asset=asset)}


@shared
async def test_each_category_lists_what_says_so_itself(steps: World):
    everything = [*await listed(steps), *await listed(steps, type="technical")]
    for category in ("low_risk", "high_confidence", "hybrid", "ai_recommended", "beginner_friendly", "breakout"):
        expected = {one["id"] for one in everything if category in one["categories"]}
        assert {one["id"] for one in await listed(steps, category=category)} == expected, category
    assert any("hybrid" in one["categories"] and one["confirmed_by"] for one in everything)
    assert all(bool(one["confirmed_by"]) == ("hybrid" in one["categories"]) for one in everything)
    answer = await steps.get("/opportunities", category="nice")
    assert answer.status_code == 422


async def test_only_who_has_the_plan_and_asked_is_told(arbedge: World):
    for person in (FIONA, PAVEL, PRIYA, ADA):
        await arbedge.say(person, "/start")
    await set_alerts(arbedge, "user_pro_789", "on")
    await set_alerts(arbedge, "user_free_123", "on")
    await find_signals(arbedge)
    await arbedge.env.advance(60_000)
    found = {one["id"]: one for one in await listed(arbedge, type="technical")}
    told = {person: {told_id(alert) for alert in arbedge.alerts(person)} & found.keys() for person in (FIONA, PAVEL)}
    assert told == {FIONA: set(), PAVEL: set()}
    alerts = [alert for alert in arbedge.alerts(PRIYA) if told_id(alert) in found]
    assert alerts
    text = alerts[0]["parameters"]["text"]
    for words in ("Bollinger breakout", "target", "stop", "trades", "%", "standard error", "A forecast", "fee entry"):
        assert words in text
    id_ = told_id(alerts[0])
    why = (await arbedge.get(f"/opportunities/{id_}/why", user="user_premium_456")).json()["data"]
    assert why["own_reason"] == "alerts_off"
    for door in (f"/opportunities/{id_}", f"/opportunities/{id_}/why"):
        assert (await arbedge.get(door, user="user_free_123")).status_code == 403


async def test_the_bot_shows_categories_lists_and_the_signal_of_a_detail(arbedge: World):
    for person in (FIONA, PRIYA):
        await arbedge.say(person, "/start")
    await find_signals(arbedge)
    count = len(await listed(arbedge, type="technical"))
    panel = (await arbedge.say(PRIYA, "/categories"))[-1]
    assert f"Technical signals</b>: {count} open" in panel["parameters"]["text"]
    offers = [button for row in panel["parameters"]["reply_markup"]["inline_keyboard"] for button in row]
    offer = next(one for one in offers if one["text"].startswith("Technical signals"))
    await arbedge.env.advance(30_000)
    shown = (await arbedge.tap(PRIYA, panel["result"]["message_id"], offer["callback_data"]))[-1]["parameters"]
    for words in ("technical signals", "entry", "target", "stop", "trades", "hits"):
        assert words in shown["text"]
    first = shown["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await arbedge.env.advance(30_000)
    detail = (await arbedge.tap(PRIYA, panel["result"]["message_id"], first))[-1]["parameters"]["text"]
    for words in ("The rule's record", "Enter until", "Candles read", "Held for 24 h at most", "closed then"):
        assert words in detail.replace("&#x27;", "'"), words
    assert "Confidence" not in detail
    # What a plan leaves out is not counted either.
    free = (await arbedge.say(FIONA, "/categories"))[-1]["parameters"]["text"]
    assert "Technical signals</b>: 0 open" in free
    assert "premium plan" in free
    assert "Nothing" in (await arbedge.say(FIONA, "/opportunities technical"))[-1]["parameters"]["text"]


async def test_a_market_without_memory_gives_no_signal_and_says_what_each_rule_lacked(arbedge: World):
    await arbedge.scan()
    await arbedge.tick_hour()
    await arbedge.scan(2)
    assert await listed(arbedge, type="technical") == []
    assert {withheld for _, _, withheld in rules(arbedge).values()} <= {"unproven", "chance", "few_trades"}
    closest = (await arbedge.get("/opportunities", type="technical")).json()["meta"]["closest"]
    told = arbedge.env.DB.sqlite.execute("SELECT count(*) FROM signals").rows[0][0]
    assert bool(closest) == bool(told)
    for miss in closest:
        assert miss["type"] == "technical"
        assert miss["rule"] in rules(arbedge)
        assert miss["reason"] in {"unproven", "chance", "few_trades", "signal_over"}
        assert miss["reason"] == "signal_over" or miss["numbers"]["trades"] > 0


async def test_the_job_asks_for_a_bounded_number_of_candles(arbedge: World):
    await arbedge.scan()
    before = len(arbedge.sandbox.requests.to_json(None, 0))
    await arbedge.tick_hour()
    asked = [
        one
        for one in arbedge.sandbox.requests.to_json(None, 0)[before:]
        if "line" in one["path"] or "candles" in one["path"]
    ]
    assert SIGNAL_ASSETS_MAX <= len(asked) <= SIGNAL_ASSETS_MAX * 3
    rows = arbedge.env.DB.sqlite.execute("SELECT payload ->> 'instruments', payload ->> 'bars' FROM signal_rules").rows
    assert {tuple(row) for row in rows} == {(SIGNAL_ASSETS_MAX, SIGNAL_ASSETS_MAX * (SIGNAL_BARS - 1))}
    await arbedge.tick_hour()
    again = arbedge.sandbox.requests.to_json(None, 0)[before + len(asked) :]
    assert not [one for one in again if "line" in one["path"] or "candles" in one["path"]], "they are known by now"


async def test_one_exchange_that_fails_is_stood_in_for_by_the_others(arbedge: World):
    await arbedge.scan()
    arbedge.break_("okx", "status", value=503, path="candles")
    await arbedge.tick_hour()
    rows = arbedge.env.DB.sqlite.execute("SELECT payload ->> 'instruments' FROM signal_rules").rows
    assert {row[0] for row in rows} == {SIGNAL_ASSETS_MAX}
    assert "okx" not in {row[0] for row in arbedge.env.DB.sqlite.execute("SELECT exchange FROM signals").rows}


async def test_without_any_candles_what_was_known_stays(arbedge: World):
    await find_signals(arbedge)
    before = arbedge.env.DB.sqlite.execute("SELECT max(computed_at) FROM signal_rules").rows[0][0]
    await arbedge.env.advance(HOUR_MS)
    for target in ("binance-futures", "bybit", "okx"):
        arbedge.break_(target, "status", value=503)
    await arbedge.tick_hour()
    assert arbedge.env.DB.sqlite.execute("SELECT max(computed_at) FROM signal_rules").rows[0][0] == before


async def test_it_ends_with_its_hour_and_is_in_no_sum_of_arbitrage(arbedge: World, tmp_path: Path):
    arbedge.appraisers.holds_alarms = False
    await find_signals(arbedge)
    [one, *_] = await listed(arbedge, type="technical")
    await arbedge.env.advance(8_000)
    detail = (await arbedge.get(f"/opportunities/{one['id']}")).json()["data"]
    [first] = [step for step in detail["outcomes"] if step["step"] == "after_5s"]
    assert first["state"] == "valued"
    assert -30 < first["realised_bps"] < -9, "closing at once costs two fees and the spread"
    metrics = (await arbedge.get("/public/metrics", user=None)).json()["data"]
    assert "technical" not in {row["name"] for row in metrics["realised"]}
    rows = arbedge.env.DB.sqlite.execute(
        "SELECT count(*), count(features) FROM appraisals WHERE type = 'technical'"
    ).rows
    assert rows[0][0] >= 3
    assert rows[0][1] == 0
    enter_by = one["signal"]["enter_by"]
    await arbedge.env.advance(enter_by - arbedge.clock.now_ms())
    await arbedge.scan()
    ended = (await arbedge.get(f"/opportunities/{one['id']}")).json()["data"]
    assert (ended["status"], ended["end_reason"]) == ("expired", "signal_over")
    # Signals came between two scans and went by the clock: a replay knows of both.
    found = await replay(await copy_lake(arbedge), Span(START, arbedge.clock.now_ms() + 1), tmp_path / "result.ndjson")
    assert found.run.comparison.different == found.run.comparison.not_recorded == 0
    assert {"expired", "active"} <= {line["document"]["status"] for line in found.of("opportunity")}
