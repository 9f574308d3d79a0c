"""What each scan of the last hour said of an asset or of one opportunity, short enough to read an hour of it at once.

A scan keeps, of each asset, what came nearest of every type, and each pair that was told a short while ago. A pair
that is neither is known to be further away than those.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, cast

from msgspec import Struct

from arbedge.domain.detection.candidates import Drop
from arbedge.domain.detection.tracing import Trace
from arbedge.domain.opportunity import Sighting
from arbedge.domain.policy import OpportunityType, is_premium
from arbedge.domain.reasons import BAD_DATA, ONLY_UNSEEN, Reason

# `confirmed` is an open opportunity that was seen, `held` one that no book could be fetched for.
Outcome = Reason | Literal["confirmed", "held"]


class Verdict(Struct, frozen=True, array_like=True):
    """What one scan said of one pair or cycle; `net_bps` is None where there was nothing to count with."""

    key: str
    outcome: Outcome
    net_bps: float | None

    @property
    def type(self) -> OpportunityType:
        return cast(OpportunityType, self.key.partition("|")[0])

    @property
    def is_premium(self) -> bool:
        return is_premium_miss(self.type, self.outcome, self.net_bps or 0.0)


class Account(Struct, frozen=True):
    """What one scan said of an asset."""

    scan_id: int
    at: int
    verdicts: list[Verdict]


class Closest(NamedTuple):
    """The nearest miss and the scan that it was in."""

    scan_id: int
    at: int
    verdict: Verdict


class Hour(NamedTuple):
    """An asset over some scans: the nearest miss of all, and in how many scans which reason decided.

    The reason that decides in a scan is that of its nearest pair.
    """

    scans: int
    since: int | None
    closest: Closest | None
    reasons: dict[str, int]


class Run(Struct, frozen=True):
    """Consecutive scans that said the same of one opportunity; None as the outcome: none of the nearest misses."""

    outcome: Outcome | None
    scans: int
    from_at: int
    to_at: int
    net_bps_min: float | None
    net_bps_max: float | None


def is_premium_miss(kind: OpportunityType, outcome: Outcome, net_bps: float) -> bool:
    """Whether it would be a premium opportunity: by its type, or since it lacks nothing but a look."""
    is_as_good = outcome in ONLY_UNSEEN or outcome in {"confirmed", "held"}
    return is_premium(kind, net_bps if is_as_good else 0.0)


def sum_up(
    nearest: Sequence[Drop],
    episodes: Mapping[str, str],
    confirmed: Mapping[str, Sighting],
    traces: Mapping[str, Trace],
    held: Iterable[str],
) -> dict[str, list[Verdict]]:
    """What the history keeps of a scan, by asset; `episodes` are the assets of what was told lately, by key."""
    found: dict[str, dict[str, Verdict]] = {}

    def keep(asset: str, key: str, outcome: Outcome, net_bps: float | None) -> None:
        shown = None if net_bps is None else round(net_bps, 2)
        found.setdefault(asset, {}).setdefault(key, Verdict(key, outcome, shown))

    for key, sighting in confirmed.items():
        keep(sighting.asset, key, "confirmed", float(sighting.edge.net_bps))
    for key in episodes.keys() & held:
        keep(episodes[key], key, "held", None)
    for key, one in traces.items():
        keep(episodes[key], key, one.reason, one.drop and one.drop.candidate.net_bps)
    best: set[tuple[str, str, bool, bool]] = set()
    for drop in nearest:
        candidate = drop.candidate
        net_bps = drop.numbers.get("net_bps", candidate.net_bps)
        rank = (candidate.asset, candidate.type, drop.reason in BAD_DATA)
        place = (*rank, is_premium_miss(candidate.type, drop.reason, net_bps))
        if place not in best or candidate.key in episodes:
            best.add(place)
            keep(candidate.asset, candidate.key, drop.reason, net_bps)
    return {asset: list(verdicts.values()) for asset, verdicts in found.items()}


def sum_hour(accounts: Iterable[Account], *, with_premium: bool) -> Hour:
    """An asset's hour, for a reader who may or may not see what would be premium opportunities."""
    scans, since = 0, None
    closest: Closest | None = None
    reasons: Counter[str] = Counter()
    for account in accounts:
        scans += 1
        since = account.at if since is None else min(since, account.at)
        missed = [
            one
            for one in account.verdicts
            if one.outcome not in {"confirmed", "held"} and (with_premium or not one.is_premium)
        ]
        if not missed:
            continue
        nearest = max(missed, key=_rank)
        reasons[nearest.outcome] += 1
        if closest is None or _rank(nearest) > _rank(closest.verdict):
            closest = Closest(account.scan_id, account.at, nearest)
    return Hour(scans, since, closest, dict(reasons.most_common()))


def _rank(verdict: Verdict) -> tuple[bool, float]:
    """Bad data is never near, whatever it seems to be worth."""
    net_bps = float("-inf") if verdict.net_bps is None else verdict.net_bps
    return verdict.outcome not in BAD_DATA, net_bps


def find_runs(accounts: Iterable[Account], key: str) -> list[Run]:
    """What each scan said of one opportunity, oldest first, runs of the same put together."""
    runs: list[Run] = []
    for account in sorted(accounts, key=lambda one: one.scan_id):
        verdict = next((one for one in account.verdicts if one.key == key), None)
        outcome = verdict.outcome if verdict else None
        nets = [] if verdict is None or verdict.net_bps is None else [verdict.net_bps]
        last = runs[-1] if runs and runs[-1].outcome == outcome else None
        if last:
            nets += [net for net in (last.net_bps_min, last.net_bps_max) if net is not None]
            runs.pop()
        runs.append(
            Run(
                outcome=outcome,
                scans=last.scans + 1 if last else 1,
                from_at=last.from_at if last else account.at,
                to_at=account.at,
                net_bps_min=min(nets, default=None),
                net_bps_max=max(nets, default=None),
            )
        )
    return runs
