"""Who is told about an opportunity: pure layers in a fixed order, each answering None (allowed) or one reason.

The first reason found is the person's reason; `/why` recomputes it from the same layers.
"""

from collections.abc import Callable
from typing import Final, Literal

from msgspec import Struct

from arbedge.domain.edge import Edge, Refused
from arbedge.domain.gauge import Gauge, choose_gauge
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.permissions import is_allowed
from arbedge.domain.person import ALERTS_UNSAID, AlertSetting, Person, Preferences
from arbedge.domain.policy import OpportunityType, Policy
from arbedge.domain.revaluation import Valuations

Withheld = Literal["no_session", "unreachable", "premium", "alerts_off", "own_size", "below_own_minimum", "ended"]


class Case(Struct, frozen=True):
    """What the layers look at. `valuations` are shared by all people who are asked about at once."""

    person: Person
    opportunity: Opportunity
    now: int
    gauge: Gauge
    valuations: Valuations


Layer = Callable[[Case], Withheld | None]

EXPLANATIONS: Final[dict[Withheld, str]] = {
    "no_session": "your session is not active: send /start",
    "unreachable": "Telegram says this chat cannot be written to",
    "premium": "it is a premium opportunity, which your plan leaves out",
    "alerts_off": "you switched alerts of this type off",
    "own_size": "your size cannot be traded on its order books",
    "below_own_minimum": "its net edge at your size is below your minimum",
    "ended": "it had ended before it could be sent",
}


def check_session(case: Case) -> Withheld | None:
    session = case.person.session
    return None if session and session.is_active(case.now) else "no_session"


def check_reachable(case: Case) -> Withheld | None:
    return None if case.person.is_reachable else "unreachable"


def check_plan(case: Case) -> Withheld | None:
    """By what it is worth at the system's size: a size of one's own opens and closes no plan."""
    is_open_to_all = not case.opportunity.is_premium
    return None if is_open_to_all or is_allowed(case.person, "opportunities.premium") else "premium"


def check_alerts(case: Case) -> Withheld | None:
    return "alerts_off" if get_alert_setting(case.person, case.opportunity) == "off" else None


def check_size(case: Case) -> Withheld | None:
    return "own_size" if isinstance(case.valuations.find(case.gauge), Refused) else None


def check_minimum(case: Case) -> Withheld | None:
    edge = case.valuations.find(case.gauge)
    is_below = isinstance(edge, Edge) and float(edge.net_bps) < case.gauge.min_net_bps[case.opportunity.type]
    return "below_own_minimum" if is_below else None


def check_open(case: Case) -> Withheld | None:
    return None if case.opportunity.is_live(case.now) else "ended"


LAYERS: Final[tuple[Layer, ...]] = (
    check_session,
    check_reachable,
    check_plan,
    check_alerts,
    check_size,
    check_minimum,
    check_open,
)


def choose_alert_setting(preferences: Preferences, kind: OpportunityType) -> AlertSetting:
    """A person's setting for a type; where they have none, alerts are on, but for forecasts."""
    return preferences.alerts.get(kind, ALERTS_UNSAID.get(kind, "on"))


def get_alert_setting(person: Person, opportunity: Opportunity) -> AlertSetting:
    """A person's setting for the opportunity's type."""
    return choose_alert_setting(person.preferences, opportunity.type)


def check_eligibility(
    person: Person, opportunity: Opportunity, now: int, policy: Policy, valuations: Valuations | None = None
) -> Withheld | None:
    """The first layer's reason against telling this person, or None."""
    gauge = choose_gauge(person.preferences, policy)
    case = Case(person, opportunity, now, gauge, valuations or Valuations(opportunity, policy))
    for layer in LAYERS:
        if reason := layer(case):
            return reason
    return None
