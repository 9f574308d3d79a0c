"""The stream: a client that follows it has the list, whoever it is, however often it is cut off."""

import asyncio
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.opportunity import Opportunity
from arbedge.limits import STREAM_CHANGES_MAX, STREAM_HEARTBEAT_MS, STREAM_POLL_MS, STREAMS_OF_PERSON_MAX
from tests.integration.http.builders import NOW, opportunity, sighting
from tests.integration.http.listening import Client, settle
from tests.integration.http.world import World, check_answer

FREE, PRO = "user_free_123", "user_pro_789"


def moved(one: Opportunity, net_bps: str, at: int) -> Opportunity:
    """The next revision, open, with another edge."""
    seen = sighting(one.type, one.asset, net_bps, "100", ("okx", "bybit"))
    return replace(
        one,
        status="active",
        ended_at=None,
        end_reason=None,
        sighting=seen,
        ranked_net_bps=D(net_bps),
        revised_net_bps=D(net_bps),
        revision=one.revision + 1,
        revised_at=at,
        updated_at=at,
        expires_at=at + 600_000,
    )


def ended(one: Opportunity, at: int) -> Opportunity:
    changes: dict[str, Any] = {"status": "vanished", "ended_at": at, "end_reason": "not_seen", "updated_at": at}
    return replace(one, revision=one.revision + 1, revised_at=at, **changes)


async def save(world: World, *changed: Opportunity) -> None:
    await world.services.opportunities.save(changed)


async def test_first_the_list_then_what_is_news(world: World):
    one, other = opportunity("BTC", "20"), opportunity("ETH", "30")
    await save(world, one)
    client = await Client(world).connect()
    assert (client.status, client.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert client.headers["cache-control"] == "no-store"
    assert "content-length" not in client.headers
    assert client.kinds() == ["snapshot"]
    assert list(client.items) == [one.id]
    await save(world, other)
    await client.wait(STREAM_POLL_MS)
    await save(world, moved(one, "25", NOW + 6_000))
    await client.wait(STREAM_POLL_MS)
    assert client.items[one.id]["net_bps"] == 25
    await save(world, ended(moved(one, "25", NOW), NOW + 9_000))
    await client.wait(STREAM_POLL_MS)
    assert client.kinds() == ["snapshot", "opened", "changed", "ended"]
    assert list(client.items) == [other.id]
    assert client.heard[-1][1]["end_reason"] == "not_seen"
    client.vanish()


async def test_a_confirmation_is_no_news(world: World):
    one = opportunity("BTC", "20")
    await save(world, one)
    client = await Client(world).connect()
    await save(world, replace(one, updated_at=NOW + 10_000, expires_at=NOW + 610_000))
    await client.wait(20_000)
    assert client.kinds() == ["snapshot"]
    client.vanish()


async def test_silence_is_broken_by_comments_that_move_the_place_on(world: World):
    client = await Client(world, asset="BTC").connect()
    first = client.last_id
    await save(world, opportunity("ETH", "20"))
    await client.wait(STREAM_HEARTBEAT_MS + STREAM_POLL_MS)
    assert (client.kinds(), client.comments) == (["snapshot"], 1)
    assert client.last_id != first
    client.vanish()


async def test_it_ends_in_time_and_the_client_comes_back_without_loss_or_repeat(world: World):
    one = opportunity("BTC", "20")
    await save(world, one)
    client = await Client(world, duration_s=12).connect()
    await client.wait(12_000)
    assert (client.is_over, client.is_served) == (True, False)
    await save(world, opportunity("ETH", "30"))
    await client.connect()
    await client.wait(STREAM_POLL_MS)
    assert client.kinds() == ["snapshot", "opened"], "no second snapshot, and nothing twice"
    assert {item["asset"] for item in client.items.values()} == {"BTC", "ETH"}
    client.vanish()


async def test_whoever_goes_away_is_read_for_no_longer(world: World):
    calls: list[str] = []

    async def count(binding: str, operation: str, moment: str) -> None:
        calls.append(f"{binding} {operation} {moment}")

    client = await Client(world).connect()
    world.env.faults.on_call = count
    await client.wait(60_000)
    reads = [call for call in calls if call.endswith("before")]
    assert reads == ["DB batch before"] * 12, "twelve calls a minute, and nothing else"
    client.vanish()
    await client.wait(STREAM_POLL_MS)
    assert not client.is_served
    calls.clear()
    await client.wait(60_000)
    assert calls == []


async def test_a_slow_client_is_waited_for_and_gets_the_newest_state_once(world: World):
    one = opportunity("BTC", "20")
    client = await Client(world).connect()
    await save(world, one)
    client.stop_reading()
    await client.wait(STREAM_POLL_MS)
    for step in range(1, 6):
        one = moved(one, str(20 + step), NOW + step * 10_000)
        await save(world, one)
        await client.wait(10_000)
    client.read_on()
    await client.wait(2 * STREAM_POLL_MS)
    assert [data["net_bps"] for _, data in client.heard[1:]] == [20, 25], "nothing was piled up meanwhile"
    client.vanish()


async def test_what_a_plan_leaves_out_is_not_told(world: World):
    premium = opportunity("ETH", "70")
    client = await Client(world, FREE).connect()
    triangle = opportunity("SOL", "20", kind="triangular")
    await save(world, premium, triangle)
    await client.wait(STREAM_POLL_MS)
    assert client.kinds() == ["snapshot"]
    cheaper = moved(premium, "40", NOW + 20_000)
    await save(world, cheaper)
    await client.wait(STREAM_POLL_MS)
    assert client.kinds() == ["snapshot", "opened"]
    await save(world, moved(cheaper, "80", NOW + 40_000))
    await client.wait(STREAM_POLL_MS)
    assert client.heard[-1] == ("left", {"id": premium.id}), "and no figure of it"
    client.vanish()


async def test_filters_are_those_of_the_list(world: World):
    await save(world, opportunity("BTC", "20"), opportunity("ETH", "30", exchanges=("binance", "okx")))
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({"asset": "btc"}, {"BTC"}),
        ({"exchange": "binance"}, {"ETH"}),
        ({"min_edge_bps": 25}, {"ETH"}),
        ({"type": "funding"}, set()),
        ({"premium": "true"}, set()),
    ]
    for query, assets in cases:
        client = await Client(world, **query).connect()
        assert {item["asset"] for item in client.items.values()} == assets
        listed = await world.ask("/opportunities", PRO, params=query)
        assert {one["id"] for one in listed["data"]} == set(client.items)
        client.vanish()


