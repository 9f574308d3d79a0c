"""Why something is not told, over real scans: each has its one reason, and an hour of them can be asked about."""

from typing import Any

import pytest

from tests.integration.world import FIONA, World

LTC = ("okx", "spot", "LTC/USDT")


async def open_ltc(world: World) -> str:
    world.sandbox.shift(*LTC, 60, 3_600)
    await world.scan(3)
    found = (await world.get("/opportunities", asset="LTC", type="cross_exchange")).json()["data"]
    return found[0]["id"]


async def why(world: World, id_: str) -> dict[str, Any]:
    answer = await world.get(f"/opportunities/{id_}/why")
    assert answer.status_code == 200
    return answer.json()["data"]


async def test_each_scan_since_the_confirmation_says_what_it_decided(arbedge: World):
    await arbedge.say(FIONA, "/start")
    id_ = await open_ltc(arbedge)
    arbedge.sandbox.shift(*LTC, -34, 3_600)  # less the costs, some bps are left, but fewer than the ten they must be
    await arbedge.scan(2)
    arbedge.sandbox.shift(*LTC, -60, 3_600)
    await arbedge.scan(2)
    found = await why(arbedge, id_)
    [one] = found["open"]
    assert (one["status"], one["end_reason"]) == ("vanished", "fees")
    runs = [(run["outcome"], run["scans"]) for run in found["runs"]]
    assert runs[0][0] == "confirmed"
    assert runs[-2:] == [("below_minimum", 2), ("fees", 2)]
    assert sum(scans for _, scans in runs) == 6, "every scan from the confirming one on, whether or not it had room"
    near = found["runs"][-2]
    assert 0 < near["net_bps_min"] <= near["net_bps_max"] < 10
    assert near["explanation"] == "after every cost the edge is below the minimum"
    text = (await arbedge.say(FIONA, f"/why {id_}"))[-1]["parameters"]["text"]
    assert "2 scans, net +" in text
    assert "<code>below_minimum</code>: after every cost the edge is below the minimum" in text
    asset = (await arbedge.say(FIONA, "/why LTC"))[-1]["parameters"]["text"]
    assert "The closest of 7 scans since" in asset
    assert "scans: costs eat all that there is to gain" in asset


async def counts(world: World) -> dict[str, int]:
    return (await world.get("/opportunities")).json()["meta"]["scan"]["drop_counts"]


async def test_pairs_of_an_exchange_that_is_silent_are_counted_and_what_was_open_says_so(arbedge: World):
    await arbedge.scan()
    before = await counts(arbedge)
    assert "feed_unavailable" not in before
    id_ = await open_ltc(arbedge)
    arbedge.break_("okx", "status", value=500)
    await arbedge.scan()
    first = await counts(arbedge)
    assert first["feed_unavailable"] > 100
    await arbedge.scan(3)
    last = await counts(arbedge)
    assert last["circuit_open"] == first["feed_unavailable"]
    assert "feed_unavailable" not in last
    found = await why(arbedge, id_)
    assert [run["outcome"] for run in found["runs"]] == ["confirmed", "feed_unavailable", "circuit_open"]
    assert found["open"][0]["end_reason"] == "feed_unavailable"
    assert {run["net_bps_min"] for run in found["runs"][1:]} == {None}
    assert sum(last.values()) == sum(first.values()), "what there is to look at is the same"
    mended = sum(before.values()) - before["unconfirmed"]
    assert sum(last.values()) == pytest.approx(mended, abs=60), "but for what is told, nothing is missing"


@pytest.mark.parametrize("id_", ["0" * 16])
async def test_what_is_not_on_record_has_no_why(arbedge: World, id_: str):
    assert (await arbedge.get(f"/opportunities/{id_}/why")).status_code == 404
