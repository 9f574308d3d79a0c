"""Alerts are valued again on the real runtime, by the alarm of an object of its own, and the record is public."""

import time

from tests.worker.world import World, new_stranger


def find_outcome(worker: World, id_: str, step: str):
    detail = worker.get(f"/opportunities/{id_}").json()["data"]
    found = {one["step"]: one for one in detail["outcomes"]}
    return found[step] if found[step]["state"] != "scheduled" else None


def test_an_alert_is_valued_again_5_s_later_from_the_books_of_that_moment(worker: World):
    worker.say(new_stranger(), "/start")
    asset = worker.take_asset()
    with worker.gap(asset, bps=75) as close:
        found = worker.scan_until_open(asset)
        assert all(set(one["confidence"]) == {"p", "n", "model"} for one in found)
        close()
        for one in found:
            outcome = worker.until(lambda id_=one["id"]: find_outcome(worker, id_, "after_5s"), "an outcome", 30)
            assert outcome["claimed_bps"] == one["net_bps"]
            if outcome["state"] == "missed":
                # A machine that is busy elsewhere may ring late; then it says so and gives no number.
                assert (outcome["reason"], outcome["realised_bps"]) == ("late", None)
                continue
            assert outcome["state"] == "valued", outcome
            assert outcome["realised_bps"] < 0 < outcome["claimed_bps"], "the gap has closed"
            assert 0 <= outcome["appraised_at"] - outcome["due_at"] <= 3_000
            assert all(age["source"] == "api" for age in outcome["ages"])
    rows = worker.stack.database.query(
        "SELECT opportunity_id, count(*) AS steps FROM appraisals GROUP BY opportunity_id HAVING count(*) <> 3"
    )
    assert rows == []


def test_the_record_is_public_and_says_how_little_is_known(worker: World):
    answer = worker.get("/public/metrics", user=None)
    assert answer.status_code == 200
    record = answer.json()["data"]
    assert record["mode"] == "synthetic"
    assert record["learning"]["n_min"] == 200
    assert abs(record["computed_at"] - time.time() * 1000) < 120_000
    assert worker.stack.tick("0 * * * *")["outcome"] == "ok"
    [row] = worker.stack.database.query("SELECT mode FROM learned")
    assert row["mode"] == "synthetic"
