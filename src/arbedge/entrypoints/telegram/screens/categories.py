"""The categories: what each one asks for, how many opportunities it has now, and the way to them."""

from collections.abc import Mapping

from arbedge.domain.categories import CATEGORIES, Category
from arbedge.domain.policy import PREMIUM_NET_BPS
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.html import bold, escape
from arbedge.entrypoints.telegram.screens import words
from arbedge.entrypoints.telegram.screens.layout import MENU, compose
from arbedge.ports.messenger import Button, Screen


def render_categories(counts: Mapping[Category, int], mode: str, *, with_premium: bool) -> Screen:
    """`counts` are of what the reader may see."""
    rows = [
        f"<b>{escape(row.name)}</b>: {counts[category]} open\n{escape(row.sentence)}"
        for category, row in CATEGORIES.items()
    ]
    plan = "" if with_premium else f"Counted is what your plan shows. {words.PREMIUM.format(net_bps=PREMIUM_NET_BPS)}"
    offers = [
        Button(f"{row.name} ({counts[category]})", data=callbacks.list_page(callbacks.Place(category=category)))
        for category, row in CATEGORIES.items()
    ]
    pairs = [offers[start : start + 2] for start in range(0, len(offers), 2)]
    return compose(mode, [bold("Categories"), *rows, plan], [*pairs, [MENU]])
