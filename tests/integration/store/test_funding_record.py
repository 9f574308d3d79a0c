"""What settlements charged, by perpetual and day: a fuller day replaces a shorter one, and everybody's turn comes."""

import pytest

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.documents import pack
from arbedge.adapters.cloudflare.d1.funding_record import D1FundingRecord
from arbedge.adapters.cloudflare.d1.opportunities import D1Opportunities
from arbedge.domain.funding_record import DAY_MS, ChargedFunding, FundingDay
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId
from arbedge.errors import StoreUnavailable
from arbedge.ports.funding_record import FundingRead
from tests.integration.store.builders import make_opportunity
from tests.miniflare_shim import ShimEnv
from tests.unit.domain.builders import instrument

TODAY = 1_795_305_600_000
AT = TODAY + 9 * 3_600_000
BTC = ("binance", "BTCUSDT")


@pytest.fixture
def record(database: Database) -> D1FundingRecord:
    return D1FundingRecord(database)


def day(back: int = 0, settlements: int = 3, rate_sum: float = 0.0003) -> FundingDay:
    return FundingDay(TODAY - back * DAY_MS, settlements, rate_sum, *sorted((rate_sum / 10, rate_sum / 2)))


def read(*days: FundingDay, at: int = AT, symbol: str = "BTCUSDT", exchange: ExchangeId = "binance") -> FundingRead:
    return FundingRead(exchange, symbol, at, at if days else None, days)


async def load(record: D1FundingRecord, since: int = 0) -> ChargedFunding | None:
    return (await record.load("synthetic", [BTC], since)).get(BTC)


async def test_days_add_up_from_the_first_of_those_that_are_wanted(record: D1FundingRecord):
    await record.save("synthetic", [read(day(9), day(2, rate_sum=-0.0001), day(1), day(0, 2))], 0)
    found = await load(record, TODAY - 7 * DAY_MS)
    assert found
    assert (found.from_at, found.read_at, found.settlements) == (TODAY - 2 * DAY_MS, AT, 8)
    assert found.rate_sum == pytest.approx(0.0005)
    assert (found.rate_min, found.rate_max) == (-0.00005, 0.00015)


async def test_a_day_becomes_fuller_and_never_shorter(record: D1FundingRecord):
    for one in (day(0, 1, 0.0001), day(0, 3, 0.0003), day(0, 2, 0.0002)):
        await record.save("synthetic", [read(one)], 0)
    found = await load(record)
    assert found
    assert (found.settlements, found.rate_sum) == (3, 0.0003)
    await record.save("synthetic", [read(day(0, 3, 0.0004))], 0)
    corrected = await load(record)
    assert corrected
    assert corrected.rate_sum == 0.0004, "as many, and another sum: the exchange has corrected itself"


async def test_a_repeat_writes_no_day_anew(record: D1FundingRecord, env: ShimEnv):
    await record.save("synthetic", [read(day(1), day())], 0)
    before = env.DB.sqlite.execute("SELECT total_changes()").rows[0][0]
    await record.save("synthetic", [read(day(1), day())], 0)
    assert env.DB.sqlite.execute("SELECT total_changes()").rows[0][0] == before + 1, "but when it was read"


async def test_a_failed_read_leaves_what_was_known_with_its_age(record: D1FundingRecord):
    await record.save("synthetic", [read(day())], 0)
    await record.save("synthetic", [read(at=AT + 60_000)], 0)
    found = await load(record)
    assert found
    assert found.read_at == AT


async def test_modes_are_never_mixed(record: D1FundingRecord):
    await record.save("synthetic", [read(day())], 0)
    assert await record.load("live", [BTC], 0) == {}
    assert await record.load("synthetic", [("okx", "BTCUSDT"), ("binance", "ETHUSDT")], 0) == {}


async def test_old_days_are_forgotten(record: D1FundingRecord):
    await record.save("synthetic", [read(day(400), day())], 0)
    await record.save("synthetic", [], TODAY - 366 * DAY_MS)
    found = await load(record)
    assert found
    assert found.from_at == TODAY


async def put_instruments(database: Database, *listed: Instrument) -> None:
    sql = """
    INSERT INTO instruments (exchange, market, symbol, payload, updated_at)
    SELECT value ->> 'exchange', value ->> 'market', value ->> 'symbol', value, 0 FROM json_each(?1)
    """
    for rows in pack(listed):
        await database.run(sql, rows)


async def find_next(record: D1FundingRecord, turn_at: int = AT + 60_000) -> list[tuple[str, str]]:
    return [(one.exchange, one.symbol) for one in await record.find_next("synthetic", AT - 3_600_000, turn_at)]


async def test_each_exchange_has_its_turns_and_who_failed_waits_like_everyone(
    record: D1FundingRecord, database: Database
):
    await put_instruments(
        database,
        *(instrument("binance", "perp", symbol) for symbol in ("AUSDT", "BUSDT", "CUSDT")),
        instrument("binance", "spot", "AAUSDT"),
        instrument("okx", "perp", "A-USDT-SWAP"),
    )
    seen = []
    for step in range(4):
        chosen = await find_next(record)
        assert [exchange for exchange, _ in chosen] == ["binance", "okx"]
        seen.append(chosen[0][1])
        days = () if chosen[0][1] == "AUSDT" else (day(),)
        at = AT + step
        await record.save("synthetic", [FundingRead("binance", chosen[0][1], at, at if days else None, days)], 0)
    assert seen == ["AUSDT", "BUSDT", "CUSDT", "AUSDT"]
    assert (await record.find_next("live", AT, 0))[0].symbol == "AUSDT", "each mode has its own"
    assert await find_next(record, turn_at=AT + 3) == [("okx", "A-USDT-SWAP")], "binance has had that turn"


async def test_what_an_open_position_would_hold_goes_first_once_an_hour(record: D1FundingRecord, database: Database):
    held = make_opportunity(type_="funding")
    leg = held.sighting.legs[0]
    await D1Opportunities(database).save([held])
    await put_instruments(
        database, instrument(leg.exchange, "perp", "AUSDT"), instrument(leg.exchange, "perp", leg.symbol)
    )
    await record.save("synthetic", [read(day(), symbol="AUSDT", exchange=leg.exchange, at=AT - 7_200_000)], 0)
    await record.save("synthetic", [read(day(), symbol=leg.symbol, exchange=leg.exchange, at=AT - 3_600_001)], 0)
    assert await find_next(record) == [(leg.exchange, leg.symbol)]
    await record.save("synthetic", [read(day(), symbol=leg.symbol, exchange=leg.exchange)], 0)
    assert await find_next(record) == [(leg.exchange, "AUSDT")]


async def test_an_outage_is_no_answer(record: D1FundingRecord, env: ShimEnv):
    env.DB.sqlite.connection.close()
    for call in (record.find_next("live", 0, 0), record.save("live", [read(day())], 0), record.load("live", [BTC], 0)):
        with pytest.raises(StoreUnavailable):
            await call
