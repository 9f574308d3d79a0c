"""How often alerts were true, for everyone to see: computed from records at most once a minute."""

import logging
from typing import Final

import msgspec
from msgspec import Struct

from arbedge.app.services import Services
from arbedge.domain.appraisal import FIRST_STEP, STEPS, TOLERANCE_MS, Step
from arbedge.domain.confidence import OUTCOMES_MIN, Judgement, Learned
from arbedge.domain.market import Mode
from arbedge.errors import StoreUnavailable
from arbedge.limits import PUBLIC_METRICS_AGE_MS_MAX, TRACK_RECORD_MS, TRACK_RECORD_ROWS_MAX
from arbedge.ports.track_record import Answered, Calibration, Realised

log = logging.getLogger(__name__)

KEY: Final = "public/metrics/v1"
OUTCOMES_SHOWN_MIN: Final = 20  # below, a median says more about chance than about alerts


class ModelView(Struct, frozen=True):
    """The model in use: what it was made of, and how it did on outcomes it had not seen."""

    version: str
    trained_at: int
    n: int
    data_from: int
    data_to: int
    calibrated_by: str
    weights: dict[str, float]
    judgement: Judgement


class LearningView(Struct, frozen=True):
    """How many outcomes there are to learn from, how many it takes, and the model if there is one."""

    n: int
    n_min: int
    learned_at: int | None
    model: ModelView | None


class PublicMetrics(Struct, frozen=True):
    """The record of one market mode: a number, or how many outcomes there are and how many it takes.

    `outcomes` counts alerts judged at the first step; `tolerance_ms` says how late a step may be and still count.
    """

    mode: Mode
    source: str
    computed_at: int
    since: int
    outcomes: int
    outcomes_shown_min: int
    tolerance_ms: dict[Step, int]
    realised: list[Realised]
    answered: list[Answered]
    calibration: Calibration
    learning: LearningView


_decoder = msgspec.json.Decoder(PublicMetrics)


async def load_public_metrics(services: Services) -> PublicMetrics:
    """The latest sums, no older than a minute. Raises `StoreUnavailable` where the records cannot be read."""
    mode, now = services.settings.market_mode, services.clock.now_ms()
    key = f"{KEY}/{mode}"
    if (kept := await _load_kept(services, key)) and 0 <= now - kept.computed_at < PUBLIC_METRICS_AGE_MS_MAX:
        return kept
    since = now - TRACK_RECORD_MS
    totals = await services.track_record.sum_up(mode, since, TRACK_RECORD_ROWS_MAX)
    outcomes = sum(one.judged for one in totals.realised if (one.grouping, one.step) == ("all", FIRST_STEP))
    metrics = PublicMetrics(
        mode=mode,
        source="records of re-pricings",
        computed_at=now,
        since=since,
        outcomes=outcomes,
        outcomes_shown_min=OUTCOMES_SHOWN_MIN,
        tolerance_ms={step: TOLERANCE_MS[step] for step in STEPS},
        realised=totals.realised,
        answered=totals.answered,
        calibration=totals.calibration,
        learning=_view_learning(await services.learning.load(mode), outcomes),
    )
    try:
        await services.public_documents.put(key, msgspec.json.encode(metrics))
    except StoreUnavailable as error:
        log.warning("public metrics not kept", extra={"error": str(error)})
    return metrics


def _view_learning(learned: Learned | None, outcomes: int) -> LearningView:
    """Without a model, how many outcomes there are by now: what was learned last may be an hour old."""
    model = learned.model if learned else None
    view = model and ModelView(
        version=model.version,
        trained_at=model.trained_at,
        n=model.n,
        data_from=model.data_from,
        data_to=model.data_to,
        calibrated_by="platt",
        weights=dict(zip(model.weights.names, model.weights.weights, strict=True)),
        judgement=model.judgement,
    )
    n = learned.n if learned else 0
    learned_at = learned.learned_at if learned else None
    return LearningView(n if view else max(n, outcomes), OUTCOMES_MIN, learned_at, view)


async def _load_kept(services: Services, key: str) -> PublicMetrics | None:
    """What was computed last; what cannot be read is computed anew."""
    try:
        kept = await services.public_documents.get(key)
        return None if kept is None else _decoder.decode(kept)
    except (StoreUnavailable, msgspec.MsgspecError):
        return None
