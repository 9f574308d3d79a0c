"""What each command does. One function and one row make a command."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from arbedge.app import accounts, browse
from arbedge.app.identity_views import load_events, load_quarantine, sum_events
from arbedge.app.market_browse import parse_pair
from arbedge.app.status import check_status
from arbedge.app.views import OpportunityDetail
from arbedge.domain.opportunity import is_id
from arbedge.domain.permissions import is_allowed
from arbedge.domain.policy import OpportunityType
from arbedge.entrypoints.telegram import market, preferences
from arbedge.entrypoints.telegram.callbacks import Place
from arbedge.entrypoints.telegram.command import parse_deep_link
from arbedge.entrypoints.telegram.html import clean
from arbedge.entrypoints.telegram.screens import (
    books,
    categories,
    detail,
    identity,
    menu,
    notices,
    opportunities,
    start,
    why,
)
from arbedge.entrypoints.telegram.screens import help as help_screen
from arbedge.entrypoints.telegram.screens import status as status_screen
from arbedge.entrypoints.telegram.screens.words import TYPES
from arbedge.entrypoints.telegram.turn import Turn
from arbedge.errors import MessengerError
from arbedge.ports.messenger import Screen
from arbedge.ports.store import OpportunityFilter

# Payloads that our own links carry and that ask for nothing but /start.
_KNOWN_LINKS: Final = ("group", "ref_")

Handler = Callable[[Turn, str], Awaitable[Screen]]


@dataclass(frozen=True, slots=True)
class CommandRow:
    """`help` is the line /help shows; `in_groups` means everyone in a group may see the answer."""

    handler: Handler
    help: str
    needs_session: bool = True
    in_groups: bool = False


async def start_session(turn: Turn, argument: str) -> Screen:
    """Opens a session; in a group it only introduces the bot, since a session belongs to a person's own chat."""
    if turn.is_group:
        return start.render_group_welcome(turn.mode)
    services = turn.services
    name = clean(turn.sender.first_name or "")
    person = await accounts.start(services.people, turn.sender.id, name, turn.now)
    turn.note_access(accounts.Access(person, "allowed"))
    payload = parse_deep_link(argument)
    return start.render_welcome(
        person,
        services.policy,
        turn.mode,
        has_unknown_link=payload is not None and not payload.startswith(_KNOWN_LINKS),
    )


async def show_help(turn: Turn, argument: str) -> Screen:
    topic = argument.lower()
    if topic in help_screen.TOPICS:
        return help_screen.render_topic(topic, turn.mode)
    try:
        username = await turn.services.messenger.fetch_username()
    except MessengerError:
        username = None
    rows = [(name, row.help) for name, row in COMMANDS.items() if row.in_groups or not turn.is_group]
    return help_screen.render_help(rows, username, turn.mode)


async def show_menu(turn: Turn, _argument: str) -> Screen:
    services = turn.services
    status = await check_status(services.scans, services.probes, turn.now)
    best = await _list(turn, OpportunityFilter())
    return menu.render_menu(status, best, turn.mode)


async def show_status(turn: Turn, _argument: str) -> Screen:
    services = turn.services
    view = await check_status(services.scans, services.probes, turn.now)
    events = sum_events(await load_events(services.instruments, turn.now))
    is_admin = not turn.is_group and turn.person is not None and is_allowed(turn.person, "analytics.system")
    notes = [identity.render_events(events)]
    if is_admin:
        notes.append(identity.render_quarantine(await load_quarantine(services.scans, services.settings.market_mode)))
    return status_screen.render_status(view, turn.mode, turn.now, notes)


async def show_opportunities(turn: Turn, argument: str) -> Screen:
    """All, or those of a type, or those of an asset."""
    if not argument:
        return await show_page(turn, Place())
    if kind := _parse_type(argument):
        return await show_page(turn, Place(kind=kind))
    asset = parse_asset(argument)
    if asset is None:
        return notices.render_unknown_type(argument)
    return await show_page(turn, Place(asset=asset))


async def show_categories(turn: Turn, _argument: str) -> Screen:
    with_premium = _may_see_premium(turn)
    counts = await browse.count_categories(turn.services.opportunities, with_premium=with_premium)
    return categories.render_categories(counts, turn.mode, with_premium=with_premium)


async def show_why(turn: Turn, argument: str) -> Screen:
    wanted = argument.split(maxsplit=1)[0] if argument else ""
    if is_id(wanted.lower()):
        return await explain_one(turn, wanted.lower())
    asset = parse_asset(wanted)
    if asset is None:
        return why.render_why_usage(turn.mode)
    services = turn.services
    view = await browse.explain_asset(
        services.opportunities,
        services.scans,
        services.assets,
        asset,
        turn.now,
        services.settings.market_mode,
        _for_reader(turn, OpportunityFilter()),
        turn.gauge,
        services.policy,
    )
    return why.render_why_asset(asset, view, turn.mode)


async def show_page(turn: Turn, place: Place) -> Screen:
    view = await _list(turn, OpportunityFilter(type=place.kind, asset=place.asset, category=place.category))
    return opportunities.render_list(view, place, turn.mode, turn.now, hidden=view.hidden)


