"""What the Similar button does."""

from typing import Final

from arbedge.app.browse import is_visible
from arbedge.app.similar import find_similar
from arbedge.domain.permissions import is_allowed
from arbedge.entrypoints.telegram.callbacks import Place
from arbedge.entrypoints.telegram.screens import detail
from arbedge.entrypoints.telegram.screens.similar import render_similar
from arbedge.entrypoints.telegram.turn import Turn
from arbedge.ports.messenger import Screen

_SHOWN: Final = 5


async def show_similar(turn: Turn, opportunity_id: str, place: Place) -> Screen:
    services, person = turn.services, turn.require_person()
    found = await services.opportunities.load(opportunity_id)
    if found is None:
        return detail.render_missing(turn.mode)
    if not await is_visible(services.deliveries, person, found):
        return detail.render_hidden(turn.mode)
    with_premium = is_allowed(person, "opportunities.premium")
    near = await find_similar(services, person, found, _SHOWN, may_see_premium=with_premium)
    return render_similar(found, near, place)
