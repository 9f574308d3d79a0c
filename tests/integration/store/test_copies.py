"""The newest snapshot in KV and every snapshot in the lake."""

import pytest
from msgspec.structs import replace

from arbedge.adapters.cloudflare.kv import SNAPSHOT_KEY, KvSnapshotCache
from arbedge.adapters.cloudflare.lake.r2_lake import R2Lake
from arbedge.domain.market import Feed, Quote, Snapshot
from arbedge.errors import StoreUnavailable
from tests.miniflare_shim import ShimEnv
from tests.miniflare_shim.clock import START_MS

QUOTES = [Quote(f"A{number}USDT", f"A{number}", "USDT", 1.5, 10.0, 1.51, 12.0, None) for number in range(2000)]
SNAPSHOT = Snapshot(
    version=1,
    scan_id=START_MS,
    mode="synthetic",
    started_at=START_MS,
    finished_at=START_MS + 900,
    feeds=[Feed("binance", "spot", "ok", START_MS + 400, 400, quotes=QUOTES)],
)


async def test_the_newest_snapshot_is_read(env: ShimEnv) -> None:
    cache = KvSnapshotCache(env.KV)
    await cache.put(SNAPSHOT)
    assert await cache.get() == SNAPSHOT


async def test_a_stale_snapshot_tells_its_own_age(env: ShimEnv) -> None:
    cache = KvSnapshotCache(env.KV)
    await cache.put(SNAPSHOT)
    await cache.get()
    await env.advance(10_000)
    await cache.put(replace(SNAPSHOT, finished_at=START_MS + 10_900))
    stale = await cache.get()
    assert stale is not None
    assert stale.finished_at == START_MS + 900


@pytest.mark.parametrize("text", [None, "", "{}", '{"version": "two"}'])
async def test_what_this_version_cannot_read_is_absent(env: ShimEnv, text: str | None) -> None:
    if text is not None:
        await env.KV.put(SNAPSHOT_KEY, text)
    assert await KvSnapshotCache(env.KV).get() is None


async def test_kv_that_does_not_answer_is_said(env: ShimEnv) -> None:
    env.faults.fail("KV", times=None)
    with pytest.raises(StoreUnavailable, match="key-value store: no answer"):
        await KvSnapshotCache(env.KV).put(SNAPSHOT)
    with pytest.raises(StoreUnavailable, match="key-value store: no answer"):
        await KvSnapshotCache(env.KV).get()


async def test_the_lake_keeps_each_scan_under_its_hour(env: ShimEnv) -> None:
    lake = R2Lake(env.LAKE)
    await lake.append_scan(SNAPSHOT, None)
    listed = (await env.LAKE.list({"prefix": "market/scan/"}))["objects"]
    assert [one.key for one in listed] == [f"market/scan/dt=2026-11-01/hh=00/{START_MS}.ndjson.gz"]
    assert await lake.load_snapshot(START_MS) == SNAPSHOT
    assert await lake.load_snapshot(START_MS + 1) is None


async def test_a_scan_is_kept_once_as_it_was_first_seen(env: ShimEnv) -> None:
    lake = R2Lake(env.LAKE)
    env.faults.fail("LAKE", "put", moment="after")
    with pytest.raises(StoreUnavailable, match="lake: no answer"):
        await lake.append_scan(SNAPSHOT, None)
    await lake.append_scan(replace(SNAPSHOT, feeds=[]), None)
    assert await lake.load_snapshot(START_MS) == SNAPSHOT


async def test_a_lake_that_does_not_answer_is_said(env: ShimEnv) -> None:
    env.faults.fail("LAKE", times=None)
    with pytest.raises(StoreUnavailable, match="lake: no answer"):
        await R2Lake(env.LAKE).load_snapshot(START_MS)


async def test_an_object_that_is_no_snapshot_is_an_error(env: ShimEnv) -> None:
    await env.LAKE.put(f"market/scan/dt=2026-11-01/hh=00/{START_MS}.ndjson.gz", b"something else")
    with pytest.raises(ValueError, match="not a gzip member"):
        await R2Lake(env.LAKE).load_snapshot(START_MS)
