"""News has an order of its own: each is numbered once as it is written, and whoever reads on from a number misses none."""

from decimal import Decimal as D

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.opportunities import D1Opportunities
from arbedge.errors import StoreUnavailable
from arbedge.ports.store import OpportunityFilter
from tests.integration.store.builders import make_opportunity
from tests.integration.store.conftest import MIGRATIONS
from tests.miniflare_shim import ShimEnv
from tests.miniflare_shim.clock import START_MS

ALL = OpportunityFilter()
ONE, TWO = "1" * 16, "2" * 16


@pytest.fixture
def opportunities(database: Database) -> D1Opportunities:
    return D1Opportunities(database)


async def read(opportunities: D1Opportunities, after: int, wanted: OpportunityFilter = ALL) -> list[tuple[str, int]]:
    found = await opportunities.load_changes(wanted, after, 50)
    assert found.seq >= after
    assert [one.seq for one in found.items] == sorted({one.seq for one in found.items})
    return [(one.opportunity.id, one.opportunity.revision) for one in found.items]


async def test_a_new_revision_is_news_and_a_confirmation_is_not(opportunities: D1Opportunities) -> None:
    await opportunities.save([make_opportunity(ONE), make_opportunity(TWO)])
    _, seq = await opportunities.load_listed(ALL, 5)
    assert await read(opportunities, 0) == [(ONE, 1), (TWO, 1)]
    assert await read(opportunities, seq) == []
    await opportunities.save([make_opportunity(ONE, at=START_MS + 10_000, revised_at=START_MS)])
    assert await read(opportunities, seq) == []
    await opportunities.save([make_opportunity(ONE, at=START_MS + 20_000, revision=2)])
    assert await read(opportunities, seq) == [(ONE, 2)]


async def test_an_older_state_is_no_news(opportunities: D1Opportunities) -> None:
    await opportunities.save([make_opportunity(ONE, revision=3)])
    _, seq = await opportunities.load_listed(ALL, 5)
    await opportunities.save([make_opportunity(ONE, revision=2, at=START_MS + 60_000)])
    assert await read(opportunities, seq) == []


async def test_a_return_is_another_opening(opportunities: D1Opportunities) -> None:
    one = make_opportunity(ONE)
    await opportunities.save([one])
    [first] = (await opportunities.load_changes(ALL, 0, 5)).items
    assert first.opened_seq == first.seq
    await opportunities.save([replace(one, revision=2)])
    [moved] = (await opportunities.load_changes(ALL, 0, 5)).items
    assert (moved.opened_seq, moved.seq > first.seq) == (first.seq, True)
    await opportunities.save([make_opportunity(ONE, revision=3, ended_at=START_MS)])
    [ended] = (await opportunities.load_changes(ALL, 0, 5)).items
    assert ended.opened_seq == first.seq
    await opportunities.save([replace(one, revision=4)])
    [back] = (await opportunities.load_changes(ALL, 0, 5)).items
    assert back.opened_seq == back.seq > ended.seq


async def test_a_save_that_is_repeated_is_no_news_twice(env: ShimEnv, opportunities: D1Opportunities) -> None:
    changed = [make_opportunity(ONE), make_opportunity(TWO)]
    env.faults.fail("DB", "batch", moment="after")
    with pytest.raises(StoreUnavailable):
        await opportunities.save(changed)
    _, seq = await opportunities.load_listed(ALL, 5)
    await opportunities.save(changed)
    assert await read(opportunities, seq) == []


async def test_numbers_are_not_given_again_when_rows_are_gone(env: ShimEnv, opportunities: D1Opportunities) -> None:
    await opportunities.save([make_opportunity(ONE)])
    _, seq = await opportunities.load_listed(ALL, 5)
    env.DB.sqlite.execute("DELETE FROM appraisals")
    env.DB.sqlite.execute("DELETE FROM opportunities")
    await opportunities.save([make_opportunity(TWO)])
    assert await read(opportunities, seq) == [(TWO, 1)]


async def test_news_is_filtered_by_what_never_changes(opportunities: D1Opportunities) -> None:
    await opportunities.save(
        [
            make_opportunity(ONE, net_bps="70", exchanges=("okx", "bybit")),
            make_opportunity(TWO, type_="triangular", asset="ETH"),
        ]
    )
    for wanted, ids in (
        (OpportunityFilter(type="triangular"), [TWO]),
        (OpportunityFilter(asset="BTC"), [ONE]),
        (OpportunityFilter(exchange="okx"), [ONE]),
        (OpportunityFilter(is_premium=False, min_edge_bps=99), [ONE]),
        (OpportunityFilter(is_premium=True), [ONE, TWO]),
    ):
        assert [id_ for id_, _ in await read(opportunities, 0, wanted)] == ids


async def test_too_much_at_once_is_cut_and_can_be_read_on(opportunities: D1Opportunities) -> None:
    await opportunities.save([make_opportunity(f"{number:016x}") for number in range(7)])
    found = await opportunities.load_changes(ALL, 0, 5)
    assert (len(found.items), found.is_cut, found.seq) == (5, True, found.items[-1].seq)
    rest = await opportunities.load_changes(ALL, found.seq, 5)
    assert (len(rest.items), rest.is_cut) == (2, False)


async def test_the_list_is_ordered_by_the_rank_that_was_settled(opportunities: D1Opportunities) -> None:
    steady = replace(make_opportunity(ONE, net_bps="12.9"), ranked_net_bps=D("12.0"))
    other = replace(make_opportunity(TWO, net_bps="12.1"), ranked_net_bps=D("12.5"))
    await opportunities.save([steady, other])
    first = await opportunities.list_open(ALL, 1, None)
    assert [one.id for one in first.items] == [TWO]
    second = await opportunities.list_open(ALL, 1, first.next_cursor)
    assert ([one.id for one in second.items], second.next_cursor) == ([ONE], None)


STEPS = st.lists(st.lists(st.integers(0, 4), max_size=4, unique=True), max_size=12)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS, st.lists(st.booleans(), min_size=12, max_size=12))
async def test_reading_on_tells_each_newest_state_once(saves: list[list[int]], reads: list[bool]) -> None:
    env = ShimEnv()
    env.migrate(MIGRATIONS)
    opportunities = D1Opportunities(Database(env.DB))
    revisions: dict[int, int] = {}
    known: dict[str, int] = {}
    seq = 0
    for changed, is_read in zip(saves, reads, strict=False):
        for number in changed:
            revisions[number] = revisions.get(number, 0) + 1
        await opportunities.save([make_opportunity(f"{one:016x}", revision=revisions[one]) for one in changed])
        if is_read:
            found = await opportunities.load_changes(ALL, seq, 50)
            for one in found.items:
                assert known.get(one.opportunity.id) != one.opportunity.revision, "told twice"
                known[one.opportunity.id] = one.opportunity.revision
            seq = found.seq
    for one in (await opportunities.load_changes(ALL, seq, 50)).items:
        known[one.opportunity.id] = one.opportunity.revision
    env.DB.sqlite.connection.close()
    assert known == {f"{number:016x}": revision for number, revision in revisions.items()}
