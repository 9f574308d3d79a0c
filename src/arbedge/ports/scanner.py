"""The scan loop, of which there is one, wherever it runs."""

from typing import Protocol


class Scanner(Protocol):
    async def wake(self, scheduled_at: int) -> bool:
        """Makes sure that the loop goes on, and scans for this time unless that is done or under way already.

        Returns once that scan is over: True when it ran. Raises what keeps it from running.
        """
        ...
