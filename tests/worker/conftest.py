"""One Worker on workerd for the whole session, with people seeded and the market frozen; what looks back comes last."""

from collections.abc import Iterator

import pytest

from scripts.local_stack import LocalStack
from scripts.seed import seed_people
from tests.worker.world import World

LAST = "test_afterwards.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests run in random order, except those that judge the whole session."""
    items.sort(key=lambda item: item.path.name == LAST)


@pytest.fixture(scope="session")
def worker() -> Iterator[World]:
    """Gaps that the market has anyway are found before anyone listens, so that tests hear only of their own."""
    with LocalStack(seed=7) as stack:
        seed_people(stack.database)
        world = World(stack)
        world.sandbox.post("/_control/market", json={"speed": 0}).raise_for_status()
        # Before any job has read candles, which are kept for the hour.
        world.sandbox.post("/_control/market/steps").raise_for_status()
        world.scan(3)
        yield world
        world.close()
