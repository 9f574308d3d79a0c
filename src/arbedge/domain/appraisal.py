"""What became of an alert: it is valued again some time after its confirmation, from that moment's books.

| step        | due                                                                       | at most so late |
| `after_5s`  | 5 s after the confirmation                                                | 3 s             |
| `after_60s` | 60 s after the confirmation, whether or not the episode is still open     | 10 s            |
| `expiry`    | when the alert said that it would expire, or at its end if that is sooner | 30 s            |

A step is valued, cannot be valued (with the market's reason), or is missed (with ours). An episode that returns is the
same one: its steps are not repeated.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple, get_args

from msgspec import Struct
from msgspec.structs import replace

from arbedge.domain.claim import Claim
from arbedge.domain.detection import DETECTORS
from arbedge.domain.detection.verification import LegMarket, require_comparable
from arbedge.domain.edge import Refused
from arbedge.domain.market import ExchangeId, Market, Mode, Source
from arbedge.domain.opportunity import Leg, Opportunity
from arbedge.domain.policy import Policy
from arbedge.domain.reasons import EXPLANATIONS as DROPPED
from arbedge.domain.reasons import Reason
from arbedge.domain.valuation import keep_horizon, require_number, take_terms, value_at
from arbedge.limits import APPRAISAL_BOOKS_MAX, APPRAISAL_TICK_MS

Step = Literal["after_5s", "after_60s", "expiry"]
State = Literal["scheduled", "valued", "unvalued", "missed"]
# Why the market gave no number ...
Unvalued = Reason | Literal["rate_limited", "funding_unavailable", "not_listed"]
# ... and why we did not ask for one.
Missed = Literal["late", "capacity", "market_mode_changed", "no_claim"]

STEPS: Final[tuple[Step, ...]] = get_args(Step)
FIRST_STEP: Final[Step] = "after_5s"
TOLERANCE_MS: Final[Mapping[Step, int]] = {"after_5s": 3_000, "after_60s": 10_000, "expiry": 30_000}

EXPLANATIONS: Final[Mapping[str, str]] = {
    **DROPPED,
    "circuit_open": "the exchange was not being asked: it had failed before",
    "rate_limited": "the exchange allowed no further question then",
    "funding_unavailable": "the funding rate of that moment was not known",
    "not_listed": "an instrument was no longer listed",
    "arithmetic": "the books could not be counted with",
    "late": "nobody could look in time",
    "capacity": "too many were due at once",
    "market_mode_changed": "another market was being watched by then",
    "no_claim": "what was claimed is not on record",
}


class LegAge(Struct, frozen=True):
    """How old a leg's book was when it was valued again, and where it came from."""

    exchange: ExchangeId
    market: Market
    symbol: str
    age_ms: int
    source: Source


class Appraisal(Struct, frozen=True):
    """One step of one opportunity: a number, or why there is none."""

    opportunity_id: str
    step: Step
    due_at: int
    claimed_bps: float
    state: State
    realised_bps: float | None = None
    reason: Unvalued | Missed | None = None
    appraised_at: int | None = None
    ages: tuple[LegAge, ...] = ()

    @property
    def ratio(self) -> float | None:
        """Realised over claimed; a claim is never zero, since every minimum is above it."""
        return None if self.realised_bps is None or self.claimed_bps <= 0 else self.realised_bps / self.claimed_bps


class Due(Struct, frozen=True):
    """A step whose time has come, with the opportunity that it belongs to."""

    step: Step
    due_at: int
    opportunity: Opportunity

    @property
    def legs(self) -> Sequence[Leg]:
        return self.opportunity.sighting.legs


def plan(opportunity: Opportunity) -> dict[Step, int]:
    """When each step of an opportunity is due; nothing for one that claims nothing."""
    claim = opportunity.claim
    if claim is None:
        return {}
    end = claim.expires_at if opportunity.ended_at is None else min(claim.expires_at, opportunity.ended_at)
    return {"after_5s": claim.at + 5_000, "after_60s": claim.at + 60_000, "expiry": end}


class Round(NamedTuple):
    """What one round does: whom it values, whom it gives up; the rest waits for the next round."""

    chosen: list[Due]
    missed: list[Appraisal]


