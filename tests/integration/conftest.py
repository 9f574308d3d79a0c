"""One whole world a test."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.world import World


@pytest.fixture
async def arbedge() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.aclose()
