"""Asks the dependencies that must not be asked on every request, and records the answer for health and status."""

from arbedge.app.services import Services
from arbedge.domain.market import FeedState
from arbedge.errors import MessengerError, MessengerThrottled, MessengerUnavailable
from arbedge.ports.health import DependencyHealth


async def watch_coin_data(services: Services, _scheduled_at: int) -> None:
    """Asks CoinMarketCap what the account has spent, which costs nothing and corrects our own count."""
    if health := await services.coin_data.check():
        await services.dependencies.save(health)


async def watch_dependencies(services: Services, _scheduled_at: int) -> None:
    """Asks Telegram whether it knows us."""
    error: MessengerError | None = None
    try:
        await services.messenger.check()
    except MessengerError as caught:
        error = caught
    now = services.clock.now_ms()
    await services.dependencies.save(
        DependencyHealth(
            name="telegram",
            state=_state_of(error),
            error=str(error) if error else None,
            checked_at=now,
            last_success_at=None if error else now,
        )
    )


def _state_of(error: MessengerError | None) -> FeedState:
    match error:
        case None:
            return "ok"
        case MessengerThrottled():
            return "rate_limited"
        case MessengerUnavailable():
            return "unreachable"
        case _:
            return "down"
