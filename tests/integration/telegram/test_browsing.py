"""Looking at opportunities: pages, detail, why, and alerts that stay where they are."""

import re

from msgspec.structs import replace

from arbedge.domain.opportunity import Opportunity
from arbedge.entrypoints.telegram.screens.alert import render_alert
from tests.integration.telegram.world import FIONA, NOW, PAVEL, World, buttons_of, only
from tests.unit.entrypoints.telegram.builders import carry, cross, ended, miss


def cheap(asset: str = "BTC") -> Opportunity:
    """Below what counts as premium."""
    return cross(asset, sell_at="100.6")


async def test_pages_turn_in_place_within_ones_own_session(world: World):
    await world.scan()
    await world.keep(*(cheap(f"C{number:02}") for number in range(12)))
    await world.say(FIONA, "/start")
    first = only(await world.say(FIONA, "/opportunities"), "sendMessage")
    assert "1 to 5 of 12" in first.parameters["text"]
    calls = await world.tap(FIONA, first.result["message_id"], buttons_of(first)["Next ▶"]["callback_data"])
    assert [call.method for call in calls] == ["answerCallbackQuery", "editMessageText"]
    assert "6 to 10 of 12" in calls[1].parameters["text"]
    assert calls[1].parameters["message_id"] == first.result["message_id"]
    calls = await world.tap(FIONA, first.result["message_id"], "op:l:99")
    assert "11 to 12 of 12" in calls[1].parameters["text"]
    (toast,) = await world.tap(FIONA, first.result["message_id"], "op:n:3:3")
    assert toast.parameters["text"] == "Page 3 of 3"


async def test_a_list_opens_into_a_detail_and_back_to_its_page(world: World):
    await world.scan()
    await world.keep(*(cheap(f"C{number:02}") for number in range(7)))
    await world.say(FIONA, "/start")
    first = only(await world.say(FIONA, "/opportunities cross"), "sendMessage")
    panel = first.result["message_id"]
    second = only(await world.tap(FIONA, panel, "op:l:1:x"), "editMessageText")
    detail = only(await world.tap(FIONA, panel, buttons_of(second)["6"]["callback_data"]), "editMessageText")
    assert "fee buy" in detail.parameters["text"]
    why = only(await world.tap(FIONA, panel, buttons_of(detail)["Why?"]["callback_data"]), "editMessageText")
    assert "nothing stands against telling you" in why.parameters["text"]
    back = only(
        await world.tap(FIONA, panel, buttons_of(detail)["Back to the list"]["callback_data"]), "editMessageText"
    )
    assert "6 to 7 of 7" in back.parameters["text"]
    assert buttons_of(back)["• Cross exchange"]


async def test_types_and_assets_filter_the_list(world: World):
    await world.scan()
    await world.keep(cheap("BTC"), carry("ETH"))
    await world.say(PAVEL, "/start")
    text = only(await world.say(PAVEL, "/opportunities funding"), "sendMessage").parameters["text"]
    assert "ETH" in text
    assert "BTC" not in text
    text = only(await world.say(PAVEL, "/opportunities btc"), "sendMessage").parameters["text"]
    assert "BTC" in text
    assert "ETH" not in text


async def test_an_empty_list_shows_the_nearest_misses(world: World):
    await world.scan(miss("SOL", 4.25))
    await world.say(FIONA, "/start")
    text = only(await world.say(FIONA, "/opportunities"), "sendMessage").parameters["text"]
    assert "Nothing is worth it after costs right now; closest:" in text
    assert "lacks 5.75 bps" in text


async def test_why_an_asset_is_not_in_the_list(world: World):
    await world.scan(miss("SOL", 4.25))
    await world.say(FIONA, "/start")
    text = only(await world.say(FIONA, "/why sol/usdt"), "sendMessage").parameters["text"]
    assert "below_minimum" in text
    assert "lacks 5.75 bps" in text


async def test_a_plan_without_premium_leaves_them_out_unless_they_were_told(world: World):
    premium = cross("BTC")
    await world.scan()
    await world.keep(premium)
    for person in (FIONA, PAVEL):
        await world.say(person, "/start")
    assert "BTC" in only(await world.say(PAVEL, "/opportunities"), "sendMessage").parameters["text"]
    text = only(await world.say(FIONA, "/opportunities"), "sendMessage").parameters["text"]
    assert "BTC" not in text
    assert "1 more: Spot against perpetuals" in text
    for data in (f"op:o:{premium.id}", f"op:y:{premium.id}"):
        hidden = only(await world.tap(FIONA, 7, data), "sendMessage").parameters["text"]
        assert "premium plan" in hidden
        assert "BTC" not in hidden
    services = world.build()
    person = await services.people.load_by_telegram(FIONA)
    assert person
    await services.deliveries.plan(premium.id, [(person, False)], NOW)
    delivery = await services.deliveries.load(premium.id, FIONA)
    assert delivery
    assert await services.deliveries.claim(delivery, NOW)
    await services.deliveries.settle(delivery, "sent", NOW, revision=1, message_id=9)
    assert "fee buy" in only(await world.tap(FIONA, 7, f"op:o:{premium.id}"), "sendMessage").parameters["text"]


