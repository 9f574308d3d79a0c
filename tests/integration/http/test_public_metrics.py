"""The public record needs no token, is a minute old at most, and says how little is known."""

from tests.integration.http.builders import NOW, opportunity
from tests.integration.http.world import World


async def test_an_empty_record_says_how_much_there_is_and_how_much_it_takes(world: World):
    data = (await world.ask("/public/metrics"))["data"]
    assert (data["mode"], data["outcomes"], data["realised"], data["answered"]) == ("synthetic", 0, [], [])
    assert data["outcomes_shown_min"] == 20
    assert data["computed_at"] == NOW


async def test_it_is_computed_once_a_minute(world: World):
    world.env.KV.stale_ms = 0
    await world.ask("/public/metrics")
    one = opportunity("BTC", "20")
    await world.services.opportunities.save([one])
    world.execute(
        "INSERT INTO appraisals (opportunity_id, step, mode, type, exchanges, claimed_at, claimed_bps, due_at, state,"
        " realised_bps, appraised_at) VALUES (?, 'after_5s', 'synthetic', 'funding', 'okx', ?, 20, ?, 'valued', 10, ?)",
        one.id, NOW, NOW, NOW,
    )  # fmt: skip
    await world.env.advance(59_000)
    assert (await world.ask("/public/metrics"))["data"]["outcomes"] == 0
    await world.env.advance(1_000)
    data = (await world.ask("/public/metrics"))["data"]
    assert (data["outcomes"], data["computed_at"]) == (1, NOW + 60_000)
    assert {row["median"] for row in data["realised"]} == {0.5}


async def test_without_the_cache_it_is_computed_and_without_the_database_it_is_refused(world: World):
    world.env.faults.fail("KV", times=None)
    assert (await world.ask("/public/metrics"))["data"]["outcomes"] == 0
    world.env.faults.fail("DB", times=None)
    await world.ask("/public/metrics", status=503)
