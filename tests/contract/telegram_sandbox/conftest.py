"""A Telegram of its own for every test."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.telegram_sandbox.world import TelegramWorld, build_world


@pytest.fixture
async def world() -> AsyncIterator[TelegramWorld]:
    world = build_world()
    yield world
    await world.client.aclose()
    await world.telegram.aclose()
