"""Holds back floods before anything costs something: strangers by address, people by who they proved to be."""

from typing import Final

from fastapi import Request

from arbedge.app.services import Services
from arbedge.entrypoints.http.failures import ApiError

# The platform's binding counts over this period; the deployment's configuration names the same one.
PERIOD_S: Final = 60


def find_address(request: Request) -> str:
    """The caller's address as the platform saw it; locally there may be none, then all strangers count as one."""
    return request.headers.get("cf-connecting-ip") or (request.client.host if request.client else "unknown")


async def hold_back(services: Services, key: str) -> None:
    """Counts this request for `key`. Raises 429 when there were too many."""
    if not await services.flood.admits(key):
        headers = {"retry-after": str(PERIOD_S), "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(PERIOD_S)}
        message = f"Too many requests. Try again in {PERIOD_S} seconds."
        raise ApiError(429, "too_many_requests", message, headers=headers)


async def hold_back_stranger(services: Services, request: Request) -> None:
    await hold_back(services, f"address:{find_address(request)}")
