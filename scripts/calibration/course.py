"""Takes one market through scans, re-pricings and learning in the order of time, with the product's own functions.

Beside what the product would tell, every verified sighting can be made a claim: then a claim does not wait for a
second scan, and an open episode does not keep its next sighting from being one too.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from arbedge.app.learn import HOUR_MS, learn_from
from arbedge.domain.appraisal import TOLERANCE_MS, Appraisal, Due, Step, appraise, plan
from arbedge.domain.confidence import Example, Learned, Model
from arbedge.domain.decision import Decision, Known, LegKey, choose, conclude
from arbedge.domain.detection.verification import LegMarket
from arbedge.domain.features import name_pair
from arbedge.domain.market import Mode
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.policy import Policy
from arbedge.limits import LEARNING_ROWS_MAX
from arbedge.ports.learning import Outcome
from scripts.calibration.tape import Tape

Report = Callable[[int, int], None]
"""Told how many of how many scans are done."""


class Rules(NamedTuple):
    """How claims are made; `judged_step` is the one whose outcome is learned and stated as a probability."""

    title: str
    policy: Policy
    is_every_sighting: bool = False
    judged_step: Step = "after_5s"


class Claimed(Struct):
    """An alert as it was claimed, and what became of it by step; None: the market of that moment is not recorded."""

    opportunity: Opportunity
    answers: dict[Step, Appraisal | None] = field(default_factory=dict[Step, Appraisal | None])


class Found(Struct):
    """What came of one market under one set of rules."""

    mode: Mode
    scans: int = 0
    candidates: int = 0
    sightings: int = 0
    drops: Counter[str] = field(default_factory=Counter[str])
    best_bps: dict[str, float] = field(default_factory=dict[str, float])  # by type; at top of book where it was dropped
    claims: dict[str, Claimed] = field(default_factory=dict[str, Claimed])
    models: list[Model] = field(default_factory=list[Model])  # in the order in which they were taken into use


def is_judged(answer: Appraisal | None) -> bool:
    """Whether a step says what became of the edge: it has a number, or the books no longer held the size."""
    return answer is not None and (answer.state == "valued" or (answer.state, answer.reason) == ("unvalued", "depth"))


def get_outcome(claimed: Claimed, step: Step) -> Outcome | None:
    answer, claim = claimed.answers.get(step), claimed.opportunity.claim
    if answer is None or claim is None or not is_judged(answer):
        return None
    example = Example(claim.at, claim.features, (answer.realised_bps or 0) > 0)
    return Outcome(name_pair(claimed.opportunity.sighting), example)


def list_outcomes(claims: Iterable[Claimed], step: Step, known_at: int | None = None) -> list[Outcome]:
    """The newest first; with `known_at`, those that were known by then."""
    found: list[Outcome] = []
    for claimed in claims:
        answer = claimed.answers.get(step)
        is_known = answer is not None and (known_at is None or (answer.appraised_at or 0) <= known_at)
        if is_known and (outcome := get_outcome(claimed, step)):
            found.append(outcome)
    return sorted(found, key=lambda one: one.example.claimed_at, reverse=True)


class Course:
    def __init__(self, tape: Tape, rules: Rules, report: Report) -> None:
        self._tape, self._rules, self._report = tape, rules, report
        self._known = Known({}, [])
        self._learned: Learned | None = None
        self._hour = 0
        self._due: dict[tuple[str, Step], int] = {}
        self.found = Found(tape.mode)

    async def run(self) -> Found:
        moments = self._tape.moments
        for number, at in enumerate(moments):
            await self._settle(at)
            self._learn(at)
            await self._scan(at)
            self._report(number + 1, len(moments))
        await self._settle(None)
        return self.found

    async def _scan(self, at: int) -> None:
        tape, policy, found = self._tape, self._rules.policy, self.found
        snapshot = await tape.look(at)
        known = replace(self._known, learned=self._learned)
        choice = choose(snapshot, known, policy)
        legs = [leg for candidate in choice.chosen for leg in candidate.legs]
        markets = await tape.fetch(legs, at)
        decision = conclude(
            choice,
            snapshot,
            tape.get_instruments(legs),
            {key: market.book for key, market in markets.items()},
            known,
            at,
            policy,
            not_recorded=choice.legs.keys() - markets.keys(),
        )
        found.scans += 1
        found.candidates += decision.candidates
        found.sightings += len(decision.streaks)
        found.drops.update(decision.drop_counts)
        self._note_best(decision)
        self._remember(decision, at)
        for opportunity in decision.changed:
            if opportunity.claim is not None and opportunity.id not in found.claims:
                found.claims[opportunity.id] = Claimed(opportunity)
            self._plan(opportunity)

    def _note_best(self, decision: Decision) -> None:
        """The best edge seen of each type, whether or not it was told; a drop's for want of sound data is none."""
        best = self.found.best_bps
        near = [(one.candidate.type, one.numbers["net_bps"]) for one in decision.nearest if "net_bps" in one.numbers]
        told = [(one.type, float(one.net_bps)) for one in decision.changed]
        for kind, net_bps in near + told:
            best[kind] = max(net_bps, best.get(kind, float("-inf")))

    def _remember(self, decision: Decision, at: int) -> None:
        """What the next scan is to know, as the database keeps it: no episodes where each sighting is a new one."""
        episodes = {one.id: one for one in (*self._known.episodes, *decision.changed)}
        since = at - self._rules.policy.reopen_ms_max
        current = [one for one in episodes.values() if one.ended_at is None or one.ended_at >= since]
        self._known = Known(decision.streaks, [] if self._rules.is_every_sighting else current, decision.watch)

    def _plan(self, opportunity: Opportunity) -> None:
        claimed = self.found.claims.get(opportunity.id)
        for step, due in plan(opportunity).items():
            if claimed and step not in claimed.answers:
                self._due[opportunity.id, step] = due

    async def _settle(self, until: int | None) -> None:
        """Values again what is due by now, each step on the first recorded moment within its tolerance."""
        ready = sorted((due, key) for key, due in self._due.items() if until is None or due <= until)
        for due, (id_, step) in ready:
            del self._due[id_, step]
            claimed = self.found.claims[id_]
            at = self._tape.find_moment(due, TOLERANCE_MS[step])
            claimed.answers[step] = (
                None if at is None else await self._value(claimed, Due(step, due, claimed.opportunity), at)
            )

    async def _value(self, claimed: Claimed, due: Due, at: int) -> Appraisal | None:
        legs = due.legs
        markets = await self._tape.fetch(legs, at)
        if any((leg.exchange, leg.market, leg.symbol) not in markets for leg in legs):
            return None
        return appraise(due, _in_order(due, markets), at, self._rules.policy)

    def _learn(self, at: int) -> None:
        """At the first scan of an hour, as the hourly cron does."""
        if at // HOUR_MS == self._hour:
            return
        self._hour = at // HOUR_MS
        outcomes = list_outcomes(self.found.claims.values(), self._rules.judged_step, at)[:LEARNING_ROWS_MAX]
        before = self._learned.model if self._learned else None
        self._learned, _ = learn_from(outcomes, self._learned, self._tape.mode, at, at)
        if self._learned.model is not None and self._learned.model is not before:
            self.found.models.append(self._learned.model)


def _in_order(due: Due, markets: Mapping[LegKey, LegMarket]) -> list[LegMarket]:
    return [markets[leg.exchange, leg.market, leg.symbol] for leg in due.legs]
