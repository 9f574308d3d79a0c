"""Runs statements on D1 and turns whatever goes wrong there into `StoreUnavailable`.

A failed write may have been committed: D1 can lose the answer after the commit. So every statement of the
repositories may be run again.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from arbedge.adapters.cloudflare.bindings import D1Database
from arbedge.adapters.cloudflare.failure import explain
from arbedge.errors import StoreUnavailable

Rows = list[dict[str, Any]]


class Statement(NamedTuple):
    """SQL with the values of ?1, ?2 and so on.

    D1 binds every number as REAL. Columns of INTEGER affinity convert it back; a text or JSON expression would not,
    so numbers meet only columns, comparisons, arithmetic and LIMIT.
    """

    sql: str
    parameters: tuple[str | float | None, ...] = ()


class Database:
    """The D1 binding behind every repository."""

    def __init__(self, binding: D1Database) -> None:
        self._binding = binding

    async def run(self, sql: str, *parameters: str | float | None) -> Rows:
        """Runs one statement and returns its rows; what a write touched is seen through RETURNING."""
        (rows,) = await self.run_all([Statement(sql, parameters)])
        return rows

    async def run_all(self, statements: Sequence[Statement]) -> list[Rows]:
        """Runs all statements in one transaction: all of them take effect, or none."""
        try:
            prepared = [self._binding.prepare(sql).bind(*parameters) for sql, parameters in statements]
            results = await self._binding.batch(prepared)
            return [list(result["results"]) for result in results]
        except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
            raise StoreUnavailable(f"database: {explain(error)}") from None

    async def probe(self) -> None:
        """Asks for nothing; raises `StoreUnavailable` when there is no answer."""
        await self.run("SELECT 1")
