"""The main job on workerd: a gap opens, people are told what it is worth, and the figures agree with the books."""

import asyncio
import re

import httpx
import pytest

from tests.integration.by_hand import recompute
from tests.worker.world import FIONA, PAVEL, World, is_alert, new_stranger

EXCHANGES = {"binance", "binance-futures", "bybit", "okx"}


def button(call, row: int = 0, column: int = 0) -> str:
    return call["parameters"]["reply_markup"]["inline_keyboard"][row][column]["callback_data"]


def told_id(call) -> str:
    found = re.search(r"op:o:([0-9a-f]{16})", str(call["parameters"]["reply_markup"]))
    assert found
    return found.group(1)


def wait_for_alerts(worker: World, person: int, asset: str):
    return worker.until(lambda: worker.alerts(person, asset), f"an alert about {asset} for {person}")


def test_a_seeded_person_and_a_stranger_are_told_within_two_scans_and_open_the_waterfall(worker: World):
    stranger, asset = new_stranger(), worker.take_asset()
    welcome = worker.say(stranger, "/start", name="Stan")
    assert "Stan" in welcome["parameters"]["text"]
    worker.say(FIONA, "/start")
    with worker.gap(asset):
        worker.scan()
        assert worker.alerts(FIONA, asset) == [], "one scan is not enough"
        worker.scan_until_open(asset)
        for person in (FIONA, stranger):
            alert = wait_for_alerts(worker, person, asset)[0]
            assert "MARKET MODE: synthetic" in alert["parameters"]["text"]
            mark = worker.mark()
            shown = worker.tap(person, alert["result"]["message_id"], button(alert), "sendMessage")
            calls = [call["method"] for call in worker.calls(person, after=mark) if not is_alert(call)]
            assert calls.index("answerCallbackQuery") < calls.index(shown["method"])
            detail = worker.get(f"/opportunities/{told_id(alert)}").json()["data"]
            for part in detail["waterfall"]:
                assert (part["label"].replace("_", " ") in shown["parameters"]["text"]) == (part["bps"] != 0)


def test_the_figures_of_the_api_can_be_recomputed_from_the_published_books(worker: World):
    asset = worker.take_asset()
    with worker.gap(asset, bps=75, exchange="bybit"):
        found = worker.scan_until_open(asset)
        for one in found:
            detail = worker.get(f"/opportunities/{one['id']}").json()["data"]
            by_hand = asyncio.run(compute_by_hand(worker, detail))
            assert detail["net_bps"] == pytest.approx(by_hand, abs=0.001)
            parts = detail["waterfall"]
            assert (parts[0]["label"], parts[-1]["label"]) == ("gross", "net")
            assert sum(part["bps"] for part in parts[:-1]) == pytest.approx(parts[-1]["bps"], abs=1e-9)
            assert detail["curve"]
            for leg in detail["legs"]:
                assert (leg["mode"], leg["source"]) == ("synthetic", "api")
                assert 0 <= leg["age_ms"] < 20_000


async def compute_by_hand(worker: World, detail) -> float:
    async with httpx.AsyncClient(base_url=worker.stack.sandbox_url, trust_env=False) as exchanges:
        return float(await recompute(exchanges, detail))


def test_the_bot_and_the_api_tell_the_same_figures(worker: World):
    person, asset = new_stranger(), worker.take_asset()
    worker.say(person, "/start")
    with worker.gap(asset):
        worker.scan_until_open(asset)
        alert = wait_for_alerts(worker, person, asset)[0]
        detail = worker.get(f"/opportunities/{told_id(alert)}").json()["data"]
        for part in detail["waterfall"]:
            assert f"{part['bps']:+.4f}" in alert["parameters"]["text"] or part["bps"] == 0
        listing = worker.say(person, "/opportunities cross_exchange")
        assert asset in listing["parameters"]["text"]
        why = worker.say(person, f"/why {asset}")
        assert asset in why["parameters"]["text"]


def test_a_message_is_sent_once_and_edited_when_the_opportunity_ends(worker: World):
    person, asset = new_stranger(), worker.take_asset()
    worker.say(person, "/start")
    with worker.gap(asset) as close:
        worker.scan_until_open(asset)
        worker.scan(2)
        told = wait_for_alerts(worker, person, asset)
        assert len({told_id(call) for call in told}) == len(told)
        close()
        worker.scan_until_gone(asset)
        for call in told:
            message_id = call["result"]["message_id"]
            edits = worker.until(lambda at=message_id: worker.edits(person, at), f"an edit of {message_id}")
            assert "Ended" in edits[-1]["parameters"]["text"]
    ids = [told_id(call) for call in worker.alerts(person, asset)]
    assert len(ids) == len(set(ids))


def test_nobody_without_a_session_is_told(worker: World):
    asset = worker.take_asset()
    listener = new_stranger()
    worker.say(listener, "/start")
    with worker.gap(asset):
        worker.scan_until_open(asset)
        wait_for_alerts(worker, listener, asset)
    assert worker.alerts(PAVEL, asset) == []


def test_a_doubled_tick_does_nothing(worker: World):
    worker.scan()
    [latest] = worker.stack.database.query("SELECT MAX(id) AS id, COUNT(*) AS n FROM scans")
    requests = len(exchange_requests(worker))
    for _ in range(2):
        assert worker.stack.tick(time_ms=int(latest["id"]))["outcome"] == "ok"
    assert worker.stack.database.query("SELECT MAX(id) AS id, COUNT(*) AS n FROM scans") == [latest]
    assert len(exchange_requests(worker)) == requests


def exchange_requests(worker: World):
    """Without order books: alerts of earlier tests are valued again whenever their time comes."""
    requests = worker.sandbox.get("/_control/requests").json()["requests"]
    return [
        one
        for one in requests
        if one["target"] in EXCHANGES and "cf-worker" in one["headers"] and not is_book(one["path"])
    ]


def is_book(path: str) -> bool:
    return path.rsplit("/", 1)[-1] in {"depth", "orderbook", "books"}
