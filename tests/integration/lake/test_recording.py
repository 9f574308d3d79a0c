"""A scan's record: everything it observed and decided, whether or not deciding worked."""

import msgspec

from arbedge.adapters.cloudflare.lake.objects import R2Objects
from arbedge.adapters.cloudflare.lake.reader import LakeReader
from arbedge.domain.opportunity import Opportunity
from tests.integration.lake.world import lake_health, read_scans
from tests.integration.test_main_job import open_gap
from tests.integration.world import PRIYA, World

DOCUMENTS = msgspec.json.Decoder(Opportunity)


async def test_a_scan_is_one_object_with_all_that_decided(arbedge: World):
    await arbedge.say(PRIYA, "/start")
    await open_gap(arbedge)
    await arbedge.scan(3)
    scans = await read_scans(arbedge)
    assert len(scans) == 3
    assert len((await arbedge.env.LAKE.list({"prefix": "market/scan/"}))["objects"]) == 3
    for scan in scans:
        assert scan.decision
        assert scan.policy
        assert scan.decision.policy_version == scan.policy.version
        assert set(scan.decision.catalogue) == {f"{one.exchange}:{one.market}" for one in scan.snapshot.feeds}
        assert scan.books
        assert scan.decision.refused == {}
        assert sorted((ref.id, ref.revision) for ref in scan.decision.changed) == sorted(
            (one.id, one.revision) for one in scan.changed
        )
    recorded = {one.id: one for scan in scans for one in scan.changed}
    rows = arbedge.env.DB.sqlite.connection.execute("SELECT payload FROM opportunities").fetchall()
    stored = [DOCUMENTS.decode(row[0]) for row in rows]
    assert stored
    assert {one.id: one for one in stored} == recorded, "the newest state in the lake is the database's"
    legs = {(leg.exchange, leg.market, leg.symbol) for one in stored for leg in one.sighting.legs}
    assert legs <= {(book.exchange, book.market, book.symbol) for scan in scans for book in scan.books}
    assert (await lake_health(arbedge))["state"] == "ok"


async def test_the_instruments_in_force_are_kept_once_a_version(arbedge: World):
    await arbedge.scan(2)
    reader = LakeReader(R2Objects(arbedge.env.LAKE))
    catalogue = await arbedge.services().instruments.load()
    assert catalogue
    for scan in await read_scans(arbedge):
        assert scan.decision
        for feed, version in scan.decision.catalogue.items():
            listed = await reader.load_instruments(feed, version)
            assert listed
            assert {one.symbol: one for one in listed} == catalogue.instruments[feed]
    assert len((await arbedge.env.LAKE.list({"prefix": "market/instruments/"}))["objects"]) == 6
    assert await reader.load_instruments("okx:spot", "0000000000000000") is None


async def test_a_scan_that_cannot_decide_leaves_what_it_observed(arbedge: World):
    await arbedge.scan()
    arbedge.env.DB.sqlite.execute("UPDATE opportunities SET payload = '{}'")
    arbedge.env.DB.sqlite.execute("ALTER TABLE opportunities RENAME TO elsewhere")
    await arbedge.scan()
    arbedge.env.DB.sqlite.execute("ALTER TABLE elsewhere RENAME TO opportunities")
    first, second = await read_scans(arbedge)
    assert first.decision
    assert (second.decision, second.books) == (None, [])
    assert len(second.snapshot.feeds) == 6


async def test_a_lake_that_is_down_stops_no_scan_and_is_said(arbedge: World):
    await arbedge.say(PRIYA, "/start")
    await open_gap(arbedge)
    arbedge.env.faults.fail("LAKE", times=None)
    await arbedge.scan(2)
    assert arbedge.alerts(PRIYA, "LTC")
    arbedge.env.faults.clear()
    health = await lake_health(arbedge)
    assert (health["state"], health["last_success_at"]) == ("down", None)
    assert "store_unavailable" in health["error"]
    await arbedge.scan()
    assert (await lake_health(arbedge))["state"] == "ok", "well again with the next scan"
