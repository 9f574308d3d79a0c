"""Workers KV: values, metadata, expiry, listing, and what is refused."""

from .registry import World, case, refusal, same


@case
async def check_what_was_put_is_read(world: World) -> None:
    key = world.unique("k")
    await world.env.KV.put(key, '{"a": [1, 2.5, null]}')
    same(await world.env.KV.get(key), '{"a": [1, 2.5, null]}')
    same(await world.env.KV.get(key, "text"), '{"a": [1, 2.5, null]}')
    same(await world.env.KV.get(key, "json"), {"a": [1, 2.5, None]})
    same(await world.env.KV.get(key, type="json"), {"a": [1, 2.5, None]})
    same(await world.env.KV.get(key, {"type": "json"}), {"a": [1, 2.5, None]})


@case
async def check_bytes_survive(world: World) -> None:
    key = world.unique("k")
    await world.env.KV.put(key, b"\x00\xff\xfe")
    value = await world.env.KV.get(key, "arrayBuffer")
    assert isinstance(value, memoryview)
    same(value.tobytes(), b"\x00\xff\xfe")


@case
async def check_what_is_no_object_becomes_text(world: World) -> None:
    for value, text in ((5, "5"), (2.5, "2.5"), (True, "true"), (None, "null")):
        key = world.unique("k")
        await world.env.KV.put(key, value)
        same(await world.env.KV.get(key), text)


@case
async def check_an_empty_value_is_a_value(world: World) -> None:
    key = world.unique("k")
    await world.env.KV.put(key, "")
    same(await world.env.KV.get(key), "")


@case
async def check_an_absent_key_is_none(world: World) -> None:
    key = world.unique("absent")
    for kind in ("text", "json", "arrayBuffer"):
        same(await world.env.KV.get(key, kind), None)
    result = await world.env.KV.getWithMetadata(key)
    same([result["value"], result["metadata"]], [None, None])


@case
async def check_reads_see_the_last_write(world: World) -> None:
    key = world.unique("k")
    same(await world.env.KV.get(key), None)
    await world.env.KV.put(key, "one")
    same(await world.env.KV.get(key), "one")
    await world.env.KV.put(key, "two")
    same(await world.env.KV.get(key), "two")
    await world.env.KV.delete(key)
    same(await world.env.KV.get(key), None)


@case
async def check_deleting_nothing_is_fine(world: World) -> None:
    same(await world.env.KV.delete(world.unique("absent")), None)


@case
async def check_many_keys_in_one_read(world: World) -> None:
    one, two, absent = world.unique("k"), world.unique("k"), world.unique("k")
    await world.env.KV.put(one, '{"n": 1}', metadata={"m": 1})
    await world.env.KV.put(two, "2")
    values = await world.env.KV.get([one, two, absent], "json")
    same(dict(values), {one: {"n": 1}, two: 2, absent: None})
    described = await world.env.KV.getWithMetadata([one, absent], "json")
    same(dict(described), {one: {"value": {"n": 1}, "metadata": {"m": 1}}, absent: None})


@case
async def check_bulk_reads_are_bounded(world: World) -> None:
    words = await refusal(lambda: world.env.KV.get([f"k{number}" for number in range(101)]))
    same(words, "KV GET_BULK failed: 400 You can request a maximum of 100 keys")
    words = await refusal(lambda: world.env.KV.get(["k"], "arrayBuffer"))
    same(words, 'KV GET_BULK failed: 400 "arrayBuffer" is not a valid type. Use "json" or "text"')


@case
async def check_metadata_travels_with_the_value(world: World) -> None:
    key = world.unique("k")
    await world.env.KV.put(key, "v", metadata={"written_at": 1_793_491_200_000, "tags": ["a"], "none": None})
    result = await world.env.KV.getWithMetadata(key)
    same(result["value"], "v")
    same(result.metadata, {"written_at": 1_793_491_200_000, "tags": ["a"], "none": None})


