"""Opens SQLite databases that refuse what the platform refuses: sizes, transactions, pragmas, reserved tables."""

import sqlite3
from pathlib import Path

# What workerd sets on each database it opens.
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 2_200_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 5,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 32,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 50,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 100,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 10,
}
PRAGMAS = frozenset(
    {
        "case_sensitive_like", "data_version", "defer_foreign_keys", "foreign_key_check", "foreign_key_list", "foreign_keys",
        "ignore_check_constraints", "index_info", "index_list", "index_xinfo", "legacy_alter_table", "optimize",
        "quick_check", "recursive_triggers", "reverse_unordered_selects", "table_info", "table_list", "table_xinfo",
    }
)  # fmt: skip
REFUSED_ACTIONS = frozenset(
    {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT}
)
RESERVED_PREFIX = "_cf_"


class GuardedDatabase:
    """One SQLite database with the platform's limits, and transactions that only the twin may open."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        self.connection = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False, cached_statements=0)
        # No statement cache: a cached BEGIN of the twin would let the product begin transactions too.
        for limit, value in LIMITS.items():
            self.connection.setlimit(limit, value)
        self.connection.execute("PRAGMA foreign_keys = ON")
        self._guarded = True
        self.connection.set_authorizer(self._authorize)

    def control(self, sql: str) -> list[tuple[object, ...]]:
        """Runs the twin's own statement (BEGIN, ROLLBACK, page counts) past the guard."""
        self._guarded = False
        try:
            return self.connection.execute(sql).fetchall()
        finally:
            self._guarded = True

    def size_bytes(self) -> int:
        ((pages,),) = self.control("PRAGMA page_count")
        ((page_size,),) = self.control("PRAGMA page_size")
        return int(str(pages)) * int(str(page_size))

    def last_row_id(self) -> int:
        ((row_id,),) = self.control("SELECT last_insert_rowid()")
        return int(str(row_id))

    def _authorize(self, action: int, first: str | None, *_: object) -> int:
        if not self._guarded:
            return sqlite3.SQLITE_OK
        if action in REFUSED_ACTIONS:
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() not in PRAGMAS:
            return sqlite3.SQLITE_DENY
        if action != sqlite3.SQLITE_FUNCTION and (first or "").lower().startswith(RESERVED_PREFIX):
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK


def describe(error: sqlite3.Error) -> str:
    """The words of an error as workerd prints them: SQLite's own, then the name of its result code."""
    code = getattr(error, "sqlite_errorname", None)
    if code is None:
        return str(error)
    primary = "_".join(code.split("_")[:2])
    return f"{error}: {primary}" if code == primary else f"{error}: {primary} (extended: {code})"
