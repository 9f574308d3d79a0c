"""Reaches the local D1 through the door wrangler offers on the running Worker, so that SQL meets the real D1."""

import re
from pathlib import Path
from typing import Any

import httpx

from scripts.layout import MIGRATIONS
from scripts.local_config import LOCAL_DATABASE_ID

# The table wrangler keeps for `d1 migrations apply`, so that either way of applying knows what the other did.
_MIGRATIONS_TABLE = """CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)"""
_MIGRATION_NAME = re.compile(r"^\d{4}_\w+\.sql$")


class DatabaseError(RuntimeError):
    """D1 refused a statement; the message is its own."""


class LocalDatabase:
    """Runs SQL in the Worker's D1 while the Worker is up."""

    def __init__(self, worker_url: str) -> None:
        self._address = f"{worker_url}/cdn-cgi/local/explorer/api/d1/database/{LOCAL_DATABASE_ID}/raw"

    def query(self, sql: str, params: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """The rows of the last statement as dictionaries; parameters are bound as text."""
        answer = httpx.post(self._address, json={"sql": sql, "params": list(params)}, timeout=30, trust_env=False)
        body = answer.json()
        if not body.get("success"):
            raise DatabaseError("; ".join(error["message"] for error in body["errors"]))
        results = body["result"][-1]["results"]
        return [dict(zip(results["columns"], row, strict=True)) for row in results["rows"]]

    def apply_migrations(self, directory: Path = MIGRATIONS) -> list[str]:
        """Apply the files that were not yet applied, in order; returns their names."""
        self.query(_MIGRATIONS_TABLE)
        applied = {row["name"] for row in self.query("SELECT name FROM d1_migrations")}
        pending = [path for path in migration_files(directory) if path.name not in applied]
        for path in pending:
            try:
                self.query(f"{path.read_text()}\n;INSERT INTO d1_migrations (name) VALUES ('{path.name}')")
            except DatabaseError as error:
                raise DatabaseError(f"{path.name}: {error}") from error
        return [path.name for path in pending]


def migration_files(directory: Path = MIGRATIONS) -> list[Path]:
    """The migrations in order; raises when a name or a number breaks the rule `NNNN_name.sql`, each number once."""
    files = sorted(directory.glob("*.sql"))
    for path in files:
        if not _MIGRATION_NAME.match(path.name):
            raise DatabaseError(f"{path.name}: a migration is named NNNN_name.sql")
    numbers = [path.name[:4] for path in files]
    if len(set(numbers)) != len(numbers):
        raise DatabaseError("two migrations share a number")
    return files