@pytest.mark.parametrize(
    "last_id", ["", "junk", "5", "-1-2", "999999-1795300000000", f"0-{NOW - 3_600_001}", f"0-{NOW + 1}", "9" * 50]
)
async def test_a_place_that_is_none_of_ours_or_too_old_leads_to_the_list(world: World, last_id: str):
    await save(world, opportunity("BTC", "20"))
    client = Client(world)
    client.last_id = last_id
    await client.connect()
    assert client.kinds() == ["snapshot"]
    client.vanish()


async def test_whoever_missed_too_much_is_given_the_list(world: World):
    client = await Client(world, duration_s=1).connect()
    await client.wait(1_000)
    await save(world, *(opportunity(f"C{number}", "20") for number in range(STREAM_CHANGES_MAX + 1)))
    await client.connect()
    assert client.kinds() == ["snapshot", "snapshot"]
    assert client.heard[-1][1]["is_cut"] is True
    client.vanish()


async def test_a_database_that_is_down_is_said_before_and_ends_it_afterwards(world: World):
    client = await Client(world).connect()
    world.env.faults.fail("DB", times=None)
    await client.wait(STREAM_POLL_MS)
    assert (client.is_over, client.is_served) == (True, False)
    await world.ask("/opportunities/stream", PRO, status=503)
    world.env.faults.clear()
    await client.connect()
    assert client.kinds() == ["snapshot"]
    client.vanish()


async def test_a_head_ends_at_once_and_strangers_are_refused(world: World):
    answer = await world.client.head("/api/v1/opportunities/stream", headers={"x-user-id": PRO})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    await world.ask("/opportunities/stream", status=401)
    await world.ask("/opportunities/stream?premium=true", FREE, status=403)
    for query in ("duration_s=0", "duration_s=301", "limit=3", "min_edge_bps=nan"):
        check_answer(await world.client.get(f"/api/v1/opportunities/stream?{query}", headers={"x-user-id": PRO}))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(0, 3), st.sampled_from(["5", "20", "30", "70"])),
        st.tuples(st.just("end"), st.integers(0, 3), st.just("")),
        st.tuples(st.just("cut"), st.integers(0, 0), st.just("")),
        st.tuples(st.just("wait"), st.integers(1, 12), st.just("")),
    ),
    max_size=25,
)


