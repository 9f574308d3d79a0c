"""D1: what Python values become in SQLite, and what comes back."""

import math
from typing import Any

from .registry import World, case, refusal, same

LARGEST_INT = 2**53 - 2


async def echo(world: World, value: Any) -> Any:
    return await world.env.DB.prepare("SELECT ? AS x").bind(value).first("x")


@case
async def check_numbers_are_bound_as_reals(world: World) -> None:
    row = await world.env.DB.prepare("SELECT typeof(?1) AS kind, 'x' || ?1 AS joined, ?1 / 2 AS half").bind(5).first()
    same(row, {"kind": "real", "joined": "x5.0", "half": 2.5})


@case
async def check_integer_columns_convert_back(world: World) -> None:
    table = world.unique("t")
    await world.env.DB.exec(f"CREATE TABLE {table} (n INTEGER, s TEXT)")
    await world.env.DB.prepare(f"INSERT INTO {table} VALUES (?1, ?1)").bind(5).run()
    row = await world.env.DB.prepare(f"SELECT n, typeof(n) AS kind, s FROM {table}").first()
    same(row, {"n": 5, "kind": "integer", "s": "5.0"})


@case
async def check_whole_reals_come_back_as_ints(world: World) -> None:
    same(await echo(world, 2.0), 2)
    same(await echo(world, 2.5), 2.5)
    same(await echo(world, -3), -3)


@case
async def check_booleans_are_one_and_zero(world: World) -> None:
    same([await echo(world, True), await echo(world, False)], [1, 0])


@case
async def check_none_is_null(world: World) -> None:
    row = await world.env.DB.prepare("SELECT ? IS NULL AS absent, NULL AS x").bind(None).first()
    same(row, {"absent": 1, "x": None})


@case
async def check_text_survives(world: World) -> None:
    text = "ü€😀 'quoted' \"twice\" \\ \n"
    same(await echo(world, text), text)


@case
async def check_infinities_and_nan_are_null(world: World) -> None:
    same([await echo(world, value) for value in (math.inf, -math.inf, math.nan)], [None, None, None])
    same(await world.env.DB.prepare("SELECT 9e999 AS x").first("x"), None)


@case
async def check_the_largest_int_survives(world: World) -> None:
    same(await echo(world, LARGEST_INT), LARGEST_INT)
    same(await echo(world, -LARGEST_INT), -LARGEST_INT)


@case
async def check_larger_ints_are_refused(world: World) -> None:
    for value in (LARGEST_INT + 1, -LARGEST_INT - 1, 2**63):
        words = await refusal(lambda value=value: echo(world, value))
        assert words.startswith("D1_TYPE_ERROR: Type 'bigint' not supported"), words


@case
async def check_larger_stored_integers_lose_digits(world: World) -> None:
    same(await world.env.DB.prepare("SELECT 9007199254740993 AS x").first("x"), 9007199254740992.0)


@case
async def check_blobs_come_back_as_lists(world: World) -> None:
    same(await echo(world, b"\x00\xff"), [0, 255])
    same(await echo(world, b""), [])
    same(await world.env.DB.prepare("SELECT typeof(?) AS x").bind(b"ab").first("x"), "blob")


@case
async def check_lists_of_bytes_are_blobs(world: World) -> None:
    same(await echo(world, [1, 2]), [1, 2])


@case
async def check_other_objects_are_refused(world: World) -> None:
    for value in ({"a": 1}, ["a"], [300]):
        words = await refusal(lambda value=value: echo(world, value))
        assert words.startswith("D1_TYPE_ERROR: Type 'object' not supported"), words


@case
async def check_tuples_are_refused(world: World) -> None:
    for value in ((1, 2), bytearray(b"ab")):
        assert "cannot be sent over RPC" in await refusal(lambda value=value: echo(world, value))


@case
async def check_rows_are_dicts_with_attributes(world: World) -> None:
    row: Any = await world.env.DB.prepare("SELECT 1 AS one, 'b' AS two").first()
    same([row.one, row["two"], isinstance(row, dict)], [1, "b", True])
