"""Chooses the candidates whose order books are worth fetching, since every book costs request weight.

Open episodes are looked at again, the one not looked at for longest first. Something new always gets its share: what
one scan has already seen first, then what was not refused lately, the types in turn, then what was refused, the
longest ago first. So neither a kind of opportunity nor a tempting top of book without depth keeps out the rest.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest
from typing import Protocol

from arbedge.domain.detection.candidates import Candidate
from arbedge.limits import SHORTLIST_FRESH_MIN, SHORTLIST_MAX


class Looked(Protocol):
    """How often in a row a candidate held up, and since when; with a count of 0 it was refused then."""

    @property
    def count(self) -> int: ...

    @property
    def since(self) -> int: ...


def shortlist(
    candidates: Sequence[Candidate], open_since: Mapping[str, int], looked: Mapping[str, Looked]
) -> tuple[list[Candidate], list[Candidate]]:
    """Splits candidates, best first, into those to verify and those left for a later scan.

    `open_since` tells when each open episode was last verified; `looked` what became of looks at the others.
    """

    def rank(candidate: Candidate) -> tuple[bool, int]:
        before = looked.get(candidate.key)
        is_new = before is None or before.count == 0
        return is_new, before.since if before and is_new else 0

    known = sorted(
        (one for one in candidates if one.key in open_since), key=lambda candidate: open_since[candidate.key]
    )
    fresh = sorted(_in_turn([one for one in candidates if one.key not in open_since]), key=rank)
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
