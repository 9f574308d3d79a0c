"""The list of what is worth it after costs now, five to a page; and when nothing is, how close the nearest came."""

from typing import Final

from arbedge.app.browse import ListView, ScanView
from arbedge.app.valued import GaugeView
from arbedge.app.views import OpportunityDetail
from arbedge.domain.categories import CATEGORIES, Category
from arbedge.domain.policy import PREMIUM_NET_BPS, OpportunityType
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.callbacks import Place
from arbedge.entrypoints.telegram.html import bold, quote
from arbedge.entrypoints.telegram.screens import words
from arbedge.entrypoints.telegram.screens.figures import render_age, render_bps, render_money, render_time
from arbedge.entrypoints.telegram.screens.layout import MENU, compose, mark
from arbedge.entrypoints.telegram.screens.signal import render_signal_line
from arbedge.entrypoints.telegram.screens.waterfall import render_miss, render_route, render_size
from arbedge.limits import REVALUED_MAX
from arbedge.ports.messenger import Button, Screen

PAGE_SIZE: Final = 5
LISTED_MAX: Final = 50  # ten pages; nobody pages further through something that lives for minutes
_SCAN_AGE_MS_MAX: Final = 60_000


def render_list(view: ListView, place: Place, mode: str, now: int, *, hidden: int = 0) -> Screen:
    """`view` holds up to `LISTED_MAX` items; a page beyond the last shows the last.

    `hidden` counts those that the person's plan leaves out.
    """
    pages = max(1, -(-len(view.items) // PAGE_SIZE))
    place = place.turn_to(min(max(place.page, 0), pages - 1))
    start = place.page * PAGE_SIZE
    shown = view.items[start : start + PAGE_SIZE]
    choice = words.name_type(place.kind) if place.kind else "all types"
    choice = CATEGORIES[place.category].name.lower() if place.category else choice
    about = f"{quote(place.asset)}, {choice}" if place.asset else choice
    blocks = [f"{bold('Opportunities')} · {about} · net of all costs{render_gauge(view.gauge)}"]
    if shown:
        blocks += [_render_item(start + number, item) for number, item in enumerate(shown, 1)]
        more = " or more" if view.next_cursor else ""
        blocks.append(f"{start + 1} to {start + len(shown)} of {len(view.items)}{more} · as of {render_time(now, 'T')}")
    else:
        blocks += _render_empty(view, place, hidden)
    if view.left_out and shown:
        blocks.append(f"{view.left_out} more do not reach your minimum at your size: /preferences")
    if view.is_cut:
        blocks.append(f"More is open than is valued at a size of one's own: these are of the best {REVALUED_MAX}.")
    if hidden:
        blocks.append(f"{hidden} more: {words.PREMIUM.format(net_bps=PREMIUM_NET_BPS)}")
    blocks.append(render_scan(view.scan))
    items = [Button(str(start + number), data=callbacks.detail(item.id, place)) for number, item in enumerate(shown, 1)]
    rows = [items, _render_paging(place, pages), *_render_filters(place)]
    rows.append([Button("Refresh", data=callbacks.list_page(place)), MENU])
    return compose(mode, blocks, [row for row in rows if row])


def render_gauge(gauge: GaugeView | None) -> str:
    """At which size, and whose it is."""
    if gauge is None:
        return ""
    held = "" if gauge.horizon_from == "default" else f", held for {gauge.horizon_h} h"
    return f"\nAt {words.WHOSE[gauge.size_from]} {render_size(gauge.size_usdt)}{held}"


def render_scan(scan: ScanView) -> str:
    """How fresh the figures are."""
    if scan.age_ms is None:
        return "No scan has finished yet; the first one takes under a minute."
    text = f"Last scan {render_age(scan.age_ms)} ago, {scan.instruments:,} instruments"
    return f"{text}. ⚠ This is old: see /status" if scan.age_ms > _SCAN_AGE_MS_MAX else text


def _render_item(place: int, item: OpportunityDetail) -> str:
    return (
        f"<b>{place}. {quote(item.asset)}</b> {quote(words.name_type(item.type))}"
        f" · <b>{render_bps(item.net_bps)} bps</b> · gross {render_bps(item.gross_bps)}\n"
        f"{render_route(item)}{' · needs inventory' if item.needs_inventory else ''}\n"
        f"{render_money(item.size_quote)} {quote(item.quote)}, good up to {render_money(item.capacity_quote)}"
        f" · confirmed {render_time(item.updated_at)}{_render_confidence(item)}{render_signal_line(item)}\n"
        f"{_render_origin(item)}"
    )


def _render_origin(item: OpportunityDetail) -> str:
    """Where the books come from and how old the oldest of them is; the detail has each."""
    sources = "/".join(sorted({leg.source for leg in item.legs}))
    return f"books: {quote(sources, 20)} {quote(item.mode)}, {render_age(max(leg.age_ms for leg in item.legs))} old"


def _render_confidence(item: OpportunityDetail) -> str:
    """Short; the detail says what it rests on."""
    known = item.confidence
    return "" if known.p is None else f" · {known.p:.0%} confident (n {known.n:,})"


def _render_empty(view: ListView, place: Place, hidden: int) -> list[str]:
    if view.scan.age_ms is None:
        return ["Nothing to show yet."]
    if place.category:
        return _render_empty_category(view, place.category)
    about = f" with {quote(place.asset)}" if place.asset else ""
    about += f" of type {words.name_type(place.kind)}" if place.kind else ""
    about += " in your plan" if hidden else ""
    if view.closest:
        lead = f"Nothing{about} is worth it after costs right now; closest:"
        if view.left_out:
            rest = f"{view.left_out} reach the defaults"
            lead = f"Nothing{about} reaches your minimum at your size right now; {rest}. Closest:"
        return [lead, *map(render_miss, view.closest)]
    # Of what the plan leaves out nothing is said, so neither that it came close nor that it did not.
    blocks = [f"Nothing{about} is worth it after costs right now" + ("." if hidden else ", and nothing came close.")]
    if place.asset:
        blocks.append(f"The types are {', '.join(words.TYPES)}; anything else is read as an asset.")
    return blocks


def _render_empty_category(view: ListView, category: Category) -> list[str]:
    """What is open may still be in no category, so its own condition comes first; misses are known by type only."""
    lead = f"Nothing is in this category right now. It asks for: {quote(CATEGORIES[category].sentence, 300)}."
    if not view.closest:
        return [lead]
    return [lead, "Closest of its types, whatever else it asks for:", *map(render_miss, view.closest)]


def _render_paging(place: Place, pages: int) -> list[Button]:
    if pages == 1:
        return []
    back, on = max(place.page - 1, 0), min(place.page + 1, pages - 1)
    return [
        Button("◀ Back", data=callbacks.list_page(place.turn_to(back))),
        Button(f"{place.page + 1}/{pages}", data=callbacks.page_number(place.page + 1, pages)),
        Button("Next ▶", data=callbacks.list_page(place.turn_to(on))),
    ]


def _render_filters(place: Place) -> list[list[Button]]:
    """Two rows of types: more names do not fit side by side on a phone."""

    def offer(name: str, choice: OpportunityType | None) -> Button:
        text = mark(name, chosen=choice == place.kind and place.category is None)
        return Button(text, data=callbacks.list_page(Place(0, choice, place.asset)))

    return [
        [offer("All", None), offer("Cross exchange", "cross_exchange"), offer("Funding", "funding")],
        [offer("Spot and perpetual", "spot_perp"), offer("Triangular", "triangular"), offer("Technical", "technical")],
        [Button("Categories", data=callbacks.CATEGORIES)],
    ]
