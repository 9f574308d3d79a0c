"""What the bot can do, how its numbers are meant, and what it will never ask for."""

from collections.abc import Iterable
from typing import Final

from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.html import bold, escape, quote
from arbedge.entrypoints.telegram.screens.layout import MENU, compose
from arbedge.ports.messenger import Button, Screen

_NUMBERS: Final = (
    "A basis point (bps) is a hundredth of a percent. Each part of a waterfall is a cash amount over the buy leg's"
    " notional at top of book, so the parts sum to net.\n"
    "Both order books are walked for the same quantity; every fill pays the taker fee; perpetual positions pay"
    " entry and exit; funding counts the settlements that really fall into the holding time; transfer is the"
    " share of moving balances back. Against spot the basis is given back at exit; a triangle's legs each spend what"
    " the one before left, and rounding is what whole lots leave over. A technical signal is a forecast: its gross is"
    " what its rule's trades made on average over recorded candles, and it says how many they were."
)
_ALERTS: Final = (
    "An alert needs two consecutive scans that agree and a net edge at or above your minimum. It is one message:"
    " it changes when the edge does and says when and why it ended. /why tells what stood against one. Technical"
    " signals are told only to those who switched them on; they are listed under their type and in /categories."
)
_SAFETY: Final = (
    "I never write first about keys, and never ask for keys, seed phrases or codes. A message that looks like a"
    " secret is removed and used for nothing; treat what was in it as exposed."
)
TOPICS: Final[dict[str, tuple[str, str]]] = {
    "numbers": ("Reading the numbers", _NUMBERS),
    "alerts": ("Alerts", _ALERTS),
    "safety": ("Safety", _SAFETY),
}


def render_help(commands: Iterable[tuple[str, str]], username: str | None, mode: str) -> Screen:
    """`commands` are (name, what it does) in the order to show."""
    lines = [f"/{name}: {escape(line)}" for name, line in commands]
    blocks = [
        bold("Help"),
        "\n".join(lines),
        f"This bot is @{quote(username)} and no other." if username else "",
        "I never ask for keys, seed phrases or codes in a chat.",
    ]
    topics = [Button(title, data=callbacks.topic(name)) for name, (title, _text) in TOPICS.items()]
    return compose(mode, blocks, [topics[:1], topics[1:], [MENU]])


def render_topic(name: str, mode: str) -> Screen:
    title, text = TOPICS[name]
    others = [Button(other[0], data=callbacks.topic(key)) for key, other in TOPICS.items() if key != name]
    return compose(mode, [bold(title), escape(text)], [others, [Button("All help", data=callbacks.HELP), MENU]])
