"""D1 on sqlite3, in the shapes and with the number, BLOB and error behaviour Python sees through the SDK."""

import math
import sqlite3
import time
from pathlib import Path
from typing import Any

from tests.miniflare_shim.clock import VirtualClock
from tests.miniflare_shim.conversion import BigInt, JsDict, number, options_of, to_js
from tests.miniflare_shim.errors import JsError
from tests.miniflare_shim.faults import Faults
from tests.miniflare_shim.sqlite_rules import COMMENT_LINE, GuardedDatabase, SqlError

PREFIX = "D1_ERROR: "
CONSTRAINTS_WITHOUT_BOOKMARK = frozenset({"first-primary", "first-unconstrained"})


class D1Statement:
    """A prepared statement; `bind` returns another one and leaves this alone."""

    def __init__(self, session: "D1Session", sql: str, params: tuple[Any, ...] = ()) -> None:
        self._session = session
        self.sql = sql
        self.params = params

    def bind(self, *values: Any) -> "D1Statement":
        return D1Statement(self._session, self.sql, tuple(_bound(to_js(value)) for value in values))

    async def first(self, column: str | None = None) -> Any:
        results = (await self._session.run("first", [self]))[0]["results"]
        if not results:
            return None
        if column is None:
            return results[0]
        if column not in results[0]:
            raise JsError(f"D1_COLUMN_NOTFOUND: Column not found ({column})")
        return results[0][column]

    async def all(self) -> JsDict:
        return (await self._session.run("all", [self]))[0]

    async def run(self) -> JsDict:
        return (await self._session.run("run", [self]))[0]

    async def raw(self, options: dict[str, Any] | None = None, **named: Any) -> list[list[Any]]:
        (columns, rows, _), *_ = await self._session.run_raw("raw", [self])
        return [columns, *rows] if options_of(options, named).get("columnNames") else rows


class D1Session:
    """Prepares and runs statements; `constraint` is None for the database itself."""

    def __init__(self, database: "D1Database", constraint: str | None = None) -> None:
        self._database = database
        self._bookmark = None if constraint in CONSTRAINTS_WITHOUT_BOOKMARK else constraint
        self._keeps_bookmark = constraint is not None

    def prepare(self, sql: str) -> D1Statement:
        return D1Statement(self, sql)

    async def batch(self, statements: list[D1Statement]) -> list[JsDict]:
        if not isinstance(statements, list):
            raise TypeError(f"{type(statements)} cannot be sent over RPC.")
        return await self.run("batch", statements)

    def getBookmark(self) -> str | None:  # noqa: N802
        return self._bookmark

    async def run(self, operation: str, statements: list[D1Statement]) -> list[JsDict]:
        return [
            JsDict(success=True, results=[JsDict(zip(columns, row, strict=True)) for row in rows], meta=meta)
            for columns, rows, meta in await self.run_raw(operation, statements)
        ]

    async def run_raw(self, operation: str, statements: list[D1Statement]) -> list[tuple[list[str], list[Any], JsDict]]:
        results = await self._database.transact(operation, [(each.sql, each.params) for each in statements])
        if self._keeps_bookmark:
            self._bookmark = self._database.bookmark()
        return results


class D1Database(D1Session):
    """The binding. Each call is one transaction: it happens whole or not at all."""

    def __init__(self, *, clock: VirtualClock, faults: Faults, name: str = "DB", path: Path | str = ":memory:") -> None:
        super().__init__(self)
        self.sqlite = GuardedDatabase(path)
        self._clock = clock
        self._faults = faults
        self._name = name
        self._commits = 0

    def withSession(self, constraint: str | None = None) -> D1Session:  # noqa: N802
        return D1Session(self, (constraint or "").strip() or "first-unconstrained")

    async def exec(self, sql: str) -> JsDict:
        """Runs one statement a line, all in one transaction."""
        lines = sql.strip().split("\n")
        try:
            results = await self.transact("exec", [(line, ()) for line in lines])
        except JsError as error:
            message = error.message.removeprefix(PREFIX)
            raise JsError(f"D1_EXEC_ERROR: Error in line 1: {lines[0]}: {message}") from error
        return JsDict(count=len(results), duration=sum(meta.duration for _, _, meta in results))

    def bookmark(self) -> str:
        """Rises with each commit, so that bookmarks of one database sort by age."""
        return f"{0:08x}-{self._commits:08x}-{0:08x}-{0:032x}"

    async def transact(
        self, operation: str, statements: list[tuple[str, tuple[Any, ...]]]
    ) -> list[tuple[list[str], list[Any], JsDict]]:
        async with self._faults.around(self._name, operation, PREFIX):
            statements = [each for each in statements if COMMENT_LINE.sub("", each[0]).strip()]
            if not statements:
                raise JsError(PREFIX + "No SQL statements detected.")
            self.sqlite.control("BEGIN")
            try:
                results = [self._execute(sql, params) for sql, params in statements]
                self.sqlite.control("COMMIT")
            except (SqlError, sqlite3.Error) as error:
                self._roll_back()
                raise JsError(PREFIX + str(error)) from error
            self._commits += any(meta.changed_db for _, _, meta in results)
        return results

    def _roll_back(self) -> None:
        # SQLite ends the transaction by itself after some errors.
        if self.sqlite.connection.in_transaction:
            self.sqlite.control("ROLLBACK")

    def _execute(self, sql: str, params: tuple[Any, ...]) -> tuple[list[str], list[Any], JsDict]:
        row_id_before, size_before = self._state()
        started = time.perf_counter()
        done = self.sqlite.execute(sql, params)
        duration = (time.perf_counter() - started) * 1000
        row_id, size = self._state()
        rows = [[_received(value) for value in row] for row in done.rows]
        meta = JsDict(
            served_by="miniflare.db",
            served_by_primary=True,
            total_attempts=1,
            timings=JsDict(sql_duration_ms=duration),
            duration=duration,
            changes=done.changes,
            last_row_id=row_id,
            changed_db=done.changes != 0 or row_id != row_id_before or size != size_before,
            size_after=size,
            rows_read=len(rows),
            rows_written=done.changes,
        )
        return done.columns, rows, meta

    def _state(self) -> tuple[int, int]:
        return self.sqlite.last_row_id(), self.sqlite.size_bytes()


def _bound(value: Any) -> Any:
    """A bound value as SQLite stores it: all numbers are doubles, because they are JavaScript's."""
    if isinstance(value, BigInt):
        raise JsError(f"D1_TYPE_ERROR: Type 'bigint' not supported for value '{int(value)}'")
    if isinstance(value, (bool, int, float)):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, (str, bytes)):
        return value
    if isinstance(value, list) and all(_is_byte(each) for each in value):
        return bytes(value)
    shown = ",".join(map(str, value)) if isinstance(value, list) else "[object Object]"
    raise JsError(f"D1_TYPE_ERROR: Type 'object' not supported for value '{shown}'")


def _is_byte(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 256


def _received(value: Any) -> Any:
    """A column as Python receives it: BLOBs as lists of ints, whole REALs as ints, infinities as null."""
    if isinstance(value, bytes):
        return list(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return number(value) if isinstance(value, (int, float)) else value
