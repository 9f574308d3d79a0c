"""Signals are kept in batches per mode: the newest is read whole, older ones are history and then forgotten."""

import pytest
from msgspec.structs import replace

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.signals import D1Signals
from arbedge.domain.market import Mode
from arbedge.domain.technical.signals import Signals
from arbedge.errors import StoreUnavailable
from tests.miniflare_shim import ShimEnv
from tests.unit.domain.builders import HOUR, NOW
from tests.unit.domain.technical.builders import BAR, batch, place, signal

TOLD = (signal(at=place(symbol="ETHUSDT", asset="ETH")), signal(), signal("sell", rule="macd_cross"))


@pytest.fixture
def signals(database: Database) -> D1Signals:
    return D1Signals(database)


def made_at(at: int, *told, **changes) -> Signals:
    return replace(batch(*told, **changes), computed_at=at)


async def save(signals: D1Signals, found: Signals, forget_before: int = 0, mode: Mode = "synthetic") -> None:
    await signals.save(mode, found, 15.0, forget_before)


async def test_a_batch_comes_back_as_it_was_saved(signals: D1Signals):
    assert await signals.load("synthetic") is None
    await save(signals, batch(*TOLD))
    found = await signals.load("synthetic")
    assert found
    assert (found.computed_at, found.rules) == (NOW, batch(*TOLD).rules)
    assert sorted(found.told, key=repr) == sorted(TOLD, key=repr)


async def test_the_newest_batch_replaces_the_one_before_also_where_it_tells_of_nothing(signals: D1Signals):
    await save(signals, made_at(NOW, *TOLD))
    quiet = Signals(NOW + HOUR, batch(signal()).rules, ())
    await save(signals, quiet)
    assert await signals.load("synthetic") == quiet
    await save(signals, made_at(NOW - HOUR, signal()))
    assert await signals.load("synthetic") == quiet, "a late writer changes nothing"


async def test_modes_are_never_mixed(signals: D1Signals):
    await save(signals, batch(*TOLD))
    assert await signals.load("live") is None
    await save(signals, made_at(NOW + 1, signal()), mode="live")
    assert (found := await signals.load("synthetic"))
    assert found.computed_at == NOW


async def test_a_repeat_changes_nothing(signals: D1Signals, env: ShimEnv):
    for _ in range(2):
        await save(signals, batch(*TOLD))
    assert env.DB.sqlite.execute("SELECT count(*) FROM signals").rows[0][0] == 3
    assert env.DB.sqlite.execute("SELECT count(*) FROM signal_rules").rows[0][0] == 2


async def test_rows_say_mode_source_age_and_why_a_rule_is_withheld(signals: D1Signals, env: ShimEnv):
    await save(signals, batch(signal(), trades=3, hits=2))
    rows = env.DB.sqlite.execute("SELECT mode, exchange, rule, side, bar, enter_by, source, age_ms FROM signals").rows
    assert [tuple(row) for row in rows] == [
        ("synthetic", "binance", "momentum", "buy", BAR, BAR + 2 * HOUR, "api", 60_000)
    ]
    rows = env.DB.sqlite.execute("SELECT rule, trades, hits, net_bps, withheld FROM signal_rules").rows
    assert [tuple(row) for row in rows] == [("momentum", 3, 2, 70.0, "few_trades")]
    await save(signals, made_at(NOW + 1, signal()))
    rows = env.DB.sqlite.execute("SELECT withheld FROM signal_rules WHERE computed_at > ?", (NOW,)).rows
    assert [tuple(row) for row in rows] == [(None,)]


async def test_what_is_old_is_forgotten(signals: D1Signals, env: ShimEnv):
    await save(signals, made_at(NOW, *TOLD))
    await save(signals, made_at(NOW + HOUR, signal()), forget_before=NOW + 1)
    assert env.DB.sqlite.execute("SELECT count(*) FROM signals").rows[0][0] == 1
    assert env.DB.sqlite.execute("SELECT count(*) FROM signal_rules").rows[0][0] == 1


async def test_what_cannot_be_read_stops_no_scan(signals: D1Signals, env: ShimEnv, caplog: pytest.LogCaptureFixture):
    await save(signals, batch(*TOLD))
    env.DB.sqlite.execute("UPDATE signals SET payload = '{}'")
    assert await signals.load("synthetic") is None
    assert "signals cannot be read" in caplog.text


async def test_a_batch_is_written_whole_or_not_at_all(signals: D1Signals, env: ShimEnv):
    env.faults.fail("DB", "batch", moment="before")
    with pytest.raises(StoreUnavailable):
        await save(signals, batch(*TOLD))
    assert await signals.load("synthetic") is None
