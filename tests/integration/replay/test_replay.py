"""Replay = live: recorded scans give the same opportunities and messages, and whatever does not is found and shown."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from scripts.replay.spans import Span
from tests.integration.replay.conftest import Recorded
from tests.integration.replay.stage import Replay, replay


@pytest.fixture
def result(tmp_path: Path) -> Path:
    return tmp_path / "result.ndjson"


async def test_everything_comes_out_as_it_was_stored_and_sent_and_twice_the_same(
    recorded: Recorded, whole: Replay, result: Path
):
    again = await replay(recorded.lake, recorded.span, result)
    assert whole.lines == again.lines
    assert whole.sha256 == again.sha256
    assert set(whole.counts) == {"opportunity", "decision", "checkpoint", "distribution", "message"}
    assert {verdict for counts in whole.counts.values() for verdict in counts} == {"equal"}
    report = whole.run.report
    assert (report.scans, report.gaps, report.bad, dict(report.skipped)) == (len(recorded.scans), [], [], {})
    last = {line["id"]: line["document"] for line in whole.of("opportunity")}
    assert last == recorded.stored
    assert {one["status"] for one in last.values()} >= {"active", "vanished"}
    assert sorted(line["text"] for line in whole.of("message") if line["outcome"] == "sent") == recorded.shown


def test_the_recording_is_worth_replaying(whole: Replay):
    """Every kind of turn that an episode and a person can take is in it."""
    documents = [line["document"] for line in whole.of("opportunity")]
    assert "returned" in {step["reason"] for one in documents for step in one["transitions"]}
    assert max(one["revision"] for one in documents) > 2
    assert "technical" in {one["type"] for one in documents}
    assert any(one["claim"]["confirmed_by"] for one in documents), "no arbitrage was confirmed by a signal"
    decided = [tuple(row) for line in whole.of("distribution") for row in line["decided"]]
    assert {reason for _, reason, _ in decided} >= {None, "alerts_off", "below_own_minimum", "ended"}
    assert {silent for _, reason, silent in decided if reason is None} == {True, False}
    assert any("Afterwards" in line["text"] for line in whole.of("message")), "an ended alert says what became of it"
    candidates = Counter(line["candidates"] for line in whole.of("decision"))
    assert len(candidates) > 2, "the market of all scans is the same"


async def test_a_replay_that_begins_in_the_middle_of_an_episode_knows_it(
    recorded: Recorded, whole: Replay, result: Path
):
    middle = recorded.scans[len(recorded.scans) // 2]
    part = await replay(recorded.lake, Span(middle, recorded.span.to_ms), result)
    report = part.run.report
    assert report.exact_from is not None
    assert report.exact_from <= middle
    assert part.run.comparison.different == part.run.comparison.not_recorded == 0
    assert part.of("opportunity") == [line for line in whole.of("opportunity") if line["scan_id"] >= middle]
    assert part.of("decision") == [line for line in whole.of("decision") if line["scan_id"] >= middle]
    assert part.of("message")


def rewrite(data: bytes, change) -> bytes:
    """A scan's object with its records changed: `change` takes each and returns it, another, or None."""
    records = [change(json.loads(line)) for line in gzip.decompress(data).splitlines()]
    lines = [json.dumps(record, separators=(",", ":")) for record in records if record is not None]
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def find_book(recorded: Recorded, index: int) -> str:
    """The symbol of a book that decided an episode of this scan."""
    records = [
        json.loads(line) for line in gzip.decompress(recorded.lake.contents[recorded.scan_key(index)]).splitlines()
    ]
    document = next(
        one["document"] for one in records if one["kind"] == "opportunity" and not one["document"]["ended_at"]
    )
    return document["sighting"]["legs"][0]["symbol"]


