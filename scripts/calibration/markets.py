"""Which markets are run over, and under which rules."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from arbedge.domain.policy import OpportunityType, Policy
from scripts.calibration.captured import load_capture
from scripts.calibration.course import Rules
from scripts.calibration.priced import load_binance_instant, load_bybit_instant, load_depegging, load_hours
from scripts.calibration.quoted import load_minutes, load_scans, load_ticks
from scripts.calibration.seeded import SeededTape
from scripts.calibration.tape import About, RecordedTape, Tape

TOLD: Final = "what would be told"
SIGHTINGS: Final = "every sighting, without the minimum"
SET_OFF: Final = "every sighting, the fees set off"
ABOVE: Final = "every sighting above the minimum"
NONE_BPS: Final = -1e6
# Two taker fees at base tier, given back instead of the cost of rebalancing.
CREDIT_BPS: Final = Decimal(-20)
SET_OFF_MIN_BPS: Final = 0.1
TOLD_MINUTES, ABOVE_MINUTES = 30, 15
QUICK_MINUTES: Final = 2
SYNTHETIC_JUDGED_STEP: Final = "after_60s"  # within 5 s hardly any of its gaps closes

RECORDED: Final[tuple[Callable[[Path], RecordedTape], ...]] = (
    load_scans,
    load_ticks,
    load_capture,
    load_minutes,
    load_depegging,
    load_hours,
    load_binance_instant,
    load_bybit_instant,
)


class Task(NamedTuple):
    tape: Tape
    rules: Rules


def list_rules(about: About) -> list[Rules]:
    """What is told is judged everywhere; sightings where something after them is recorded."""
    if about.judged_step is None:
        return [Rules(TOLD, Policy())]
    step = about.judged_step
    rules = [
        Rules(TOLD, Policy(), judged_step=step),
        Rules(SIGHTINGS, _policy_without_minimum(about), is_every_sighting=True, judged_step=step),
    ]
    if about.name == "scans":
        minimum: dict[OpportunityType, float] = {**Policy().min_net_bps, "cross_exchange": SET_OFF_MIN_BPS}
        policy = Policy(min_net_bps=minimum, confirmations=1, rebalancing_bps=CREDIT_BPS)
        rules.append(Rules(SET_OFF, policy, is_every_sighting=True, judged_step=step))
    return rules


def _policy_without_minimum(about: About) -> Policy:
    lowered: dict[OpportunityType, float] = dict.fromkeys(about.types, NONE_BPS)
    return Policy(min_net_bps=Policy().min_net_bps | lowered, confirmations=1)


def list_recorded(fixtures: Path) -> list[Task]:
    tapes = [load(fixtures) for load in RECORDED]
    return [Task(tape, rules) for tape in tapes for rules in list_rules(tape.about)]


def list_synthetic(seed: int, *, is_quick: bool) -> list[Task]:
    told, above = (QUICK_MINUTES, QUICK_MINUTES) if is_quick else (TOLD_MINUTES, ABOVE_MINUTES)
    return [
        Task(SeededTape(seed, told), Rules(TOLD, Policy())),
        Task(SeededTape(seed, above), Rules(ABOVE, Policy(confirmations=1), True, SYNTHETIC_JUDGED_STEP)),
    ]
