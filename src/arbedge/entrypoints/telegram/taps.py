"""What each button does. One row makes a button; what does not match a row exactly is no longer valid."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from arbedge.domain.opportunity import ID_PATTERN
from arbedge.entrypoints.telegram import callbacks, commands, market, preferences, similar, simulate
from arbedge.entrypoints.telegram.callbacks import PLACE, TYPE, Place, parse_place
from arbedge.entrypoints.telegram.turn import Turn
from arbedge.ports.messenger import Screen

_ID: Final = f"({ID_PATTERN})"

Handler = Callable[[Turn, tuple[str, ...]], Awaitable[Screen]]


@dataclass(frozen=True, slots=True)
class TapRow:
    """`arguments` is all that may follow the prefix. A tap answers in its panel, or below it, or only by its toast."""

    handler: Handler | None
    arguments: re.Pattern[str]
    needs_session: bool = True
    is_new_message: bool = False


@dataclass(frozen=True, slots=True)
class Tap:
    row: TapRow
    arguments: tuple[str, ...]


def parse_tap(data: str) -> Tap | None:
    """The row and arguments of a button's data, or None for what we no longer, or never, made."""
    area, _, rest = data.partition(":")
    action, colon, rest = rest.partition(":")
    row = TAPS.get(f"{area}:{action}")
    match = row.arguments.fullmatch(colon + rest) if row else None
    return Tap(row, tuple(group or "" for group in match.groups())) if row and match else None


async def _home(turn: Turn, _arguments: tuple[str, ...]) -> Screen:
    return await commands.show_menu(turn, "")


async def _status(turn: Turn, _arguments: tuple[str, ...]) -> Screen:
    return await commands.show_status(turn, "")


async def _help(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    return await commands.show_help(turn, arguments[0])


async def _list(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    return await commands.show_page(turn, parse_place(arguments[0]))


async def _detail(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    opportunity_id, *rest = arguments
    return await commands.show_detail(turn, opportunity_id, parse_place(rest[0]) if rest and rest[0] else Place())


async def _detail_at(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    opportunity_id, size, place = arguments
    return await commands.show_detail(turn, opportunity_id, parse_place(place), int(size))


async def _books(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    opportunity_id, size, place = arguments
    return await commands.show_books(turn, opportunity_id, parse_place(place) if place else Place(), int(size) or None)


async def _why(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    return await commands.explain_one(turn, arguments[0])


async def _simulate(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    opportunity_id, amount, place = arguments
    return await simulate.show_simulation(turn, opportunity_id, int(amount), parse_place(place) if place else Place())


async def _similar(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    opportunity_id, place = arguments
    return await similar.show_similar(turn, opportunity_id, parse_place(place) if place else Place())


async def _market(turn: Turn, _arguments: tuple[str, ...]) -> Screen:
    return await market.show_market(turn, "")


async def _categories(turn: Turn, _arguments: tuple[str, ...]) -> Screen:
    return await commands.show_categories(turn, "")


async def _price(turn: Turn, arguments: tuple[str, ...]) -> Screen:
    return await market.show_pair(turn, *arguments)


_NOTHING: Final = re.compile("")
_ONE: Final = re.compile(":" + _ID)

TAPS: Final[dict[str, TapRow]] = {
    callbacks.HOME: TapRow(_home, _NOTHING),
    callbacks.STATUS: TapRow(_status, _NOTHING),
    callbacks.HELP: TapRow(_help, re.compile(r"(?::([a-z]{1,16}))?"), needs_session=False),
    callbacks.LIST: TapRow(_list, re.compile(":" + PLACE)),
    callbacks.DETAIL: TapRow(_detail, re.compile(f":{_ID}(?::{PLACE})?")),
    callbacks.DETAIL_AT: TapRow(_detail_at, re.compile(rf":{_ID}:([1-9][0-9]{{1,5}}|1000000):{PLACE}")),
    callbacks.BOOKS: TapRow(_books, re.compile(rf":{_ID}:(0|[1-9][0-9]{{1,5}}|1000000)(?::{PLACE})?")),
    callbacks.WHY: TapRow(_why, _ONE),
    callbacks.SIMULATE: TapRow(_simulate, re.compile(f":{_ID}:([0-9]{{1,7}})(?::{PLACE})?")),
    callbacks.SIMILAR: TapRow(_similar, re.compile(f":{_ID}(?::{PLACE})?")),
    callbacks.OPEN_ALERT: TapRow(_detail, _ONE, is_new_message=True),
    callbacks.WHY_ALERT: TapRow(_why, _ONE, is_new_message=True),
    callbacks.CATEGORIES: TapRow(_categories, _NOTHING),
    callbacks.MARKET: TapRow(_market, _NOTHING),
    callbacks.PRICE: TapRow(_price, re.compile(r":(\w{1,20}):(\w{1,20})")),
    callbacks.PREFERENCES: TapRow(preferences.show, _NOTHING),
    callbacks.CHOOSE_SIZE: TapRow(preferences.choose_size, re.compile(":([1-9][0-9]{1,5}|1000000|d)")),
    callbacks.CHOOSE_HORIZON: TapRow(preferences.choose_horizon, re.compile(":([1-9][0-9]{0,2}|d)")),
    callbacks.OF_TYPE: TapRow(preferences.show_type, re.compile(":" + TYPE)),
    callbacks.CHOOSE_MINIMUM: TapRow(preferences.choose_minimum, re.compile(f":{TYPE}:([0-9]{{1,3}}|d)")),
    callbacks.CHOOSE_ALERTS: TapRow(preferences.choose_alerts, re.compile(f":{TYPE}:(on|silent|off|d)")),
    callbacks.PAGE_NUMBER: TapRow(None, re.compile(r":(\d{1,4}):(\d{1,4})", re.ASCII)),
}