async def show_detail(turn: Turn, opportunity_id: str, place: Place, size_usdt: int | None = None) -> Screen:
    """At the person's own size, or at the one they picked on the screen."""
    found = await _find_detail(turn, opportunity_id, size_usdt)
    return found if isinstance(found, Screen) else detail.render_detail(found, turn.now, place, turn.gauge)


async def show_books(turn: Turn, opportunity_id: str, place: Place, size_usdt: int | None) -> Screen:
    found = await _find_detail(turn, opportunity_id, size_usdt)
    return found if isinstance(found, Screen) else books.render_books(found, place, size_usdt)


async def _find_detail(turn: Turn, opportunity_id: str, size_usdt: int | None) -> OpportunityDetail | Screen:
    """The opportunity at the wanted size, or the screen that says why this person does not get it."""
    services, gauge = turn.services, turn.gauge
    if size_usdt is not None and size_usdt != gauge.size_usdt:
        gauge = replace(gauge, size_usdt=Decimal(size_usdt), size_from="asked")
    view = await browse.get_opportunity(
        services.opportunities,
        services.appraisals,
        services.funding_record,
        opportunity_id,
        turn.now,
        gauge,
        services.policy,
    )
    if view is None:
        return detail.render_missing(turn.mode)
    return view if await _is_visible(turn, view) else detail.render_hidden(turn.mode)


async def explain_one(turn: Turn, opportunity_id: str) -> Screen:
    """Why this person was or was not told about one opportunity."""
    services = turn.services
    view = await browse.explain_opportunity(
        services.opportunities,
        services.scans,
        services.deliveries,
        services.appraisals,
        opportunity_id,
        turn.require_person(),
        turn.now,
        services.policy,
    )
    if view is None:
        return detail.render_missing(turn.mode)
    is_visible = await _is_visible(turn, view.open[0])
    return why.render_why_opportunity(view, turn.mode) if is_visible else detail.render_hidden(turn.mode)


def parse_asset(wanted: str) -> str | None:
    """`btc`, `BTC/USDT`, `BTC-USDT-SWAP` and `BTCUSDT` all mean BTC; None when it cannot be an asset."""
    asset, _ = parse_pair(wanted)
    return asset if asset.replace(".", "", 1).isalnum() and len(asset) <= 20 else None


def _parse_type(argument: str) -> OpportunityType | None:
    """By its name in any spelling, or by the beginning of it."""
    wanted = re.sub(r"[\s_-]+", "_", argument.strip().lower())
    return next((kind for kind in TYPES if len(wanted) >= 3 and kind.startswith(wanted)), None)


async def _list(turn: Turn, wanted: OpportunityFilter) -> browse.ListView:
    """What this person may see of the list."""
    services = turn.services
    return await browse.list_opportunities(
        services.opportunities,
        services.scans,
        _for_reader(turn, wanted),
        opportunities.LISTED_MAX,
        None,
        turn.now,
        may_see_premium=_may_see_premium(turn),
        gauge=turn.gauge,
        policy=services.policy,
    )


def _for_reader(turn: Turn, wanted: OpportunityFilter) -> OpportunityFilter:
    """Without the premium ones where they are not for this reader, but for those that their chat was told of."""
    if _may_see_premium(turn):
        return wanted
    chat_id = None if turn.is_group or turn.person is None else turn.person.telegram_id
    return replace(wanted, is_premium=False, told_chat=chat_id)


def _may_see_premium(turn: Turn) -> bool:
    """In a group everyone reads along."""
    return not turn.is_group and turn.person is not None and is_allowed(turn.person, "opportunities.premium")


async def _is_visible(turn: Turn, item: OpportunityDetail) -> bool:
    """In a group everyone reads along, so it sees what needs no rights."""
    person = None if turn.is_group else turn.person
    return await browse.is_visible(turn.services.deliveries, person, item)


COMMANDS: Final[dict[str, CommandRow]] = {
    "start": CommandRow(start_session, "begin, or open your session again", needs_session=False, in_groups=True),
    "menu": CommandRow(show_menu, "how things are and what is best now"),
    "opportunities": CommandRow(
        show_opportunities,
        f"what is worth it after costs; add a type: {', '.join(TYPES)}",
        in_groups=True,
    ),
    "categories": CommandRow(show_categories, "what to filter by, what each asks for, and how many are open"),
    "why": CommandRow(show_why, "why something is or is not told: /why BTC"),
    "market": CommandRow(market.show_market, "funding at its extremes, how many assets rise, which feeds work"),
    "price": CommandRow(market.show_price, "one pair on every exchange, and its last day: /price BTC"),
    "preferences": CommandRow(preferences.show_preferences, "the size, minimum and alerts that you are told by"),
    "status": CommandRow(show_status, "exchanges and everything else: state and age", in_groups=True),
    "help": CommandRow(show_help, "this; add numbers, alerts or safety", needs_session=False, in_groups=True),
}
