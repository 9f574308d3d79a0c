"""Learns from what became of alerts: counts each hour, a model each day, and the first one as soon as it can be."""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from arbedge.app.services import Services
from arbedge.domain.confidence import Learned, Model, is_not_worse, train
from arbedge.domain.market import Mode
from arbedge.limits import APPRAISALS_KEPT_MS, LEARNED_PAIRS_MAX, LEARNING_ROWS_MAX
from arbedge.ports.learning import Outcome

log = logging.getLogger(__name__)

HOUR_MS: Final = 3_600_000
TRAINING_HOUR: Final = 3  # UTC


async def learn(services: Services, scheduled_at: int) -> None:
    """One run of the hourly cron. Repeating it changes nothing but the time."""
    mode, now = services.settings.market_mode, services.clock.now_ms()
    outcomes = await services.learning.load_outcomes(mode, LEARNING_ROWS_MAX)
    learned, trained = learn_from(outcomes, await services.learning.load(mode), mode, scheduled_at, now)
    await services.learning.save(learned, trained, now - APPRAISALS_KEPT_MS)
    if trained is not None:
        about = {"version": trained.version, "brier": trained.judgement.brier, "is_taken": trained is learned.model}
        log.info("model trained", extra=about)


def learn_from(
    outcomes: Sequence[Outcome], before: Learned | None, mode: Mode, scheduled_at: int, now: int
) -> tuple[Learned, Model | None]:
    """What these outcomes teach, and the model that was trained of them if it was time, whether or not it is taken."""
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
    return learned, trained


def count_shares(outcomes: Sequence[Outcome]) -> dict[str, tuple[int, int]]:
    """Of the pairs with the most outcomes: how many, and how many lasted."""
    lasted: defaultdict[str, int] = defaultdict(int)
    counts = Counter(one.pair for one in outcomes)
    for one in outcomes:
        lasted[one.pair] += one.example.lasted
    return {pair: (n, lasted[pair]) for pair, n in counts.most_common(LEARNED_PAIRS_MAX)}