def choose_round(due: Iterable[Due], mode: Mode, now: int) -> Round:
    """Picks from what is due, oldest first, as far as the round's books reach; gives up what cannot wait."""
    found = Round([], [])
    books: dict[ExchangeId, set[tuple[Market, str]]] = {}
    for one in sorted(due, key=lambda one: (STEPS.index(one.step), one.due_at, one.opportunity.id)):
        reason = _check_due(one, mode, now)
        if reason is None and not _reserve_books(one, books):
            reason = "capacity"
            if now + APPRAISAL_TICK_MS <= one.due_at + TOLERANCE_MS[one.step]:
                continue
        if reason is None:
            found.chosen.append(one)
        else:
            found.missed.append(give_up(one, reason, now))
    return found


def _is_late(one: Due, now: int) -> bool:
    return now > one.due_at + TOLERANCE_MS[one.step]


def _check_due(one: Due, mode: Mode, now: int) -> Missed | None:
    if _is_late(one, now):
        return "late"
    if one.opportunity.mode != mode:
        return "market_mode_changed"
    return None if one.opportunity.claim else "no_claim"


def _reserve_books(one: Due, books: dict[ExchangeId, set[tuple[Market, str]]]) -> bool:
    """Takes the books that a step needs, unless an exchange would be asked for too many of them."""
    wanted: dict[ExchangeId, set[tuple[Market, str]]] = {}
    for leg in one.legs:
        wanted.setdefault(leg.exchange, {*books.get(leg.exchange, ())}).add((leg.market, leg.symbol))
    if max(map(len, wanted.values())) > APPRAISAL_BOOKS_MAX:
        return False
    books.update(wanted)
    return True


def give_up(one: Due, reason: Missed, now: int) -> Appraisal:
    return _answer(one, "missed", reason, now)


def _answer(one: Due, state: State, reason: Unvalued | Missed, now: int) -> Appraisal:
    claim = one.opportunity.claim
    return Appraisal(
        opportunity_id=one.opportunity.id,
        step=one.step,
        due_at=one.due_at,
        claimed_bps=float(claim.net_bps) if claim else 0.0,
        state=state,
        reason=reason,
        appraised_at=now,
    )


def appraise(one: Due, markets: Sequence[LegMarket] | Unvalued, now: int, policy: Policy) -> Appraisal:
    """Values the claimed size on the legs' books of this moment; `markets` may be the reason why there are none.

    Fees are those of the claim, and so is the horizon: what differs is the market, and nothing else. A valuation that
    comes too late is missed, whatever it says.
    """
    claim = one.opportunity.claim
    if claim is None:
        return give_up(one, "no_claim", now)
    if _is_late(one, now):
        return give_up(one, "late", now)
    if isinstance(markets, str):
        return _answer(one, "unvalued", markets, now)
    found = replace(_answer(one, "unvalued", "arithmetic", now), ages=tuple(_age(market, now) for market in markets))
    try:
        net_bps = _value(one, claim, markets, now, policy)
    except Refused as refused:
        return replace(found, reason=refused.reason)
    except ArithmeticError:
        return found
    return replace(found, state="valued", reason=None, realised_bps=float(net_bps))


def _value(one: Due, claim: Claim, markets: Sequence[LegMarket], now: int, policy: Policy) -> Decimal:
    legs = take_terms(one.opportunity, markets)
    require_comparable(legs, now, policy)
    close = DETECTORS[one.opportunity.type].close
    if close and claim.entered_at is not None:
        return require_number(close(legs, claim.size_base, claim.entered_at)).net_bps
    return value_at(one.opportunity, legs, claim.size_base, now, keep_horizon(one.opportunity, policy)).net_bps


def _age(market: LegMarket, now: int) -> LegAge:
    book = market.book
    age_ms = max(0, now - (book.exchange_at or book.received_at))
    return LegAge(book.exchange, book.market, book.symbol, age_ms, book.source)


def list_exchanges(opportunity: Opportunity) -> str:
    """The exchanges of an opportunity under one name, whichever of them buys: `binance+okx`."""
    return "+".join(sorted({leg.exchange for leg in opportunity.sighting.legs}))


def explain_absence(reason: str | None) -> str | None:
    """Why a step has no number, in words."""
    return None if reason is None else EXPLANATIONS.get(reason, reason)
