"""The gate against floods: coarse, fast, and never the judge of a person's quota."""

from typing import Protocol


class FloodGate(Protocol):
    async def admits(self, key: str) -> bool:
        """Counts one request of this key; False when the key has sent too many. A broken gate admits."""
        ...
