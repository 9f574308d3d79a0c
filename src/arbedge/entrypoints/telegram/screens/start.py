"""The welcome: who is greeted, how long the session lasts, what happens next."""

from typing import Final

from arbedge.domain.gauge import choose_gauge
from arbedge.domain.person import Person
from arbedge.domain.policy import Policy
from arbedge.entrypoints.telegram.html import clean, escape
from arbedge.entrypoints.telegram.screens.figures import render_time
from arbedge.entrypoints.telegram.screens.layout import compose
from arbedge.entrypoints.telegram.screens.menu import render_menu_buttons
from arbedge.ports.messenger import Button, Screen

_PURPOSE: Final = (
    "I watch Binance, Bybit and OKX, spot and perpetuals, and work out what the differences between them are worth"
    " after every cost."
)
_WHAT_NEXT: Final = (
    "What happens next: when something is worth it, I write to you here, once, and keep that message up to date."
    " Alerts are on, from {cross_exchange:g} bps net across exchanges and {funding:g} bps on funding."
)
_UNKNOWN_LINK: Final = "The link you came by is not known here or has expired; everything works without it."


def render_welcome(person: Person, policy: Policy, mode: str, *, has_unknown_link: bool) -> Screen:
    name = clean(person.name)
    session = person.session
    blocks = [
        f"<b>Welcome to ArbEdge{', ' + escape(name) if name else ''}</b>",
        _PURPOSE,
        _WHAT_NEXT.format(**choose_gauge(person.preferences, policy).min_net_bps),
        "Nothing is traded. I never ask for keys, seed phrases or codes in a chat.",
        f"Your session lasts until {render_time(session.expires_at, 'wdt')}; whatever you do here extends it."
        if session
        else "",
        _UNKNOWN_LINK if has_unknown_link else "",
    ]
    return compose(mode, blocks, render_menu_buttons())


def render_group_welcome(mode: str) -> Screen:
    """In a group the bot only answers commands, with what everyone may see."""
    blocks = [
        "<b>ArbEdge</b> shows what differences between Binance, Bybit and OKX are worth after every cost.",
        "Here I only react to commands: /opportunities, /status and /help. Everything personal is in the private chat.",
    ]
    return compose(mode, blocks, [])


def private_link(link: str | None) -> list[list[Button]]:
    return [[Button("Open the private chat", url=link)]] if link else []
