"""One scan at a time, each at most once, and what the next one inherits."""

import asyncio

import pytest
from msgspec.structs import replace

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.scans import STREAK_AGE_MS_MAX, D1Scans
from arbedge.domain.budget import Host, Used
from arbedge.domain.episodes import Streak
from arbedge.domain.quarantine import Suspect
from arbedge.domain.verdicts import Account, Verdict
from arbedge.errors import StoreUnavailable
from arbedge.limits import SCAN_LEASE_MS, SCANS_KEPT_MS
from arbedge.ports.store import FeedHealth, ScanStart
from tests.integration.store.builders import make_feed, make_report
from tests.miniflare_shim import ShimEnv

STREAKS = {"cross_exchange|BTC|USDT|binance:perp:BTCUSDT|okx:perp:BTC-USDT-SWAP": Streak(3, 1_793_491_100_000)}


@pytest.fixture
def scans(database: Database) -> D1Scans:
    return D1Scans(database)


async def run_one(scans: D1Scans, at: int, streaks: dict[str, Streak] | None = None, *feeds: FeedHealth) -> None:
    assert await scans.begin(at, "synthetic", at)
    await scans.finish(make_report(at, at + 900), streaks or {}, feeds)


async def test_a_scan_runs_once(scans: D1Scans, now: int) -> None:
    await run_one(scans, now)
    assert await scans.begin(now, "synthetic", now + 10_000) is None


async def test_of_many_at_once_one_runs(scans: D1Scans, now: int) -> None:
    starts = await asyncio.gather(*(scans.begin(now + one % 3, "synthetic", now) for one in range(9)))
    assert sum(start is not None for start in starts) == 1


async def test_none_starts_beside_a_running_one_until_its_lease_ends(scans: D1Scans, now: int) -> None:
    assert await scans.begin(now, "synthetic", now)
    assert await scans.begin(now + 10_000, "synthetic", now + SCAN_LEASE_MS - 1) is None
    assert await scans.begin(now + 30_000, "synthetic", now + SCAN_LEASE_MS)


async def test_a_scan_too_old_to_be_remembered_is_refused(scans: D1Scans, now: int) -> None:
    assert await scans.begin(now - SCANS_KEPT_MS, "synthetic", now) is None


async def test_the_next_scan_inherits_streaks_and_feeds(scans: D1Scans, now: int) -> None:
    feed = make_feed(now, last_success_at=now)
    await run_one(scans, now, STREAKS, feed)
    assert await scans.begin(now + 10_000, "synthetic", now + 10_000) == ScanStart(
        streaks=STREAKS, feeds=[feed], follows=now
    )


async def test_streaks_do_not_outlive_two_minutes(scans: D1Scans, now: int) -> None:
    await run_one(scans, now, STREAKS)
    later = now + 900 + STREAK_AGE_MS_MAX
    assert await scans.begin(later, "synthetic", later) == ScanStart(streaks=STREAKS, feeds=[], follows=now)
    await scans.finish(make_report(later, later), STREAKS, [])
    later += STREAK_AGE_MS_MAX + 1
    start = await scans.begin(later, "synthetic", later)
    assert start is not None
    assert (start.streaks, start.follows) == ({}, None)


async def test_a_scan_continues_the_one_before_unless_another_broke_off_in_between(scans: D1Scans, now: int) -> None:
    await run_one(scans, now, STREAKS)
    broken_off = await scans.begin(now + 10_000, "synthetic", now + 10_000)
    after = await scans.begin(now + 50_000, "synthetic", now + 50_000)
    assert broken_off
    assert after
    assert (broken_off.follows, after.follows, after.streaks) == (now, None, STREAKS)


async def test_streaks_do_not_pass_from_one_market_mode_to_another(scans: D1Scans, now: int) -> None:
    await run_one(scans, now, STREAKS)
    start = await scans.begin(now + 10_000, "live", now + 10_000)
    assert start is not None
    assert start.streaks == {}


