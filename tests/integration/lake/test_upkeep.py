"""Merging and dropping: every record is read exactly once before, during and after, whatever dies in between."""

import pytest

from arbedge.adapters.cloudflare.lake import upkeep
from arbedge.adapters.cloudflare.lake.keys import EVENTS, INSTRUMENTS, LATEST_SCAN, SCANS, instruments_key, scan_key
from arbedge.adapters.cloudflare.lake.objects import R2Objects
from arbedge.adapters.cloudflare.lake.r2_lake import R2Lake
from arbedge.adapters.cloudflare.lake.reader import LakeReader
from arbedge.adapters.cloudflare.lake.upkeep import R2LakeUpkeep
from arbedge.errors import StoreUnavailable
from tests.integration.store.builders import make_instrument
from tests.miniflare_shim import ShimEnv
from tests.miniflare_shim.faults import Crashed
from tests.unit.adapters.cloudflare.lake.builders import HOUR, SCAN_ID, make_outcome, make_session, make_snapshot

STEP = 600_000
SCANS_AN_HOUR = HOUR // STEP
HOURS = 4
END = SCAN_ID + HOURS * HOUR


@pytest.fixture
async def env() -> ShimEnv:
    """Four hours of scans and of events."""
    made = ShimEnv()
    lake = R2Lake(made.LAKE)
    for at in range(SCAN_ID, END, STEP):
        await lake.append_scan(make_snapshot(at), make_outcome(at))
        await lake.append_events([make_session(at), make_session(at + 1)])
    return made


async def read(env: ShimEnv) -> tuple[list[int], list[int], list[str]]:
    reader = LakeReader(R2Objects(env.LAKE))
    scans = [scan.scan_id async for scan in reader.read_scans(SCAN_ID, END)]
    events = [event.at async for event in reader.read_events(SCAN_ID, END)]
    return scans, events, [bad.key for bad in reader.bad]


EVERY_SCAN = list(range(SCAN_ID, END, STEP))
EVERY_EVENT = sorted([*EVERY_SCAN, *(at + 1 for at in EVERY_SCAN)])
WHOLE = (EVERY_SCAN, EVERY_EVENT, [])


async def keys(env: ShimEnv, prefix: str) -> list[str]:
    return [one.key async for one in R2Objects(env.LAKE).walk(prefix)]


async def test_hours_that_are_over_become_one_object_a_kind(env: ShimEnv) -> None:
    assert await read(env) == WHOLE
    merged = await R2LakeUpkeep(env.LAKE).compact(END - HOUR + STEP)
    assert merged == {SCANS: 3 * SCANS_AN_HOUR, EVENTS: 3 * SCANS_AN_HOUR}
    for root in (SCANS, EVENTS):
        parts = [key for key in await keys(env, root) if upkeep.PART in key]
        small = [key for key in await keys(env, root) if upkeep.PART not in key]
        assert (len(parts), len(small)) == (3, SCANS_AN_HOUR), "the running hour stays as it is"
    assert await read(env) == WHOLE
    assert await R2LakeUpkeep(env.LAKE).compact(END - HOUR + STEP) == {SCANS: 0, EVENTS: 0}


async def test_an_hour_is_left_alone_until_it_has_settled(env: ShimEnv) -> None:
    await R2LakeUpkeep(env.LAKE).compact(SCAN_ID + HOUR + 599_999)
    assert not [key for key in await keys(env, SCANS) if upkeep.PART in key]
    await R2LakeUpkeep(env.LAKE).compact(SCAN_ID + HOUR + 600_000)
    assert len([key for key in await keys(env, SCANS) if upkeep.PART in key]) == 1


