"""What is like an opportunity: the nearest of those the reader may see, with reasons and with what became of them."""

import pytest
from msgspec.structs import replace

from arbedge.app.similar import read_traits
from arbedge.domain.appraisal import Appraisal
from arbedge.domain.claim import Claim
from arbedge.domain.opportunity import Opportunity
from tests.integration.http.builders import NOW, D, opportunity
from tests.integration.http.world import World

FREE, PRO = "user_free_123", "user_pro_789"


def over(one: Opportunity, ago_ms: int) -> Opportunity:
    at = NOW - ago_ms
    claim = Claim(at=at - 60_000, net_bps=one.net_bps, size_base=D(1), expires_at=at, features={"depth": 1.0})
    ends = {"status": "vanished", "ended_at": at, "end_reason": "not_seen", "claim": claim}
    # The last step was at its end: only so are its re-pricings scheduled.
    return replace(one, updated_at=at, transitions=[replace(one.transitions[-1], at=at)], **ends)


@pytest.fixture
async def known(world: World) -> dict[str, Opportunity]:
    found = {
        "it": opportunity("BTC", "20"),
        "twin": over(opportunity("BTC", "21"), 600_000),
        "other asset": opportunity("ETH", "20"),
        "other exchanges": opportunity("BTC", "20", exchanges=("binance", "okx")),
        "premium": opportunity("BTC", "70", exchanges=("binance", "bybit")),
        "triangle": opportunity("SOL", "20", kind="triangular"),
        "long ago": over(opportunity("BTC", "20", exchanges=("bybit", "okx")), 86_400_001),
        "another market": replace(opportunity("BTC", "19", exchanges=("bybit", "binance")), mode="live"),
    }
    found["twin"] = replace(found["twin"], id="7" * 16)
    await world.services.opportunities.save(list(found.values()))
    realised = Appraisal(found["twin"].id, "after_5s", 0, 21.0, "valued", realised_bps=14.0, appraised_at=NOW)
    await world.services.appraisals.save([realised], {}, NOW)
    return found


async def test_the_nearest_come_first_with_reasons_and_outcomes(world: World, known: dict[str, Opportunity]):
    answer = await world.ask(f"/opportunities/{known['it'].id}/similar?limit=20", PRO)
    names = {one.id: name for name, one in known.items()}
    assert [names[row["opportunity"]["id"]] for row in answer["data"]] == [
        "twin", "other exchanges", "premium", "other asset", "triangle",
    ]  # fmt: skip
    assert answer["meta"]["considered"] == 5
    twin = answer["data"][0]
    assert {"same type", "same asset", "same exchanges", "edge within 10 %"} <= set(twin["reasons"])
    assert next(one for one in twin["outcomes"] if one["step"] == "after_5s")["realised_bps"] == 14
    for row in answer["data"]:
        by_hand = sum(part["distance"] * part["weight"] for part in row["parts"])
        assert row["distance"] == pytest.approx(by_hand / sum(part["weight"] for part in row["parts"]), abs=2e-4)
        assert "books" not in row["opportunity"]
    assert len((await world.ask(f"/opportunities/{known['it'].id}/similar?limit=2", PRO))["data"]) == 2


async def test_a_plan_sees_its_own_and_no_more(world: World, known: dict[str, Opportunity]):
    answer = await world.ask(f"/opportunities/{known['it'].id}/similar", FREE)
    assert {row["opportunity"]["id"] for row in answer["data"]} == {
        known[name].id for name in ("twin", "other exchanges", "other asset")
    }
    assert answer["meta"]["is_premium_included"] is False
    refused = await world.ask(f"/opportunities/{known['premium'].id}/similar", FREE, status=403)
    assert refused["error"]["details"]["permission"] == "opportunities.premium"
    await world.ask(f"/opportunities/{'0' * 16}/similar", FREE, status=404)
    await world.ask(f"/opportunities/{known['it'].id}/similar?limit=21", FREE, status=422)
    await world.ask(f"/opportunities/{known['it'].id}/similar", status=401)


async def test_the_database_reads_the_same_traits_as_the_record_has(world: World, known: dict[str, Opportunity]):
    loaded = await world.services.opportunities.load_traits("synthetic", 0, 50, 50, with_premium=True)
    of = {one.id: one for one in loaded}
    for name, one in known.items():
        if name == "another market":
            assert one.id not in of
            continue
        ours = read_traits(one)
        assert replace(of[one.id], room=ours.room) == ours
        assert of[one.id].room == pytest.approx(ours.room)


async def test_no_more_rows_are_read_than_said(world: World):
    many = [over(replace(opportunity(f"C{number}", "20"), id=f"{number:016x}"), 1_000 + number) for number in range(9)]
    await world.services.opportunities.save([*many, *(opportunity(f"D{number}", "20") for number in range(9))])
    loaded = await world.services.opportunities.load_traits("synthetic", 0, 4, 3, with_premium=True)
    assert len([one for one in loaded if one.ended_at is None]) == 4
    assert [one.id for one in loaded if one.ended_at] == [f"{number:016x}" for number in range(3)], "the last to end"
