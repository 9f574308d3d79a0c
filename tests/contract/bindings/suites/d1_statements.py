"""D1: how statements are prepared, run and batched, and what they report."""

from .registry import World, case, refusal, same


async def table(world: World, columns: str = "id INTEGER PRIMARY KEY, v TEXT UNIQUE") -> str:
    name = world.unique("t")
    await world.env.DB.exec(f"CREATE TABLE {name} ({columns})")
    return name


async def count(world: World, name: str) -> int:
    return await world.env.DB.prepare(f"SELECT count(*) AS n FROM {name}").first("n")


@case
async def check_first_gives_a_row_or_none(world: World) -> None:
    same(await world.env.DB.prepare("SELECT 1 AS a UNION ALL SELECT 2").first(), {"a": 1})
    same(await world.env.DB.prepare("SELECT 1 AS a WHERE 0").first(), None)
    same(await world.env.DB.prepare("SELECT 1 AS a WHERE 0").first("a"), None)


@case
async def check_first_refuses_an_unknown_column(world: World) -> None:
    words = await refusal(lambda: world.env.DB.prepare("SELECT 1 AS a").first("b"))
    same(words, "D1_COLUMN_NOTFOUND: Column not found (b)")


@case
async def check_all_gives_rows_and_meta(world: World) -> None:
    result = await world.env.DB.prepare("SELECT 1 AS a UNION ALL SELECT 2").all()
    same(result["success"], True)
    same(result["results"], [{"a": 1}, {"a": 2}])
    meta = result["meta"]
    same([meta["changes"], meta["changed_db"]], [0, False])
    for name in ("duration", "last_row_id", "size_after", "rows_read", "rows_written", "served_by"):
        assert name in meta, name


@case
async def check_run_reports_changes(world: World) -> None:
    name = await table(world)
    result = await world.env.DB.prepare(f"INSERT INTO {name} (v) VALUES ('a'), ('b')").run()
    same([result.meta.changes, result.meta.last_row_id, result.meta.changed_db], [2, 2, True])
    same(result.results, [])
    result = await world.env.DB.prepare(f"UPDATE {name} SET v = v WHERE id = 99").run()
    same(result.meta.changes, 0)


@case
async def check_run_gives_returned_rows(world: World) -> None:
    name = await table(world)
    sql = f"INSERT INTO {name} (id, v) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET v = excluded.v RETURNING id, v"
    same((await world.env.DB.prepare(sql).bind("a").run()).results, [{"id": 1, "v": "a"}])
    same((await world.env.DB.prepare(sql).bind("b").run()).results, [{"id": 1, "v": "b"}])


@case
async def check_a_document_is_merged_where_it_is_stored(world: World) -> None:
    name = await table(world)
    sql = (
        f"INSERT INTO {name} (id, v) SELECT 1, json_patch('{{}}', ?1) WHERE ?2 IS NULL OR ?2 = 0"
        " ON CONFLICT (id) DO UPDATE SET v = json_patch(v, ?1) RETURNING v"
    )
    first = world.env.DB.prepare(sql).bind('{"a":{"b":1,"c":null},"d":"2.5"}', None)
    same((await first.run()).results, [{"v": '{"a":{"b":1},"d":"2.5"}'}])
    second = world.env.DB.prepare(sql).bind('{"a":{"b":null,"e":[1]},"d":null}', 0)
    same((await second.run()).results, [{"v": '{"a":{"e":[1]}}'}])
    same((await world.env.DB.prepare(sql).bind("{}", 7).run()).results, [])


@case
async def check_raw_gives_lists(world: World) -> None:
    statement = world.env.DB.prepare("SELECT 1 AS a, 2 AS a UNION ALL SELECT 3, 4")
    same(await statement.raw(), [[1, 2], [3, 4]])
    same(await statement.raw(columnNames=True), [["a", "a"], [1, 2], [3, 4]])
    same(await statement.raw({"columnNames": True}), [["a", "a"], [1, 2], [3, 4]])


@case
async def check_bind_leaves_the_statement_alone(world: World) -> None:
    statement = world.env.DB.prepare("SELECT ? AS x")
    one, two = statement.bind("one"), statement.bind("two")
    same([await one.first("x"), await two.first("x"), await one.first("x")], ["one", "two", "one"])


@case
async def check_numbered_parameters_repeat(world: World) -> None:
    row = await world.env.DB.prepare("SELECT ?2 AS a, ?1 AS b, ?2 AS c").bind("one", "two").first()
    same(row, {"a": "two", "b": "one", "c": "two"})


