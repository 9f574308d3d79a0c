"""The one form in which an opportunity is shown: the API sends it, the bot and the page render it.

Amounts are decimal strings, `*_bps` are numbers, times are epoch ms, and ages are counted at the moment of reading.
"""

from collections.abc import Sequence
from decimal import Context, Decimal

from msgspec import Struct

from arbedge.app.charged import ChargedView
from arbedge.app.figures_shown import round_shown as _round
from arbedge.app.figures_shown import trim as _trim
from arbedge.app.leg_views import LegView, view_leg
from arbedge.app.valued import ValuedView, view_valued
from arbedge.domain.appraisal import Appraisal, LegAge, State, Step, explain_absence
from arbedge.domain.break_even import find_break_even_h
from arbedge.domain.categories import Category, categorise
from arbedge.domain.detection.candidates import Drop, LegRef
from arbedge.domain.market import Level, Mode, Side, Source
from arbedge.domain.opportunity import Leg, Opportunity, Sighting, Status, Transition
from arbedge.domain.policy import OpportunityType
from arbedge.domain.reasons import EXPLANATIONS, Reason
from arbedge.domain.revaluation import Reading
from arbedge.domain.technical.rules import RULES, Rule
from arbedge.domain.technical.signals import BackedSignal


class PartView(Struct, frozen=True):
    label: str
    bps: float


class CurveView(Struct, frozen=True):
    size_quote: Decimal
    net_bps: float


class ConfidenceView(Struct, frozen=True):
    """The probability, stated at the confirmation, that the net edge is still positive 5 s later.

    `p` is None while too few outcomes are recorded to learn from; `n` then says how many there are.
    """

    p: float | None = None
    n: int = 0
    model: str | None = None


class RecordView(Struct, frozen=True):
    """What a rule's trades came to in the walk forward over recorded candles, two taker fees paid; means a trade.

    `error_bps` is the standard error of the mean net; `bars` are of `instruments` together, from `since` to `until`.
    """

    trades: int
    hits: int
    hit_rate: float
    gross_bps: float
    net_bps: float
    error_bps: float
    instruments: int
    bars: int
    since: int
    until: int


class SignalView(Struct, frozen=True):
    """What a technical opportunity rests on: the rule, where it enters and leaves, and how the rule did before.

    It may be entered until `enter_by` and is given up at `ends_at`; `bar` began when the bar did that gave it.
    """

    rule: Rule
    side: Side
    entry: Decimal
    target: Decimal
    stop: Decimal
    atr: Decimal
    bar: int
    enter_by: int
    ends_at: int
    record: RecordView
    age_ms: int
    source: Source
    mode: Mode


class OpportunityView(Struct, frozen=True, omit_defaults=False):
    """An opportunity on the wire (product specification, section 9). `curve` and below are for the detail only."""

    id: str
    type: OpportunityType
    asset: str
    quote: str
    status: Status
    categories: list[Category]
    detected_at: int
    updated_at: int
    expires_at: int
    gross_bps: float
    net_bps: float
    size_base: Decimal
    size_quote: Decimal
    capacity_quote: Decimal
    horizon_h: int | None
    break_even_h: float | None
    confidence: ConfidenceView
    legs: list[LegView]
    waterfall: list[PartView]
    mode: Mode
    ended_at: int | None
    end_reason: str | None
    revision: int
    is_premium: bool
    needs_inventory: bool
    signal: SignalView | None
    confirmed_by: list[Rule]
    valued: ValuedView


class OutcomeView(Struct, frozen=True):
    """One re-pricing of an alert: what it claimed and what that was worth later, or why nobody can say."""

    step: Step
    due_at: int
    state: State
    claimed_bps: float
    realised_bps: float | None
    ratio: float | None
    reason: str | None
    explanation: str | None
    appraised_at: int | None
    mode: Mode
    ages: list[LegAge]


class OpportunityDetail(OpportunityView, frozen=True):
    """With the edge curve, the life so far, the sides of the books that were walked (price, size), and the outcomes.

    `exit_books` are those that closing the position walks; empty for what is not held. `charged` is what the last
    settlements of each leg really charged, null where none are on record; empty where nobody asked.
    """

    curve: list[CurveView]
    transitions: list[Transition]
    books: list[list[tuple[Decimal, Decimal]]]
    exit_books: list[list[tuple[Decimal, Decimal]]]
    outcomes: list[OutcomeView]
    charged: list[ChargedView | None] = []


class MissView(Struct, frozen=True):
    """What was not told: what it would have been, its legs in order, and the one reason; of a signal, its rule.

    With `opportunity_id` it is open, worth `net_bps` at the scan's size, and lacks something at the reader's own.
    """

    type: OpportunityType
    asset: str
    quote: str
    legs: list[str]
    gross_bps: float
    net_bps: float
    reason: Reason
    explanation: str
    numbers: dict[str, float]
    rule: Rule | None = None
    opportunity_id: str | None = None


def _view_confidence(opportunity: Opportunity) -> ConfidenceView:
    """As it was stated with the alert: it is a statement about that moment."""
    claim = opportunity.claim
    if claim is None:
        return ConfidenceView()
    said = claim.confidence
    return ConfidenceView(p=None if said.p is None else _round(said.p), n=said.n, model=said.model)


