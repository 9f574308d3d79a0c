"""Records of what the source of coin data answered."""

from collections.abc import Sequence
from typing import Any

from arbedge.domain.market import Mode
from arbedge.ports.coin_data import CoinQuote, FearAndGreed, GlobalMetrics, Paid
from arbedge.ports.lake.event_records import CoinRecord, CoinTopic
from arbedge.ports.lake.scan_records import RECORD_VERSION

QUOTES_PER_RECORD = 100


def record_coins(topic: str, answer: Paid[Any], mode: Mode) -> list[CoinRecord]:
    """Quotes, listings, global metrics, fear and greed; the map of ids is no figure and not kept."""
    match answer.value:
        case GlobalMetrics() as metrics:
            return [_record("global", answer, mode, global_metrics=metrics)]
        case FearAndGreed() as sentiment:
            return [_record("fear_and_greed", answer, mode, fear_and_greed=sentiment)]
        case [CoinQuote(), *_] as quotes:
            name: CoinTopic = "listings" if topic.startswith("listings") else "quotes"
            parts = [quotes[start : start + QUOTES_PER_RECORD] for start in range(0, len(quotes), QUOTES_PER_RECORD)]
            return [_record(name, answer, mode, quotes=part) for part in parts]
        case _:
            return []


def _record(
    topic: CoinTopic,
    answer: Paid[Any],
    mode: Mode,
    *,
    quotes: Sequence[CoinQuote] | None = None,
    global_metrics: GlobalMetrics | None = None,
    fear_and_greed: FearAndGreed | None = None,
) -> CoinRecord:
    return CoinRecord(
        v=RECORD_VERSION,
        at=answer.received_at,
        mode=mode,
        topic=topic,
        credits=answer.credits,
        quotes=None if quotes is None else list(quotes),
        global_metrics=global_metrics,
        fear_and_greed=fear_and_greed,
    )
