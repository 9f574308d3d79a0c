"""A scan with an outcome, and one event of every kind: every value that matters to a test is given by the test."""

from typing import Any

import msgspec

from arbedge.app.in_force import record_policy
from arbedge.domain.market import Feed, Funding, Level, OrderBook, Quote, Snapshot
from arbedge.domain.policy import Policy
from arbedge.ports.coin_data import FearAndGreed
from arbedge.ports.lake import Outcome
from arbedge.ports.lake.event_records import (
    AnalysisRecord,
    AuditRecord,
    CoinRecord,
    CorrelationRecord,
    DeliveryRecord,
    DistributionRecord,
    EventRecord,
    PersonDecision,
    SeriesRef,
    SessionRecord,
)
from arbedge.ports.lake.scan_records import FailedBook
from tests.integration.store.builders import make_opportunity
from tests.unit.domain.builders import D

SCAN_ID = 1_793_491_200_000  # 2026-11-01 00:00 UTC
HOUR = 3_600_000
QUOTE = Quote(
    "1000PEPEUSDT", "PEPE", "USDT", 0.00001, 5.5, 0.000011, 7.0, 1_793_491_199_500, Funding(0.0001, 2, 8.0, 0.00001)
)
SPOT = Quote("BTCUSDT", "BTC", "USDT", 60000.1, 0.5, 60000.2, 0.25, None)
PERSON = "0123456789abcdef0123456789abcdef"


def make_snapshot(scan_id: int = SCAN_ID, quotes: list[Quote] | None = None) -> Snapshot:
    return Snapshot(
        version=1,
        scan_id=scan_id,
        mode="synthetic",
        started_at=scan_id + 10,
        finished_at=scan_id + 900,
        feeds=[
            Feed("binance", "perp", "ok", scan_id + 400, 350, quotes=quotes or [QUOTE], rejected={"no_funding": 2}),
            Feed("binance", "spot", "ok", scan_id + 300, 250, quotes=[SPOT]),
            Feed("okx", "spot", "unreachable", scan_id + 4300, 4000, error="timed out", is_asked=False),
        ],
    )


def make_book(price: str = "60000.10", **changes: Any) -> OrderBook:
    fields = {
        "exchange": "binance",
        "market": "spot",
        "symbol": "BTCUSDT",
        "bids": [Level(D(price), D("0.5"))],
        "asks": [Level(D("60000.2000"), D("1E-7"))],
        "exchange_at": None,
        "received_at": SCAN_ID + 950,
    }
    return OrderBook(**(fields | changes))  # type: ignore[arg-type] - the values are the fields'


def make_outcome(scan_id: int = SCAN_ID, **changes: Any) -> Outcome:
    fields = {
        "decided_at": scan_id + 1000,
        "catalogue": {"binance:spot": "0011223344556677"},
        "policy": record_policy(Policy()),
        "candidates": 3,
        "drop_counts": {"below_minimum": 2},
        "books": [make_book()],
        "books_failed": [FailedBook("okx", "spot", "BTC-USDT")],
        "changed": [make_opportunity(at=scan_id + 1000)],
        "checkpoint": [msgspec.Raw(b'{"streaks":{}}')],
    }
    return Outcome(**(fields | changes))


def make_session(at: int = SCAN_ID, **changes: Any) -> SessionRecord:
    fields = {"person": PERSON, "change": "extended", "via": "telegram", "command": "menu", "expires_at": at + HOUR}
    return SessionRecord(v=1, at=at, **(fields | changes))


def make_events(at: int = SCAN_ID) -> list[EventRecord]:
    """One of every kind."""
    series = SeriesRef("okx", "spot", "BTC-USDT", "BTC", "USDT", 300, 0, "api", 12, "synthetic")
    told = PersonDecision(
        PERSON, "user", "free", "active", at + HOUR, {"funding": "off"}, {}, True, "alerts_off", False
    )
    return [
        DistributionRecord(
            v=1,
            at=at,
            mode="synthetic",
            opportunity_id="aa",
            revision=1,
            opportunity_updated_at=at,
            page=None,
            part=0,
            people=[told],
        ),
        DeliveryRecord(
            v=1,
            at=at,
            mode="synthetic",
            opportunity_id="aa",
            revision=1,
            opportunity_updated_at=at,
            person=PERSON,
            is_first=True,
            is_silent=False,
            content_sha256="ab" * 32,
            outcome="sent",
            error=None,
        ),
        make_session(at),
        AuditRecord(v=1, at=at, actor=PERSON, action="secret_removed", subject_kind="message", subject="private"),
        AnalysisRecord(v=1, at=at, series=series, interval="1h", readings=0, last=None, regime=None),
        CorrelationRecord(
            v=1,
            at=at,
            first=series,
            second=series,
            interval="1h",
            step_ms=HOUR,
            pairs=2,
            pearson=0.5,
            lag_steps_max=3,
            lead_lag=None,
        ),
        CoinRecord(
            v=1,
            at=at,
            mode="synthetic",
            topic="fear_and_greed",
            credits=1,
            fear_and_greed=FearAndGreed(50, "Neutral", at),
        ),
    ]
