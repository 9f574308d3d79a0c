"""Opens SQLite databases that refuse what the platform refuses: sizes, transactions, pragmas, reserved tables."""

import re
import sqlite3
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMENT_LINE = re.compile(r"^\s*--.*", re.MULTILINE)

# D1's documented limits and, where it has none, what workerd sets on each database it opens.
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 2_000_000,
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
    {
        sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_CREATE_TEMP_INDEX, sqlite3.SQLITE_CREATE_TEMP_TABLE,
        sqlite3.SQLITE_CREATE_TEMP_TRIGGER, sqlite3.SQLITE_CREATE_TEMP_VIEW,
    }
)  # fmt: skip
TRANSACTION_ACTIONS = frozenset({sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT})
TRANSACTION_REFUSAL = (
    "To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs "
    "instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements."
)
REFUSED_FUNCTIONS = frozenset({"sqlite_version", "sqlite_source_id", "load_extension"})
WRONG_BINDINGS = "Wrong number of parameter bindings for SQL query."
RESERVED_PREFIX = "_cf_"


class SqlError(Exception):
    """A refused statement, in workerd's words."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What one piece of SQL gave: the rows of its last statement, the changes of all."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    changes: int


class GuardedDatabase:
    """One SQLite database with the platform's limits, and transactions that only the twin may open."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        self.connection = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False, cached_statements=0)
        # No statement cache: a cached BEGIN of the twin would let the product begin transactions too.
        for limit, value in LIMITS.items():
            self.connection.setlimit(limit, value)
        self.connection.execute("PRAGMA foreign_keys = ON")
        self._guarded = True
        self._wants_transaction = False
        # The connection must not hold this object, or neither would ever be let go and the file never closed.
        own = weakref.WeakMethod(self._authorize)
        self.connection.set_authorizer(lambda *action: rule(*action) if (rule := own()) else sqlite3.SQLITE_DENY)
        weakref.finalize(self, self.connection.close)

    def control(self, sql: str) -> list[tuple[object, ...]]:
        """Runs the twin's own statement (BEGIN, ROLLBACK, page counts) past the guard."""
        self._guarded = False
        try:
            return self.connection.execute(sql).fetchall()
        finally:
            self._guarded = True

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Executed:
        """Runs every statement in `sql`; the parameters belong to the last one, and so do the rows."""
        before = self.connection.total_changes
        self._wants_transaction = False
        *leading, last = split_statements(sql) or [sql]
        try:
            for statement in leading:
                self.connection.execute(statement)
            cursor = self.connection.execute(last, params)
            rows = cursor.fetchall()
        except sqlite3.Error as error:
            raise SqlError(self._describe(error)) from error
        columns = [column[0] for column in cursor.description or ()]
        return Executed(columns, rows, self.connection.total_changes - before)

    def size_bytes(self) -> int:
        ((pages,),) = self.control("PRAGMA page_count")
        ((page_size,),) = self.control("PRAGMA page_size")
        return int(str(pages)) * int(str(page_size))

    def last_row_id(self) -> int:
        ((row_id,),) = self.control("SELECT last_insert_rowid()")
        return int(str(row_id))

    def _authorize(self, action: int, first: str | None, second: str | None, *_: object) -> int:
        if not self._guarded:
            return sqlite3.SQLITE_OK
        name = (first or "").lower()
        self._wants_transaction = self._wants_transaction or action in TRANSACTION_ACTIONS
        refused = (
            action in REFUSED_ACTIONS
            or action in TRANSACTION_ACTIONS
            or (action == sqlite3.SQLITE_PRAGMA and name not in PRAGMAS)
            or (action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in REFUSED_FUNCTIONS)
            or (action != sqlite3.SQLITE_FUNCTION and name.startswith(RESERVED_PREFIX))
        )
        return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK

    def _describe(self, error: sqlite3.Error) -> str:
        """The words of an error as workerd prints them: SQLite's own, then the name of its result code."""
        code = getattr(error, "sqlite_errorname", None)
        if self._wants_transaction:
            return TRANSACTION_REFUSAL
        if code is None:
            # These two Python finds by itself, before SQLite sees the statement.
            own = {"number of bindings": WRONG_BINDINGS, "string is too large": "statement too long: SQLITE_TOOBIG"}
            return next((words for sign, words in own.items() if sign in str(error)), str(error))
        primary = "_".join(code.split("_")[:2])
        return f"{error}: {primary}" if code == primary else f"{error}: {primary} (extended: {code})"


def split_statements(script: str) -> list[str]:
    """The statements of a script; a trigger's body stays in one piece."""
    statements: list[str] = []
    pending = ""
    for piece in script.split(";"):
        pending += piece + ";"
        if sqlite3.complete_statement(pending):
            statements.append(pending.strip())
            pending = ""
    if pending.strip(" ;\n\t"):
        statements.append(pending.removesuffix(";"))
    return [each for each in statements if COMMENT_LINE.sub("", each).strip(" ;\n\t")]
