"""Chooses the candidates whose order books are worth fetching, since every book costs request weight.

Open episodes are looked at again, the one not looked at for longest first. Something new always gets its share, what
one scan has already seen first, then the types in turn, so that no kind of opportunity keeps out another.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, zip_longest

from arbedge.domain.detection.candidates import Candidate
from arbedge.limits import SHORTLIST_FRESH_MIN, SHORTLIST_MAX


def shortlist(
    candidates: Sequence[Candidate], open_since: Mapping[str, int], seen_before: Collection[str]
) -> tuple[list[Candidate], list[Candidate]]:
    """Splits candidates, best first, into those to verify and those left for a later scan.

    `open_since` tells when each open episode was last verified; `seen_before` holds the keys of the scan before.
    """
    known = sorted(
        (one for one in candidates if one.key in open_since), key=lambda candidate: open_since[candidate.key]
    )
    fresh = sorted(
        _in_turn([one for one in candidates if one.key not in open_since]), key=lambda one: one.key not in seen_before
    )
    fresh_slots = max(SHORTLIST_MAX - len(known), SHORTLIST_FRESH_MIN)
    known_slots = SHORTLIST_MAX - min(len(fresh), fresh_slots)
    return fresh[:fresh_slots] + known[:known_slots], fresh[fresh_slots:] + known[known_slots:]


def _in_turn(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best of each type, then the second best of each, and so on."""
    by_type: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_type.setdefault(candidate.type, []).append(candidate)
    rounds = zip_longest(*by_type.values())
    return [candidate for candidate in chain.from_iterable(rounds) if candidate is not None]
