"""Opportunities valued on real books, and messages as Telegram sends them; what a test is about, it says."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from arbedge.domain.detection import cross_exchange, funding
from arbedge.domain.detection.candidates import Candidate, Drop, LegRef
from arbedge.domain.edge import Edge, LegTerms, find_capacity, measure_pair, trace_curve
from arbedge.domain.market import Funding, OrderBook, Origin
from arbedge.domain.opportunity import Opportunity, Sighting, Transition, derive_id, make_leg
from arbedge.domain.policy import HELD_TYPES, OpportunityType, Policy
from arbedge.ports.messenger import Screen
from arbedge.ports.store import ScanReport
from scripts.sandbox.telegram.formatting import parse_html, utf16_length
from scripts.sandbox.telegram.keyboards import check_markup, check_rows
from tests.unit.domain.builders import HOUR, NOW, book, terms

D = Decimal
POLICY = Policy()


def cross(asset: str = "BTC", *, sell_at: str = "100.9", **changes: Any) -> Opportunity:
    """Buys spot at 100.00 and then 100.05 on Binance, sells at `sell_at` on OKX, eight units."""
    buy = terms(book("binance", bids=[("99.9", "5")], asks=[("100.00", "5"), ("100.05", "20")]), asset=asset)
    sell = terms(
        book("okx", symbol=f"{asset}-USDT", bids=[(sell_at, "30")], asks=[("101.5", "5")]), side="sell", asset=asset
    )

    def value(size: Decimal) -> Edge:
        return cross_exchange.value((buy, sell), size, NOW, POLICY)

    return _opportunity("cross_exchange", asset, buy, sell, value, **changes)


def carry(asset: str = "ETH", **changes: Any) -> Opportunity:
    """Long on Bybit, short on OKX, with funding every 8 h and every 4 h."""
    low = Funding(rate=-0.0004, next_at=NOW + 2 * HOUR, interval_h=8.0, mark=100.0)
    high = Funding(rate=0.0011, next_at=NOW + HOUR, interval_h=4.0, mark=100.0)
    buy = terms(_perp("bybit", "100.00", "100.02"), fee="0.00055", asset=asset, funding=low)
    sell = terms(_perp("okx", "100.01", "100.03"), side="sell", fee="0.0005", asset=asset, funding=high)
    buy, sell = (replace(leg, funding_from=Origin(NOW - 2_000, "api")) for leg in (buy, sell))

    def value(size: Decimal) -> Edge:
        return funding.value((buy, sell), size, NOW, POLICY)

    return _opportunity("funding", asset, buy, sell, value, **changes)


def _perp(exchange: Any, bid: str, ask: str) -> OrderBook:
    return book(exchange, "perp", "ETHUSDT", bids=[(bid, "50")], asks=[(ask, "50")])


def _opportunity(
    kind: OpportunityType, asset: str, buy: LegTerms, sell: LegTerms, value: Any, **changes: Any
) -> Opportunity:
    edge = value(D(8))
    minimum = POLICY.min_net_bps[kind]
    key = f"{kind}|{asset}|USDT"
    sighting = Sighting(
        key=key,
        type=kind,
        asset=asset,
        quote="USDT",
        seen_at=NOW,
        edge=edge,
        legs=(
            make_leg(buy, edge.fills[0]),
            make_leg(sell, edge.fills[1]),
        ),
        capacity_quote=find_capacity(value, measure_pair((buy, sell)), minimum),
        curve=trace_curve(value, measure_pair((buy, sell))),
        books=(buy.book.asks, sell.book.bids),
        exit_books=(buy.book.bids, sell.book.asks) if kind in HELD_TYPES else (),
    )
    one = Opportunity(
        id=derive_id(key, NOW),
        key=key,
        type=kind,
        asset=asset,
        quote="USDT",
        status="active",
        mode="synthetic",
        horizon_h=24,
        detected_at=NOW - 10_000,
        updated_at=NOW,
        expires_at=NOW + 600_000,
        revised_at=NOW,
        revised_net_bps=edge.net_bps,
        sighting=sighting,
        transitions=[Transition("detected", NOW - 10_000), Transition("active", NOW)],
    )
    return replace(one, **changes)


def ended(one: Opportunity, reason: str = "below_minimum", status: Any = "vanished", at: int = NOW) -> Opportunity:
    transitions = [*one.transitions, Transition(status, at, reason)]
    return replace(
        one, status=status, ended_at=at, end_reason=reason, transitions=transitions, revision=one.revision + 1
    )


def miss(
    asset: str = "SOL", net_bps: float = 4.25, reason: Any = "below_minimum", numbers: dict[str, float] | None = None
) -> Drop:
    return Drop(
        candidate=Candidate(
            type="cross_exchange",
            asset=asset,
            quote="USDT",
            legs=(
                LegRef("binance", "spot", f"{asset}USDT", "buy"),
                LegRef("okx", "spot", f"{asset}-USDT", "sell"),
            ),
            gross_bps=net_bps + 22,
            net_bps=net_bps,
        ),
        reason=reason,
        numbers={"net_bps": net_bps, "minimum_bps": 10.0} if numbers is None else numbers,
    )


def report(*drops: Drop, finished_at: int = NOW - 2_000) -> ScanReport:
    return ScanReport(
        scan_id=finished_at - 1_000,
        mode="synthetic",
        started_at=finished_at - 1_000,
        finished_at=finished_at,
        instruments=2345,
        candidates=1,
        drop_counts={"below_minimum": 1200, "stale": 3},
        nearest=list(drops),
    )


def read(screen: Screen, *, private: bool = True) -> str:
    """What a reader sees of a screen; fails where Telegram would refuse it."""
    text, entities = parse_html(screen.text)
    assert 0 < utf16_length(text.strip()) <= 4096
    assert len(entities) <= 100
    for entity in entities:
        if entity["type"] == "pre":
            units = text.encode("utf-16-le")
            block = units[entity["offset"] * 2 : (entity["offset"] + entity["length"]) * 2].decode("utf-16-le")
            assert all(len(line) <= 34 for line in block.split("\n"))
    if screen.buttons:
        rows = [[_button(button) for button in row] for row in screen.buttons]
        check_rows(rows, "inline keyboard")
        check_markup({"inline_keyboard": rows}, private=private)
        assert len(rows) <= 8
    return text


def _button(button: Any) -> dict[str, str]:
    fields = {"text": button.text, "callback_data": button.data, "url": button.url, "style": button.style}
    return {name: value for name, value in fields.items() if value is not None}


def data_of(screen: Screen) -> dict[str, str]:
    """What each button carries, by its text."""
    return {button.text: button.data for row in screen.buttons for button in row if button.data}


def message(
    text: Any = "hello", user_id: int = 123456789, chat_id: int | None = None, **changes: Any
) -> dict[str, Any]:
    """A private message; a command at its start is marked as clients mark it."""
    head = f"{text} ".split(maxsplit=1)[0] if f"{text}".strip() else ""
    entities = [{"type": "bot_command", "offset": 0, "length": len(head)}] if head.startswith("/") else None
    fields: dict[str, Any] = {
        "message_id": 77,
        "from": {"id": user_id, "is_bot": False, "first_name": "Fiona"},
        "chat": {"id": chat_id or user_id, "type": "private"},
        "date": NOW // 1000,
        "text": text,
    }
    return fields | ({"entities": entities} if entities else {}) | changes
