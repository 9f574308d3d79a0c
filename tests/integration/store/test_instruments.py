"""D1 is the record; KV is a copy that may be old, absent or broken."""

import pytest

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.instruments import D1Instruments, KeptCatalogue
from arbedge.adapters.cloudflare.kv import CATALOGUE_KEY, KvCatalogueCache
from arbedge.domain.listings import EventKind, InstrumentEvent
from arbedge.errors import StoreUnavailable
from arbedge.limits import INSTRUMENT_EVENTS_KEPT_MS
from tests.integration.store.builders import make_catalogue, make_instrument
from tests.miniflare_shim import ShimEnv

BTC, ETH = make_instrument("BTCUSDT"), make_instrument("ETHUSDT")
SOL = make_instrument("SOL-USDT-SWAP", "okx", "perp")


@pytest.fixture
def instruments(env: ShimEnv, database: Database) -> D1Instruments:
    return D1Instruments(database, KvCatalogueCache(env.KV), KeptCatalogue())


async def count_writes(env: ShimEnv) -> int:
    return (await env.DB.prepare("SELECT total_changes() AS n").first())["n"]


async def test_nothing_is_known_before_the_first_save(instruments: D1Instruments) -> None:
    assert await instruments.load() is None


async def test_what_was_saved_is_loaded_from_the_copy(env: ShimEnv, instruments: D1Instruments, now: int) -> None:
    catalogue = make_catalogue([BTC, ETH, SOL], now)
    await instruments.save(catalogue)
    await env.DB.prepare("DELETE FROM instruments").run()
    assert await instruments.load() == catalogue


async def test_a_stale_copy_is_not_used(env: ShimEnv, instruments: D1Instruments, now: int) -> None:
    await instruments.save(make_catalogue([BTC, SOL], now))
    assert await instruments.load() == make_catalogue([BTC, SOL], now)
    newer = make_catalogue([BTC, ETH, SOL], now + 3_600_000)
    await instruments.save(newer)
    stale = await KvCatalogueCache(env.KV).get()
    assert stale == make_catalogue([BTC, SOL], now)
    assert await instruments.load() == newer


async def test_what_the_instance_has_read_is_not_read_again_before_it_changes(
    env: ShimEnv, database: Database, now: int
) -> None:
    kept = KeptCatalogue()
    events = [D1Instruments(database, KvCatalogueCache(env.KV), kept) for _ in range(3)]
    known = make_catalogue([BTC, SOL], now)
    await events[0].save(known)
    assert await events[0].load() == known
    await env.DB.prepare("DELETE FROM instruments").run()
    env.faults.fail("KV", times=None)
    assert await events[1].load() == known
    newer = make_catalogue([BTC, ETH, SOL], now + 1)
    await events[1].save(newer)
    assert await events[2].load() == newer


@pytest.mark.parametrize("text", ["", "{", "[]", '{"instruments": {"binance:spot": {"X": 1}}, "fetched_at": {}}'])
async def test_a_broken_copy_is_not_used(env: ShimEnv, instruments: D1Instruments, now: int, text: str) -> None:
    await instruments.save(make_catalogue([BTC], now))
    await env.KV.put(CATALOGUE_KEY, text)
    assert await instruments.load() == make_catalogue([BTC], now)


async def test_without_kv_the_record_serves(env: ShimEnv, instruments: D1Instruments, now: int) -> None:
    env.faults.fail("KV", times=None)
    await instruments.save(make_catalogue([BTC, SOL], now))
    assert await instruments.load() == make_catalogue([BTC, SOL], now)


async def test_a_list_that_cannot_be_read_counts_as_never_read_and_the_others_stay(
    env: ShimEnv, instruments: D1Instruments, now: int
) -> None:
    env.faults.fail("KV", times=None)
    await instruments.save(make_catalogue([BTC, ETH, SOL], now))
    await env.DB.prepare("UPDATE instruments SET payload = '{}' WHERE symbol = 'ETHUSDT'").run()
    assert await instruments.load() == make_catalogue([SOL], now)
    again = make_catalogue([BTC, ETH, SOL], now + 60_000)
    await instruments.save(again)
    assert await instruments.load() == again


