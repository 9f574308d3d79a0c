"""When a scan keeps what a replay begins with, and that it comes back whole."""

import pytest
from msgspec import json
from msgspec.structs import replace

from arbedge.app import checkpoint
from arbedge.app.checkpoint import decode_checkpoint, encode_checkpoint, is_checkpoint_due
from arbedge.domain.confidence import Learned
from arbedge.domain.decision import Known
from arbedge.domain.technical.signals import Signals
from tests.unit.domain.builders import NOW
from tests.unit.domain.test_decision import decide

HOUR = 1_795_392_000_000  # a whole hour
TEN_MINUTES = 600_000


@pytest.mark.parametrize(
    ("scan_id", "follows", "is_due"),
    [
        (HOUR, HOUR - 10_000, True),
        (HOUR + 10_000, HOUR, False),
        (HOUR + TEN_MINUTES - 10_000, HOUR, False),
        (HOUR + TEN_MINUTES + 10_000, HOUR + TEN_MINUTES - 10_000, True),
        (HOUR + 10_000, None, True),
    ],
)
def test_the_first_scan_of_ten_minutes_and_one_that_continues_nothing_keep_one(scan_id, follows, is_due):
    assert is_checkpoint_due(scan_id, follows) is is_due
    assert bool(encode_checkpoint(scan_id, follows, Known({}, []))) is is_due


def test_the_first_scan_that_knows_of_new_lessons_keeps_one():
    learned = Learned("live", HOUR + 15_000, 41, 0.7, {})
    known = Known({}, [], learned=learned)
    assert encode_checkpoint(HOUR + 20_000, HOUR + 10_000, known)
    assert encode_checkpoint(HOUR + 30_000, HOUR + 20_000, known) == []


def test_scans_around_the_moment_when_signals_are_replaced_say_which_they_had():
    """A batch is stamped before it is written, and a scan in between reads the one before."""
    known = Known({}, [], signals=Signals(HOUR + 15_000, {}, ()))
    for at in range(HOUR + 20_000, HOUR + 90_000, 10_000):
        assert bool(encode_checkpoint(at, at - 10_000, known)) is (at - 10_000 <= HOUR + 75_000)


def make_known() -> Known:
    """What the scan knows that comes after the one that opened an episode."""
    known = Known({}, [])
    for _ in range(2):
        decision = decide(known)
        known = Known(decision.streaks, decision.changed)
    return known


def test_what_is_known_comes_back_to_the_byte():
    known = make_known()
    assert known.episodes
    assert [(one.count, one.since) for one in known.streaks.values()] == [(2, NOW)]
    (document,) = encode_checkpoint(HOUR, None, known)
    assert json.encode(decode_checkpoint([bytes(document)])) == json.encode(known)


@pytest.mark.parametrize("parts_max", [1, 2, 3, 7])
def test_one_that_is_too_large_comes_in_parts_and_back_to_the_byte(monkeypatch: pytest.MonkeyPatch, parts_max: int):
    known = make_known()
    (episode,) = known.episodes
    known = replace(known, episodes=[replace(episode, id=f"{number:016x}") for number in range(7)])
    (whole,) = encode_checkpoint(HOUR, None, known)
    without = len(json.encode(checkpoint.Checkpoint(v=1, known=replace(known, episodes=[]))))
    bound = without + (len(json.encode(episode)) + 1) * -(-7 // parts_max)
    monkeypatch.setattr(checkpoint, "CHECKPOINT_BYTES_MAX", bound)
    parts = [bytes(part) for part in encode_checkpoint(HOUR, None, known)]
    assert len(parts) <= parts_max
    assert all(len(part) <= bound for part in parts)
    assert (len(parts) > 1) is (len(bytes(whole)) > bound)
    assert json.encode(decode_checkpoint(parts)) == json.encode(known)


@pytest.mark.parametrize(
    "document", [b"", b"{}", b'{"v":2,"known":{"streaks":{},"episodes":[]}}', b'{"v":1,"known":[]}']
)
def test_anything_else_is_no_checkpoint(document):
    with pytest.raises(ValueError, match="not a checkpoint of version 1"):
        decode_checkpoint([document])
