"""Sums over re-pricings: quartiles by rank, shares, counts by reason, calibration; one mode, one month, bounded rows."""

import pytest

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.opportunities import D1Opportunities
from arbedge.adapters.cloudflare.d1.track_record import D1TrackRecord
from arbedge.domain.market import Mode
from tests.integration.store.builders import make_opportunity
from tests.miniflare_shim import ShimEnv

INSERT = """
INSERT INTO appraisals (opportunity_id, step, mode, type, exchanges, claimed_at, claimed_bps, confidence, due_at, state,
  realised_bps, reason, appraised_at) VALUES (?, ?, ?, ?, 'binance+okx', ?, 20, ?, ?, ?, ?, ?, ?)
"""


class Record:
    def __init__(self, env: ShimEnv, now: int) -> None:
        self.env, self.now, self.ids = env, now, iter(range(1_000))
        self.sums = D1TrackRecord(Database(env.DB))

    async def add(self, realised, *, step="after_5s", mode="live", type_="funding", at=None, p=None, reason=None):
        at = self.now if at is None else at
        one = make_opportunity(f"{next(self.ids):016x}")
        await D1Opportunities(Database(self.env.DB)).save([one])
        state = "valued" if realised is not None else "missed" if reason == "late" else "unvalued"
        self.env.DB.sqlite.execute(INSERT, (one.id, step, mode, type_, at, p, at, state, realised, reason, at))

    async def load(self, mode: Mode = "live", since=0, rows_max=100):
        return await self.sums.sum_up(mode, since, rows_max)


@pytest.fixture
def record(env: ShimEnv, now: int) -> Record:
    return Record(env, now)


async def test_nothing_recorded_is_no_number(record: Record):
    totals = await record.load()
    assert (totals.realised, totals.answered) == ([], [])
    assert (totals.calibration.n, totals.calibration.brier, totals.calibration.bins) == (0, None, [])


@pytest.mark.parametrize(
    ("realised", "lower", "median", "upper"),
    [
        ([10], 0.5, 0.5, 0.5),
        ([10, 20], 0.5, 0.75, 1.0),
        ([20, -10, 10], -0.5, 0.5, 1.0),
        ([4, 8, 12, 16], 0.2, 0.5, 0.6),
        ([4, 8, 12, 16, 20, 24, 28, 32], 0.4, 0.9, 1.2),
    ],
)
async def test_quartiles_go_by_rank(record: Record, realised, lower, median, upper):
    for one in realised:
        await record.add(one)
    [found] = [one for one in (await record.load()).realised if one.grouping == "all"]
    assert (found.n, found.judged) == (len(realised), len(realised))
    assert (found.lower_quartile, found.median, found.upper_quartile) == pytest.approx((lower, median, upper))


async def test_what_lost_its_depth_is_judged_without_a_number_and_what_was_missed_is_not(record: Record):
    for realised, reason in ((10, None), (-5, None), (None, "depth"), (None, "stale"), (None, "late")):
        await record.add(realised, reason=reason)
    totals = await record.load()
    [found] = [one for one in totals.realised if one.grouping == "type"]
    assert (found.name, found.n, found.judged, found.positive_share) == ("funding", 2, 3, pytest.approx(1 / 3))
    assert {(one.state, one.reason): one.count for one in totals.answered} == {
        ("valued", None): 2, ("unvalued", "depth"): 1, ("unvalued", "stale"): 1, ("missed", "late"): 1,
    }  # fmt: skip


async def test_modes_times_and_steps_are_kept_apart_and_rows_are_bounded(record: Record):
    await record.add(20)
    await record.add(0.2, step="after_60s")
    await record.add(2, mode="synthetic")
    await record.add(2, at=record.now - 1_000)
    totals = await record.load(since=record.now)
    assert {one.step: one.median for one in totals.realised if one.grouping == "all"} == pytest.approx(
        {"after_5s": 1.0, "after_60s": 0.01}
    )
    assert sum(one.count for one in (await record.load(rows_max=2)).answered) == 2


async def test_stated_probabilities_meet_what_happened(record: Record):
    for p, realised in ((0.95, 10), (1.0, 10), (0.91, -1), (0.3, -1), (0.39, None)):
        await record.add(realised, p=p, reason=None if realised else "depth")
    await record.add(10)
    await record.add(10, p=0.1, step="after_60s")
    found = (await record.load()).calibration
    assert [(one.low, one.n, one.positive_share) for one in found.bins] == [(0.3, 2, 0), (0.9, 3, pytest.approx(2 / 3))]
    assert found.bins[1].mean_p == pytest.approx(0.953333, abs=1e-5)
    squares = 0.05**2 + 0 + 0.91**2 + 0.3**2 + 0.39**2
    assert (found.n, found.brier) == (5, pytest.approx(squares / 5))
    names = {one.name for one in (await record.load()).realised if one.grouping == "confidence"}
    assert names == {"", "0.1 to 0.2", "0.3 to 0.4", "0.9 to 1.0"}
