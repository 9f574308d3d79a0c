"""Names on the running Worker: namesakes are kept apart with their evidence, and assets have their coins."""

from tests.worker.world import ADA, HOURLY, World

NAMESAKES = {"binance:spot:GRIDUSDT", "bybit:spot:GRIDUSDT"}


def test_namesakes_are_in_quarantine_with_their_evidence(worker: World):
    worker.scan(3)
    body = worker.get("/market/exchanges").json()
    held = {one["instrument"]: one for one in body["meta"]["quarantine"]["items"]}
    assert held.keys() >= NAMESAKES
    evidence = held["bybit:spot:GRIDUSDT"]
    assert evidence["scans"] == 3
    assert evidence["others"][0]["instrument"] == "binance:spot:GRIDUSDT"
    assert all(one["events"]["counts"]["first_seen"] == one["instruments"] for one in body["data"])
    worker.say(ADA, "/start")
    assert "Quarantine: " in worker.say(ADA, "/status")["parameters"]["text"]


def test_the_hourly_job_joins_assets_with_their_coins(worker: World):
    worker.scan()
    worker.say(ADA, "/start")

    def join() -> dict[str, int] | None:
        """Refused while this minute's requests to CoinMarketCap are used up: tests tick far more often than cron.

        Two coins are called HOT, and a price tells which of them this one is.
        """
        assert worker.stack.tick(HOURLY)["outcome"] == "ok"
        counts = worker.get("/market/exchanges").json()["meta"]["assets"]
        is_told_apart = "id 900001" in worker.say(ADA, "/why HOT.OKX")["parameters"]["text"]
        return counts if "matched" in counts and is_told_apart else None

    counts = worker.until(join, "assets with their coins", timeout_s=90, every_s=5)
    assert counts["matched"] > 50
    assert counts["unknown"] > counts["matched"]
    assert "id 24478" in worker.say(ADA, "/why PEPE")["parameters"]["text"]