async def test_a_scan_that_outlived_its_lease_does_not_replace_its_successor(scans: D1Scans, now: int) -> None:
    assert await scans.begin(now, "synthetic", now)
    successor = now + SCAN_LEASE_MS
    await run_one(scans, successor, STREAKS)
    await scans.finish(make_report(now, successor + 5000), {}, [])
    assert await scans.load_latest() == make_report(successor, successor + 900)
    start = await scans.begin(successor + 10_000, "synthetic", successor + 10_000)
    assert start is not None
    assert start.streaks == STREAKS


async def test_the_last_success_of_a_feed_survives_failures(scans: D1Scans, now: int) -> None:
    await run_one(scans, now, None, make_feed(now, last_success_at=now))
    failed = make_feed(now + 10_000, last_success_at=None, state="down")
    await run_one(scans, now + 10_000, None, failed)
    (feed,) = await scans.load_feeds()
    assert (feed.state, feed.error, feed.last_success_at, feed.checked_at) == ("down", "maintenance", now, now + 10_000)


async def test_an_older_answer_does_not_replace_a_newer_one(scans: D1Scans, now: int) -> None:
    newer = make_feed(now + 5000, last_success_at=now + 5000)
    await run_one(scans, now, None, newer)
    await run_one(scans, now + 10_000, None, make_feed(now, last_success_at=now))
    assert await scans.load_feeds() == [newer]


async def test_old_scans_are_forgotten_and_the_latest_report_stays(env: ShimEnv, scans: D1Scans, now: int) -> None:
    for step in range(5):
        await run_one(scans, now + step * 10_000)
    later = now + SCANS_KEPT_MS + 60_000
    await run_one(scans, later)
    assert (await env.DB.prepare("SELECT id FROM scans").all())["results"] == [{"id": later}]
    assert await scans.load_latest() == make_report(later, later + 900)


async def test_before_the_first_scan_nothing_is_known(scans: D1Scans) -> None:
    assert await scans.load_latest() is None
    assert await scans.load_feeds() == []


async def test_a_finish_whose_answer_was_lost_can_be_repeated(env: ShimEnv, scans: D1Scans, now: int) -> None:
    feed = make_feed(now, last_success_at=now)
    assert await scans.begin(now, "synthetic", now)
    env.faults.fail("DB", "batch", moment="after")
    with pytest.raises(StoreUnavailable):
        await scans.finish(make_report(now, now + 900), STREAKS, [feed])
    await scans.finish(make_report(now, now + 900), STREAKS, [feed])
    assert await scans.load_latest() == make_report(now, now + 900)
    assert await scans.load_feeds() == [feed]


async def test_a_begin_whose_answer_was_lost_does_not_let_the_scan_run_twice(
    env: ShimEnv, scans: D1Scans, now: int
) -> None:
    env.faults.fail("DB", "batch", moment="after")
    with pytest.raises(StoreUnavailable):
        await scans.begin(now, "synthetic", now)
    assert await scans.begin(now, "synthetic", now) is None


async def test_what_is_known_of_the_hosts_passes_on_and_outlives_a_scan_that_says_nothing_of_them(
    scans: D1Scans, now: int
) -> None:
    hosts = {"binance": Host(quiet_until=now + 60_000, clock_offset_ms=-3, used={"weight": Used(7, 124, 80)})}
    assert await scans.begin(now, "synthetic", now) == ScanStart(streaks={}, feeds=[], hosts={})
    await scans.finish(make_report(now, now + 900), {}, [], hosts)
    await run_one(scans, now + 10_000)
    begun = await scans.begin(now + 20_000, "synthetic", now + 20_000)
    assert begun
    assert begun.hosts == hosts


async def test_a_scan_that_outlived_its_lease_does_not_bring_back_old_counts(scans: D1Scans, now: int) -> None:
    assert await scans.begin(now, "synthetic", now)
    assert await scans.begin(now + 30_000, "synthetic", now + SCAN_LEASE_MS)
    await scans.finish(make_report(now + 30_000, now + 31_000), {}, [], {"okx": Host(quiet_until=2)})
    await scans.finish(make_report(now, now + 30_500), {}, [], {"okx": Host(quiet_until=1)})
    begun = await scans.begin(now + 40_000, "synthetic", now + 40_000)
    assert begun
    assert begun.hosts["okx"].quiet_until == 2