async def test_without_the_database_nothing_is_decided(env: ShimEnv, instruments: D1Instruments, now: int) -> None:
    env.faults.fail("DB", times=None)
    with pytest.raises(StoreUnavailable):
        await instruments.save(make_catalogue([BTC], now))
    with pytest.raises(StoreUnavailable):
        await instruments.load()


async def test_delisted_instruments_go_and_other_markets_stay(
    env: ShimEnv, instruments: D1Instruments, now: int
) -> None:
    env.faults.fail("KV", times=None)
    await instruments.save(make_catalogue([BTC, ETH, SOL], now))
    newer = make_catalogue([ETH, SOL], now + 1)
    await instruments.save(newer)
    assert await instruments.load() == newer


async def test_only_changed_instruments_are_written(env: ShimEnv, instruments: D1Instruments, now: int) -> None:
    await instruments.save(make_catalogue([BTC, ETH, SOL], now))
    before = await count_writes(env)
    await instruments.save(make_catalogue([BTC, make_instrument("ETHUSDC"), SOL], now + 1))
    # One instrument came, one went, and two lists have a new time.
    assert await count_writes(env) - before == 4


async def test_a_list_older_than_the_record_is_left_out(env: ShimEnv, instruments: D1Instruments, now: int) -> None:
    await instruments.save(make_catalogue([BTC], now))
    await instruments.save(make_catalogue([ETH], now - 1))
    assert await instruments.load() == make_catalogue([BTC], now)


async def test_a_whole_market_fits(env: ShimEnv, instruments: D1Instruments, now: int) -> None:
    env.faults.fail("KV", times=None)
    many = [make_instrument(f"A{number}USDT", exchange) for exchange in ("binance", "okx") for number in range(3000)]
    catalogue = make_catalogue(many, now)
    await instruments.save(catalogue)
    assert await instruments.load() == catalogue


def happened(at: int, kind: EventKind = "changed", symbol: str = "BTCUSDT", **fields) -> InstrumentEvent:
    return InstrumentEvent("binance", "spot", at, kind, symbol, **fields)


async def test_events_are_counted_by_feed_and_the_latest_shown(instruments: D1Instruments, now: int) -> None:
    changed = happened(now, changes={"tick_size": ("0.1", None)})
    swap = InstrumentEvent("okx", "perp", now, "first_seen", count=40)
    crowd = InstrumentEvent("okx", "spot", now, "listed", count=900)
    many = [
        crowd,
        changed,
        happened(now, "listed", "A"),
        happened(now, "listed", "B"),
        happened(now - 5, "listed", "C"),
        swap,
    ]
    await instruments.save(make_catalogue([BTC, SOL], now), many)
    first, second, third = await instruments.load_events(now - 1, 2)
    assert (third.counts, third.latest) == ({"listed": 900}, [crowd])
    assert (first.exchange, first.market, first.counts) == ("binance", "spot", {"changed": 1, "listed": 2})
    assert [event.symbol for event in first.latest] == ["A", "B"]
    assert (second.counts, second.latest) == ({"first_seen": 40}, [swap])
    assert changed in (await instruments.load_events(now, 9))[0].latest


async def test_recording_an_event_twice_records_it_once(instruments: D1Instruments, now: int) -> None:
    for _ in range(2):
        await instruments.record([happened(now, "refused", "", count=3)])
    [feed] = await instruments.load_events(now, 5)
    assert len(feed.latest) == 1


async def test_events_of_more_than_a_month_ago_are_forgotten(instruments: D1Instruments, now: int) -> None:
    await instruments.record([happened(now - INSTRUMENT_EVENTS_KEPT_MS - 1), happened(now - INSTRUMENT_EVENTS_KEPT_MS)])
    await instruments.record([happened(now)])
    await instruments.record([])
    [feed] = await instruments.load_events(0, 9)
    assert [event.at for event in feed.latest] == [now, now - INSTRUMENT_EVENTS_KEPT_MS]
