"""A seeded world for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.http.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    one = World()
    one.seed()
    async with one.client:
        yield one