@settings(max_examples=40)
@given(STEPS, st.sampled_from([FREE, PRO]), st.sampled_from([None, 15]))
async def test_a_client_has_the_list_whatever_happens(steps: Any, user: str, min_edge_bps: int | None):
    """Random lives of four opportunities, with the connection cut at random: after the last read it is the list."""
    world = World()
    world.seed()
    kinds = ("cross_exchange", "cross_exchange", "funding", "triangular")
    known: dict[int, Opportunity] = {}
    query = {} if min_edge_bps is None else {"min_edge_bps": min_edge_bps}
    client = await Client(world, user, **query).connect()
    for step, number, net_bps in steps:
        now = world.env.clock.now_ms()
        one = known.get(number)
        if step == "move":
            fresh = opportunity(f"A{number}", net_bps, kind=kinds[number], updated_at=now, expires_at=now + 600_000)
            known[number] = moved(one, net_bps, now) if one else fresh
            await save(world, known[number])
        elif step == "end" and one and one.is_open:
            known[number] = ended(one, now)
            await save(world, known[number])
        elif step == "cut":
            client.vanish()
            await settle()
            await client.connect()
        elif step == "wait":
            await client.wait(number * 1_000)
    await client.wait(STREAM_POLL_MS)
    listed = await world.ask("/opportunities", user, params=query)
    assert {one["id"]: one["revision"] for one in listed["data"]} == {
        id_: item["revision"] for id_, item in client.items.items()
    }
    client.vanish()
    await client.wait(STREAM_POLL_MS)
    await world.client.aclose()


async def test_whoever_comes_back_learns_no_id_of_what_the_plan_never_showed(world: World):
    """From an id anyone can tell which pair it is: there are few pairs, and few scans in an hour."""
    premium = opportunity("ETH", "70")
    await save(world, premium)
    client = await Client(world, FREE, duration_s=1).connect()
    await client.wait(1_000)
    await save(world, moved(premium, "80", NOW + 20_000))
    await client.connect()
    await client.wait(1_000)
    await save(world, ended(moved(premium, "80", NOW + 20_000), NOW + 30_000))
    await client.connect()
    await client.wait(1_000)
    assert set(client.kinds()) == {"snapshot"}
    assert premium.id not in str(client.heard)


async def test_nobody_has_more_streams_open_than_a_few_and_one_that_ends_makes_room(world: World):
    clients = [await Client(world).connect() for _ in range(STREAMS_OF_PERSON_MAX)]
    asked = world.client.get("/api/v1/opportunities/stream", headers={"x-user-id": PRO})
    refused = await asyncio.wait_for(asked, 10)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_streams")
    assert int(refused.headers["retry-after"]) > 0
    check_answer(refused)
    other = await Client(world, FREE).connect()
    assert other.status == 200, "another person's are their own"
    clients[0].vanish()
    await clients[0].wait(STREAM_POLL_MS)
    clients.append(await Client(world, duration_s=5).connect())
    assert clients[-1].status == 200
    await clients[-1].wait(5_000)
    assert (await Client(world).connect()).status == 200, "one that ran its time out has given its place back"
    for client in (*clients, other):
        client.vanish()
    await other.wait(STREAM_POLL_MS)


async def test_a_stream_whose_end_nobody_noticed_holds_its_place_no_longer_than_it_could_last(world: World):
    now = world.env.clock.now_ms()
    asked = (world.services.streams.open(PRO, now + 300_000, now) for _ in range(3 * STREAMS_OF_PERSON_MAX))
    places = [place for place in await asyncio.gather(*asked) if place]
    assert len(set(places)) == len(places) == STREAMS_OF_PERSON_MAX, "however many ask at once"
    assert await world.services.streams.open(PRO, now + 300_000, now + 299_999) is None
    assert await world.services.streams.open(PRO, now + 600_000, now + 300_000)
