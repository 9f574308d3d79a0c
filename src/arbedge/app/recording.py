"""Records a scan in the lake, and says how the lake is. A scan never fails for its record."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Raw

from arbedge.app.in_force import record_policy
from arbedge.app.services import Services
from arbedge.domain.decision import Decision, LegKey
from arbedge.domain.market import FeedState, OrderBook, Snapshot
from arbedge.errors import ArbEdgeError, StoreUnavailable
from arbedge.ports.health import DependencyHealth
from arbedge.ports.lake import Outcome
from arbedge.ports.lake.scan_records import FailedBook
from arbedge.ports.store import Catalogue

DEPENDENCY: Final = "lake"
WORDS_MAX: Final = 300

log = logging.getLogger(__name__)


def sum_up(
    services: Services,
    catalogue: Catalogue,
    decision: Decision,
    wanted: Iterable[LegKey],
    books: Mapping[LegKey, OrderBook],
    decided_at: int,
    follows: int | None,
    checkpoint: Sequence[Raw],
) -> Outcome:
    """What a scan decided, and on what, for its record."""
    return Outcome(
        decided_at=decided_at,
        catalogue=catalogue.get_versions(),
        policy=record_policy(services.policy),
        candidates=decision.candidates,
        drop_counts=decision.drop_counts,
        books=list(books.values()),
        books_failed=[FailedBook(*key) for key in wanted if key not in books],
        changed=decision.changed,
        follows=follows,
        checkpoint=checkpoint,
    )


async def record_scan(services: Services, snapshot: Snapshot, outcome: Outcome | None) -> bool:
    """Keeps the scan; without an outcome what was observed. Storage that is down is said in health and in the log.

    Whether the record is kept anywhere.
    """
    state: FeedState = "ok"
    trouble: str | None = None
    try:
        if troubles := await services.lake.append_scan(snapshot, outcome):
            state, trouble = "degraded", "; ".join(troubles)
    except ArbEdgeError as error:
        state, trouble = "down", f"{error.code}: {error}"
    except Exception as error:
        log.exception("the scan's record could not be made")
        state, trouble = "down", type(error).__name__
    if trouble:
        log.error("scan not recorded as it should be", extra={"state": state, "error": trouble})
    await _report(services, state, trouble)
    return state != "down"


async def _report(services: Services, state: FeedState, trouble: str | None) -> None:
    """Says how the lake is where health is read from; a database that is down says so itself."""
    now = services.clock.now_ms()
    words = trouble[:WORDS_MAX] if trouble else None
    health = DependencyHealth(DEPENDENCY, state, words, now, None if state == "down" else now)
    try:
        await services.dependencies.save(health)
    except StoreUnavailable as error:
        log.warning("the lake's health is not recorded", extra={"error": str(error)})
