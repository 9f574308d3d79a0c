"""Ten minutes of refusals from one exchange: nothing is sent to it before its time, and the others never notice."""

import pytest

from arbedge.limits import JITTER_SHARE_MAX
from scripts.sandbox.faults import Fault
from tests.integration.scanner.world import INTERVAL_MS, Feeds, ScannerWorld

SCANS = 600_000 // INTERVAL_MS
SCANS_TO_RECOVER = 17  # within the longest pause and its jitter
FEEDS_OF = {
    "binance": {("binance", "spot")},
    "binance-futures": {("binance", "perp")},
    "bybit": {("bybit", "spot"), ("bybit", "perp")},
    "okx": {("okx", "spot"), ("okx", "perp")},
}


def check_others(calm: Feeds, seen: list[Feeds], target: str) -> None:
    """The same quotes in every scan, fresh, and as fast."""
    for feeds in seen:
        for key, feed in feeds.items():
            if key not in FEEDS_OF[target]:
                assert (feed.state, feed.quotes) == ("ok", calm[key].quotes), key
                assert feed.latency_ms <= calm[key].latency_ms
    checked = [{feed.checked_at for key, feed in feeds.items() if key not in FEEDS_OF[target]} for feeds in seen]
    assert len(set(map(max, checked))) == len(seen), "no scan was left out"


def check_retry_at(loop: ScannerWorld, seen: list[Feeds], target: str, since: int) -> None:
    """Between two scans' records: nothing was sent before the time that the first one set."""
    for feeds in seen:
        times = [feed.retry_at for key, feed in feeds.items() if key in FEEDS_OF[target]]
        until = min((at for at in times if at is not None), default=0)
        checked = max(feed.checked_at for feed in feeds.values())
        assert [one for one in loop.wire.to(target, since) if checked < one.at < until] == []


@pytest.mark.parametrize(
    ("target", "kind", "value", "requests_max"),
    [
        pytest.param("binance", "rate_limit", 60, 11, id="429"),
        pytest.param("binance-futures", "status", 418, 2 * 6, id="418"),
        pytest.param("okx", "rate_limit", None, 4 * 9, id="429 without a time"),
        pytest.param("bybit", "rate_limit", None, 2 * 9, id="limit with status 200"),
        pytest.param("binance", "geo", None, 9, id="451"),
        pytest.param("bybit", "timeout", None, 2 * 9, id="timeouts"),
    ],
)
async def test_ten_minutes_of_refusals(loop: ScannerWorld, target, kind, value, requests_max):
    await loop.wake()
    [calm] = await loop.run(1)
    since = loop.clock.now_ms()
    loop.sandbox.faults.add(Fault(target=target, kind=kind, value=value))
    seen = await loop.run(SCANS)
    sent = loop.wire.to(target, since)
    assert 1 <= len(sent) <= requests_max, "asked less and less often"
    assert loop.wire.find_early(target) == []
    check_retry_at(loop, seen, target, since)
    check_others(calm, seen, target)
    loop.sandbox.faults.clear()
    mended: Feeds = {}
    for _ in range(SCANS_TO_RECOVER):
        [mended] = await loop.run(1)
        if {feed.state for feed in mended.values()} == {"ok"}:
            break
    else:
        raise AssertionError(f"it does not come back by itself: {mended}")


async def test_bans_that_grow_are_waited_for_across_restarts(loop: ScannerWorld):
    """A stranger behind the same address gets it banned again and again, for longer each time."""
    await loop.wake()
    [calm] = await loop.run(1)
    since = loop.clock.now_ms()
    seen: list[Feeds] = []
    for _ in range(3):
        while (await loop.exchanges.get("/binance/api/v3/depth?symbol=BTCUSDT&limit=5000")).status_code != 418:
            pass
        banned_at = loop.clock.now_ms()
        seen += await loop.run(1)
        refusals = [one for one in loop.wire.to("binance", since) if one.status == 418]
        ban_ms = refusals[-1].wait_ms
        over_at = banned_at + ban_ms * (1 + JITTER_SHARE_MAX) + 2 * INTERVAL_MS
        while loop.clock.now_ms() < over_at:
            seen += await loop.run(1)
            if len(seen) % 3 == 0:
                loop.restart()
    waits = [one.wait_ms for one in loop.wire.to("binance", since) if one.status == 418]
    assert len(waits) == 3, "one refusal a ban"
    assert waits == sorted(waits)
    assert waits[-1] > 3 * waits[0]
    assert loop.wire.find_early("binance") == []
    check_others(calm, seen, "binance")
    assert seen[-1]["binance", "spot"].state == "ok"


async def test_a_ban_holds_for_books_and_instruments_too(loop: ScannerWorld):
    """What one path of a host is told counts for all of them, and for the isolate that comes after."""
    await loop.wake()
    loop.sandbox.faults.add(Fault(target="binance", kind="rate_limit", value=90, path="depth"))
    loop.sandbox.shift("binance", "spot", "LTC/USDT", 80, 600)
    refused = []
    while not refused:
        await loop.run(1)
        refused = [one for one in loop.wire.to("binance") if one.status == 429]
    loop.restart()
    await loop.run(6)
    assert loop.wire.find_early("binance") == []
    assert loop.wire.to("binance", refused[0].at + 90_000) != []


async def test_what_strangers_spend_is_counted_and_the_rest_of_the_minute_left_to_them(loop: ScannerWorld):
    await loop.wake()
    await loop.env.advance(60_000 - loop.clock.now_ms() % 60_000 + 1_000)
    minute = loop.clock.now_ms() // 60_000
    for _ in range(19):
        await loop.exchanges.get("/binance/api/v3/depth?symbol=BTCUSDT&limit=5000")
    for _ in range(10):
        await loop.exchanges.get("/binance/api/v3/depth?symbol=BTCUSDT&limit=500")
    held = (await loop.run(2))[-1]["binance", "spot"]
    assert (held.state, held.failures) == ("rate_limited", 0)
    assert held.retry_at == (minute + 1) * 60_000
    assert all(one.status == 200 for one in loop.wire.to("binance"))
    assert len(loop.wire.to("binance", minute * 60_000 + 1_000)) <= 2
    assert (await loop.run(2))[-1]["binance", "spot"].state == "ok"


async def test_no_window_is_overspent_however_often_it_is_asked(loop: ScannerWorld):
    """Scans five a second, as no setting allows: OKX serves ten funding rates in two seconds and gets fewer asked."""
    for _ in range(25):
        await loop.tick(loop.clock.now_ms())
        await loop.env.advance(200)
    assert all(one.status == 200 for one in loop.wire.sent)
    asked = [one.at for one in loop.wire.to("okx") if one.path.endswith("funding-rate")]
    assert asked
    assert max(sum(start <= at < start + 2_000 for at in asked) for start in asked) <= 8
