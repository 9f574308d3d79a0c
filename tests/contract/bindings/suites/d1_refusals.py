"""D1: what is refused, in words that adapters may rely on."""

from .d1_statements import table
from .registry import World, case, refusal, same


async def refused(world: World, sql: str, *params: object) -> str:
    return await refusal(lambda: world.env.DB.prepare(sql).bind(*params).run())


@case
async def check_constraints_are_named(world: World) -> None:
    name = await table(world, "id INTEGER PRIMARY KEY, v TEXT UNIQUE, n INTEGER NOT NULL CHECK (n > 0)")
    await world.env.DB.exec(f"INSERT INTO {name} VALUES (1, 'a', 1)")
    ending = "SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_"
    for values, words in (
        ("2, 'a', 1", f"UNIQUE constraint failed: {name}.v: {ending}UNIQUE)"),
        ("1, 'b', 1", f"UNIQUE constraint failed: {name}.id: {ending}PRIMARYKEY)"),
        ("2, 'b', NULL", f"NOT NULL constraint failed: {name}.n: {ending}NOTNULL)"),
        ("2, 'b', 0", f"CHECK constraint failed: n > 0: {ending}CHECK)"),
    ):
        same(await refused(world, f"INSERT INTO {name} VALUES ({values})"), "D1_ERROR: " + words)


@case
async def check_foreign_keys_are_enforced(world: World) -> None:
    parent = await table(world)
    child = await table(world, f"parent INTEGER REFERENCES {parent} (id)")
    words = await refused(world, f"INSERT INTO {child} VALUES (99)")
    assert words.startswith("D1_ERROR: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT"), words


@case
async def check_strict_tables_refuse_fractions(world: World) -> None:
    name = world.unique("t")
    await world.env.DB.exec(f"CREATE TABLE {name} (n INTEGER) STRICT")
    await world.env.DB.prepare(f"INSERT INTO {name} VALUES (?)").bind(5).run()
    words = await refused(world, f"INSERT INTO {name} VALUES (?)", 5.5)
    assert words.startswith("D1_ERROR: cannot store REAL value in INTEGER column"), words


@case
async def check_bad_sql_is_described(world: World) -> None:
    words = await refused(world, "SELEC 1")
    assert words.startswith('D1_ERROR: near "SELEC": syntax error'), words
    same(await refused(world, "SELECT * FROM nowhere"), "D1_ERROR: no such table: nowhere: SQLITE_ERROR")


@case
async def check_the_parameters_are_counted(world: World) -> None:
    words = "D1_ERROR: Wrong number of parameter bindings for SQL query."
    same(await refused(world, "SELECT ?", 1, 2), words)
    same(await refused(world, "SELECT ?, ?", 1), words)


@case
async def check_one_hundred_parameters_are_the_most(world: World) -> None:
    hundred = "SELECT " + " + ".join(["?"] * 100) + " AS total"
    same(await world.env.DB.prepare(hundred).bind(*range(100)).first("total"), 4950)
    words = await refused(world, "SELECT " + ", ".join(["?"] * 101), *range(101))
    assert words.startswith("D1_ERROR: too many SQL variables"), words


@case
async def check_errors_print_their_kind_first(world: World) -> None:
    """Which is why adapters read `.message` and not the whole text."""
    try:
        await world.env.DB.prepare("SELECT * FROM nowhere").all()
    except Exception as error:  # noqa: BLE001 - which class it is differs between the sides
        same(str(error), "Error: D1_ERROR: no such table: nowhere: SQLITE_ERROR")


@case
async def check_transactions_are_refused(world: World) -> None:
    for sql in ("BEGIN", "SAVEPOINT x", "COMMIT"):
        words = await refused(world, sql)
        assert words.startswith("D1_ERROR: To execute a transaction, please use"), words


@case
async def check_the_platforms_own_things_are_refused(world: World) -> None:
    for sql in (
        "ATTACH ':memory:' AS other",
        "PRAGMA journal_mode",
        "CREATE TABLE _cf_mine (a)",
        "CREATE TEMP TABLE mine (a)",
        "SELECT sqlite_version()",
    ):
        words = await refused(world, sql)
        assert words.startswith("D1_ERROR: not authorized"), words


@case
async def check_harmless_pragmas_work(world: World) -> None:
    name = await table(world)
    rows = await world.env.DB.prepare(f"PRAGMA table_info({name})").all()
    same([row["name"] for row in rows.results], ["id", "v"])
    same(await world.env.DB.prepare("PRAGMA foreign_keys").first("foreign_keys"), 1)


@case
async def check_statements_are_limited(world: World) -> None:
    for sql, words in (
        (" UNION ALL ".join(["SELECT 1"] * 6), "too many terms in compound SELECT"),
        ("SELECT " + " + ".join(["1"] * 150), "Expression tree is too large (maximum depth 100)"),
        ("SELECT '" + "a" * 100_001 + "'", "statement too long: SQLITE_TOOBIG"),
        ("SELECT " + ", ".join(f"1 AS c{number}" for number in range(101)), "too many columns in result set"),
    ):
        refused_words = await refused(world, sql)
        assert refused_words.startswith("D1_ERROR: " + words), refused_words


@case
async def check_compounds_of_five_terms_work(world: World) -> None:
    same(len((await world.env.DB.prepare(" UNION ALL ".join(["SELECT 1"] * 5)).all()).results), 5)


@case
async def check_patterns_are_short(world: World) -> None:
    words = await refused(world, "SELECT 'a' LIKE ?", "a" * 51)
    assert words.startswith("D1_ERROR: LIKE or GLOB pattern too complex"), words


@case
async def check_values_over_two_megabytes_are_refused(world: World) -> None:
    words = await refused(world, "SELECT length(?)", "a" * 2_100_000)
    assert words.startswith("D1_ERROR: string or blob too big: SQLITE_TOOBIG"), words


@case
async def check_functions_take_32_arguments(world: World) -> None:
    words = await refused(world, f"SELECT coalesce({', '.join(['NULL'] * 33)})")
    assert words.startswith("D1_ERROR: too many arguments on function coalesce"), words
