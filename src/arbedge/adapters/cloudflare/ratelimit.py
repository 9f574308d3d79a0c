"""The flood gate on the platform's rate-limit binding."""

import logging

from arbedge.adapters.cloudflare.bindings import RateLimiter

log = logging.getLogger(__name__)


class BindingFloodGate:
    """`FloodGate` on the binding. It protects and decides nothing, so where it fails, requests pass."""

    def __init__(self, binding: RateLimiter) -> None:
        self._binding = binding

    async def admits(self, key: str) -> bool:
        try:
            return bool((await self._binding.limit({"key": key})).success)
        except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
            log.warning("flood gate did not answer", extra={"error": type(error).__name__})
            return True
