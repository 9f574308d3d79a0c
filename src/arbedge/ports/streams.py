"""The streams that people have open: each costs reads while it lasts, so nobody has more than a few at once."""

from typing import Protocol


class Streams(Protocol):
    """Methods raise `StoreUnavailable` and nothing else."""

    async def open(self, user_id: str, ends_at: int, now: int) -> str | None:
        """Takes a place until then, and names it; None for someone who has as many as anyone may have."""
        ...

    async def close(self, place: str) -> None:
        """Gives a place back. A repeat changes nothing."""
        ...
