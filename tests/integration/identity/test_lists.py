"""What happens to the exchanges' lists is told; a list that came cut short is not believed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from scripts.sandbox.market.listings import Listing
from tests.integration.world import World

HOUR_MS = 3_600_000


@pytest.fixture
async def arbedge() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.aclose()


async def markets(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    answer = await world.get("/market/exchanges")
    assert answer.status_code == 200
    return {(one["exchange"], one["market"]): one for one in answer.json()["data"]}


def relist(world: World, rows: tuple[Listing, ...]) -> None:
    """A market as before, but for this list."""
    world.sandbox.market.relist(("bybit", "spot"), rows)


async def test_listings_and_delistings_are_events_of_their_hour(arbedge: World):
    rows = arbedge.sandbox.market.source.boards["bybit", "spot"]
    relist(arbedge, rows[:-1])
    await arbedge.scan()
    first = (await markets(arbedge))["bybit", "spot"]["events"]
    assert list(first["counts"]) == ["first_seen"]
    relist(arbedge, rows[1:])
    await arbedge.env.advance(HOUR_MS)
    await arbedge.scan(2)
    events = (await markets(arbedge))["bybit", "spot"]["events"]
    assert (events["counts"]["listed"], events["counts"]["delisted"]) == (1, 1)
    told = {one["kind"]: one["symbol"] for one in events["latest"]}
    assert (told["listed"], told["delisted"]) == (rows[-1].symbol, rows[0].symbol)


async def test_a_list_that_lost_half_of_itself_changes_nothing_and_is_told(arbedge: World):
    await arbedge.scan()
    before = (await markets(arbedge))["bybit", "spot"]
    rows = arbedge.sandbox.market.source.boards["bybit", "spot"]
    relist(arbedge, rows[: len(rows) // 3])
    await arbedge.env.advance(HOUR_MS)
    await arbedge.scan(2)
    after = (await markets(arbedge))["bybit", "spot"]
    assert after["instruments"] == before["instruments"]
    assert after["events"]["counts"]["refused"] == 1
    assert "delisted" not in after["events"]["counts"]
    assert len([one for one in after["events"]["latest"] if one["kind"] == "refused"]) == 1


async def test_a_list_that_is_refused_is_asked_for_again_once_a_minute_and_believed_when_it_is_whole(arbedge: World):
    def asked() -> int:
        entries = arbedge.sandbox.requests.entries("bybit")
        return sum("instruments-info" in one.path and "category=spot" in one.query for one in entries)

    await arbedge.scan()
    rows = arbedge.sandbox.market.source.boards["bybit", "spot"]
    relist(arbedge, rows[: len(rows) // 3])
    await arbedge.env.advance(HOUR_MS)
    before = asked()
    await arbedge.scan(10)
    assert 2 <= asked() - before <= 3, "ten scans take two minutes"
    relist(arbedge, rows[:-1])
    await arbedge.scan(5)
    assert (await markets(arbedge))["bybit", "spot"]["events"]["counts"]["delisted"] == 1


async def test_lists_that_are_an_hour_old_are_read_after_prices_and_books_and_used_by_the_next_scan(arbedge: World):
    def ask() -> list[str]:
        return [one.path for one in arbedge.sandbox.requests.entries("bybit")]

    await arbedge.scan(2)
    await arbedge.env.advance(HOUR_MS)
    relist(arbedge, arbedge.sandbox.market.source.boards["bybit", "spot"][1:])
    seen = len(ask())
    await arbedge.scan()
    first, last = {}, {}
    for at, path in enumerate(ask()[seen:], 1):
        kind = path.rpartition("/")[2]
        first.setdefault(kind, at)
        last[kind] = at
    assert max(last["tickers"], last["orderbook"]) < first["instruments-info"]
    assert (await markets(arbedge))["bybit", "spot"]["events"]["counts"]["delisted"] == 1


async def test_an_exchange_that_does_not_answer_is_not_asked_for_its_lists_as_well(arbedge: World):
    await arbedge.scan()
    await arbedge.env.advance(HOUR_MS)
    arbedge.break_("bybit", "status", value=500)
    seen = len(arbedge.sandbox.requests.entries("bybit"))
    await arbedge.scan()
    asked = {one.path.rpartition("/")[2] for one in arbedge.sandbox.requests.entries("bybit")[seen:]}
    assert asked == {"tickers", "history"}, "one question a minute is the funding record's"


async def test_a_day_without_changes_is_told_as_one(arbedge: World):
    """Nothing is said only where nothing is known."""
    await arbedge.scan()
    arbedge.env.DB.sqlite.execute("DELETE FROM instrument_events", ())
    assert [one["events"]["counts"] for one in (await markets(arbedge)).values()] == [{}] * 6
