"""Choosing by what one is told: each tap changes one thing and shows what holds then."""

from decimal import Decimal

from arbedge.app.preferences import change_preferences, load_preferences
from arbedge.domain.gauge import HORIZON_H_MAX
from arbedge.domain.person import AlertSetting
from arbedge.domain.policy import OpportunityType
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.screens import preferences as screen
from arbedge.entrypoints.telegram.turn import Turn
from arbedge.ports.messenger import Screen
from arbedge.ports.preferences import PreferenceChanges

_ALERTS: dict[str, AlertSetting] = {"on": "on", "silent": "silent", "off": "off"}


async def show_preferences(turn: Turn, _argument: str) -> Screen:
    return screen.render_preferences(await load_preferences(turn.services, turn.require_person()), turn.mode)


async def show(turn: Turn, _arguments: tuple[str, ...]) -> Screen:
    return await show_preferences(turn, "")


async def choose_size(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    (size,) = arguments
    return await _change(turn, PreferenceChanges(size_quote=None if size == callbacks.DEFAULT else Decimal(size)))


async def choose_horizon(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    (hours,) = arguments
    chosen = None if hours == callbacks.DEFAULT else min(int(hours), HORIZON_H_MAX)
    return await _change(turn, PreferenceChanges(horizon_h=chosen))


async def show_type(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    kind = callbacks.parse_type(arguments[0])
    view = await load_preferences(turn.services, turn.require_person())
    return screen.render_type(view, kind, turn.mode)


async def choose_minimum(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    code, text = arguments
    kind = callbacks.parse_type(code)
    minimum = None if text == callbacks.DEFAULT else float(text)
    return await _change(turn, PreferenceChanges(min_net_bps={kind: minimum}), kind)


async def choose_alerts(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    code, text = arguments
    kind = callbacks.parse_type(code)
    return await _change(turn, PreferenceChanges(alerts={kind: _ALERTS.get(text)}), kind)


async def _change(turn: Turn, changes: PreferenceChanges, kind: OpportunityType | None = None) -> Screen:
    view = await change_preferences(turn.services, turn.require_person(), changes)
    if view is None:
        raise LookupError("a change that expects no version found another one")
    return screen.render_type(view, kind, turn.mode) if kind else screen.render_preferences(view, turn.mode)
