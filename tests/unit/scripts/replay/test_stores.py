"""Objects come out of a folder, and out of what the local stack left on disk, under the keys they were put at."""

import sqlite3
from pathlib import Path

from scripts.replay.stores import FolderObjects, KeptObjects, ListedOnce

OBJECTS = {
    "market/scan/dt=2026-11-23/hh=01/2.ndjson.gz": b"second",
    "market/scan/dt=2026-11-23/hh=01/1.ndjson.gz": b"first",
    "market/scan/dt=2026-11-23/hh=02/3.ndjson.gz": b"later",
    "events/dt=2026-11-23/hh=01/e.ndjson.gz": b"event",
}
HOUR = "market/scan/dt=2026-11-23/hh=01/"


async def read(objects, prefix):
    return [(one.key.rpartition("/")[2], one.size, await objects.get(one.key)) async for one in objects.walk(prefix)]


EXPECTED = [("1.ndjson.gz", 5, b"first"), ("2.ndjson.gz", 6, b"second")]


async def test_a_folder_is_a_bucket(tmp_path: Path):
    for key, content in OBJECTS.items():
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    objects = FolderObjects(tmp_path)
    assert await read(objects, HOUR) == EXPECTED
    assert len(await read(objects, "")) == len(OBJECTS)
    assert await read(objects, "market/scan/dt=1999") == []
    assert await objects.get("nothing") is None
    assert await objects.get("market") is None


async def test_what_the_local_stack_left_is_a_bucket(tmp_path: Path):
    index = tmp_path / "v3" / "r2" / "miniflare-R2BucketObject" / "abc.sqlite"
    blobs = tmp_path / "v3" / "r2" / "lake" / "blobs"
    for folder in (index.parent, blobs):
        folder.mkdir(parents=True)
    with sqlite3.connect(index) as database:
        database.execute("CREATE TABLE _mf_objects (key TEXT PRIMARY KEY, blob_id TEXT, size INTEGER)")
        for number, (key, content) in enumerate(OBJECTS.items()):
            database.execute("INSERT INTO _mf_objects VALUES (?, ?, ?)", (key, f"blob{number}", len(content)))
            (blobs / f"blob{number}").write_bytes(content)
    database.close()
    sqlite3.connect(index.with_name("metadata.sqlite")).close()
    objects = KeptObjects(tmp_path, "lake")
    assert await read(objects, HOUR) == EXPECTED
    assert await objects.get("nothing") is None


async def test_what_is_recorded_while_a_replay_runs_is_not_seen_by_it(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"first")
    objects = ListedOnce(FolderObjects(tmp_path))
    before = [one async for one in objects.walk("")]
    (tmp_path / "b").write_bytes(b"later")
    assert [one async for one in objects.walk("")] == before
    assert await objects.get("a") == b"first"


async def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path):
    assert await read(KeptObjects(tmp_path / "none", "lake"), "") == []
    assert await read(FolderObjects(tmp_path / "none"), "") == []
