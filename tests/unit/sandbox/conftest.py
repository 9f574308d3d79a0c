"""One synthetic market on a clock that tests move; building it is cheap but not free, so it is shared."""

import pytest

from scripts.sandbox.clock import SettableClock
from scripts.sandbox.market.market import Market
from scripts.sandbox.market.synthetic import SyntheticSource

NOW_MS = 1_795_386_285_997


@pytest.fixture(scope="session")
def source() -> SyntheticSource:
    return SyntheticSource(7)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW_MS)


@pytest.fixture
def market(source: SyntheticSource, clock: SettableClock) -> Market:
    return Market(source, clock)
