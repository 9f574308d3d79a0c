"""How a net edge comes about: the waterfall, what it is worth in money, and how a miss fell short."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from arbedge.app.leg_views import FundingView
from arbedge.app.valued import ValuedView
from arbedge.app.views import MissView, OpportunityDetail, OpportunityView, PartView
from arbedge.entrypoints.telegram.html import quote
from arbedge.entrypoints.telegram.screens import words
from arbedge.entrypoints.telegram.screens.figures import (
    render_age,
    render_bps,
    render_money,
    render_percent,
    render_price,
    render_time,
)
from arbedge.entrypoints.telegram.screens.layout import table


def render_waterfall(view: OpportunityView) -> str:
    """Every part with the four decimals it is computed to, so that what is shown sums to the net that is shown."""
    return render_parts(view.waterfall)


def render_parts(waterfall: list[PartView]) -> str:
    """A part that is exactly nothing takes no line, other than gross and net."""
    gross, *parts, net = waterfall
    shown = [gross, *(part for part in parts if part.bps), net]
    rows = [(words.name_part(part.label), f"{part.bps:+.4f}") for part in shown]
    return table([("bps of the buy leg", ""), *rows])


def render_worth(view: OpportunityView) -> str:
    """Net first, then gross, then what that is in money at the size it was computed for."""
    cash = Decimal(str(view.net_bps)) * view.size_quote / 10_000
    sign = "+" if cash >= 0 else "-"
    quote_currency = quote(view.quote)
    return (
        f"Net <b>{render_bps(view.net_bps)} bps</b> after all costs · gross {render_bps(view.gross_bps)} bps\n"
        f"{sign}{render_money(abs(cash))} {quote_currency} on {render_money(view.size_quote)} {quote_currency}"
        f", {name_size(view.valued)}" + (f"\n{refused}" if (refused := render_refused(view.valued)) else "")
    )


def name_size(valued: ValuedView) -> str:
    """Whose size the figures are for."""
    return f"{words.WHOSE[valued.size_from]} size"


def render_size(size_usdt: Decimal) -> str:
    return f"{size_usdt:,f} USDT"


def render_refused(valued: ValuedView) -> str:
    """Why the figures are not those of the wanted size."""
    refused = valued.refused
    if refused is None:
        return ""
    lack = describe_refusal(refused.reason, refused.explanation, refused.numbers)
    return f"⚠ Not {render_size(refused.size_usdt)}, {words.WHOSE[refused.size_from]} size: {quote(lack, 200)}"


def render_route(view: OpportunityView) -> str:
    """Where it is bought and where it is sold; of a cycle, the currencies it runs through."""
    if view.type == "triangular":
        currencies = [view.quote, *(leg.asset if leg.side == "buy" else leg.quote for leg in view.legs)]
        exchange = words.EXCHANGES.get(view.legs[0].exchange, view.legs[0].exchange)
        return f"{quote(exchange, 20)}: " + " → ".join(quote(currency, 20) for currency in currencies)
    places = [quote(words.name_place(leg.exchange, leg.market), 40) for leg in view.legs]
    return " → ".join(places)


def render_inventory(view: OpportunityView) -> str:
    """What someone must hold already; nobody else can execute it."""
    if not view.needs_inventory:
        return ""
    return (
        f"⚠ Only for those who hold {quote(view.asset)} already: the spot leg sells it (<code>needs_inventory</code>)"
    )


def render_funding(funding: FundingView) -> list[str]:
    """What is counted with, and that a rate has an age of its own: it comes with a scan, not with the book."""
    counted = "1 settlement" if funding.settlements == 1 else f"{funding.settlements} settlements"
    lines = [
        f"funding {render_percent(funding.rate)} every {funding.interval_h:g} h, next {render_time(funding.next_at)}",
        f"{counted} counted on a mark of {render_price(Decimal(str(funding.mark)))}",
    ]
    if funding.age_ms is not None and funding.source is not None:
        lines[1] += f"; rate {render_age(funding.age_ms)} old, source {quote(funding.source)}"
    return lines


def render_curve(view: OpportunityDetail) -> str:
    if not view.curve:
        return ""
    rows = [(f"{render_money(point.size_quote)} {view.quote[:8]}", f"{point.net_bps:+.2f}") for point in view.curve]
    return "Net bps by size\n" + table(rows)


def render_miss(miss: MissView) -> str:
    """What a pair would have been worth, and what it lacks."""
    where = "at the default size" if miss.opportunity_id else "at top of book"
    return (
        f"<b>{quote(miss.asset)}</b> {quote(words.name_type(miss.type))}: net {render_bps(miss.net_bps)} bps"
        f" {where} · gross {render_bps(miss.gross_bps)} bps\n"
        f"{' → '.join(quote(leg, 60) for leg in miss.legs)}{_name_rule(miss)}\n"
        f"{quote(_describe_lack(miss), 200)} (<code>{quote(miss.reason)}</code>)"
    )


def _name_rule(miss: MissView) -> str:
    return f" · {quote(words.name_rule(miss.rule))}" if miss.rule else ""


def _describe_lack(miss: MissView) -> str:
    numbers = miss.numbers
    lack = describe_refusal(miss.reason, miss.explanation, numbers)
    if miss.opportunity_id:
        at = f"at your {numbers['size_usdt']:,.10g} USDT"
        return f"net {numbers['net_bps']:+.2f} bps {at}: {lack}" if "net_bps" in numbers else f"{at}: {lack}"
    is_walked = (
        miss.reason in {"below_minimum", "fees"} and abs(numbers.get("net_bps", miss.net_bps) - miss.net_bps) >= 0.005
    )
    return f"net {numbers['net_bps']:+.2f} bps once both books are walked: {lack}" if is_walked else lack


def describe_refusal(reason: str, explanation: str, numbers: dict[str, float]) -> str:
    """Why something cannot be had, with the numbers that decided."""
    try:
        return _LACKS[reason](numbers)
    except KeyError:
        shown = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in numbers.items())
        return f"{explanation}: {shown}" if shown else explanation


_LACKS: Final[dict[str, Callable[[dict[str, float]], str]]] = {
    "below_minimum": lambda n: (
        f"lacks {n['minimum_bps'] - n['net_bps']:.2f} bps of the minimum, {n['minimum_bps']:.2f} bps"
    ),
    "fees": lambda n: f"costs of {n['gross_bps'] - n['net_bps']:.2f} bps against a gap of {n['gross_bps']:.2f} bps",
    "interval": lambda n: f"its settlement is overdue by {render_age(int(n['settlement_overdue_ms']))}",
    "stale": lambda n: f"a quote was {render_age(int(n['age_ms']))} old; {render_age(int(n['age_ms_max']))} is allowed",
    "skew": lambda n: (
        f"the quotes were taken {render_age(int(n['skew_ms']))} apart; {render_age(int(n['skew_ms_max']))} is allowed"
    ),
    "identity": lambda n: (
        f"prices {n['ratio']:.1%} apart; beyond {n['ratio_max']:.0%} they are most likely different assets"
    ),
    "depth": lambda n: f"the books hold {n['available']:g} of the {n['wanted']:g} units needed",
    "min_size": lambda n: f"the size, {n['size']:g}, is below the smallest order, {n['minimum']:g}",
    "min_notional": lambda n: f"the order, {n['notional']:.2f}, is below the smallest value, {n['minimum']:.2f}",
    "few_trades": lambda n: f"the rule traded {n['trades']:g} times on record; {n['trades_min']:g} are asked for",
    "unproven": lambda n: (
        f"the rule's {n['trades']:g} trades on record made {n['net_bps']:+.2f} bps after fees, {n['hit_rate']:.0%} of"
        f" them above costs; more than {n['minimum_bps']:.2f} bps is asked for"
    ),
    "chance": lambda n: (
        f"the rule's {n['trades']:g} trades on record made {n['net_bps']:+.2f} bps after fees, which is within two"
        f" standard errors ({n['error_bps']:.2f} bps each) of nothing"
    ),
    "signal_over": lambda n: f"it could be entered until {render_age(int(n['over_ms']))} ago",
    "target_passed": lambda n: f"the price, {n['price']:g}, has reached the target, {n['target']:g}",
    "stop_passed": lambda n: f"the price, {n['price']:g}, has passed the stop, {n['stop']:g}",
    "crossed_book": lambda n: f"a book reads bid {n['bid']:g}, ask {n['ask']:g}: bad data",
}
