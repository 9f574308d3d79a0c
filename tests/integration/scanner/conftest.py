"""One self-driven world a test."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.scanner.world import ScannerWorld


@pytest.fixture
async def loop() -> AsyncIterator[ScannerWorld]:
    world = ScannerWorld()
    yield world
    await world.aclose()
