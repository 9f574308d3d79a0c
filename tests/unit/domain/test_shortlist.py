"""Which candidates get their order books fetched."""

from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.detection.candidates import Candidate
from arbedge.domain.detection.shortlist import shortlist
from arbedge.domain.episodes import Streak
from arbedge.domain.policy import OpportunityType
from arbedge.limits import SHORTLIST_FRESH_MIN, SHORTLIST_MAX
from tests.unit.domain.builders import refs


def candidate(name: str, type_: OpportunityType = "cross_exchange", net: float = 20.0) -> Candidate:
    return Candidate(type_, name, "USDT", refs(name), net + 20, net)


def many(prefix: str, count: int, type_: OpportunityType = "cross_exchange") -> list[Candidate]:
    return [candidate(f"{prefix}{index}", type_) for index in range(count)]


def test_everything_fits_when_there_is_little():
    few = many("A", 5)
    assert shortlist(few, {}, {}) == (few, [])


def test_many_open_episodes_never_keep_out_something_new():
    known, new = many("K", 40, "funding"), many("N", 3)
    chosen, left = shortlist(known + new, {one.key: 1 for one in known}, {})
    assert {one.key for one in new} <= {one.key for one in chosen}
    assert len(chosen) == SHORTLIST_MAX
    assert len(left) == 40 - (SHORTLIST_MAX - 3)


def test_the_types_take_turns():
    chosen, _ = shortlist(many("F", 60, "funding") + many("C", 60), {}, {})
    assert sum(one.type == "funding" for one in chosen) == SHORTLIST_MAX // 2


def test_what_one_scan_has_seen_comes_before_what_none_has():
    all_ = many("N", 60)
    chosen, _ = shortlist(all_, {}, {all_[59].key: Streak(1, 5)})
    assert all_[59] in chosen


def test_the_open_episode_not_looked_at_for_longest_comes_first():
    known = many("K", 30)
    since = {one.key: index for index, one in enumerate(reversed(known))}
    chosen, left = shortlist(known, since, {})
    assert max(since[one.key] for one in chosen) < min(since[one.key] for one in left)


def test_what_is_refused_again_and_again_keeps_nothing_out():
    known, tempting = many("K", 40, "funding"), many("T", 30)
    last = candidate("LAST", net=11.0)
    looked: dict[str, Streak] = {}
    scans = 0
    while True:
        chosen, _ = shortlist([*known, *tempting, last], {one.key: 1 for one in known}, looked)
        if last in chosen:
            break
        scans += 1
        looked |= {one.key: Streak(0, scans) for one in chosen if one in tempting}
    assert scans == 30 // SHORTLIST_FRESH_MIN
    # All had a look: the one refused longest ago is looked at next.
    looked |= {one.key: Streak(0, 100 + at) for at, one in enumerate([*tempting, last])}
    chosen, _ = shortlist([*known, *tempting, last], {one.key: 1 for one in known}, looked)
    assert [one for one in chosen if one not in known] == tempting[:SHORTLIST_FRESH_MIN]


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_nothing_is_lost_or_doubled_and_the_budget_holds(open_, funding, cross):
    known, fresh = many("K", open_), many("F", funding, "funding") + many("C", cross)
    everything = known + fresh
    chosen, left = shortlist(everything, {one.key: 1 for one in known}, {})
    assert sorted(one.key for one in chosen + left) == sorted(one.key for one in everything)
    assert len(chosen) == min(SHORTLIST_MAX, len(everything))
    assert sum(one in fresh for one in chosen) >= min(len(fresh), SHORTLIST_FRESH_MIN)
