"""Who is told about an opportunity: pure layers in a fixed order, each answering None (allowed) or one reason.

The first reason found is the person's reason; `/why` recomputes it from the same layers.
"""

from collections.abc import Callable
from typing import Final, Literal

from arbedge.domain.opportunity import Opportunity
from arbedge.domain.permissions import is_allowed
from arbedge.domain.person import ALERTS_UNSAID, AlertSetting, Person
from arbedge.domain.policy import Policy

Withheld = Literal["no_session", "unreachable", "premium", "alerts_off", "below_own_minimum", "ended"]
Layer = Callable[[Person, Opportunity, int, Policy], Withheld | None]

EXPLANATIONS: Final[dict[Withheld, str]] = {
    "no_session": "your session is not active: send /start",
    "unreachable": "Telegram says this chat cannot be written to",
    "premium": "it is a premium opportunity, which your plan leaves out",
    "alerts_off": "you switched alerts of this type off",
    "below_own_minimum": "its net edge is below your minimum",
    "ended": "it had ended before it could be sent",
}


def check_session(person: Person, _opportunity: Opportunity, now: int, _policy: Policy) -> Withheld | None:
    return None if person.session and person.session.is_active(now) else "no_session"


def check_reachable(person: Person, _opportunity: Opportunity, _now: int, _policy: Policy) -> Withheld | None:
    return None if person.is_reachable else "unreachable"


def check_plan(person: Person, opportunity: Opportunity, _now: int, _policy: Policy) -> Withheld | None:
    is_open_to_all = not opportunity.is_premium
    return None if is_open_to_all or is_allowed(person, "opportunities.premium") else "premium"


def check_alerts(person: Person, opportunity: Opportunity, _now: int, _policy: Policy) -> Withheld | None:
    return "alerts_off" if get_alert_setting(person, opportunity) == "off" else None


def check_minimum(person: Person, opportunity: Opportunity, _now: int, policy: Policy) -> Withheld | None:
    own = person.preferences.min_net_bps.get(opportunity.type, policy.min_net_bps[opportunity.type])
    return "below_own_minimum" if float(opportunity.net_bps) < own else None


def check_open(_person: Person, opportunity: Opportunity, now: int, _policy: Policy) -> Withheld | None:
    return None if opportunity.is_live(now) else "ended"


LAYERS: Final[tuple[Layer, ...]] = (
    check_session,
    check_reachable,
    check_plan,
    check_alerts,
    check_minimum,
    check_open,
)


def get_alert_setting(person: Person, opportunity: Opportunity) -> AlertSetting:
    """A person's setting for the opportunity's type; where they have none, alerts are on, but for forecasts."""
    return person.preferences.alerts.get(opportunity.type, ALERTS_UNSAID.get(opportunity.type, "on"))


def check_eligibility(person: Person, opportunity: Opportunity, now: int, policy: Policy) -> Withheld | None:
    """The first layer's reason against telling this person, or None."""
    for layer in LAYERS:
        if reason := layer(person, opportunity, now, policy):
            return reason
    return None
