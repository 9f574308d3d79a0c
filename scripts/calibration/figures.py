"""Adds up what became of claims, by the same rules as the public metrics: realised over claimed, and stated odds."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from arbedge.domain.appraisal import STEPS, Step, list_exchanges
from arbedge.domain.confidence import BINS, Judgement, Model, judge, train
from arbedge.ports.track_record import Grouping, Realised
from scripts.calibration.course import Claimed, Found, Rules, get_outcome, is_judged, list_outcomes
from scripts.calibration.tape import About

NOT_RECORDED = "not recorded"


class Judged(NamedTuple):
    """How often the edge was still there, a model of the older outcomes on the newer, and what was stated on the way.

    Without a model, `why` says what it lacked.
    """

    outcomes: int
    lasted: int
    model: Model | None
    why: str
    stated: Judgement | None


class Finding(NamedTuple):
    """One market under one set of rules, added up."""

    about: About
    rules: Rules
    found: Found
    answered: dict[Step, Counter[str]]
    realised: list[Realised]
    judged: Judged


def add_up(about: About, rules: Rules, found: Found) -> Finding:
    claims = found.claims.values()
    answered: dict[Step, Counter[str]] = {step: Counter() for step in STEPS}
    for claimed in claims:
        for step, answer in claimed.answers.items():
            told = NOT_RECORDED if answer is None else answer.reason or answer.state
            answered[step][told] += 1
    return Finding(about, rules, found, answered, sum_realised(claims), judge_model(found, rules))


def sum_realised(claims: Iterable[Claimed]) -> list[Realised]:
    """Realised over claimed in each group that was judged; what claims nothing has no ratio and is left out."""
    groups: defaultdict[tuple[Grouping, str, Step], list[tuple[float | None, bool]]] = defaultdict(list)
    for claimed in claims:
        opportunity = claimed.opportunity
        for step, answer in claimed.answers.items():
            if answer is None or not is_judged(answer) or answer.claimed_bps <= 0:
                continue
            names: list[tuple[Grouping, str]] = [
                ("all", "all"),
                ("type", opportunity.type),
                ("exchanges", list_exchanges(opportunity)),
                ("confidence", _name_confidence(claimed)),
            ]
            for grouping, name in names:
                groups[grouping, name, step].append((answer.ratio, (answer.realised_bps or 0) > 0))
    order = ("all", "type", "exchanges", "confidence")
    keys = sorted(groups, key=lambda key: (order.index(key[0]), key[1], STEPS.index(key[2])))
    return [_rank(key, groups[key]) for key in keys]


def _name_confidence(claimed: Claimed) -> str:
    claim = claimed.opportunity.claim
    if claim is None or claim.confidence.p is None:
        return "none stated"
    low = min(int(claim.confidence.p * BINS), BINS - 1)
    return f"{low / BINS:.1f} to {(low + 1) / BINS:.1f}"


def _rank(key: tuple[Grouping, str, Step], group: Sequence[tuple[float | None, bool]]) -> Realised:
    """Quartiles by rank; of an even number the median lies between the two in the middle."""
    ratios = sorted(ratio for ratio, _ in group if ratio is not None)
    n = len(ratios)
    middle = ratios[(n + 1) // 2 - 1 : (n + 2) // 2]
    grouping, name, step = key
    return Realised(
        grouping=grouping,
        name=name,
        step=step,
        n=n,
        judged=len(group),
        median=sum(middle) / len(middle) if middle else None,
        lower_quartile=ratios[(n + 3) // 4 - 1] if n else None,
        upper_quartile=ratios[(3 * n + 3) // 4 - 1] if n else None,
        positive_share=sum(lasted for _, lasted in group) / len(group),
    )


def judge_model(found: Found, rules: Rules) -> Judged:
    claims, step = found.claims.values(), rules.judged_step
    examples = [one.example for one in list_outcomes(claims, step)]
    lasted = sum(one.lasted for one in examples)
    model = train(examples, found.mode, max((one.claimed_at for one in examples), default=0))
    why = "" if model else _explain(len(examples), lasted)
    stated = [
        (claimed.opportunity.claim.confidence.p, outcome.example.lasted)
        for claimed in claims
        if claimed.opportunity.claim
        and claimed.opportunity.claim.confidence.p is not None
        and (outcome := get_outcome(claimed, step))
    ]
    said, happened = [p for p, _ in stated], [one for _, one in stated]
    share = sum(happened) / len(happened) if happened else 0.0
    return Judged(len(examples), lasted, model, why, judge(said, happened, share) if said else None)


def _explain(outcomes: int, lasted: int) -> str:
    if not outcomes:
        return "no outcome is recorded"
    if not lasted:
        return f"none of {outcomes:,} lasted: there is nothing to tell apart"
    if lasted == outcomes:
        return f"all of {outcomes:,} lasted: there is nothing to tell apart"
    return f"{lasted:,} of {outcomes:,} lasted: too few of one kind, or altogether"