def view_outcome(one: Appraisal, mode: Mode) -> OutcomeView:
    return OutcomeView(
        step=one.step,
        due_at=one.due_at,
        state=one.state,
        claimed_bps=one.claimed_bps,
        realised_bps=one.realised_bps,
        ratio=None if one.ratio is None else _round(one.ratio),
        reason=one.reason,
        explanation=explain_absence(one.reason),
        appraised_at=one.appraised_at,
        mode=mode,
        ages=list(one.ages),
    )


def view_opportunity(
    opportunity: Opportunity, now: int, appraisals: Sequence[Appraisal] = (), reading: Reading | None = None
) -> OpportunityDetail:
    """Everything about one opportunity as of `now`; `appraisals` are what is known of its outcomes.

    `reading` values it by its reader's gauge; without one the figures are the scan's own.
    """
    sighting = reading.sighting if reading else opportunity.sighting
    valued = view_valued(opportunity, reading)
    edge = sighting.edge
    return OpportunityDetail(
        id=opportunity.id,
        type=opportunity.type,
        asset=opportunity.asset,
        quote=opportunity.quote,
        status=opportunity.status,
        categories=categorise(opportunity),
        detected_at=opportunity.detected_at,
        updated_at=opportunity.updated_at,
        expires_at=opportunity.expires_at,
        gross_bps=float(edge.gross_bps),
        net_bps=float(edge.net_bps),
        size_base=_trim(edge.size_base),
        size_quote=_trim(edge.size_quote),
        capacity_quote=_trim(sighting.capacity_quote),
        horizon_h=_find_horizon(opportunity, valued),
        break_even_h=_find_break_even(sighting, valued),
        confidence=_view_confidence(opportunity),
        legs=[
            view_leg(leg, fill.size, opportunity, valued.horizon_h or opportunity.horizon_h, now)
            for leg, fill in zip(sighting.legs, edge.fills, strict=True)
        ],
        waterfall=[PartView(part.label, float(part.bps)) for part in edge.waterfall()],
        mode=opportunity.mode,
        ended_at=opportunity.ended_at,
        end_reason=opportunity.end_reason,
        revision=opportunity.revision,
        is_premium=opportunity.is_premium,
        needs_inventory=opportunity.needs_inventory,
        signal=_view_signal(sighting.signal, now) if sighting.signal else None,
        confirmed_by=list(opportunity.claim.confirmed_by) if opportunity.claim else [],
        valued=valued,
        curve=[CurveView(_trim(point.size_quote), float(point.net_bps)) for point in sighting.curve],
        transitions=opportunity.transitions,
        books=[_view_side(side) for side in sighting.books],
        exit_books=[_view_side(side) for side in sighting.exit_books],
        outcomes=[view_outcome(one, opportunity.mode) for one in appraisals],
    )


def _find_horizon(opportunity: Opportunity, valued: ValuedView) -> int | None:
    """Hours a position is held for, a signal's at most; None where nothing is held."""
    signal = opportunity.sighting.signal
    return valued.horizon_h if signal is None else signal.signal.horizon_h


def _find_break_even(sighting: Sighting, valued: ValuedView) -> float | None:
    """Hours until funding has paid for everything else; None where nothing is held, or it never does."""
    found = None if valued.horizon_h is None else find_break_even_h(sighting, valued.horizon_h)
    return None if found is None else _round(found)


def _view_signal(backed: BackedSignal, now: int) -> SignalView:
    signal, record = backed.signal, backed.evidence
    return SignalView(
        rule=signal.rule,
        side=signal.side,
        entry=_shorten(signal.entry),
        target=_shorten(signal.target),
        stop=_shorten(signal.stop),
        atr=_shorten(signal.atr),
        bar=signal.bar,
        enter_by=signal.enter_by,
        ends_at=signal.ends_at,
        record=RecordView(
            trades=record.trades,
            hits=record.hits,
            hit_rate=_round(record.hit_rate),
            gross_bps=_round(record.gross_bps),
            net_bps=_round(record.net_bps),
            error_bps=_round(record.error_bps),
            instruments=record.instruments,
            bars=record.bars,
            since=record.since,
            until=record.until,
        ),
        age_ms=max(0, now - signal.at.read_at),
        source=signal.at.source,
        mode=signal.at.mode,
    )


def _shorten(price: float) -> Decimal:
    """A price that statistics gave: more digits than these mean nothing."""
    return Context(prec=10).create_decimal_from_float(price).normalize()


def _view_side(side: list[Level]) -> list[tuple[Decimal, Decimal]]:
    return [(_trim(level.price), _trim(level.size)) for level in side]


def name_legs(legs: Sequence[Leg | LegRef]) -> list[str]:
    return [f"{leg.side} {leg.exchange} {leg.market} {leg.symbol}" for leg in legs]


def view_miss(drop: Drop) -> MissView:
    candidate = drop.candidate
    return MissView(
        type=candidate.type,
        asset=candidate.asset,
        quote=candidate.quote,
        legs=name_legs(candidate.legs),
        gross_bps=_round(candidate.gross_bps),
        net_bps=_round(candidate.net_bps),
        reason=drop.reason,
        explanation=EXPLANATIONS[drop.reason],
        numbers={name: _round(number) for name, number in drop.numbers.items()},
        rule=next((rule for rule in RULES if candidate.signal.startswith(f"{rule}:")), None),
    )