@case
async def check_a_time_to_live_is_a_minute_or_more(world: World) -> None:
    key = world.unique("k")
    words = await refusal(lambda: world.env.KV.put(key, "v", expirationTtl=59))
    same(words, "KV PUT failed: 400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60.")
    words = await refusal(lambda: world.env.KV.put(key, "v", {"expirationTtl": 0}))
    same(words, "KV PUT failed: 400 Invalid expiration_ttl of 0. Please specify integer greater than 0.")
    await world.env.KV.put(key, "v", expirationTtl=60)
    same(await world.env.KV.get(key), "v")


@case
async def check_an_expiry_is_listed_in_seconds(world: World) -> None:
    key, at_s = world.unique("k"), world.now_ms() // 1000 + 600
    await world.env.KV.put(key, "v", expiration=at_s)
    listed = await world.env.KV.list(prefix=key)
    same(listed["keys"], [{"name": key, "expiration": at_s}])
    words = await refusal(lambda: world.env.KV.put(key, "v", expiration=1))
    assert words.startswith("KV PUT failed: 400 Invalid expiration of 1."), words
    soon = world.now_ms() // 1000 + 30
    words = await refusal(lambda: world.env.KV.put(key, "v", expiration=soon))
    assert words.endswith("Expiration times must be at least 60 seconds in the future."), words


@case
async def check_keys_are_listed_in_pages(world: World) -> None:
    prefix = world.unique("list") + ":"
    for letter in "cab":
        await world.env.KV.put(prefix + letter, letter, metadata={"of": letter})
    page = await world.env.KV.list(prefix=prefix, limit=2)
    same(page["keys"], [{"name": prefix + letter, "metadata": {"of": letter}} for letter in "ab"])
    same(page["list_complete"], False)
    rest = await world.env.KV.list({"prefix": prefix, "limit": 2, "cursor": page["cursor"]})
    same([key["name"] for key in rest["keys"]], [prefix + "c"])
    same(rest["list_complete"], True)
    assert not rest.get("cursor")


@case
async def check_pages_hold_a_thousand_keys_at_most(world: World) -> None:
    words = await refusal(lambda: world.env.KV.list(limit=1001))
    same(words, "KV GET failed: 400 Invalid key_count_limit of 1001. Please specify an integer less than 1000.")


@case
async def check_keys_are_limited(world: World) -> None:
    same(await refusal(lambda: world.env.KV.put("", "v")), "Key name cannot be empty.")
    same(await refusal(lambda: world.env.KV.get("")), "Key name cannot be empty.")
    same(await refusal(lambda: world.env.KV.put(".", "v")), '"." is not allowed as a key name.')
    long = "ü" * 257
    ending = "414 UTF-8 encoded length of 514 exceeds key length limit of 512."
    same(await refusal(lambda: world.env.KV.put(long, "v")), f"KV PUT failed: {ending}")
    same(await refusal(lambda: world.env.KV.get(long)), f"KV GET failed: {ending}")


@case
async def check_metadata_is_limited(world: World) -> None:
    words = await refusal(lambda: world.env.KV.put(world.unique("k"), "v", metadata={"a": "x" * 1100}))
    same(words, "KV PUT failed: 413 Metadata length of 1108 exceeds limit of 1024.")


@case
async def check_only_text_and_bytes_are_values(world: World) -> None:
    words = await refusal(lambda: world.env.KV.put(world.unique("k"), {"a": 1}))
    assert words.startswith("KV put() accepts only strings"), words
    assert "cannot be sent over RPC" in await refusal(lambda: world.env.KV.put(world.unique("k"), ("a",)))


@case
async def check_unreadable_values_are_refused(world: World) -> None:
    key = world.unique("k")
    await world.env.KV.put(key, "{x")
    assert await refusal(lambda: world.env.KV.get(key, "json"))
    assert (await refusal(lambda: world.env.KV.get(key, "xml"))).startswith("Unknown response type.")


@case
async def check_a_cache_lifetime_is_half_a_minute_or_more(world: World) -> None:
    words = await refusal(lambda: world.env.KV.get(world.unique("k"), cacheTtl=29))
    same(words, "KV GET failed: 400 Invalid cache_ttl of 29. Cache TTL must be at least 30.")
