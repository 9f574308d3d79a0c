"""What the Simulate button does."""

from decimal import Decimal

from arbedge.app.browse import is_visible
from arbedge.app.simulate import simulate_now
from arbedge.entrypoints.telegram.callbacks import Place
from arbedge.entrypoints.telegram.screens import detail
from arbedge.entrypoints.telegram.screens.simulation import render_simulation
from arbedge.entrypoints.telegram.turn import Turn
from arbedge.limits import SIMULATION_USDT_MAX
from arbedge.ports.messenger import Screen


async def show_simulation(turn: Turn, opportunity_id: str, amount: int, place: Place) -> Screen:
    """`amount` in USDT; 0 means the usual size."""
    services = turn.services
    found = await services.opportunities.load(opportunity_id)
    if found is None:
        return detail.render_missing(turn.mode)
    if not await is_visible(services.deliveries, turn.person, found):
        return detail.render_hidden(turn.mode)
    wanted = Decimal(min(amount, SIMULATION_USDT_MAX)) if amount else None
    return render_simulation(await simulate_now(services, turn.require_person(), found, wanted), place)
