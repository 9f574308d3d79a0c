"""The life of an opportunity across scans."""

from decimal import Decimal as D
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from arbedge.domain.detection.candidates import Candidate
from arbedge.domain.detection.verification import LegMarket, verify
from arbedge.domain.episodes import Scan, advance, count_streaks
from arbedge.domain.opportunity import derive_id
from arbedge.domain.policy import Policy
from tests.unit.domain.builders import NOW, book, instrument, refs

POLICY = Policy()
TICK = 10_000


def sighting(bid: str = "100.5", asset: str = "BTC"):
    buys, sells = refs(f"{asset}USDT")
    candidate = Candidate("cross_exchange", asset, "USDT", (buys, sells), 50.0, 28.0)
    buy = LegMarket(instrument(), book(bids=[("99", "50")], asks=[("100", "50")]), None)
    sell = LegMarket(instrument("okx"), book("okx", bids=[(bid, "50")], asks=[("109", "50")]), None)
    return verify(candidate, (buy, sell), NOW, POLICY)


class World:
    """Runs scans one after another, as the application does."""

    def __init__(self):
        self.now, self.streaks, self.known = NOW, {}, {}

    def scan(self, *seen, after=TICK, reasons=None, held=(), refused=(), mode: Any = "synthetic"):
        self.now += after
        sightings = {one.key: one for one in seen}
        scan = Scan(self.now, self.now, mode, sightings, frozenset(held), frozenset(refused))
        self.streaks = count_streaks(scan, self.streaks)
        recent = [one for one in self.known.values() if one.is_open or self.now - one.ended_at <= POLICY.reopen_ms_max]
        changed = advance(scan, recent, self.streaks, reasons or {}, POLICY)
        self.known |= {one.id: one for one in changed}
        return changed


def test_one_scan_is_not_enough():
    assert World().scan(sighting()) == []


def test_two_consecutive_scans_open_an_episode_with_its_derived_id():
    world = World()
    world.scan(sighting())
    [opened] = world.scan(sighting())
    assert opened.id == derive_id(opened.key, world.now)
    assert (opened.status, opened.revision, opened.is_open) == ("active", 1, True)
    assert [step.status for step in opened.transitions] == ["detected", "verified", "active"]
    assert opened.detected_at == NOW + TICK
    assert opened.waterfall()[0].label == "gross"
    assert opened.waterfall()[-1].bps == opened.net_bps


def test_a_scan_without_it_breaks_the_streak():
    world = World()
    world.scan(sighting())
    world.scan()
    assert world.scan(sighting()) == []


def test_what_its_books_refused_is_remembered_for_two_minutes_and_is_no_step_towards_a_confirmation():
    world, key = World(), sighting().key
    world.scan(refused=[key])
    refused_at = world.now
    world.scan(after=119_999)
    assert (world.streaks[key].count, world.streaks[key].since) == (0, refused_at)
    assert world.scan(sighting(), after=0) == [], "seen once"
    assert world.streaks[key].count == 1
    world.scan(refused=[key])
    world.scan(after=120_000)
    assert world.streaks == {}


def opened_world():
    world = World()
    world.scan(sighting())
    [opened] = world.scan(sighting())
    return world, opened.id


def test_a_further_sighting_updates_quietly():
    world, id_ = opened_world()
    [seen] = world.scan(sighting())
    assert (seen.id, seen.revision, seen.updated_at) == (id_, 1, world.now)


def test_a_changed_edge_is_a_new_revision_but_not_too_often():
    world, _ = opened_world()
    [soon] = world.scan(sighting("100.6"))
    assert soon.revision == 1
    [later] = world.scan(sighting("100.6"))
    assert later.revision == 2
    assert later.revised_net_bps == later.net_bps


def test_its_place_in_the_list_moves_with_a_real_change_alone_and_at_once():
    world, _ = opened_world()
    [opened] = world.scan(sighting())
    [noisy] = world.scan(sighting("100.508"))
    assert noisy.net_bps > opened.net_bps
    assert noisy.ranked_bps == opened.ranked_bps == opened.net_bps
    [moved] = world.scan(sighting("100.6"))
    assert moved.ranked_bps == moved.net_bps
    assert replace(moved, ranked_net_bps=None).ranked_bps == moved.net_bps, "older records have none"


