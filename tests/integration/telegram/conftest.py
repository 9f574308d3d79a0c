"""A seeded world for each test; afterwards no call may have been refused for its form, and no tap left unanswered."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.telegram.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    one = World()
    one.seed()
    yield one
    refused = [call for call in one.telegram.bot_api.refused if "can't" in call["description"].lower()]
    await one.aclose()
    assert not refused
    assert not one.telegram.backend.queries.unanswered()