async def test_a_changed_figure_of_a_book_is_found_and_shown(recorded: Recorded, result: Path):
    lake, key, symbol = recorded.damaged(), recorded.scan_key(2), find_book(recorded, 2)

    def change(record):
        if record["kind"] == "book" and record["book"]["symbol"] == symbol:
            price, size = record["book"]["asks"][0]
            record["book"]["asks"][0] = [price, size + "1"]
        return record

    lake.contents[key] = rewrite(lake.contents[key], change)
    found = await replay(lake, recorded.span, result)
    assert found.counts["opportunity"]["different"] >= 1
    first = found.run.comparison.shown[0]
    assert first.kind == "opportunity"
    assert first.path.startswith("sighting.")
    assert first.replayed == first.recorded + "1" or "curve" in first.path or "capacity" in first.path


async def test_a_flipped_byte_is_an_object_that_cannot_be_read_and_a_gap(recorded: Recorded, result: Path):
    lake, key = recorded.damaged(), recorded.scan_key(4)
    content = bytearray(lake.contents[key])
    content[len(content) // 2] ^= 1
    lake.contents[key] = bytes(content)
    found = await replay(lake, recorded.span, result)
    report = found.run.report
    assert [bad.key for bad in report.bad] == [key]
    assert [(gap.after, gap.before) for gap in report.gaps] == [(recorded.scans[3], recorded.scans[5])]


async def test_a_candidate_without_its_book_says_not_recorded(recorded: Recorded, result: Path):
    lake, key, symbol = recorded.damaged(), recorded.scan_key(2), find_book(recorded, 2)
    dropped = []

    def change(record):
        if record["kind"] == "book" and record["book"]["symbol"] == symbol:
            dropped.append(record)
            return None
        return record | {"books": record["books"] - len(dropped)} if record["kind"] == "decision" else record

    lake.contents[key] = rewrite(lake.contents[key], change)
    found = await replay(lake, recorded.span, result)
    decided = next(line for line in found.of("decision") if line["scan_id"] == recorded.scans[2])
    assert decided["drop_counts"]["not_recorded"] >= 1
    assert found.run.report.without_books == len(dropped) > 0
    assert found.counts["decision"]["different"] == 1


async def test_without_its_instruments_a_candidate_says_not_recorded(recorded: Recorded, result: Path):
    lake = recorded.damaged()
    for key in [key for key in lake.contents if key.startswith("market/instruments/okx-spot")]:
        del lake.contents[key]
    found = await replay(lake, recorded.span, result)
    assert any("not_recorded" in line["drop_counts"] for line in found.of("decision"))
    assert found.run.comparison.different > 0


async def test_a_missing_scan_is_a_gap_until_the_next_checkpoint(recorded: Recorded, result: Path):
    lake = recorded.damaged()
    # Scans of the first minute have checkpoints of their own, since signals had just been replaced.
    del lake.contents[recorded.scan_key(8)]
    found = await replay(lake, recorded.span, result)
    report = found.run.report
    assert [(gap.after, gap.before) for gap in report.gaps] == [(recorded.scans[7], recorded.scans[9])]
    assert report.skipped["after_gap"] > 0
    assert found.run.comparison.different == 0, "what cannot be compared is no difference"
    assert found.counts["opportunity"]["not_recorded"] > 0
    replayed = {line["scan_id"] for line in found.of("decision")}
    assert recorded.scans[-1] in replayed, "a later checkpoint makes it exact again"


async def test_a_stretch_without_scans_says_so(recorded: Recorded, result: Path):
    found = await replay(recorded.lake, Span(recorded.span.to_ms, recorded.span.to_ms + 60_000), result)
    assert (found.run.report.scans, found.lines) == (0, [])


async def test_a_checkpoint_that_cannot_be_read_is_reported_and_done_without(recorded: Recorded, result: Path):
    lake = recorded.damaged()

    def change(record):
        return record | {"document": {"v": 9}} if record["kind"] == "checkpoint" else record

    keys = [recorded.scan_key(index) for index in range(len(recorded.scans))]
    for key in keys[1:]:
        lake.contents[key] = rewrite(lake.contents[key], change)
    found = await replay(lake, recorded.span, result)
    assert {bad.key.split()[0] for bad in found.run.report.bad} == {"checkpoint"}
    assert found.run.comparison.different == 0
    assert found.run.report.skipped == {}
