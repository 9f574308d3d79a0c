"""Episodes are saved whole, never go back, and are listed and announced exactly once."""

import asyncio
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.adapters.cloudflare.d1.appraisals import D1Appraisals
from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.deliveries import D1Deliveries
from arbedge.adapters.cloudflare.d1.opportunities import D1Opportunities
from arbedge.adapters.cloudflare.d1.people import D1People
from arbedge.app.views import view_opportunity
from arbedge.domain.appraisal import STEPS, Appraisal
from arbedge.domain.claim import Claim
from arbedge.domain.opportunity import Opportunity, Transition
from arbedge.errors import StoreUnavailable
from arbedge.ports.store import OpportunityFilter
from tests.integration.store.builders import make_opportunity
from tests.integration.store.conftest import MIGRATIONS
from tests.miniflare_shim import ShimEnv
from tests.miniflare_shim.clock import START_MS

ALL = OpportunityFilter()


@pytest.fixture
def opportunities(database: Database) -> D1Opportunities:
    return D1Opportunities(database)


async def list_ids(opportunities: D1Opportunities, wanted: OpportunityFilter = ALL, limit: int = 50) -> list[str]:
    """The ids of every page, in order."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await opportunities.list_open(wanted, limit, cursor)
        assert len(page.items) <= limit
        found += [one.id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_an_opportunity_comes_back_as_it_was_saved(opportunities: D1Opportunities) -> None:
    saved = make_opportunity()
    await opportunities.save([saved])
    assert await opportunities.load(saved.id) == saved
    assert await opportunities.load("ffffffffffffffff") is None


async def test_all_are_saved_or_none(opportunities: D1Opportunities) -> None:
    await opportunities.save([make_opportunity("0" * 16, key="one")])
    rival = make_opportunity("1" * 16, key="one")
    with pytest.raises(StoreUnavailable, match=r"UNIQUE constraint failed: opportunities\.key"):
        await opportunities.save([make_opportunity("2" * 16), rival, make_opportunity("3" * 16)])
    assert await list_ids(opportunities) == ["0" * 16]


async def test_the_end_of_an_episode_frees_its_key_in_the_same_call(opportunities: D1Opportunities, now: int) -> None:
    first = make_opportunity("0" * 16, key="one")
    await opportunities.save([first])
    ended = replace(first, status="vanished", ended_at=now, revision=2, updated_at=now)
    await opportunities.save([make_opportunity("1" * 16, key="one"), ended])
    assert await list_ids(opportunities) == ["1" * 16]


async def test_a_revision_is_never_lowered(opportunities: D1Opportunities, now: int) -> None:
    newest = make_opportunity(revision=3, at=now)
    await opportunities.save([newest])
    await opportunities.save([make_opportunity(revision=2, at=now + 60_000)])
    assert await opportunities.load(newest.id) == newest


async def test_a_revision_is_not_replaced_by_another_event(opportunities: D1Opportunities, now: int) -> None:
    ended = make_opportunity(revision=3, at=now, ended_at=now)
    await opportunities.save([ended])
    await opportunities.save([make_opportunity(revision=3, at=now + 5000)])
    assert await opportunities.load(ended.id) == ended


async def test_a_scan_without_news_moves_the_same_revision(opportunities: D1Opportunities, now: int) -> None:
    await opportunities.save([make_opportunity(at=now)])
    confirmed = make_opportunity(at=now + 10_000, revised_at=now, net_bps="13.0001")
    await opportunities.save([confirmed])
    assert await opportunities.load(confirmed.id) == confirmed


async def test_current_means_open_or_ended_recently(opportunities: D1Opportunities, now: int) -> None:
    await opportunities.save(
        [
            make_opportunity("0" * 16),
            make_opportunity("1" * 16, ended_at=now - 1000),
            make_opportunity("2" * 16, ended_at=now - 2000),
        ]
    )
    current = await opportunities.load_current(now - 1000)
    assert {one.id for one in current} == {"0" * 16, "1" * 16}
    assert await opportunities.count_open() == 1


async def test_every_revision_is_announced_until_it_is_marked(opportunities: D1Opportunities, now: int) -> None:
    one, other = make_opportunity("0" * 16, at=now), make_opportunity("1" * 16, at=now + 1)
    await opportunities.save([one, other])
    assert await opportunities.load_unannounced() == [(one.id, 1), (other.id, 1)]
    await opportunities.mark_announced([(one.id, 1)])
    assert await opportunities.load_unannounced() == [(other.id, 1)]
    await opportunities.save([replace(one, revision=2, updated_at=now + 2)])
    assert await opportunities.load_unannounced() == [(other.id, 1), (one.id, 2)]


async def test_what_was_announced_stays_announced(opportunities: D1Opportunities, now: int) -> None:
    one = make_opportunity(revision=2, at=now)
    await opportunities.save([one])
    await opportunities.mark_announced([(one.id, 2)])
    await opportunities.mark_announced([(one.id, 1)])
    await opportunities.save([replace(one, updated_at=now + 1)])
    assert await opportunities.load_unannounced() == []


async def test_a_revision_that_came_while_another_was_announced_is_announced_too(
    opportunities: D1Opportunities, now: int
) -> None:
    await opportunities.save([make_opportunity(at=now)])
    waiting = await opportunities.load_unannounced()
    await opportunities.save([make_opportunity(revision=2, at=now + 1)])
    await opportunities.mark_announced(waiting)
    assert await opportunities.load_unannounced() == [("00000000000000aa", 2)]


async def test_a_save_whose_answer_was_lost_can_be_repeated(
    env: ShimEnv, opportunities: D1Opportunities, now: int
) -> None:
    changed = [make_opportunity("0" * 16, at=now), make_opportunity("1" * 16, at=now, ended_at=now)]
    env.faults.fail("DB", "batch", moment="after")
    with pytest.raises(StoreUnavailable):
        await opportunities.save(changed)
    await opportunities.save(changed)
    assert await opportunities.load_current(0) == changed


async def test_a_save_that_failed_before_it_began_leaves_nothing(env: ShimEnv, opportunities: D1Opportunities) -> None:
    env.faults.fail("DB", "batch", moment="before")
    with pytest.raises(StoreUnavailable):
        await opportunities.save([make_opportunity()])
    assert await opportunities.count_open() == 0


async def test_two_scans_cannot_both_open_a_key(opportunities: D1Opportunities) -> None:
    rivals = [make_opportunity(f"{one}" * 16, key="one") for one in range(4)]
    results = await asyncio.gather(*(opportunities.save([one]) for one in rivals), return_exceptions=True)
    assert sum(isinstance(result, StoreUnavailable) for result in results) == 3
    assert await opportunities.count_open() == 1


async def test_what_was_stored_before_there_were_three_legs_can_still_be_read(
    opportunities: D1Opportunities, env: ShimEnv
) -> None:
    await opportunities.save([make_opportunity("a" * 16)])
    env.DB.sqlite.execute("""
        UPDATE opportunities SET payload = json_remove(payload, '$.sighting.exit_books', '$.sighting.edge.net_cash',
          '$.sighting.legs[0].asset', '$.sighting.legs[0].quote', '$.sighting.legs[1].asset', '$.sighting.legs[1].quote')
    """)
    [found] = await opportunities.load_current(0)
    assert [leg.side for leg in found.sighting.legs] == ["buy", "sell"]
    assert view_opportunity(found, START_MS).legs[0].fee_currency == "USDT"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ALL, "abcdf"),
        (OpportunityFilter(type="funding"), "c"),
        (OpportunityFilter(asset="ETH"), "b"),
        (OpportunityFilter(asset="eth' OR 1=1 --"), ""),
        (OpportunityFilter(exchange="okx"), "bd"),
        (OpportunityFilter(min_edge_bps=20.5), "abc"),
        (OpportunityFilter(is_premium=True), "abf"),
        (OpportunityFilter(is_premium=False), "cd"),
        (OpportunityFilter(type="triangular", is_premium=False), ""),
        (OpportunityFilter(is_premium=True, min_edge_bps=60), "a"),
        (OpportunityFilter(is_premium=False, min_edge_bps=15, exchange="okx"), "d"),
    ],
)
async def test_lists_are_filtered(opportunities: D1Opportunities, wanted: OpportunityFilter, expected: str) -> None:
    await opportunities.save(
        [
            make_opportunity("a" * 16, net_bps="61.5"),
            make_opportunity("b" * 16, net_bps="50", asset="ETH", exchanges=("okx", "bybit")),
            make_opportunity("c" * 16, net_bps="20.5", type_="funding"),
            make_opportunity("d" * 16, net_bps="15", exchanges=("binance", "okx")),
            make_opportunity("f" * 16, net_bps="11", type_="triangular"),
            make_opportunity("e" * 16, net_bps="99", ended_at=1_793_491_200_000),
        ]
    )
    assert [id_[0] for id_ in await list_ids(opportunities, wanted)] == list(expected)


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "W10", "!" * 8, "A" * 200, "bnVsbA", "WzEsIngiXQ"])
async def test_a_strange_cursor_is_refused(opportunities: D1Opportunities, cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        await opportunities.list_open(ALL, 10, cursor)


async def test_nothing_to_save_is_no_call(env: ShimEnv, opportunities: D1Opportunities) -> None:
    env.faults.fail("DB", times=None)
    await opportunities.save([])
    await opportunities.mark_announced([])


async def test_a_page_cannot_be_unbounded(opportunities: D1Opportunities) -> None:
    with pytest.raises(ValueError, match="page"):
        await opportunities.list_open(ALL, 0, None)


async def test_an_opportunity_that_cannot_be_read_stops_no_other(
    env: ShimEnv, opportunities: D1Opportunities, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = make_opportunity("b" * 16, key="one"), make_opportunity("c" * 16, asset="ETH")
    await opportunities.save([bad, good])
    await env.DB.prepare("UPDATE opportunities SET payload = '{}' WHERE id = ?1").bind(bad.id).run()
    assert await list_ids(opportunities) == [good.id]
    assert [one.opportunity.id for one in (await opportunities.load_changes(ALL, 0, 10)).items] == [good.id]
    assert await opportunities.load_some([bad.id, good.id]) == [good]
    assert await opportunities.load(bad.id) is None
    assert [one.id for one in await opportunities.load_traits("synthetic", 0, 9, 9, with_premium=True)] == [good.id]
    assert await opportunities.load_current(0) == [good]
    assert "a stored document cannot be read and is left out" in caplog.text
    assert await opportunities.count_open() == 1, "it is ended"
    assert await opportunities.load_unannounced() == [(good.id, 1)]
    await opportunities.save([make_opportunity("d" * 16, key="one", asset="LTC")])
    assert {one.id for one in await opportunities.load_current(0)} == {"c" * 16, "d" * 16}, "its pair may begin anew"


# Few different edges make many ties; the awkward ones have no short binary form.
EDGES = st.sampled_from(["10.1", "10.1001", "0.3", "12", "33.3333"]) | st.decimals(-500, 500, places=4).map(str)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(edges=st.lists(EDGES, max_size=25), limit=st.integers(1, 7))
async def test_pages_visit_every_opportunity_once_in_order(edges: list[str], limit: int) -> None:
    env = ShimEnv()
    env.migrate(MIGRATIONS)
    opportunities = D1Opportunities(Database(env.DB))
    saved = [make_opportunity(f"{number:016x}", net_bps=net_bps) for number, net_bps in enumerate(edges)]
    await opportunities.save(saved)
    found = await list_ids(opportunities, limit=limit)
    env.DB.sqlite.connection.close()

    def rank(one: Opportunity) -> tuple[Decimal, str]:
        return -one.net_bps, one.id

    assert found == [one.id for one in sorted(saved, key=rank)]


async def test_a_list_without_premium_has_those_that_the_chat_was_told_of_and_counts_the_others(
    database: Database, opportunities: D1Opportunities
) -> None:
    await opportunities.save(
        [
            *(make_opportunity(f"{place:016x}", net_bps="60") for place in range(10)),
            make_opportunity("c" * 16, net_bps="20"),
            make_opportunity("d" * 16, net_bps="15", asset="ETH", type_="triangular"),
        ]
    )
    person = await D1People(database).open_session(100, "Someone", 1)
    deliveries = D1Deliveries(database)
    told, planned = f"{3:016x}", f"{4:016x}"
    for id_ in (told, planned):
        await deliveries.plan(id_, [(person, False)], 1)
    delivery = await deliveries.load(told, 100)
    assert delivery
    assert await deliveries.claim(delivery, 1)
    await deliveries.settle(delivery, "sent", 2, revision=1, message_id=9)
    mine = OpportunityFilter(is_premium=False, told_chat=100)
    page = await opportunities.list_open(mine, 5, None)
    assert ([one.id for one in page.items], page.hidden) == ([told, "c" * 16], 10)
    page = await opportunities.list_open(replace(mine, told_chat=101), 5, None)
    assert ([one.id for one in page.items], page.hidden) == (["c" * 16], 11)
    page = await opportunities.list_open(replace(mine, told_chat=None, asset="ETH"), 5, None)
    assert (page.items, page.hidden) == ([], 1)
    assert (await opportunities.list_open(ALL, 5, None)).hidden == 0
    first = await opportunities.list_open(mine, 1, None)
    second = await opportunities.list_open(mine, 1, first.next_cursor)
    assert [one.id for one in (*first.items, *second.items)] == [told, "c" * 16]


async def test_an_outcome_is_handed_over_once_all_steps_have_an_answer(
    database: Database, opportunities: D1Opportunities, now: int
) -> None:
    claim = Claim(at=now, net_bps=Decimal(20), size_base=Decimal(1), expires_at=now + 600_000)
    claimed = {"claim": claim, "transitions": [Transition("active", now)]}
    ended = replace(make_opportunity("a" * 16, ended_at=now), **claimed)
    await opportunities.save([ended, replace(make_opportunity("b" * 16, asset="ETH"), **claimed)])
    appraisals = D1Appraisals(database)
    assert await opportunities.load_unannounced_outcomes(now - 1) == []
    for one in ("a" * 16, "b" * 16):
        for step in STEPS:
            assert await opportunities.load_unannounced_outcomes(now - 1) == []
            answer = Appraisal(one, step, now, 20.0, "missed", reason="late", appraised_at=now)
            await appraisals.save([answer], {}, now)
        if one[0] == "a":
            assert await opportunities.load_unannounced_outcomes(now - 1) == ["a" * 16]
            assert await opportunities.load_unannounced_outcomes(now + 1) == []
            await opportunities.mark_outcomes_announced(["a" * 16], now)
    assert await opportunities.load_unannounced_outcomes(0) == [], "one is told, and one is still open"
