"""Names and prices that do not belong together: the quarantine, an asset's other names, and changes of lists."""

from collections.abc import Mapping
from typing import Final

from arbedge.app.identity_views import NameView, QuarantineView, SuspectView
from arbedge.domain.listings import EventKind
from arbedge.entrypoints.telegram.html import quote
from arbedge.entrypoints.telegram.screens.figures import render_age, render_time

_SHOWN: Final = 5
_KINDS: Final[dict[EventKind, str]] = {
    "first_seen": "read for the first time",
    "listed": "listed",
    "delisted": "delisted",
    "changed": "with changed rules",
    "halted": "halted",
    "resumed": "resumed",
}


def render_quarantine(view: QuarantineView | None) -> str:
    if view is None:
        return "Quarantine: not known, the database does not answer."
    if not view.count:
        return f"Quarantine: empty, {view.suspected} under suspicion." if view.suspected else "Quarantine: empty."
    lines = [render_suspect(one) for one in view.items[:_SHOWN]]
    more = f"\nand {view.count - _SHOWN} more" if view.count > _SHOWN else ""
    if view.full:
        more += f"\nNo more of {quote(', '.join(view.full), 100)} can be watched: the rest is withheld pair by pair"
    return f"Quarantine: {view.count} instruments, {view.suspected} more under suspicion\n" + "\n".join(lines) + more


def render_suspect(one: SuspectView) -> str:
    """The instrument, how far it was from whom, and what it still lacks."""
    others = ", ".join(f"{quote(other.instrument)} {other.price:g}" for other in one.others[:3])
    agreed = f"has agreed for {render_age(one.agreed_ms)}" if one.agreed_ms else "does not agree yet"
    since = f"in quarantine since {render_time(one.quarantined_at)} after {one.scans} scans"
    return (
        f"• {quote(one.instrument)}: {one.price:g} {quote(one.quote)}, {_render_apart(one.apart)} the median"
        f" {one.median:g}; others: {others or 'none'}; {since}, its price {agreed}; it comes back after"
        f" {render_age(one.agreement_needed_ms)} of agreement"
    )


def _render_apart(apart: float) -> str:
    """`+23.1% from`, and where a percentage would be no more than a long number, `209 times`."""
    return f"{apart + 1:,.0f} times" if apart >= 9 else f"{apart:+.1%} from"


def render_why_quarantined(view: QuarantineView | None) -> str:
    if view is None or not view.count:
        return ""
    lines = "\n".join(render_suspect(one) for one in view.items[:_SHOWN])
    return f"<code>quarantine</code>: compared with nothing, since the price was not that of the asset\n{lines}"


def render_name(asset: str, view: NameView) -> str:
    """What the ticker may mean, where it is not obvious, and which coin it is."""
    lines: list[str] = []
    if view.homonyms:
        meanings = ", ".join(quote(name) for name in view.homonyms)
        lines.append(
            f"{quote(asset)} names several coins ({meanings}). Where it is not known which, each exchange's is an asset"
            " of its own, as in <code>HOT.OKX</code>, and is compared with no other exchange."
        )
    if view.namings:
        names = ", ".join(f"{quote(row.ticker)} on {quote(row.exchange)}" for row in view.namings[:_SHOWN])
        lines.append(f"Also called {names}")
    if view.asset and view.asset.cmc_id is not None:
        place = f", {quote(view.asset.chain)} {quote(view.asset.contract or '')}" if view.asset.chain else ""
        lines.append(f"CoinMarketCap: {quote(view.asset.name or '')}, id {view.asset.cmc_id}{place}")
    elif view.asset and view.asset.cmc_candidates:
        lines.append(f"CoinMarketCap: one of ids {', '.join(map(str, view.asset.cmc_candidates[:_SHOWN]))}")
    return "\n".join(lines)


def render_events(counts: Mapping[EventKind, int] | None) -> str:
    if counts is None:
        return "Instruments, last 24 h: not known, the database does not answer."
    told = [f"{counts[kind]:,} {words}" for kind, words in _KINDS.items() if counts.get(kind)]
    refused = "; a list came cut short and was refused" if counts.get("refused") else ""
    return f"Instruments, last 24 h: {', '.join(told) or 'no change'}{refused}"