async def test_premium_ones_do_not_push_out_what_everyone_may_see(world: World):
    await world.scan()
    await world.keep(*(cross(f"P{number:02}") for number in range(60)), cheap("SOL"))
    await world.say(FIONA, "/start")
    text = only(await world.say(FIONA, "/opportunities"), "sendMessage").parameters["text"]
    assert "1. SOL" in text
    assert "1 to 1 of 1" in text
    assert "60 more: Spot against perpetuals" in text
    await world.keep(*(cross("SOL", id=f"{number:016x}", key=f"k{number}") for number in range(8)))
    why = only(await world.say(FIONA, "/why SOL"), "sendMessage").parameters["text"]
    assert cheap("SOL").id in why
    assert f"{0:016x}" not in why


async def test_why_an_asset_tells_of_the_hour(world: World):
    """Three scans: two far away, and in between one that came near, with what the reader may not see beside it."""
    await world.say(FIONA, "/start")
    await world.say(PAVEL, "/start")
    for net_bps in (-4.0, 6.5, -3.0):
        hidden = miss("SOL", 70.0, "unconfirmed")
        hidden = replace(hidden, candidate=replace(hidden.candidate, quote="USDC"))
        near = miss("SOL", net_bps, "below_minimum" if net_bps > 0 else "fees")
        await world.scan(near, hidden, verdicts=True)
        world.clock.advance(60_000)
    text = only(await world.say(FIONA, "/why sol"), "sendMessage").parameters["text"]
    assert "The closest of 3 scans since" in text
    assert "net +6.50 bps" in text
    assert "unconfirmed" not in text
    assert "• <code>fees</code>, 2 scans: costs eat all that there is to gain" in text
    assert "• <code>below_minimum</code>, 1 scan: after every cost the edge is below the minimum" in text
    text = only(await world.say(PAVEL, "/why sol"), "sendMessage").parameters["text"]
    assert "• <code>unconfirmed</code>, 3 scans: seen once so far" in text
    text = only(await world.say(FIONA, "/why eth"), "sendMessage").parameters["text"]
    assert "no pair of ETH was among the nearest misses" in text
    world.clock.advance(3_600_000)
    assert "The closest" not in only(await world.say(FIONA, "/why sol"), "sendMessage").parameters["text"]


async def test_an_alert_opens_below_itself_and_goes_on_being_edited(world: World):
    opportunity = cheap()
    await world.scan()
    await world.keep(opportunity)
    await world.say(FIONA, "/start")
    messenger = world.build().messenger
    alert_id = await messenger.send(FIONA, render_alert(opportunity, NOW))
    alert = world.calls("sendMessage")[-1]
    opened = only(await world.tap(FIONA, alert_id, buttons_of(alert)["Open"]["callback_data"]), "sendMessage")
    assert "Size 8 BTC" in opened.parameters["text"]
    why = only(await world.tap(FIONA, alert_id, buttons_of(alert)["Why?"]["callback_data"]), "sendMessage")
    assert "Your chat: nothing was planned for it" in why.parameters["text"]
    await messenger.edit(FIONA, alert_id, render_alert(ended(opportunity), NOW))
    await messenger.edit(FIONA, alert_id, render_alert(ended(opportunity), NOW))
    assert "Ended: BTC" in world.calls("editMessageText")[-1].parameters["text"]


async def test_an_opportunity_that_is_not_on_record_says_so(world: World):
    await world.say(FIONA, "/start")
    panel = only(await world.say(FIONA, "/menu"), "sendMessage").result["message_id"]
    edited = only(await world.tap(FIONA, panel, "op:d:0123456789abcdef"), "editMessageText")
    assert "not on record" in edited.parameters["text"]


async def test_hostile_symbols_from_an_exchange_reach_the_screen_as_text(world: World):
    bad = cheap("<B>&\u202eX")
    await world.scan(miss('<a href="x">', 1.0))
    await world.keep(bad)
    await world.say(FIONA, "/start")
    await world.say(FIONA, "/opportunities")
    await world.tap(FIONA, 7, f"op:o:{bad.id}")
    await world.tap(FIONA, 7, f"op:y:{bad.id}")
    assert not world.telegram.bot_api.refused


async def test_status_names_a_feed_that_has_gone_quiet(world: World):
    await world.scan()
    await world.say(FIONA, "/start")
    text = only(await world.say(FIONA, "/status"), "sendMessage").parameters["text"]
    assert re.search(r"^OKX perp +ok +0\.0 s", text, re.MULTILINE)
    assert "Stale: " not in text
    world.clock.advance(180_000)
    text = only(await world.say(FIONA, "/status"), "sendMessage").parameters["text"]
    assert "Stale: " in text
    assert "OKX perp (last good data" in text
    assert "This is old" in text


async def test_the_store_keeps_what_the_screen_shows(world: World):
    changed = replace(cheap(), revision=3)
    await world.keep(changed)
    assert await world.build().opportunities.load(changed.id) == changed
