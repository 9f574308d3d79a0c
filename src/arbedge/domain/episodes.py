"""The life of opportunities between scans: confirmation, change, absence, end, return.

detected (first scan) -> verified (depth checked) -> active (two scans agree) -> expired | vanished.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt

from msgspec import Struct
from msgspec.structs import replace

from arbedge.domain.claim import Claim
from arbedge.domain.confidence import Learned, state_confidence
from arbedge.domain.features import extract
from arbedge.domain.market import Mode
from arbedge.domain.opportunity import Opportunity, Sighting, Status, Transition, derive_id
from arbedge.domain.policy import Policy
from arbedge.domain.ranking import settle_rank
from arbedge.domain.technical.rules import Rule
from arbedge.domain.technical.signals import BackedSignal, check_evidence
from arbedge.limits import EDIT_INTERVAL_MS_MIN, REFUSED_MEMORY_MS, SIGNAL_MEMORY_MS


class Scan(Struct, frozen=True):
    """What one scan saw: the sightings by key, and the keys that still were candidates but were not looked at closely.

    A key held over is neither confirmed nor missed. `refused` are those that did not hold up on their order books.
    """

    scan_id: int
    now: int
    mode: Mode
    sightings: Mapping[str, Sighting]
    held: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    signals: Sequence[BackedSignal] = ()


class Streak(Struct, frozen=True):
    """Consecutive scans in which a key was seen, and when the first of them was; 0 for one refused last at `since`.

    `net_bps` is the latest net edge, `squares` the sum of the squares of its changes from one scan to the next.
    """

    count: int
    since: int
    net_bps: float = 0.0
    squares: float = 0.0

    @property
    def move_bps(self) -> float:
        """How far the net edge typically moved between two scans; 0 while only one has seen it."""
        return sqrt(self.squares / (self.count - 1)) if self.count > 1 else 0.0


def is_remembered(opportunity: Opportunity, ended_since: int) -> bool:
    """Whether a scan is given it: what is open, what ended at `ended_since` or later, and what may not begin again."""
    if opportunity.ended_at is None:
        return True
    return opportunity.ended_at >= ended_since - (SIGNAL_MEMORY_MS if opportunity.type == "technical" else 0)


def count_streaks(scan: Scan, previous: Mapping[str, Streak]) -> dict[str, Streak]:
    """Extends the streak of every key seen now; a key not seen loses its streak.

    What was refused is remembered for a while, so that others get its place before it is looked at again.
    """
    remembered = scan.now - REFUSED_MEMORY_MS
    streaks = {key: one for key, one in previous.items() if one.count == 0 and one.since > remembered}
    streaks |= {key: Streak(0, scan.now) for key in sorted(scan.refused)}
    for key, sighting in scan.sightings.items():
        net_bps = float(sighting.edge.net_bps)
        before = previous.get(key)
        if before is None or before.count == 0:
            streaks[key] = Streak(1, scan.now, net_bps)
        else:
            squares = before.squares + (net_bps - before.net_bps) ** 2
            streaks[key] = Streak(before.count + 1, before.since, net_bps, squares)
    return streaks


def advance(
    scan: Scan,
    known: Iterable[Opportunity],
    streaks: Mapping[str, Streak],
    reasons: Mapping[str, str],
    policy: Policy,
    learned: Learned | None = None,
) -> list[Opportunity]:
    """Applies a scan to the known episodes and returns those that changed, new ones included.

    `known` holds all open episodes and those that ended recently enough to reopen. `streaks` are those after this
    scan; `reasons` says why a key that is missing was dropped; `learned` is what earlier alerts have taught.
    """
    episodes = list(known)
    # Another market stood behind an episode of another mode: it ends, and its figures are never mixed with these.
    others = (one for one in episodes if one.mode != scan.mode and one.is_open)
    changed = [_end(one, "expired", "market_mode_changed", scan.now) for one in others]
    episodes = [one for one in episodes if one.mode == scan.mode]
    taken: set[str] = set()
    for opportunity in sorted(episodes, key=lambda one: one.updated_at, reverse=True):
        if opportunity.key in taken:
            continue
        sighting = scan.sightings.get(opportunity.key)
        after: Opportunity | None = None
        if opportunity.is_open:
            taken.add(opportunity.key)
            after = (
                _confirm(opportunity, sighting, scan, policy)
                if sighting
                else _miss(opportunity, scan, reasons.get(opportunity.key, "not_seen"), policy)
            )
        elif sighting and _is_recent(opportunity, scan, policy):
            taken.add(opportunity.key)
            if opportunity.type == "technical":
                continue  # its trade is over, wherever the price goes now
            if streaks[opportunity.key].count >= policy.confirmations:
                after = _reopen(opportunity, sighting, scan, policy)
        if after:
            changed.append(after)
    for key, sighting in scan.sightings.items():
        if key not in taken and streaks[key].count >= policy.confirmations:
            changed.append(_open(sighting, streaks[key], scan, policy, learned))
    return changed


def _open(sighting: Sighting, streak: Streak, scan: Scan, policy: Policy, learned: Learned | None) -> Opportunity:
    return Opportunity(
        id=derive_id(sighting.key, scan.scan_id),
        key=sighting.key,
        type=sighting.type,
        asset=sighting.asset,
        quote=sighting.quote,
        status="active",
        mode=scan.mode,
        horizon_h=policy.horizon_h,
        detected_at=streak.since,
        updated_at=scan.now,
        expires_at=_expire(sighting, scan, policy),
        revised_at=scan.now,
        revised_net_bps=sighting.edge.net_bps,
        ranked_net_bps=sighting.edge.net_bps,
        sighting=sighting,
        claim=_claim(sighting, streak, scan, policy, learned),
        transitions=[
            Transition("detected", streak.since),
            Transition("verified", streak.since),
            Transition("active", scan.now),
        ],
    )


def _claim(sighting: Sighting, streak: Streak, scan: Scan, policy: Policy, learned: Learned | None) -> Claim:
    """What the alert says, with all that is known at this moment, and no more, of whether it will last."""
    if sighting.signal is not None:
        # What lasts 5 s says nothing of a forecast: it is neither learned from nor given a probability.
        return Claim(
            at=scan.now,
            net_bps=sighting.edge.net_bps,
            size_base=sighting.edge.fills[0].size,
            expires_at=_expire(sighting, scan, policy),
            entered_at=sighting.edge.fills[0].vwap,
        )
    shares, everyone = (learned.shares, learned.everyone) if learned else ({}, 0.5)
    features = extract(sighting, streak.count, streak.move_bps, shares, everyone)
    return Claim(
        at=scan.now,
        net_bps=sighting.edge.net_bps,
        size_base=sighting.edge.fills[0].size,
        expires_at=_expire(sighting, scan, policy),
        features=features,
        confidence=state_confidence(learned, features),
        confirmed_by=_find_confirmation(sighting, scan, policy),
    )


def _find_confirmation(sighting: Sighting, scan: Scan, policy: Policy) -> tuple[Rule, ...]:
    """Rules that point the way of the first leg, in whose direction there is a risk until the others are filled."""
    first = sighting.legs[0]
    minimum = policy.min_net_bps["technical"] if scan.signals else 0.0
    return tuple(
        sorted(
            {
                one.signal.rule
                for one in scan.signals
                if (one.signal.at.asset, one.signal.side) == (first.asset or sighting.asset, first.side)
                and scan.now < one.signal.enter_by
                and check_evidence(one.evidence, minimum) is None
            }
        )
    )


def _expire(sighting: Sighting, scan: Scan, policy: Policy) -> int:
    """When it is over unless a scan confirms it again; a signal is over with its hour in any case."""
    unconfirmed = scan.now + policy.unconfirmed_ms_max
    return min(unconfirmed, sighting.signal.signal.enter_by) if sighting.signal else unconfirmed


def _confirm(opportunity: Opportunity, sighting: Sighting, scan: Scan, policy: Policy) -> Opportunity:
    moved = abs(sighting.edge.net_bps - opportunity.revised_net_bps) >= policy.change_bps_min
    due = moved and scan.now - opportunity.revised_at >= EDIT_INTERVAL_MS_MIN
    after = replace(
        opportunity,
        sighting=sighting,
        ranked_net_bps=settle_rank(sighting.edge.net_bps, opportunity.ranked_bps, policy),
        updated_at=scan.now,
        expires_at=_expire(sighting, scan, policy),
        missed_scans=0,
    )
    return _revise(after, scan.now) if due else after


def _miss(opportunity: Opportunity, scan: Scan, reason: str, policy: Policy) -> Opportunity:
    missed = opportunity.missed_scans + (opportunity.key not in scan.held)
    if scan.now >= opportunity.expires_at:
        return _end(opportunity, "expired", reason if reason == "signal_over" else "unconfirmed_too_long", scan.now)
    if missed >= policy.missed_scans_max:
        return _end(replace(opportunity, missed_scans=missed), "vanished", reason, scan.now)
    return replace(opportunity, missed_scans=missed)


def _is_recent(opportunity: Opportunity, scan: Scan, policy: Policy) -> bool:
    """Whether what has ended is not forgotten; a technical one is not before its signal is over."""
    if opportunity.type == "technical":
        return True
    return opportunity.ended_at is not None and scan.now - opportunity.ended_at <= policy.reopen_ms_max


def _reopen(opportunity: Opportunity, sighting: Sighting, scan: Scan, policy: Policy) -> Opportunity:
    after = replace(
        opportunity,
        status="active",
        sighting=sighting,
        ranked_net_bps=sighting.edge.net_bps,
        updated_at=scan.now,
        expires_at=_expire(sighting, scan, policy),
        ended_at=None,
        end_reason=None,
        missed_scans=0,
        transitions=[*opportunity.transitions, Transition("active", scan.now, "returned")],
    )
    return _revise(after, scan.now)


def _end(opportunity: Opportunity, status: Status, reason: str, now: int) -> Opportunity:
    after = replace(
        opportunity,
        status=status,
        updated_at=now,
        ended_at=now,
        end_reason=reason,
        transitions=[*opportunity.transitions, Transition(status, now, reason)],
    )
    return _revise(after, now)


def _revise(opportunity: Opportunity, now: int) -> Opportunity:
    return replace(opportunity, revision=opportunity.revision + 1, revised_at=now, revised_net_bps=opportunity.net_bps)
