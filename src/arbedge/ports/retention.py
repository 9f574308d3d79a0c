"""How records leave the database once they have been kept long enough; the lake has what they told."""

from typing import Protocol


class Retention(Protocol):
    """Raises `StoreUnavailable`. What one run does is bounded; the next goes on."""

    async def forget(self, now: int) -> dict[str, int]:
        """Deletes what is older than it is kept, oldest first; how many rows, by table.

        Of an opportunity, everything that refers to it goes with it; what is open stays whatever its age.
        """
        ...
