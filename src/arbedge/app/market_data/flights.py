"""Lets readers that want the same thing at the same time wait for one call."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Flights:
    """Calls under way. A reader that gives up leaves the call to the others."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Future[Any]] = {}

    async def join(self, key: Hashable, call: Callable[[], Awaitable[T]]) -> T:
        """The outcome of the call under `key`: of the one under way, or of a new one."""
        flight = self._under_way.get(key)
        if flight is None:
            flight = self._under_way[key] = asyncio.ensure_future(call())
            flight.add_done_callback(lambda done: self._land(key, done))
        return await asyncio.shield(flight)

    def _land(self, key: Hashable, flight: "asyncio.Future[Any]") -> None:
        del self._under_way[key]
        if not flight.cancelled():
            flight.exception()  # seen, also when every reader has left
