"""One replay of a stretch of time: hour by hour, first the scans, then who was told of what they found."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import asdict

from arbedge.adapters.cloudflare.lake.keys import HOUR_MS
from arbedge.adapters.cloudflare.lake.reader import BadObject, LakeReader, RecordedScan
from arbedge.app.chronicle.people import digest_screen
from arbedge.app.in_force import record_policy
from arbedge.domain.decision import Known
from arbedge.domain.policy import Policy
from arbedge.entrypoints.telegram.screens.alert import render_alert
from arbedge.ports.lake.event_records import DeliveryRecord, DistributionRecord
from arbedge.ports.lake.scan_records import PolicyRecord
from scripts.replay.comparing import Comparison, find_differences, to_plain
from scripts.replay.deciding import Course, Replayed
from scripts.replay.result import Result
from scripts.replay.spans import Span, render_time
from scripts.replay.telling import Versions, decide_again, read_again

LOOK_BACK_MS: Final = 24 * HOUR_MS


class Gap(Struct, frozen=True):
    """Scans that ran and are not in the lake: after `after`, up to `before`, which continues one of them."""

    after: int
    before: int


class Report(Struct):
    """What a replay found out."""

    span: Span
    exact_from: int | None = None  # the first scan that was replayed, from its own checkpoint
    scans: int = 0
    quotes: int = 0
    skipped: Counter[str] = field(default_factory=Counter[str])
    modes: Counter[str] = field(default_factory=Counter[str])
    gaps: list[Gap] = field(default_factory=list[Gap])
    bad: list[BadObject] = field(default_factory=list[BadObject])
    without_books: int = 0  # books that a candidate needed and that are not recorded
    policies: dict[str, list[str]] = field(default_factory=dict[str, list[str]])  # what in each differs from today's
    last_scan_id: int | None = None
    covered_ms: int = 0  # from the first scan that was wanted to the last


class Run:
    """A replay from a reader into a result. `told` is called with the time reached."""

    def __init__(self, reader: LakeReader, span: Span, told: Callable[[int], None] = lambda _at: None) -> None:
        self._reader = reader
        self._told = told
        self._course = Course(reader)
        self._versions = Versions()
        self._policies: list[tuple[int, Policy]] = []
        self._first: int | None = None
        self.report = Report(span)
        self.comparison = Comparison()

    async def replay(self, result: Result) -> None:
        span = self.report.span
        first = await self._find_start()
        self._reader.bad.clear()  # what was met on the way there is met again
        for hour in range(first // HOUR_MS * HOUR_MS, span.to_ms, HOUR_MS):
            begin, end = max(hour, first), min(hour + HOUR_MS, span.to_ms)
            async for scan in self._reader.read_scans(begin, end):
                await self._replay_scan(scan, result)
                self._told(scan.scan_id)
            async for event in self._reader.read_events(
                max(begin, span.from_ms), end, kinds=("distribution", "delivery")
            ):
                self._replay_event(event, result)
            self._versions.forget(end)
        self.report.bad = list(self._reader.bad)

    async def _find_start(self) -> int:
        """The newest scan due at `from_ms` or before that has a checkpoint; `from_ms` where there is none."""
        from_ms = self.report.span.from_ms
        this_hour = from_ms // HOUR_MS * HOUR_MS
        for hour in range(this_hour, max(0, this_hour - LOOK_BACK_MS) - 1, -HOUR_MS):
            found: int | None = None
            async for scan in self._reader.read_scans(hour, min(hour + HOUR_MS, from_ms + 1)):
                found = scan.scan_id if scan.checkpoint else found
            if found is not None:
                return found
        return from_ms

    async def _replay_scan(self, scan: RecordedScan, result: Result) -> None:
        report, record = self.report, scan.decision
        is_wanted = scan.scan_id >= report.span.from_ms
        self._note_gap(scan)
        if is_wanted:
            self._first = scan.scan_id if self._first is None else self._first
            report.covered_ms = scan.scan_id - self._first
            report.scans += 1
            report.quotes += sum(len(feed.quotes) for feed in scan.snapshot.feeds)
            report.modes[scan.snapshot.mode] += 1
        report.last_scan_id = scan.scan_id
        replayed = await self._course.replay(scan)
        if not isinstance(replayed, Replayed) or record is None or scan.policy is None:
            if is_wanted and not isinstance(replayed, Replayed):
                report.skipped[replayed.why] += 1
                self.comparison.miss("opportunity", len(scan.changed))
            return
        report.exact_from = report.exact_from or scan.scan_id
        self._versions.add(replayed.known.episodes)
        self._versions.add(replayed.decision.changed)
        self._policies.append((record.decided_at, scan.policy.policy))
        self._note_policy(scan.policy)
        if is_wanted:
            self._compare_scan(scan, replayed, result)

    def _compare_scan(self, scan: RecordedScan, replayed: Replayed, result: Result) -> None:
        decision, compare = replayed.decision, self.comparison.compare
        at = render_time(scan.scan_id)
        ours = {one.id: one for one in scan.changed}
        now = {one.id: one for one in decision.changed}
        self.report.without_books += len(replayed.missing)
        for id_ in sorted(ours.keys() | now.keys()):
            compare("opportunity", f"{id_} in the scan of {at}", ours.get(id_), now.get(id_))
        for id_, one in sorted(now.items()):
            result.add("opportunity", scan_id=scan.scan_id, id=id_, document=one)
        figures = {"candidates": decision.candidates, "drop_counts": decision.drop_counts}
        record = scan.decision
        recorded = {"candidates": record.candidates, "drop_counts": record.drop_counts} if record else None
        if replayed.are_lists_whole:
            compare("decision", f"scan of {at}", recorded, figures)
        else:
            self.comparison.miss("decision")
        result.add("decision", scan_id=scan.scan_id, **figures)
        if replayed.own is not None:
            compare("checkpoint", f"before the scan of {at}", _order(replayed.known), _order(replayed.own))

    def _replay_event(self, record: DistributionRecord | DeliveryRecord, result: Result) -> None:
        kind = "distribution" if isinstance(record, DistributionRecord) else "message"
        opportunity = self._versions.find(record.opportunity_id, record.revision, record.opportunity_updated_at)
        policy = self._policy_at(record.at)
        what = f"{record.opportunity_id} revision {record.revision} at {render_time(record.at)}"
        if isinstance(record, DeliveryRecord) and record.content_sha256 is None:
            return  # it was decided not to show it, by what the person's record said at that moment
        if opportunity is None or policy is None:
            self.comparison.miss(kind)
            return
        if isinstance(record, DistributionRecord):
            again = decide_again(record, opportunity, policy)
            self.comparison.compare(kind, what, record.people, again)
            decided = [(one.person, one.reason, one.is_silent) for one in again]
            result.add(kind, at=record.at, id=opportunity.id, revision=record.revision, decided=decided)
        else:
            reading = read_again(record, opportunity, policy)
            screen = render_alert(opportunity, record.at, record.outcomes, reading)
            digest = digest_screen(screen)
            self.comparison.compare(kind, what, {"content_sha256": record.content_sha256}, {"content_sha256": digest})
            shown = {"person": record.person, "outcome": record.outcome, "content_sha256": digest, "text": screen.text}
            result.add(kind, at=record.at, id=opportunity.id, revision=record.revision, **shown)

    def _policy_at(self, at: int) -> Policy | None:
        """The rules of the scan that was decided last before then."""
        index = bisect_right(self._policies, at, key=lambda entry: entry[0])
        return self._policies[index - 1][1] if index else None

    def _note_gap(self, scan: RecordedScan) -> None:
        """A scan that continues another than the one before it says that scans in between are lost."""
        follows = scan.decision.follows if scan.decision else None
        last = self.report.last_scan_id
        if last is not None and follows is not None and follows > last and scan.scan_id >= self.report.span.from_ms:
            self.report.gaps.append(Gap(last, scan.scan_id))

    def _note_policy(self, record: PolicyRecord) -> None:
        """What was in force then and is not the same in this code: such an hour may rightly come out different."""
        if record.version not in self.report.policies:
            today = record_policy(record.policy)
            self.report.policies[record.version] = [
                f"{path}: {recorded} -> {now}"
                for path, recorded, now in find_differences(to_plain(record), to_plain(today))
                if path != "version"
            ]


def _order(known: Known) -> dict[str, Any]:
    """Known episodes by id: the database gives them in no order."""
    return asdict(known) | {"episodes": {one.id: one for one in known.episodes}}
