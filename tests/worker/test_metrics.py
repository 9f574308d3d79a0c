"""The running Worker as a Prometheus scrapes it, with an exchange slow, cut off and limited."""

import time

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.worker.world import World

PATH = "/api/v1/metrics"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def get(worker: World, token: str | None) -> httpx.Response:
    return worker.http.get(PATH, headers={"Authorization": f"Bearer {token}"} if token else {})


def scrape(worker: World) -> Samples:
    answer = get(worker, worker.stack.metrics_token)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def read(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((f"arbedge_{name}", frozenset({**labels, "mode": "synthetic"}.items())), 0)


def test_a_scan_is_counted_and_its_figures_are_possible(worker: World):
    before = scrape(worker)
    worker.scan()
    after = scrape(worker)
    assert read(after, "scans_total") - read(before, "scans_total") == 1
    assert 0 <= read(after, "scan_age_seconds") < 60
    assert read(after, "scan_instruments") > 2_000
    for (exchange, market), view in worker.feeds().items():
        feed = {"exchange": exchange, "market": market}
        assert read(after, "feed_up", **feed) == (view["state"] == "ok")
        assert read(after, "feed_received_bytes_total", **feed) > read(before, "feed_received_bytes_total", **feed)
        assert read(after, "feed_latency_seconds_sum", **feed) > read(before, "feed_latency_seconds_sum", **feed)


@pytest.mark.parametrize(
    ("kind", "value", "error"), [("reset", None, "unreachable"), ("geo", None, "blocked_from_here")]
)
def test_a_source_that_fails_shows_within_one_scan_and_alone(worker: World, kind: str, value: float | None, error: str):
    worker.scan()
    before = scrape(worker)
    with worker.broken("bybit", kind, value):
        worker.scan()
        after = scrape(worker)
    for exchange in ("binance", "bybit", "okx"):
        for market in ("spot", "perp"):
            feed = {"exchange": exchange, "market": market}
            failed = read(after, "feed_errors_total", **feed, error=error) - read(
                before, "feed_errors_total", **feed, error=error
            )
            assert failed == (exchange == "bybit"), feed
    worker.scan(2)


def test_a_slow_source_shows_in_its_own_latency_only(worker: World):
    worker.scan()
    before = scrape(worker)
    with worker.broken("bybit", "latency", 1_700):
        worker.scan()
        after = scrape(worker)
    for exchange in ("binance", "bybit", "okx"):
        for market in ("spot", "perp"):
            feed = {"exchange": exchange, "market": market}
            slow = {**feed, "le": "1.6"}
            answers = read(after, "feed_latency_seconds_count", **feed) - read(
                before, "feed_latency_seconds_count", **feed
            )
            quick = read(after, "feed_latency_seconds_bucket", **slow) - read(
                before, "feed_latency_seconds_bucket", **slow
            )
            assert (answers, quick) == (1, 0 if exchange == "bybit" else 1), feed


def test_only_the_token_opens_them(worker: World):
    for token in (None, "x" * 42, worker.stack.webhook_secret, worker.stack.bot_token):
        assert get(worker, token).status_code == 401
    answer = worker.http.get("/api/v1/opportunities", headers={"Authorization": f"Bearer {worker.stack.metrics_token}"})
    assert answer.status_code == 401


def test_a_scrape_is_quick_once_its_library_is_loaded(worker: World):
    get(worker, worker.stack.metrics_token)
    began = time.monotonic()
    get(worker, worker.stack.metrics_token)
    assert time.monotonic() - began < 2
