"""What a Durable Object keeps: keys, SQL and an alarm; all of it outlives the object in memory."""

import datetime as dt
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from tests.miniflare_shim.conversion import BigInt, JsDict, number, options_of, to_js, to_python
from tests.miniflare_shim.errors import JsError
from tests.miniflare_shim.faults import Faults
from tests.miniflare_shim.sqlite_rules import GuardedDatabase, SqlError

KEY_BYTES_MAX = 2048
KEYS_MAX = 128


class SqlCursor:
    """The rows of one statement; read once, from wherever the last reader stopped."""

    def __init__(self, columns: list[str], rows: list[tuple[Any, ...]], rows_written: int) -> None:
        self.columnNames = columns
        self.rowsRead = len(rows)
        self.rowsWritten = rows_written
        self._rows = iter([JsDict(zip(columns, map(_received, row), strict=True)) for row in rows])

    def __iter__(self) -> Iterator[JsDict]:
        return self._rows

    def toArray(self) -> list[JsDict]:  # noqa: N802
        return list(self._rows)

    def one(self) -> JsDict:
        rows = list(self._rows)
        if len(rows) != 1:
            found = "no results" if not rows else "multiple results"
            raise JsError(f"Expected exactly one result from SQL query, but got {found}.")
        return rows[0]


class SqlStorage:
    """`ctx.storage.sql`: synchronous, in the same limits as D1, binding numbers as doubles."""

    def __init__(self, database: GuardedDatabase) -> None:
        self._database = database

    @property
    def databaseSize(self) -> int:  # noqa: N802
        return self._database.size_bytes()

    def exec(self, sql: str, *params: Any) -> SqlCursor:
        try:
            done = self._database.execute(sql, [_bound(to_js(value)) for value in params])
        except SqlError as error:
            raise JsError(str(error)) from error
        return SqlCursor(done.columns, done.rows, done.changes)


class DurableStorage:
    """`ctx.storage`. Values are copied in and out."""

    def __init__(self, faults: Faults, name: str) -> None:
        self._faults = faults
        self._name = name
        self._database = GuardedDatabase()
        self._values: dict[str, Any] = {}
        self.alarm_ms: int | None = None
        self.alarm_retry_ms: int | None = None
        self.takes_alarms = True
        self.sql = SqlStorage(self._database)

    async def get(self, key: str | list[str]) -> Any:
        async with self._faults.around(self._name, "storage.get"):
            if isinstance(key, list):
                _check_keys(key)
                return {each: to_python(self._values[each]) for each in sorted(key) if each in self._values}
            return to_python(self._values.get(key))

    async def put(self, key: str | dict[str, Any], value: Any = None) -> None:
        entries = to_js(key) if isinstance(key, dict) else {key: to_js(value)}
        _check_keys(list(entries))
        async with self._faults.around(self._name, "storage.put"):
            self._values.update(entries)

    async def delete(self, key: str | list[str]) -> bool | int:
        async with self._faults.around(self._name, "storage.delete"):
            if isinstance(key, list):
                _check_keys(key)
                return sum(self._values.pop(each, _ABSENT) is not _ABSENT for each in key)
            return self._values.pop(key, _ABSENT) is not _ABSENT

    async def list(self, options: dict[str, Any] | None = None, **named: Any) -> dict[str, Any]:
        asked = options_of(options, named)
        async with self._faults.around(self._name, "storage.list"):
            start, after, end = asked.get("start", ""), asked.get("startAfter"), asked.get("end")
            keys = [
                key
                for key in sorted(self._values, key=str.encode, reverse=bool(asked.get("reverse")))
                if key.startswith(asked.get("prefix", ""))
                and key >= start
                and (after is None or key > after)
                and (end is None or key < end)
            ]
            return {key: to_python(self._values[key]) for key in keys[: asked.get("limit")]}

    async def deleteAll(self) -> None:  # noqa: N802
        """Empties keys, SQL and, since compatibility date 2026-02-24, the alarm."""
        async with self._faults.around(self._name, "storage.deleteAll"):
            self._values.clear()
            self._database.connection.close()
            self._database = GuardedDatabase()
            self.sql = SqlStorage(self._database)
            self.alarm_ms = self.alarm_retry_ms = None

    async def transaction(self, closure: Callable[..., Any]) -> Any:
        """All of the closure's writes or, when it raises, none."""
        values = dict(self._values)
        self._database.control("SAVEPOINT twin")
        try:
            done = closure(self)
            result = await done if inspect.isawaitable(done) else done
        except BaseException:
            self._values = values
            self._database.control("ROLLBACK TO twin")
            raise
        finally:
            self._database.control("RELEASE twin")
        return result

    async def setAlarm(self, at: int | dt.datetime) -> None:  # noqa: N802
        async with self._faults.around(self._name, "storage.setAlarm"):
            if not self.takes_alarms:
                words = "Your Durable Object class must have an alarm() handler in order to call setAlarm()"
                raise JsError(words, name="TypeError")
            self.alarm_ms = round(at.timestamp() * 1000) if isinstance(at, dt.datetime) else int(at)

    async def getAlarm(self) -> int | None:  # noqa: N802
        return self.alarm_ms

    async def deleteAlarm(self) -> None:  # noqa: N802
        async with self._faults.around(self._name, "storage.deleteAlarm"):
            self.alarm_ms = self.alarm_retry_ms = None

    async def sync(self) -> None:
        """Every write here is durable at once."""


_ABSENT = object()


def _check_keys(keys: list[str]) -> None:
    if len(keys) > KEYS_MAX:
        raise JsError(f"Maximum number of keys is {KEYS_MAX}.", name="RangeError")
    for key in keys:
        if len(key.encode()) > KEY_BYTES_MAX:
            raise JsError(f"Keys cannot be larger than {KEY_BYTES_MAX} bytes.", name="RangeError")


def _bound(value: Any) -> Any:
    if isinstance(value, BigInt):
        raise JsError("Cannot convert a BigInt value to a number", name="TypeError")
    if isinstance(value, (bool, int, float)):
        return float(value)
    if value is None or isinstance(value, (str, bytes)):
        return value
    raise JsError(f"cannot bind {type(value)} to a parameter", name="TypeError")


def _received(value: Any) -> Any:
    if isinstance(value, bytes):
        return memoryview(value)
    return number(value) if isinstance(value, (int, float)) else value
