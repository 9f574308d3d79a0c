"""Several people are told of one thing, each at their own size, horizon and minimum; every message can be replayed."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from arbedge.domain.pseudonym import derive_pseudonym
from scripts.replay.spans import Span
from tests.integration.by_hand import recompute
from tests.integration.lake.world import read_events
from tests.integration.replay.stage import copy_lake, replay
from tests.integration.world import FIONA, PAVEL, PRIYA, PSEUDONYM_KEY, START, World, told_id

USERS = {FIONA: "user_free_123", PAVEL: "user_premium_456", PRIYA: "user_pro_789"}


async def choose(world: World, person: int, **preferences: Any) -> None:
    headers = {"X-User-ID": USERS[person]}
    answer = await world.api.put("/api/v1/users/preferences", json=preferences, headers=headers)
    assert answer.status_code == 200, answer.text


async def detail(world: World, person: int, opportunity_id: str, **asked: Any) -> dict[str, Any]:
    return (await world.get(f"/opportunities/{opportunity_id}", user=USERS[person], **asked)).json()["data"]


def shown_size(text: str) -> tuple[Decimal, str]:
    """The money that an alert's figures are for, and whose size that is."""
    found = re.search(r" on ([\d,.]+) USDT, (your|the default) size", text)
    assert found, text
    return Decimal(found.group(1).replace(",", "")), found.group(2)


async def test_everyone_is_told_at_their_own_size_and_only_of_what_reaches_their_minimum_there(
    arbedge: World, tmp_path: Path
):
    for person in (FIONA, PRIYA, PAVEL):
        await arbedge.say(person, "/start")
    await choose(arbedge, PRIYA, size_quote=200, horizon_h=48)
    await choose(arbedge, PAVEL, size_quote=1_000_000)
    arbedge.sandbox.shift("okx", "spot", "LTC/USDT", 60, 600)
    await arbedge.scan(2)
    ours, theirs = ({told_id(one): one for one in arbedge.alerts(person, "LTC")} for person in (FIONA, PRIYA))
    one, *_ = ours.keys() & theirs.keys()
    money, whose = shown_size(ours[one]["parameters"]["text"])
    assert (whose, 950 < money <= 1_000) == ("the default", True)
    money, whose = shown_size(theirs[one]["parameters"]["text"])
    assert (whose, 150 < money <= 200) == ("your", True)
    at_own_size = await detail(arbedge, PRIYA, one)
    assert f"Net <b>{at_own_size['net_bps']:+.2f} bps</b>" in theirs[one]["parameters"]["text"]
    for asked in ({}, {"size_quote": 1_000}, {"size_quote": 3_000}):
        found = await detail(arbedge, PRIYA, one, **asked)
        assert found["valued"]["refused"] is None
        assert Decimal(found["size_quote"]) <= asked.get("size_quote", 200)
        assert abs(float(await recompute(arbedge.exchanges, found)) - found["net_bps"]) < 0.001, "by hand, from outside"
    assert one not in {told_id(alert) for alert in arbedge.alerts(PAVEL)}
    why = (await arbedge.get(f"/opportunities/{one}/why", user=USERS[PAVEL])).json()["data"]
    assert why["own_reason"] in {"own_size", "below_own_minimum"}

    # Another choice shows with the next change of the message, and one that stands below the minimum says so.
    await choose(arbedge, PRIYA, size_quote=None, min_net_bps={"cross_exchange": 900})
    arbedge.sandbox.shift("okx", "spot", "LTC/USDT", 8, 600)
    await arbedge.scan(3)
    edited = arbedge.edits(theirs[one]["result"]["message_id"])[-1]["parameters"]["text"]
    assert shown_size(edited)[1] == "the default"
    assert "Now below your minimum, 900 bps" in edited

    await arbedge.env.advance(60_000)
    distributions = await read_events(arbedge, "distribution")
    priya = derive_pseudonym(PSEUDONYM_KEY, USERS[PRIYA])
    rows = [row for page in distributions for row in page.people if row.person == priya]
    assert {(row.size_quote, row.horizon_h) for row in rows} == {(Decimal(200), 48), (None, 48)}
    sent = [event for event in await read_events(arbedge, "delivery") if event.person == priya]
    assert {(event.size_quote, event.horizon_h, event.min_net_bps) for event in sent} >= {
        (Decimal(200), 48, None),
        (None, 48, 900.0),
    }
    again = await replay(await copy_lake(arbedge), Span(START, arbedge.clock.now_ms() + 1), tmp_path / "result.ndjson")
    assert again.run.comparison.different == again.run.comparison.not_recorded == 0
    texts = {line["text"] for line in again.of("message")}
    assert {theirs[one]["parameters"]["text"], edited} <= texts, "the very texts"


async def test_a_horizon_of_ones_own_counts_more_settlements_and_tells_of_what_that_is_worth(arbedge: World):
    for person in (PRIYA, PAVEL):
        await arbedge.say(person, "/start")
    await choose(arbedge, PRIYA, horizon_h=1)
    await choose(arbedge, PAVEL, horizon_h=72)
    arbedge.sandbox.shift("bybit", "perp", "LTC/USDT", 60, 600)
    await arbedge.scan(2)
    told = {person: {told_id(one) for one in arbedge.alerts(person, "LTC")} for person in (PRIYA, PAVEL)}
    assert told[PAVEL] > told[PRIYA], "an hour holds too few settlements to pay for four fills"
    one = (told[PAVEL] - told[PRIYA]).pop()
    day, short, long = [await detail(arbedge, PAVEL, one, horizon_h=hours) for hours in (24, 1, 72)]
    assert short["net_bps"] < day["net_bps"] < long["net_bps"]
    assert long["net_bps"] == (await detail(arbedge, PAVEL, one))["net_bps"]
    why = (await arbedge.get(f"/opportunities/{one}/why", user=USERS[PRIYA])).json()["data"]
    assert (why["own_reason"], why["open"][0]["valued"]["horizon_h"]) == ("below_own_minimum", 1)
