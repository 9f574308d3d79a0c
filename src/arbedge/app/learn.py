"""Learns from what became of alerts: counts each hour, a model each day, and the first one as soon as it can be."""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from arbedge.app.services import Services
from arbedge.domain.confidence import Learned, is_not_worse, train
from arbedge.limits import APPRAISALS_KEPT_MS, LEARNED_PAIRS_MAX, LEARNING_ROWS_MAX
from arbedge.ports.learning import Outcome

log = logging.getLogger(__name__)

HOUR_MS: Final = 3_600_000
TRAINING_HOUR: Final = 3  # UTC


async def learn(services: Services, scheduled_at: int) -> None:
    """One run of the hourly cron. Repeating it changes nothing but the time."""
    mode, now = services.settings.market_mode, services.clock.now_ms()
    outcomes = await services.learning.load_outcomes(mode, LEARNING_ROWS_MAX)
    before = await services.learning.load(mode)
    model = before.model if before else None
    trained = None
    if model is None or scheduled_at // HOUR_MS % 24 == TRAINING_HOUR:
        examples = [one.example for one in outcomes]
        trained = train(examples, mode, now)
        if trained is not None and is_not_worse(trained, model, examples):
            model = trained
    lasted = sum(one.example.lasted for one in outcomes)
    learned = Learned(
        mode=mode,
        learned_at=now,
        n=len(outcomes),
        everyone=lasted / len(outcomes) if outcomes else 0.5,
        shares=count_shares(outcomes),
        model=model,
    )
    await services.learning.save(learned, trained, now - APPRAISALS_KEPT_MS)
    if trained is not None:
        about = {"version": trained.version, "brier": trained.judgement.brier, "is_taken": trained is model}
        log.info("model trained", extra=about)


def count_shares(outcomes: Sequence[Outcome]) -> dict[str, tuple[int, int]]:
    """Of the pairs with the most outcomes: how many, and how many lasted."""
    lasted: defaultdict[str, int] = defaultdict(int)
    counts = Counter(one.pair for one in outcomes)
    for one in outcomes:
        lasted[one.pair] += one.example.lasted
    return {pair: (n, lasted[pair]) for pair, n in counts.most_common(LEARNED_PAIRS_MAX)}
