"""What a scan decides, as two pure steps with the fetching of order books between them.

    snapshot -> choose -> candidates worth a look ... their books -> conclude -> episodes that changed

Everything that decides comes in as data, so recorded scans decide the same again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec import Struct

from arbedge.domain.confidence import Learned
from arbedge.domain.conversion import find_units
from arbedge.domain.detection import detect_all, technical
from arbedge.domain.detection.candidates import Candidate, Drop, Drops, LegRef
from arbedge.domain.detection.census import Lists, count_absent, count_with
from arbedge.domain.detection.shortlist import shortlist
from arbedge.domain.detection.tracing import Trace, trace
from arbedge.domain.detection.verification import LegMarket, verify
from arbedge.domain.edge import Refused
from arbedge.domain.episodes import Scan, Streak, advance, count_streaks
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Funding, LegKey, OrderBook, Origin, Snapshot
from arbedge.domain.opportunity import Opportunity, Sighting
from arbedge.domain.policy import Policy
from arbedge.domain.quarantine import Watch, survey
from arbedge.domain.reasons import Reason
from arbedge.domain.technical.signals import BackedSignal, Signals
from arbedge.domain.verdicts import Verdict, sum_up
from arbedge.limits import SHORTLIST_MAX

_NO_LISTS: Final[Lists] = {}


class Known(Struct, frozen=True):
    """What earlier scans left: streaks, all episodes that are open or may reopen, and instruments under suspicion.

    `learned` is what became of earlier alerts; it decides what is said of new ones, and not which there are. `signals`
    are the latest technical ones, whether or not they may still be entered.
    """

    streaks: Mapping[str, Streak]
    episodes: list[Opportunity]
    watch: Watch = {}
    learned: Learned | None = None
    signals: Signals | None = None

    def back_signals(self) -> list[BackedSignal]:
        return self.signals.back() if self.signals else []


class Choice(NamedTuple):
    """The candidates whose books are wanted, those left for a later scan, and what was dropped by now.

    `watch` is what the next scan is to know of instruments under suspicion; `traces` say of what earlier scans told
    why it is no candidate now.
    """

    chosen: list[Candidate]
    left: list[Candidate]
    drops: Drops
    watch: Watch
    traces: dict[str, Trace]

    @property
    def legs(self) -> dict[LegKey, LegRef]:
        """Each instrument whose book is wanted once, however many candidates share it."""
        return {leg.key: leg for candidate in self.chosen for leg in candidate.legs}


class Decision(Struct, frozen=True):
    """What a scan decided; `unvalued` names candidates that arithmetic failed on, which is a defect to look into.

    Whatever was looked at is open, or held over with what is open, or counted once in `drop_counts`. `verdicts` is
    what the hour's history keeps of it, by asset.
    """

    candidates: int
    changed: list[Opportunity]
    streaks: dict[str, Streak]
    drop_counts: dict[str, int]
    nearest: list[Drop]
    unvalued: list[str]
    watch: Watch
    verdicts: dict[str, list[Verdict]]


def choose(snapshot: Snapshot, known: Known, policy: Policy, listed: Lists = _NO_LISTS) -> Choice:
    """Detects candidates at top of book and picks those to look at closely.

    `listed` are the last known instruments of feeds that are missing from the snapshot.
    """
    drops = Drops()
    surveyed = survey(snapshot, known.watch, policy)
    for reason, count in count_absent(snapshot, listed).items():
        drops.count(reason, count)
    if surveyed.left_out:
        here: Lists = {(feed.exchange, feed.market): feed.quotes for feed in surveyed.snapshot.feeds}
        if count := count_with(surveyed.left_out, here):
            drops.count("quarantine", count)
    found = detect_all(surveyed.snapshot, snapshot.finished_at, policy, drops, known.back_signals())
    # A signal is traded once: looking at it again would only take the place of something that may be told.
    done = {
        one.key for one in known.episodes if one.type == "technical" and not one.is_open and one.mode == snapshot.mode
    }
    candidates = [one for one in found if one.key not in done]
    for candidate in found:
        if candidate.key in done:
            _drop(drops, candidate, "signal_done", net_bps=candidate.net_bps)
    open_since = {one.key: one.updated_at for one in known.episodes if one.is_open}
    chosen, left = shortlist(candidates, open_since, known.streaks)
    for candidate in left:
        if candidate.key not in open_since:
            _drop(drops, candidate, "not_shortlisted", net_bps=candidate.net_bps, shortlist_max=SHORTLIST_MAX)
    here_now = {candidate.key for candidate in found}
    sought = [one for one in known.episodes if one.key not in here_now and one.mode == snapshot.mode]
    return Choice(
        chosen, left, drops, surveyed.watch, trace(sought, snapshot, surveyed.watch, policy, known.back_signals())
    )


def conclude(
    choice: Choice,
    snapshot: Snapshot,
    instruments: Mapping[LegKey, Instrument],
    books: Mapping[LegKey, OrderBook],
    known: Known,
    now: int,
    policy: Policy,
    *,
    not_recorded: Collection[LegKey] = frozenset(),
) -> Decision:
    """Values the chosen candidates on their books and moves the episodes on; `now` is the moment of the decision.

    `not_recorded` names the books that a replay lacks; any other that is missing could not be fetched.
    """
    drops = choice.drops.copy()
    fundings = _find_fundings(snapshot, choice.legs.keys())
    units = find_units(snapshot, {candidate.quote for candidate in choice.chosen}, now, policy)
    backed = known.back_signals()
    signals = {technical.name_key(one.signal): one for one in backed}
    sightings: dict[str, Sighting] = {}
    dropped: dict[str, Drop] = {}
    for candidate in choice.chosen:
        key = candidate.key
        legs = [
            LegMarket(instruments[leg.key], books[leg.key], funding, signals.get(key), origin)
            for leg in candidate.legs
            if leg.key in books
            for funding, origin in (fundings.get(leg.key, (None, None)),)
        ]
        is_lost = any(leg.key in not_recorded for leg in candidate.legs)
        found = _value(candidate, legs, units.get(candidate.quote), now, policy, is_lost=is_lost)
        if isinstance(found, Drop):
            dropped[key] = found
        else:
            sightings[key] = found
    held = frozenset(candidate.key for candidate in choice.left)
    scan = Scan(
        scan_id=snapshot.scan_id,
        now=now,
        mode=snapshot.mode,
        sightings=sightings,
        held=held,
        refused=frozenset(dropped),
        signals=backed,
    )
    streaks = count_streaks(scan, known.streaks)
    reasons = {key: found.reason for key, found in (*choice.traces.items(), *dropped.items())}
    changed = advance(scan, known.episodes, streaks, reasons, policy, known.learned)
    told = {one.key for one in {one.id: one for one in (*known.episodes, *changed)}.values() if one.is_open}
    for drop in (*dropped.values(), *_unconfirmed(choice.chosen, sightings, told)):
        _drop(drops, drop.candidate, drop.reason, **drop.numbers)
    nearest = _with_traces(drops.nearest(), choice.traces)
    return Decision(
        candidates=len(choice.chosen) + len(choice.left),
        changed=changed,
        streaks=streaks,
        drop_counts=dict(drops.counts),
        nearest=nearest,
        unvalued=[key for key, drop in dropped.items() if drop.reason == "arithmetic"],
        watch=choice.watch,
        verdicts=sum_up(
            nearest,
            {one.key: one.asset for one in known.episodes},
            {key: sighting for key, sighting in sightings.items() if key in told},
            choice.traces,
            held,
        ),
    )


def _value(
    candidate: Candidate, legs: Sequence[LegMarket], unit: Decimal | None, now: int, policy: Policy, *, is_lost: bool
) -> Sighting | Drop:
    """The candidate on its books, or the one reason against it."""
    if len(legs) < len(candidate.legs):
        return Drop(candidate, "not_recorded" if is_lost else "book_unavailable", {"books": len(legs)})
    if unit is None:
        return Drop(candidate, "no_conversion", {"net_bps": candidate.net_bps})
    try:
        return verify(candidate, legs, now, policy, unit)
    except Refused as refused:
        return Drop(candidate, refused.reason, refused.numbers)
    except ArithmeticError:
        return Drop(candidate, "arithmetic", {"books": len(legs)})


def _with_traces(nearest: list[Drop], traces: Mapping[str, Trace]) -> list[Drop]:
    """The nearest misses and what was told a short while ago, best net edge first."""
    kept = {drop.candidate.key for drop in nearest}
    known = [one.drop for key, one in traces.items() if one.drop and key not in kept]
    return sorted([*nearest, *known], key=lambda drop: -drop.candidate.net_bps) if known else nearest


def _drop(drops: Drops, candidate: Candidate, reason: Reason, **numbers: float) -> None:
    drops.add(candidate.type, candidate.net_bps, (reason, numbers), lambda: candidate)


def _find_fundings(snapshot: Snapshot, wanted: Iterable[LegKey]) -> dict[LegKey, tuple[Funding, Origin]]:
    wanted = frozenset(wanted)
    return {
        key: (quote.funding, Origin(feed.received_at, feed.source))
        for feed in snapshot.feeds
        for quote in feed.quotes
        if quote.funding and (key := (feed.exchange, feed.market, quote.symbol)) in wanted
    }


def _unconfirmed(chosen: Iterable[Candidate], sightings: Mapping[str, Sighting], told: set[str]) -> list[Drop]:
    """What passed every check but was seen only once: the nearest misses of all."""
    return [
        Drop(
            candidate=candidate,
            reason="unconfirmed",
            numbers={"net_bps": float(sightings[candidate.key].edge.net_bps)},
        )
        for candidate in chosen
        if candidate.key in sightings and candidate.key not in told
    ]