async def test_failures_in_a_row_come_back_with_the_feed(scans: D1Scans, now: int) -> None:
    feed = replace(make_feed(now, last_success_at=now, state="down"), failures=4, retry_at=now + 40_000)
    await run_one(scans, now, None, feed)
    [stored] = await scans.load_feeds()
    assert stored == feed
    assert stored.circuit.get_state(now) == "open"


SUSPECT = Suspect("X", "USDT", 3, 1, 2, 1.25, 1.0, [("bybit:spot:X", 1.0)], quarantined_at=2)


async def test_the_watch_is_kept_by_market_mode_and_stays_without_a_new_one(scans: D1Scans, now: int) -> None:
    watch = {"okx:spot:X": SUSPECT}
    await scans.begin(now, "synthetic", now)
    await scans.finish(make_report(now, now + 900), {}, [], watch=watch)
    assert await scans.load_watch("synthetic") == watch
    assert await scans.load_watch("live") == {}
    begun = await scans.begin(now + 10_000, "synthetic", now + 10_000)
    assert begun is not None
    assert begun.watch == watch
    await scans.finish(make_report(now + 10_000, now + 10_900), {}, [])
    assert await scans.load_watch("synthetic") == watch


async def test_a_scan_that_ends_behind_its_successor_does_not_bring_an_old_watch_back(scans: D1Scans, now: int) -> None:
    await scans.finish(make_report(now + 30_000, now + 31_000), {}, [], watch={})
    await scans.finish(make_report(now, now + 32_000), {}, [], watch={"okx:spot:X": SUSPECT})
    assert await scans.load_watch("synthetic") == {}


async def test_the_hour_of_an_asset_is_what_each_scan_said_of_it(scans: D1Scans, now: int) -> None:
    said = [Verdict("cross_exchange|1INCH|USDT|a|b", "fees", -3.25), Verdict("funding|1INCH|USDT|c|d", "held", None)]
    for place, (mode, verdicts) in enumerate(
        [("synthetic", {"1INCH": said, "BTC": said[:1]}), ("synthetic", {"BTC": []}), ("live", {"1INCH": said})]
    ):
        scan_id = now + place * 10_000
        assert await scans.begin(scan_id, "synthetic", scan_id)
        report = replace(make_report(scan_id, scan_id + 900), mode=mode)
        await scans.finish(report, {}, [], verdicts=verdicts)
    found = await scans.load_accounts("synthetic", "1INCH", now)
    assert found == [Account(now, now + 900, said), Account(now + 10_000, now + 10_900, [])]
    assert await scans.load_accounts("synthetic", "1INCH", now + 1) == found[1:]
    assert [one.verdicts for one in await scans.load_accounts("synthetic", 'X"', now)] == []
    assert await scans.load(now + 10_000) == make_report(now + 10_000, now + 10_900)
    assert await scans.load(now + 1) is None


async def test_what_scans_said_is_forgotten_with_them(scans: D1Scans, now: int) -> None:
    assert await scans.begin(now, "synthetic", now)
    await scans.finish(make_report(now, now), {}, [], verdicts={"BTC": []})
    later = now + SCANS_KEPT_MS + 1
    await run_one(scans, later)
    assert await scans.load_accounts("synthetic", "BTC", 0) == []


@pytest.mark.parametrize("table", ["hosts", "quarantine", "scans"])
async def test_what_cannot_be_read_begins_anew_and_stops_no_scan(
    env: ShimEnv, scans: D1Scans, now: int, caplog: pytest.LogCaptureFixture, table: str
) -> None:
    await scans.begin(now, "synthetic", now)
    hosts = {"okx": Host(quiet_until=now + 60_000)}
    await scans.finish(make_report(now, now + 900), STREAKS, [], hosts, {"okx:spot:X": SUSPECT})
    column = "streaks" if table == "scans" else "payload"
    await env.DB.prepare(f"UPDATE {table} SET {column} = '[7]'").run()
    begun = await scans.begin(now + 10_000, "synthetic", now + 10_000)
    assert begun
    assert [bool(begun.hosts), bool(begun.watch), bool(begun.streaks)].count(False) == 1
    assert (begun.follows is None) is (table != "hosts"), "a replay begins anew where a scan did"
    assert "a stored document cannot be read and is left out" in caplog.text