async def test_parts_are_bounded(env: ShimEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    size = max([one.size async for one in R2Objects(env.LAKE).walk(SCANS)])
    monkeypatch.setattr(upkeep, "LAKE_PART_BYTES_MAX", 2 * size)
    await R2LakeUpkeep(env.LAKE).compact(END + HOUR)
    parts = [one async for one in R2Objects(env.LAKE).walk(SCANS)]
    assert len(parts) == HOURS * SCANS_AN_HOUR // 2
    assert all(one.size <= 2 * size for one in parts)
    assert await read(env) == WHOLE


async def test_one_run_does_no_more_than_its_bound_and_the_next_goes_on(
    env: ShimEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "LAKE_MERGED_MAX", 8)
    runs = [sum((await R2LakeUpkeep(env.LAKE).compact(END + HOUR)).values()) for _ in range(12)]
    assert all(count <= 8 for count in runs)
    assert runs[-1] == 0
    assert len(await keys(env, SCANS)) + len(await keys(env, EVENTS)) < 2 * HOURS * 3
    assert await read(env) == WHOLE


CALLS = [
    (operation, moment) for operation in ("list", "get", "put", "head", "delete") for moment in ("before", "after")
]


@pytest.mark.parametrize(("operation", "moment"), CALLS)
@pytest.mark.parametrize("nth", [0, 1, 5])
async def test_nothing_is_lost_or_doubled_wherever_it_dies(env: ShimEnv, operation: str, moment: str, nth: int) -> None:
    left = nth

    async def strike(binding: str, called: str, when: str) -> None:
        nonlocal left
        if (binding, called, when) == ("LAKE", operation, moment):
            left -= 1
            if left == -1:
                raise Crashed(f"{called} {when}")

    env.faults.on_call = strike
    try:
        await R2LakeUpkeep(env.LAKE).compact(END + HOUR)
    except Crashed:
        pass
    finally:
        env.faults.on_call = None
    assert await read(env) == WHOLE
    await R2LakeUpkeep(env.LAKE).compact(END + HOUR)
    assert await read(env) == WHOLE
    assert not [key for key in await keys(env, SCANS) if upkeep.PART not in key], "the next run finishes it"


async def test_a_part_that_did_not_arrive_whole_costs_nothing(env: ShimEnv) -> None:
    put = env.LAKE.put

    async def truncate(key: str, value: bytes, **options: object) -> object:
        return await put(key, value[:-10] if upkeep.PART in key else value, **options)

    env.LAKE.put = truncate  # type: ignore[method-assign]
    await R2LakeUpkeep(env.LAKE).compact(END + HOUR)
    scans, events, bad = await read(env)
    assert (scans, events) == (EVERY_SCAN, EVERY_EVENT), "the small objects are still there"
    assert len(bad) == 2 * HOURS, "and the broken parts are named"


async def test_a_store_that_is_down_is_said(env: ShimEnv) -> None:
    env.faults.fail("LAKE", "get", times=None)
    with pytest.raises(StoreUnavailable):
        await R2LakeUpkeep(env.LAKE).compact(END + HOUR)


async def test_the_oldest_hours_go_first_by_age(env: ShimEnv) -> None:
    await env.LAKE.put(LATEST_SCAN, b"stays")
    kept_ms = upkeep.RETENTION[SCANS].kept_ms
    dropped = await R2LakeUpkeep(env.LAKE).drop_old(SCAN_ID + 2 * HOUR + kept_ms)
    assert dropped == {SCANS: 2 * SCANS_AN_HOUR}
    scans, events, bad = await read(env)
    assert (scans, events, bad) == (EVERY_SCAN[2 * SCANS_AN_HOUR :], EVERY_EVENT, [])
    assert await env.LAKE.head(LATEST_SCAN)


async def test_the_oldest_hours_go_first_by_size(env: ShimEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = [one.size async for one in R2Objects(env.LAKE).walk(SCANS)]
    rule = upkeep.Retention(kept_ms=10 * HOUR, bytes_max=sum(sizes) - 1)
    monkeypatch.setitem(upkeep.RETENTION, SCANS, rule)
    assert await R2LakeUpkeep(env.LAKE).drop_old(END) == {SCANS: SCANS_AN_HOUR}
    assert (await read(env))[0] == EVERY_SCAN[SCANS_AN_HOUR:]
    assert await R2LakeUpkeep(env.LAKE).drop_old(END) == {}


async def test_dropping_is_bounded_too(env: ShimEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "LAKE_DELETED_MAX", 4)
    runs = [sum((await R2LakeUpkeep(env.LAKE).drop_old(END + 400 * 24 * HOUR)).values()) for _ in range(13)]
    assert runs == [4] * 12 + [0]


async def test_instruments_go_when_no_scan_is_kept_that_had_them(env: ShimEnv) -> None:
    lake, kept_ms = R2Lake(env.LAKE), upkeep.RETENTION[SCANS].kept_ms
    instruments = [make_instrument("BTCUSDT")]
    for version in ("old", "in-force"):
        await lake.append_instruments("binance:spot", version, instruments, SCAN_ID)
    await env.advance(kept_ms)
    await lake.append_instruments("binance:spot", "in-force", instruments, SCAN_ID + kept_ms)
    now = env.clock.now_ms()
    assert INSTRUMENTS not in await R2LakeUpkeep(env.LAKE).drop_old(now + HOUR)
    assert (await R2LakeUpkeep(env.LAKE).drop_old(now + HOUR + 1))[INSTRUMENTS] == 1
    assert await keys(env, INSTRUMENTS) == [instruments_key("binance:spot", "in-force")]


async def test_late_events_join_an_hour_that_was_merged(env: ShimEnv) -> None:
    await R2LakeUpkeep(env.LAKE).compact(END + HOUR)
    await R2Lake(env.LAKE).append_events([make_session(END - HOUR + 5)])
    await R2Lake(env.LAKE).append_events([make_session(END - HOUR + 6)])
    await R2LakeUpkeep(env.LAKE).compact(END + HOUR)
    assert (await read(env))[1] == sorted([*EVERY_EVENT, END - HOUR + 5, END - HOUR + 6])
    assert not [key for key in await keys(env, EVENTS) if upkeep.PART not in key]


async def test_a_reader_at_work_while_objects_are_merged_misses_nothing(env: ShimEnv) -> None:
    reader = LakeReader(R2Objects(env.LAKE))
    read_ids: list[int] = []
    async for scan in reader.read_scans(SCAN_ID, END):
        read_ids.append(scan.scan_id)
        if len(read_ids) == 1:
            await R2LakeUpkeep(env.LAKE).compact(END + HOUR)
    assert (read_ids, reader.bad) == (EVERY_SCAN, [])


async def test_objects_that_vanish_between_listing_and_reading_are_found_where_they_went(env: ShimEnv) -> None:
    reader = LakeReader(R2Objects(env.LAKE))
    merged = False

    async def merge(_binding: str, operation: str, moment: str) -> None:
        nonlocal merged
        if (operation, moment) == ("list", "after") and not merged:
            merged = True
            await R2LakeUpkeep(env.LAKE).compact(END + HOUR)

    env.faults.on_call = merge
    assert [scan.scan_id async for scan in reader.read_scans(SCAN_ID, END)] == EVERY_SCAN
    assert reader.bad == []


async def test_bad_objects_are_named_and_passed_by(env: ShimEnv) -> None:
    await env.LAKE.put(scan_key(EVERY_SCAN[2]), b"something else")
    await env.LAKE.put(SCANS + "dt=2026-11-01/hh=01/stray.txt", b"\x1f\x8b")
    scans, _, bad = await read(env)
    assert scans == [at for at in EVERY_SCAN if at != EVERY_SCAN[2]]
    assert sorted(bad) == sorted([scan_key(EVERY_SCAN[2]), SCANS + "dt=2026-11-01/hh=01/stray.txt"])


async def test_a_part_of_a_day_is_read(env: ShimEnv) -> None:
    reader = LakeReader(R2Objects(env.LAKE))
    from_ms, to_ms = SCAN_ID + 50 * 60_000, SCAN_ID + 80 * 60_000
    assert [scan.scan_id async for scan in reader.read_scans(from_ms, to_ms)] == EVERY_SCAN[5:8]
    assert [event.at async for event in reader.read_events(from_ms, to_ms, {"session"})] == EVERY_EVENT[10:16]
    assert [event async for event in reader.read_events(from_ms, to_ms, {"audit"})] == []
