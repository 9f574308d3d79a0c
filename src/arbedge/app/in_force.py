"""The rules in force as one record with a version of its own, so that a recorded scan says what decided it."""

from msgspec import structs

from arbedge.domain.fees import get_base_tier
from arbedge.domain.identity import HOMONYMS
from arbedge.domain.market import EXCHANGES, MARKETS, ExchangeId, Market
from arbedge.domain.policy import PREMIUM_NET_BPS, Policy
from arbedge.domain.quarantine import RELEASE_MS, SCANS_MIN
from arbedge.limits import (
    BAD_DATA_KEPT,
    BOOK_DEPTH,
    EDIT_INTERVAL_MS_MIN,
    NEAR_MISSES_KEPT,
    NEAR_MISSES_OF_A_TYPE_MIN,
    REFUSED_MEMORY_MS,
    SHORTLIST_FRESH_MIN,
    SHORTLIST_MAX,
    SIGNAL_MEMORY_MS,
    SIGNAL_TRADES_MIN,
    SIGNALS_SHOWN_MAX,
    WATCHED_MAX,
)
from arbedge.ports.lake.scan_records import RECORD_VERSION, FeeRow, PolicyRecord, derive_version

BOUNDS = {
    "bad_data_kept": BAD_DATA_KEPT,
    "book_depth": BOOK_DEPTH,
    "edit_interval_ms_min": EDIT_INTERVAL_MS_MIN,
    "near_misses_kept": NEAR_MISSES_KEPT,
    "near_misses_of_a_type_min": NEAR_MISSES_OF_A_TYPE_MIN,
    "premium_net_bps": PREMIUM_NET_BPS,
    "quarantine_release_ms": RELEASE_MS,
    "quarantine_scans_min": SCANS_MIN,
    "refused_memory_ms": REFUSED_MEMORY_MS,
    "shortlist_fresh_min": SHORTLIST_FRESH_MIN,
    "shortlist_max": SHORTLIST_MAX,
    "signal_memory_ms": SIGNAL_MEMORY_MS,
    "signal_trades_min": SIGNAL_TRADES_MIN,
    "signals_shown_max": SIGNALS_SHOWN_MAX,
    "watched_max": WATCHED_MAX,
}


def record_policy(policy: Policy) -> PolicyRecord:
    """Thresholds, fees, bounds and lists, under a version derived from all of them."""
    record = PolicyRecord(
        v=RECORD_VERSION,
        version="unversioned",
        policy=policy,
        fees=tuple(_record_fee(exchange, market) for exchange in EXCHANGES for market in MARKETS),
        bounds={name: float(bound) for name, bound in BOUNDS.items()},
        ambiguous=tuple(sorted(HOMONYMS)),
    )
    return structs.replace(record, version=derive_version(record))


def _record_fee(exchange: ExchangeId, market: Market) -> FeeRow:
    fee = get_base_tier(exchange, market)
    return FeeRow(exchange, market, fee.taker, fee.maker, fee.basis)