def test_a_small_move_is_no_new_revision():
    world, _ = opened_world()
    world.scan(sighting("100.501"))
    [later] = world.scan(sighting("100.501"))
    assert later.revision == 1


def test_it_vanishes_after_three_scans_without_it_and_says_why():
    world, id_ = opened_world()
    key = world.known[id_].key
    world.scan()
    world.scan()
    [gone] = world.scan(reasons={key: "below_minimum"})
    assert (gone.status, gone.end_reason, gone.ended_at, gone.revision) == ("vanished", "below_minimum", world.now, 2)
    assert not gone.is_open


def test_a_return_before_that_resets_the_count():
    world, id_ = opened_world()
    world.scan()
    world.scan()
    [back] = world.scan(sighting())
    assert (back.id, back.missed_scans, back.status) == (id_, 0, "active")


def test_one_that_was_not_looked_at_is_neither_confirmed_nor_missed():
    world, id_ = opened_world()
    key = world.known[id_].key
    for _ in range(5):
        [held] = world.scan(held=[key])
        assert (held.missed_scans, held.status, held.updated_at) == (0, "active", world.known[id_].updated_at)


def test_it_expires_after_ten_minutes_without_confirmation():
    world, _ = opened_world()
    [gone] = world.scan(after=600_000)
    assert (gone.status, gone.end_reason) == ("expired", "unconfirmed_too_long")


def test_an_episode_of_another_market_ends_and_is_never_confirmed_by_this_one():
    world, id_ = opened_world()
    changed = world.scan(sighting(), mode="live")
    assert [(one.id, one.status, one.end_reason) for one in changed if not one.is_open] == [
        (id_, "expired", "market_mode_changed")
    ]
    changed += world.scan(sighting(), mode="live")
    assert {one.mode for one in changed if one.is_open} == {"live"}
    assert not world.known[id_].is_open


def vanish(world):
    for _ in range(3):
        world.scan()


def test_a_return_within_fifteen_minutes_reopens_the_same_episode_once_confirmed():
    world, id_ = opened_world()
    vanish(world)
    assert world.scan(sighting(), after=600_000) == []
    [back] = world.scan(sighting())
    assert (back.id, back.status, back.ended_at, back.revision) == (id_, "active", None, 3)
    assert back.transitions[-1].reason == "returned"


def test_a_later_return_is_a_new_episode():
    world, id_ = opened_world()
    vanish(world)
    world.scan(sighting(), after=POLICY.reopen_ms_max + 1)
    [fresh] = world.scan(sighting())
    assert fresh.id != id_
    assert fresh.revision == 1


def test_an_older_episode_of_the_same_key_is_left_alone():
    world, id_ = opened_world()
    vanish(world)
    older = replace(world.known[id_], id="older", updated_at=NOW)
    world.known["older"] = older
    world.scan(sighting())
    [back] = world.scan(sighting())
    assert back.id == id_


class Life(RuleBasedStateMachine):
    """Whatever is seen in whatever order, no key ever has two open episodes and revisions only rise."""

    def __init__(self):
        super().__init__()
        self.world = World()
        self.revisions = {}

    @rule(
        seen=st.sets(st.sampled_from(["BTC", "ETH"])),
        after=st.sampled_from([TICK, 60_000, 400_000, 901_000]),
        bid=st.sampled_from(["100.5", "100.7"]),
    )
    def scan(self, seen, after, bid):
        for changed in self.world.scan(*(sighting(bid, asset) for asset in seen), after=after):
            assert changed.revision >= self.revisions.get(changed.id, 1)
            self.revisions[changed.id] = changed.revision

    @invariant()
    def one_open_episode_a_key(self):
        keys = [one.key for one in self.world.known.values() if one.is_open]
        assert len(keys) == len(set(keys))

    @invariant()
    def an_end_has_a_time_and_a_reason(self):
        for one in self.world.known.values():
            assert one.is_open == (one.ended_at is None) == (one.end_reason is None)


Life.TestCase.settings = settings(max_examples=40, stateful_step_count=20)
TestLife = Life.TestCase


def test_an_id_is_derived_from_key_and_time_alone():
    assert derive_id("a", 1) == derive_id("a", 1) != derive_id("a", 2)
    assert D(int(derive_id("a", 1), 16)) >= 0
