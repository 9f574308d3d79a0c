"""R2: objects, conditions, ranges, listings, and what is refused."""

import datetime as dt
import hashlib

from .registry import World, case, refusal, same


@case
async def check_put_describes_the_object(world: World) -> None:
    key = world.unique("o")
    stored = await world.env.LAKE.put(
        key, "hello", httpMetadata={"contentType": "text/plain"}, customMetadata={"mode": "synthetic"}
    )
    etag = hashlib.md5(b"hello", usedforsecurity=False).hexdigest()
    for described in (stored, await world.env.LAKE.head(key), await world.env.LAKE.get(key)):
        same([described.key, described.size, described.etag, described.httpEtag], [key, 5, etag, f'"{etag}"'])
        same([described.httpMetadata["contentType"], described.httpMetadata["cacheControl"]], ["text/plain", None])
        same(dict(described.customMetadata), {"mode": "synthetic"})
        assert isinstance(described.uploaded, dt.datetime)
        same(len(described.version), 32)


@case
async def check_contents_are_read_three_ways(world: World) -> None:
    key = world.unique("o")
    await world.env.LAKE.put(key, b'{"a": [1, null]}')
    same(await (await world.env.LAKE.get(key)).text(), '{"a": [1, null]}')
    same(await (await world.env.LAKE.get(key)).json(), {"a": [1, None]})
    buffer = await (await world.env.LAKE.get(key)).arrayBuffer()
    assert isinstance(buffer, memoryview)
    same(buffer.tobytes(), b'{"a": [1, null]}')


@case
async def check_empty_objects_exist(world: World) -> None:
    key = world.unique("o")
    await world.env.LAKE.put(key, b"")
    stored = await world.env.LAKE.get(key)
    same([stored.size, await stored.text()], [0, ""])


@case
async def check_an_absent_object_is_none(world: World) -> None:
    key = world.unique("absent")
    same([await world.env.LAKE.get(key), await world.env.LAKE.head(key)], [None, None])


@case
async def check_create_if_absent(world: World) -> None:
    key = world.unique("o")
    assert await world.env.LAKE.put(key, "one", onlyIf={"etagDoesNotMatch": "*"}) is not None
    same(await world.env.LAKE.put(key, "two", onlyIf={"etagDoesNotMatch": "*"}), None)
    same(await (await world.env.LAKE.get(key)).text(), "one")


@case
async def check_replace_if_unchanged(world: World) -> None:
    key = world.unique("o")
    same(await world.env.LAKE.put(key, "x", onlyIf={"etagMatches": "0" * 32}), None)
    first = await world.env.LAKE.put(key, "one")
    assert await world.env.LAKE.put(key, "two", onlyIf={"etagMatches": first.etag}) is not None
    same(await world.env.LAKE.put(key, "three", onlyIf={"etagMatches": first.etag}), None)
    same(await (await world.env.LAKE.get(key)).text(), "two")


@case
async def check_a_refused_read_has_no_contents(world: World) -> None:
    key = world.unique("o")
    stored = await world.env.LAKE.put(key, "one")
    described = await world.env.LAKE.get(key, onlyIf={"etagDoesNotMatch": stored.etag})
    same([described.key, described.size], [key, 3])
    assert not hasattr(described, "text")


@case
async def check_ranges(world: World) -> None:
    key = world.unique("o")
    await world.env.LAKE.put(key, "hello")
    for asked, text, given in (
        ({"offset": 1, "length": 2}, "el", [1, 2]),
        ({"offset": 3}, "lo", [3, 2]),
        ({"suffix": 2}, "lo", [3, 2]),
    ):
        part = await world.env.LAKE.get(key, range=asked)
        same([await part.text(), part.size, [part.range.offset, part.range.length]], [text, 5, given])
    words = await refusal(lambda: world.env.LAKE.get(key, range={"offset": 10}))
    same(words, "get: The requested range is not satisfiable (10039)")


@case
async def check_delete_takes_one_or_many(world: World) -> None:
    keys = [world.unique("o") for _ in range(3)]
    for key in keys:
        await world.env.LAKE.put(key, "x")
    await world.env.LAKE.delete(keys[0])
    await world.env.LAKE.delete([keys[1], world.unique("absent")])
    same([await world.env.LAKE.head(key) is None for key in keys], [True, True, False])


@case
async def check_listing_by_prefix_and_folder(world: World) -> None:
    root = world.unique("lake") + "/"
    for name in ("b", "day1/x", "day1/y", "day2/z", "a"):
        await world.env.LAKE.put(root + name, name)
    page = await world.env.LAKE.list({"prefix": root, "delimiter": "/"})
    same([each.key for each in page["objects"]], [root + "a", root + "b"])
    same(page["delimitedPrefixes"], [root + "day1/", root + "day2/"])
    same(page["truncated"], False)
    same([each.size for each in (await world.env.LAKE.list(prefix=root + "day1/"))["objects"]], [6, 6])


@case
async def check_a_listing_tells_when_objects_were_written(world: World) -> None:
    root = world.unique("dated") + "/"
    await world.env.LAKE.put(root + "x", "x")
    (listed,) = (await world.env.LAKE.list(prefix=root))["objects"]
    written = (await world.env.LAKE.head(root + "x")).uploaded
    same(int(listed.uploaded.getTime()), round(written.replace(tzinfo=dt.UTC).timestamp() * 1000))


@case
async def check_listing_in_pages(world: World) -> None:
    root = world.unique("pages") + "/"
    for name in "edcba":
        await world.env.LAKE.put(root + name, name)
    seen: list[list[str]] = []
    cursor = None
    while True:
        asked = {"prefix": root, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = await world.env.LAKE.list(asked)
        seen.append([each.key.removeprefix(root) for each in page["objects"]])
        if not page["truncated"]:
            break
        cursor = page["cursor"]
    same(seen, [["a", "b"], ["c", "d"], ["e"]])


@case
async def check_pages_hold_a_thousand_objects_at_most(world: World) -> None:
    words = await refusal(lambda: world.env.LAKE.list(limit=1001))
    same(words, "list: MaxKeys params must be positive integer <= 1000. (10022)")


@case
async def check_checksums_are_verified(world: World) -> None:
    key = world.unique("o")
    digest = hashlib.sha256(b"x").hexdigest()
    await world.env.LAKE.put(key, "x", sha256=digest)
    words = await refusal(lambda: world.env.LAKE.put(key, "y", sha256=digest))
    assert words.startswith("put: The SHA-256 checksum you specified did not match what we received."), words
    same(await (await world.env.LAKE.get(key)).text(), "x")


@case
async def check_keys_and_metadata_are_limited(world: World) -> None:
    words = await refusal(lambda: world.env.LAKE.put("k" * 1025, "x"))
    same(words, "put: The specified object name is not valid. (10020)")
    words = await refusal(lambda: world.env.LAKE.put(world.unique("o"), "x", customMetadata={"a": "x" * 8200}))
    same(words, "put: Your metadata headers exceed the maximum allowed metadata size. (10012)")


@case
async def check_only_contents_are_values(world: World) -> None:
    assert await refusal(lambda: world.env.LAKE.put(world.unique("o"), {"a": 1}))
    assert "cannot be sent over RPC" in await refusal(lambda: world.env.LAKE.put(world.unique("o"), ("a",)))


@case
async def check_delete_takes_a_thousand_keys_at_most(world: World) -> None:
    assert await refusal(lambda: world.env.LAKE.delete([f"k{number}" for number in range(1001)]))
