"""From outcomes to a stated probability: counts each hour, a model when there is enough, one market's alone."""

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import json
from msgspec.structs import replace

from arbedge.domain.logistic import to_probability
from arbedge.domain.opportunity import Opportunity
from arbedge.entrypoints.cron import run_cron
from tests.integration.store.builders import make_opportunity
from tests.integration.world import FIONA, World

HOURLY = "0 * * * *"
HOUR = 3_600_000
INSERT = """
INSERT INTO appraisals (opportunity_id, step, mode, type, exchanges, pair, claimed_at, claimed_bps, features, due_at,
  state, realised_bps, appraised_at)
VALUES (?, 'after_5s', ?, 'cross_exchange', 'binance+okx', 'LTC|USDT|binance|okx', ?, 20, ?, ?, 'valued', ?, ?)
"""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.aclose()


async def remember(world: World, count: int, *, mode: str = "synthetic", seed: int = 1, weight: float = 2.0) -> None:
    """Outcomes of earlier alerts, whose edges lasted the likelier the larger they were."""
    rng = random.Random(seed)
    start = world.clock.now_ms() - count * 60_000
    ended = make_opportunity(ended_at=start)
    rows: list[tuple[Opportunity, tuple[Any, ...]]] = []
    for place in range(count):
        edge = rng.gauss(3, 1)
        lasted = rng.random() < to_probability(weight * (edge - 3) + 1)
        features = json.encode({"edge": edge, "depth": rng.random()}).decode()
        id_ = f"{mode[:4]}{seed}{place:011x}"
        at = start + place * 60_000
        rows.append((replace(ended, id=id_, key=id_), (id_, mode, at, features, at, 10 if lasted else -10, at)))
    await world.services().opportunities.save([one for one, _ in rows])
    for _, values in rows:
        world.env.DB.sqlite.execute(INSERT, values)


async def learn(world: World, hour: int = 3) -> None:
    day = world.clock.now_ms() // (24 * HOUR) * 24 * HOUR
    await world.env.advance(1_000)
    await run_cron(world.services(), HOURLY, day + hour * HOUR)


async def record(world: World) -> dict[str, Any]:
    await world.env.advance(61_000)
    return (await world.get("/public/metrics", user=None)).json()["data"]


def models(world: World) -> list[tuple[str, int]]:
    return world.env.DB.sqlite.execute("SELECT version, taken FROM models ORDER BY trained_at").rows


async def test_with_too_few_outcomes_everyone_is_told_how_many_there_are(world: World):
    await world.say(FIONA, "/start")
    await remember(world, 37)
    await learn(world)
    known = (await record(world))["learning"]
    assert (known["n"], known["n_min"], known["model"]) == (37, 200, None)
    world.sandbox.shift("okx", "spot", "LTC/USDT", 60, 3_600)
    await world.scan(2)
    [found, *_] = (await world.get("/opportunities", asset="LTC", limit=50)).json()["data"]
    assert found["confidence"] == {"p": None, "n": 37, "model": None}
    alert = world.alerts(FIONA, "LTC")[0]
    button = alert["parameters"]["reply_markup"]["inline_keyboard"][0][0]
    shown = (await world.tap(FIONA, alert["result"]["message_id"], button["callback_data"]))[-1]["parameters"]["text"]
    assert "not enough outcomes yet (37 of 200)" in shown
    assert "Confidence" not in alert["parameters"]["text"]


async def test_enough_of_them_make_a_model_whose_word_goes_with_every_alert(world: World):
    await world.say(FIONA, "/start")
    await remember(world, 400)
    await learn(world, hour=17)
    model = (await record(world))["learning"]["model"]
    assert model["n"] == 400
    assert model["calibrated_by"] == "platt"
    assert model["weights"]["edge"] > 0.5
    judged = model["judgement"]
    assert judged["brier"] < judged["brier_of_base_rate"]
    assert sum(one["n"] for one in judged["reliability"]) == judged["n"] == 80
    world.sandbox.shift("okx", "spot", "LTC/USDT", 60, 3_600)
    await world.scan(2)
    [found, *_] = (await world.get("/opportunities", asset="LTC", limit=50)).json()["data"]
    said = found["confidence"]
    assert 0 < said["p"] < 1
    assert (said["n"], said["model"]) == (400, model["version"])
    stored = await world.services().opportunities.load(found["id"])
    learned = await world.services().learning.load("synthetic")
    assert stored
    assert stored.claim
    assert learned
    assert learned.model
    assert learned.model.predict(stored.claim.features) == stored.claim.confidence.p, "a replay comes to the same"
    assert learned.shares["LTC|USDT|binance|okx"][0] == 400
    alert = world.alerts(FIONA, "LTC")[0]["parameters"]["text"]
    assert "Confidence " in alert
    assert "(n 400)" in alert
    rows = world.env.DB.sqlite.execute(
        "SELECT confidence, features FROM appraisals WHERE opportunity_id = ?", (found["id"],)
    )
    assert {row[0] for row in rows.rows} == {stored.claim.confidence.p}
    assert sum(row[1] is not None for row in rows.rows) == 1, "features are kept once"


async def test_a_model_is_made_once_a_day_and_a_worse_one_is_not_taken(world: World):
    await remember(world, 300)
    await learn(world, hour=17)
    [(first, taken)] = models(world)
    assert taken == 1
    await learn(world, hour=18)
    assert [version for version, _ in models(world)] == [first], "not the hour for it"
    await remember(world, 60, seed=2, weight=2.0)
    world.env.DB.sqlite.execute(
        "UPDATE appraisals SET realised_bps = -realised_bps WHERE claimed_at < ? AND state = 'valued'",
        (world.clock.now_ms() - 140 * 60_000,),
    )
    await learn(world, hour=3)
    [_, (second, taken)] = models(world)
    assert (second != first, taken) == (True, 0), "what was learned from turned outcomes does worse on the newest"
    assert (await record(world))["learning"]["model"]["version"] == first


async def test_modes_are_never_mixed(world: World):
    await remember(world, 300, mode="live")
    await learn(world)
    known = (await record(world))["learning"]
    assert (known["n"], known["model"]) == (0, None)
    world.settings = replace(world.settings, market_mode="live")
    await learn(world)
    assert [version.split("-")[1] for version, _ in models(world)] == ["live"]


async def test_outcomes_older_than_a_quarter_are_forgotten(world: World):
    await remember(world, 5)
    await world.env.advance(91 * 24 * HOUR)
    await learn(world)
    assert world.env.DB.sqlite.execute("SELECT count(*) FROM appraisals").rows == [(0,)]


async def test_what_was_learned_and_cannot_be_read_stops_no_scan_and_is_learned_anew(world: World):
    await remember(world, 37)
    world.env.DB.sqlite.execute("INSERT INTO learned VALUES ('synthetic', '{\"of\": \"another shape\"}', 1)", ())
    await world.scan(2)
    assert await world.services().scans.load_latest_id()
    await learn(world)
    learned = await world.services().learning.load("synthetic")
    assert learned
    assert learned.n >= 37, "and what these scans told of"
    now = await record(world)
    assert now["learning"]["n"] == now["outcomes"] >= learned.n, "as many as there are by now"