@case
async def check_batch_answers_in_order(world: World) -> None:
    name = await table(world)
    insert = world.env.DB.prepare(f"INSERT INTO {name} (v) VALUES (?)")
    read = world.env.DB.prepare(f"SELECT v FROM {name} ORDER BY id")
    first, rows, second = await world.env.DB.batch([insert.bind("a"), read, insert.bind("b")])
    same([first.meta.changes, second.meta.changes, rows.results], [1, 1, [{"v": "a"}]])


@case
async def check_batch_is_atomic(world: World) -> None:
    name = await table(world)
    insert = world.env.DB.prepare(f"INSERT INTO {name} (v) VALUES (?)")
    words = await refusal(lambda: world.env.DB.batch([insert.bind("a"), insert.bind("b"), insert.bind("a")]))
    assert words.startswith(f"D1_ERROR: UNIQUE constraint failed: {name}.v"), words
    same(await count(world, name), 0)


@case
async def check_a_guard_statement_undoes_the_batch(world: World) -> None:
    """Compare and set: the guard takes the number of rows the update changed, and refuses none."""
    name, guard = await table(world, "id INTEGER, version INTEGER"), await table(world, "n INTEGER CHECK (n = 1)")
    database = world.env.DB
    await database.exec(f"INSERT INTO {name} VALUES (1, 1)")

    def compare_and_set(version: int) -> list[object]:
        update = database.prepare(f"UPDATE {name} SET version = version + 1 WHERE id = 1 AND version = ?").bind(version)
        return [update, database.prepare(f"INSERT INTO {guard} SELECT changes()")]

    await database.batch(compare_and_set(1))
    assert "CHECK constraint failed" in await refusal(lambda: database.batch(compare_and_set(1)))
    same(await database.prepare(f"SELECT version FROM {name}").first("version"), 2)


@case
async def check_an_empty_batch_is_refused(world: World) -> None:
    same(await refusal(lambda: world.env.DB.batch([])), "D1_ERROR: No SQL statements detected.")


@case
async def check_a_batch_is_a_list(world: World) -> None:
    statement = world.env.DB.prepare("SELECT 1")
    assert "cannot be sent over RPC" in await refusal(lambda: world.env.DB.batch((statement,)))


@case
async def check_exec_runs_a_statement_a_line(world: World) -> None:
    name = world.unique("t")
    result = await world.env.DB.exec(f"CREATE TABLE {name} (v TEXT)\nINSERT INTO {name} VALUES ('a')")
    same(result["count"], 2)
    same(await count(world, name), 1)


@case
async def check_exec_is_atomic(world: World) -> None:
    name = await table(world)
    words = await refusal(lambda: world.env.DB.exec(f"INSERT INTO {name} (v) VALUES ('a')\nSELEC"))
    assert words.startswith("D1_EXEC_ERROR: Error in line 1"), words
    assert "syntax error" in words, words
    same(await count(world, name), 0)


@case
async def check_several_statements_give_the_last_result(world: World) -> None:
    name = await table(world)
    rows = await world.env.DB.prepare(f"INSERT INTO {name} (v) VALUES ('a'); SELECT v FROM {name}").all()
    same(rows.results, [{"v": "a"}])


@case
async def check_bulk_rows_travel_in_one_json_parameter(world: World) -> None:
    name = await table(world, "id INTEGER PRIMARY KEY, price TEXT")
    rows = "[" + ",".join(f'{{"id":{number},"price":"{number}.5"}}' for number in range(1000)) + "]"
    sql = f"INSERT INTO {name} SELECT json_extract(value, '$.id'), json_extract(value, '$.price') FROM json_each(?)"
    same((await world.env.DB.prepare(sql).bind(rows).run()).meta.changes, 1000)
    same(await world.env.DB.prepare(f"SELECT price FROM {name} WHERE id = 7").first("price"), "7.5")


@case
async def check_sessions_carry_a_bookmark(world: World) -> None:
    name = await table(world)
    session = world.env.DB.withSession("first-primary")
    same(session.getBookmark(), None)
    await session.batch([session.prepare(f"INSERT INTO {name} (v) VALUES (?)").bind("a")])
    bookmark = session.getBookmark()
    assert isinstance(bookmark, str)
    assert len(bookmark) == 59, bookmark
    later = world.env.DB.withSession(bookmark)
    same(await later.prepare(f"SELECT v FROM {name}").first("v"), "a")


@case
async def check_rows_are_counted_as_billed(world: World) -> None:
    """An index entry is a row written, a scanned row is a row read."""
    name = await table(world)
    written = await world.env.DB.prepare(f"INSERT INTO {name} (v) VALUES ('a'), ('b')").run()
    read = await world.env.DB.prepare(f"SELECT count(*) FROM {name}").run()
    same([written.meta.rows_written, read.meta.rows_read], [4, 2])
