"""One exchange fails: the others keep on, people and operators see it within one scan, and it comes back by itself."""

import time

import pytest

from tests.worker.world import World, new_stranger

FAULTS = [
    pytest.param("binance", "timeout", 30, ("binance", "spot"), "unreachable", id="timeout"),
    pytest.param("bybit", "html", None, ("bybit", None), None, id="html"),
    pytest.param("okx", "rate_limit", 2, ("okx", None), "rate_limited", id="429"),
    pytest.param("bybit", "endless", None, ("bybit", None), "unreachable", id="endless"),
    pytest.param("binance-futures", "geo", None, ("binance", "perp"), "unreachable", id="451"),
]
NAMES = {"binance": "Binance", "bybit": "Bybit", "okx": "OKX"}


@pytest.mark.parametrize(("target", "kind", "value", "feed", "state"), FAULTS)
def test_one_exchange_fails_alone_and_visibly_and_recovers(worker: World, target, kind, value, feed, state):
    exchange, market = feed
    person = new_stranger()
    worker.scan()
    with worker.broken(target, kind, value):
        worker.scan()
        for (name, side), view in worker.feeds().items():
            if name == exchange and market in {None, side}:
                assert view["state"] != "ok"
                assert state in {None, view["state"]}
                assert view["error"]
                assert view["last_success_at"], "when it last did well stays visible"
            else:
                assert view["state"] == "ok", (name, side, view)
        worker.say(person, "/start")
        status = worker.say(person, "/status")["parameters"]["text"]
        stale = status[status.index("Stale:") :].partition("\n")[0]
        assert NAMES[exchange] in stale
        assert not any(other in stale for other in NAMES.values() if other != NAMES[exchange])
    time.sleep(value if kind == "rate_limit" else 0)
    worker.scan()
    assert {view["state"] for view in worker.feeds().values()} == {"ok"}
    assert "Stale" not in worker.say(person, "/status")["parameters"]["text"]


def test_the_others_still_lead_to_alerts(worker: World):
    person, asset = new_stranger(), worker.take_asset()
    worker.say(person, "/start")
    with worker.broken("bybit", "status", 500), worker.gap(asset):
        worker.scan_until_open(asset)
        alerts = worker.until(lambda: worker.alerts(person, asset), f"an alert about {asset}")
    assert all("Bybit" not in call["parameters"]["text"] for call in alerts)
    worker.scan()
