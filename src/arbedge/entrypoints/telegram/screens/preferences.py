"""By what a person is told: size, holding time, and by type the minimum and the alerts, with whose choice each is."""

from typing import Final

from arbedge.app.preferences import TYPES, PreferencesView
from arbedge.domain.gauge import SIZES_USDT
from arbedge.domain.person import AlertSetting
from arbedge.domain.policy import HELD_TYPES, OpportunityType
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.html import bold
from arbedge.entrypoints.telegram.screens import words
from arbedge.entrypoints.telegram.screens.figures import plain
from arbedge.entrypoints.telegram.screens.layout import MENU, compose, mark
from arbedge.ports.messenger import Button, Screen

HORIZONS_H: Final = (8, 24, 72, 168)
MINIMUMS_BPS: Final = (5, 10, 15, 20, 30, 50)
_ALERTS: Final[dict[AlertSetting, str]] = {"on": "On", "silent": "Silent", "off": "Off"}
_ALERT_WORDS: Final[dict[AlertSetting, str]] = {"on": "alerts on", "silent": "alerts without sound", "off": "no alerts"}

_MEANING: Final = (
    "Lists, details and alerts are valued at this size and holding time, and you are told what reaches the minimum"
    " there. Scans look for what reaches the default minimum at {size} USDT: what does not is not found."
)


def render_preferences(view: PreferencesView, mode: str) -> Screen:
    blocks = [
        f"{bold('Preferences')} · " + ("some of it is your own choice" if view.own else "all of it the defaults"),
        _render_measures(view),
        "\n".join(_render_line(view, kind) for kind in TYPES),
        _MEANING.format(size=f"{view.defaults.size_quote:,f}"),
    ]
    sizes = [
        Button(mark(f"{size:,}", chosen=view.size_quote == size), data=callbacks.choose_size(size))
        for size in SIZES_USDT
    ]
    hours = [
        Button(mark(f"{hours} h", chosen=view.horizon_h == hours), data=callbacks.choose_horizon(hours))
        for hours in HORIZONS_H
    ]
    kinds = [Button(words.name_type(kind).capitalize(), data=callbacks.of_type(kind)) for kind in TYPES]
    rows = [sizes[:3], sizes[3:], hours, *(kinds[place : place + 2] for place in range(0, len(kinds), 2))]
    if "size_quote" in view.own or "horizon_h" in view.own:
        rows.append(_offer_defaults(view))
    return compose(mode, blocks, [*rows, [MENU]])


def _offer_defaults(view: PreferencesView) -> list[Button]:
    offers = [
        Button(f"Default size, {plain(view.defaults.size_quote)}", data=callbacks.choose_size(None)),
        Button(f"Default time, {view.defaults.horizon_h} h", data=callbacks.choose_horizon(None)),
    ]
    return [offer for offer, name in zip(offers, ("size_quote", "horizon_h"), strict=True) if name in view.own]


def render_type(view: PreferencesView, kind: OpportunityType, mode: str) -> Screen:
    """The minimum and the alerts of one type."""
    blocks = [f"{bold('Preferences')} · {words.name_type(kind)}", _render_line(view, kind)]
    minimums = [
        Button(mark(f"{bps} bps", chosen=view.min_net_bps[kind] == bps), data=callbacks.choose_minimum(kind, bps))
        for bps in MINIMUMS_BPS
    ]
    alerts = [
        Button(mark(name, chosen=view.alerts[kind] == setting), data=callbacks.choose_alerts(kind, setting))
        for setting, name in _ALERTS.items()
    ]
    rows = [minimums[:3], minimums[3:], alerts]
    back: list[Button] = []
    if f"min_net_bps.{kind}" in view.own:
        default = view.defaults.min_net_bps[kind]
        back.append(Button(f"Default minimum, {default:g} bps", data=callbacks.choose_minimum(kind, None)))
    if f"alerts.{kind}" in view.own:
        default_alerts = _ALERTS[view.defaults.alerts[kind]].lower()
        back.append(Button(f"Default alerts, {default_alerts}", data=callbacks.choose_alerts(kind, None)))
    return compose(
        mode, blocks, [*rows, *([back] if back else []), [Button("Preferences", data=callbacks.PREFERENCES), MENU]]
    )


def _render_measures(view: PreferencesView) -> str:
    return (
        f"Size <b>{view.size_quote:,f} USDT</b>, {_whose(view, 'size_quote')}\n"
        f"Holding time <b>{view.horizon_h} h</b>, {_whose(view, 'horizon_h')}; for {_list_held()}"
    )


def _render_line(view: PreferencesView, kind: OpportunityType) -> str:
    return (
        f"{words.name_type(kind).capitalize()}: from <b>{view.min_net_bps[kind]:g} bps</b> net,"
        f" {_whose(view, f'min_net_bps.{kind}')}; {_ALERT_WORDS[view.alerts[kind]]}, {_whose(view, f'alerts.{kind}')}"
    )


def _whose(view: PreferencesView, name: str) -> str:
    return "your choice" if name in view.own else "default"


def _list_held() -> str:
    return ", ".join(words.name_type(kind) for kind in TYPES if kind in HELD_TYPES)
