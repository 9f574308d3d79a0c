"""What all screens share: the mode of the market below the title, a bounded text, tables, and the data of buttons."""

from collections.abc import Iterable
from typing import Final

from arbedge.entrypoints.telegram.html import ELLIPSIS, escape, shown_length
from arbedge.limits import TELEGRAM_TEXT_MAX
from arbedge.ports.messenger import Button, Screen

TABLE_COLUMNS: Final = 34  # what a phone shows of fixed-width text without wrapping

_BANNERS: Final = {
    "synthetic": "<b>MARKET MODE: synthetic</b> · generated prices, not a real market",
    "replay": "<b>MARKET MODE: replay</b> · recorded prices, moved to now",
    "paper": "<b>MARKET MODE: paper</b> · nothing here is a real trade",
    "cached": "<b>MARKET MODE: cached</b> · prices of an earlier moment",
}

MENU: Final = Button("Menu", data="m:home")


def compose(mode: str, blocks: Iterable[str], buttons: list[list[Button]]) -> Screen:
    """A screen of whole blocks, a blank line between them; a block that no longer fits is left out with all after it.

    The title stays first, since notifications and chat lists show nothing else; the market's mode follows it.

    Each block must be balanced markup by itself, so that leaving one out never breaks the rest.
    """
    title, *rest = [block for block in blocks if block]
    kept: list[str] = []
    room = TELEGRAM_TEXT_MAX - len(ELLIPSIS)
    for block in (title, _BANNERS.get(mode, ""), *rest):
        if not block:
            continue
        room -= shown_length(block) + 2
        if room < 0:
            kept.append(ELLIPSIS)
            break
        kept.append(block)
    return Screen(text="\n\n".join(kept), buttons=buttons)


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Labels on the left, figures on the right, in fixed width."""
    lines = [f"{left[: TABLE_COLUMNS - len(right) - 1]:<{TABLE_COLUMNS - len(right)}}{right}" for left, right in rows]
    return f"<pre>{escape(chr(10).join(lines))}</pre>"


def mark(name: str, *, chosen: bool) -> str:
    """A button's name with a dot before what holds now."""
    return f"• {name}" if chosen else name
