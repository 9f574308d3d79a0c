"""A technical signal on the real runtime: the hour's job reads candles, a scan enters it, and who asks for it sees it."""

from typing import Any

from tests.worker.world import HOURLY, World

HOUR_MS = 3_600_000


def test_a_signal_appears_after_the_job_of_the_hour_and_in_no_other_list(worker: World):
    def find() -> list[dict[str, Any]]:
        """An hour that ends in between takes its signals with it; the next attempt plants them anew."""
        worker.sandbox.post("/_control/market/steps").raise_for_status()
        assert worker.stack.tick(HOURLY)["outcome"] == "ok"
        worker.scan(2)
        return worker.get("/opportunities", type="technical").raise_for_status().json()["data"]

    found = worker.until(find, "a technical opportunity", 90)
    for one in found:
        signal = one["signal"]
        assert signal["record"]["trades"] >= 30
        assert 0 < signal["record"]["hit_rate"] <= 1
        assert one["gross_bps"] > one["net_bps"] >= 15
        assert signal["enter_by"] - signal["bar"] == 2 * HOUR_MS
        assert signal["mode"] == "synthetic"
        assert "technical_signals" in one["categories"]
    ids = {one["id"] for one in found}
    others = worker.get("/opportunities", limit=50).raise_for_status().json()["data"]
    assert not ids & {one["id"] for one in others}
    assert worker.get("/opportunities", "user_free_123", type="technical").json()["data"] == []
