"""Counts what no detector sees: pairs and cycles with an instrument that is kept out, or whose feed is missing.

What there is to be looked at are, of instruments that share asset and quote currency, two spot or two perpetuals on
two exchanges, and spot with a perpetual on any; and on each exchange the cycles that close in a start currency.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

from arbedge.domain.detection.triangular import STARTS
from arbedge.domain.market import Feed, FeedKey, Snapshot
from arbedge.domain.reasons import Reason


class Named(Protocol):
    """A quote or an instrument."""

    @property
    def asset(self) -> str: ...

    @property
    def quote(self) -> str: ...


Lists = Mapping[FeedKey, Iterable[Named]]


def find_absence(feed: Feed) -> Reason | None:
    """Why a feed has no quotes in this scan, or None for one that answered."""
    if feed.state in {"ok", "degraded"}:
        return None
    return "feed_unavailable" if feed.is_asked else "circuit_open"


def count_absent(snapshot: Snapshot, listed: Lists) -> dict[Reason, int]:
    """What the feeds that are missing would have brought, by their last known lists of instruments.

    A pair of two feeds that are missing counts for the one that was not asked.
    """
    here: dict[FeedKey, list[Named]] = {(one.exchange, one.market): list(one.quotes) for one in snapshot.feeds}
    reasons: tuple[Reason, Reason] = ("feed_unavailable", "circuit_open")
    counts: dict[Reason, int] = {}
    for reason in reasons:
        missing = {
            key: list(listed.get(key, ()))
            for feed in snapshot.feeds
            if find_absence(feed) == reason and (key := (feed.exchange, feed.market))
        }
        if count := count_with(missing, here):
            counts[reason] = count
        here = {key: [*here.get(key, ()), *missing.get(key, ())] for key in here.keys() | missing.keys()}
    return counts


def count_with(missing: Lists, here: Lists) -> int:
    """How many pairs and cycles hold at least one of `missing`; the others of each are missing too, or `here`."""
    names = {(one.asset, one.quote) for listed in missing.values() for one in listed}
    if not names:
        return 0
    before, after = _tally(here, names), _tally(here, names)
    for name, places in _tally(missing, names).items():
        after[name] += places
    pairs = sum(_count_pairs(after[name]) - _count_pairs(before[name]) for name in names)
    return pairs + sum(
        _count_cycles([*here.get(key, ()), *gone]) - _count_cycles(list(here.get(key, ())))
        for key, listed in missing.items()
        if key[1] == "spot" and (gone := list(listed))
    )


def _tally(lists: Lists, names: set[tuple[str, str]]) -> defaultdict[tuple[str, str], Counter[FeedKey]]:
    """How many instruments of each name every feed has."""
    found: defaultdict[tuple[str, str], Counter[FeedKey]] = defaultdict(Counter)
    for key, listed in lists.items():
        for one in listed:
            if (name := (one.asset, one.quote)) in names:
                found[name][key] += 1
    return found


def _count_pairs(places: Counter[FeedKey]) -> int:
    spot = [count for (_, market), count in places.items() if market == "spot"]
    perp = [count for (_, market), count in places.items() if market == "perp"]
    return _count_apart(spot) + _count_apart(perp) + sum(spot) * sum(perp)


def _count_apart(counts: list[int]) -> int:
    """Pairs of two exchanges; there is one count an exchange."""
    return (sum(counts) ** 2 - sum(count * count for count in counts)) // 2


def _count_cycles(listed: list[Named]) -> int:
    """As `triangular` finds them: one for every instrument whose two currencies both trade against a start."""
    count, done = 0, set[str]()
    for start in STARTS:
        links = {one.asset for one in listed if one.quote == start} | {
            one.quote for one in listed if one.asset == start
        }
        links -= done
        count += sum(one.asset in links and one.quote in links for one in listed)
        done.add(start)
    return count
