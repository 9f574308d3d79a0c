"""One environment of twins a test, with the schema the Worker has."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arbedge.adapters.cloudflare.d1.database import Database
from tests.miniflare_shim import ShimEnv

MIGRATIONS = Path(__file__).parents[3] / "migrations"


@pytest.fixture
def env() -> Iterator[ShimEnv]:
    env = ShimEnv()
    env.migrate(MIGRATIONS)
    yield env
    env.DB.sqlite.connection.close()


@pytest.fixture
def now(env: ShimEnv) -> int:
    return env.clock.now_ms()


@pytest.fixture
def database(env: ShimEnv) -> Database:
    return Database(env.DB)
