"""What /market and /price do."""

from typing import Final

from arbedge.app.market_browse import parse_pair
from arbedge.app.market_overview import load_market_overview
from arbedge.app.price import load_price
from arbedge.app.status import check_status
from arbedge.entrypoints.telegram.screens import market as screen
from arbedge.entrypoints.telegram.turn import Turn
from arbedge.ports.messenger import Screen

_NAME_MAX: Final = 20


async def show_market(turn: Turn, _argument: str) -> Screen:
    services = turn.services
    status = await check_status(services.scans, services.probes, turn.now)
    overview = await load_market_overview(services.market, services.coin_data, turn.now)
    await services.market.settle_counts()
    return screen.render_market(overview, status, turn.mode, turn.now)


async def show_price(turn: Turn, argument: str) -> Screen:
    asset, quote = parse_pair(argument)
    if not all(name.isalnum() and len(name) <= _NAME_MAX for name in (asset, quote)):
        return screen.render_price_usage(turn.mode)
    return await show_pair(turn, asset, quote)


async def show_pair(turn: Turn, asset: str, quote: str) -> Screen:
    services = turn.services
    mode = services.settings.market_mode
    view = await load_price(services.market, services.scans, mode, asset, quote, turn.now)
    await services.market.settle_counts()
    return screen.render_price_screen(view, turn.mode, turn.now, services.settings.worker_url)
