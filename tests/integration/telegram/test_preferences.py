"""Preferences by buttons, and the list, the detail and its size picker at one's own size."""

from typing import Any

from scripts.sandbox.telegram.people import GROUP_ID
from tests.integration.telegram.world import FIONA, World, buttons_of, only
from tests.unit.domain.stored import stored


async def open_preferences(world: World) -> Any:
    await world.say(FIONA, "/start")
    return only(await world.say(FIONA, "/preferences"), "sendMessage")


async def press(world: World, panel: Any, *names: str, shown: Any = None) -> Any:
    """Taps one button after the other, each on the panel as the one before, or `shown`, left it."""
    shown = shown or panel
    for name in names:
        calls = await world.tap(FIONA, panel.result["message_id"], buttons_of(shown)[name]["callback_data"])
        assert [call.method for call in calls] == ["answerCallbackQuery", "editMessageText"]
        shown = calls[1]
        assert shown.parameters["message_id"] == panel.result["message_id"], "in place"
    return shown


async def test_defaults_are_said_as_such_and_each_choice_as_ones_own(world: World):
    panel = await open_preferences(world)
    text = panel.parameters["text"]
    assert "all of it the defaults" in text
    assert "Size <b>1,000 USDT</b>, default" in text
    assert "Cross exchange: from <b>10 bps</b> net, default; alerts on, default" in text
    assert "• 1,000" in buttons_of(panel)
    sized = await press(world, panel, "5,000", "72 h")
    assert "Size <b>5,000 USDT</b>, your choice" in sized.parameters["text"]
    assert "Holding time <b>72 h</b>, your choice" in sized.parameters["text"]
    assert {"• 5,000", "1,000", "• 72 h", "Default size, 1000"} <= buttons_of(sized).keys()
    of_type = await press(world, sized, "Funding", "30 bps", "Silent")
    assert (
        "Funding: from <b>30 bps</b> net, your choice; alerts without sound, your choice" in of_type.parameters["text"]
    )
    assert {"• 30 bps", "• Silent", "On", "Default minimum, 15 bps", "Default alerts, on"} <= buttons_of(of_type).keys()
    stored_now = await world.build().preferences.load("user_free_123")
    assert (stored_now.preferences.min_net_bps, stored_now.preferences.alerts) == (
        {"funding": 30.0},
        {"funding": "silent"},
    )
    back = await press(
        world,
        of_type,
        "Default minimum, 15 bps",
        "Default alerts, on",
        "Preferences",
        "Default size, 1000",
        "Default time, 24 h",
    )
    assert "all of it the defaults" in back.parameters["text"]


async def test_buttons_of_another_making_change_nothing(world: World):
    panel = await open_preferences(world)
    bad = ("pf:s:7", "pf:s:0500", "pf:s:9999999", "pf:h:0", "pf:m:x:-1", "pf:m:x", "pf:a:x:loud", "pf:o:1")
    for data in (*bad, "pf:t:z", "pf:m:z:5", "pf:a:a:on"):
        (answer,) = await world.tap(FIONA, panel.result["message_id"], data)
        assert "no longer valid" in answer.parameters["text"], data
    assert (await world.build().preferences.load("user_free_123")).version == 0


async def test_the_list_is_by_ones_own_size_and_says_whose(world: World):
    await world.scan()
    await world.keep(stored("SOL", first="10", sell_at="100.7"), stored("ETH", first="90", sell_at="100.6"))
    panel = await open_preferences(world)
    default = only(await world.say(FIONA, "/opportunities"), "sendMessage").parameters["text"]
    assert "At the default 1,000 USDT" in default
    assert default.index("1. SOL") < default.index("2. ETH")
    await press(world, panel, "5,000")
    own = only(await world.say(FIONA, "/opportunities"), "sendMessage").parameters["text"]
    assert "At your 5,000 USDT" in own
    assert "1. ETH" in own
    assert "SOL" not in own
    assert "1 more do not reach your minimum at your size" in own
    missing = only(await world.say(FIONA, "/opportunities SOL"), "sendMessage").parameters["text"]
    assert "reaches your minimum at your size right now" in missing
    assert "at your 5,000 USDT: the books hold 20 of the 50 units needed" in missing
    menu = only(await world.say(FIONA, "/menu"), "sendMessage").parameters["text"]
    assert "Best now: <b>ETH</b>" in menu


async def test_the_detail_has_a_row_of_sizes_that_edits_it_in_place(world: World):
    await world.scan()
    await world.keep(stored("SOL", first="10", sell_at="100.7"))
    await world.say(FIONA, "/start")
    listing = only(await world.say(FIONA, "/opportunities"), "sendMessage")
    detail = await press(world, listing, "1")
    assert {"100", "500", "• 1,000", "5,000", "10,000", "50,000"} <= buttons_of(detail).keys()
    assert "on 1,000.00 USDT, the default size" in detail.parameters["text"]
    small = await press(world, listing, "500", shown=detail)
    assert "on 500.00 USDT, the chosen size" in small.parameters["text"]
    assert {"• 500", "1,000"} <= buttons_of(small).keys()
    world.clock.advance(1_000)
    again = await press(world, listing, "Refresh", shown=small)
    assert "on 500.00 USDT, the chosen size" in again.parameters["text"], "a fresh look is at the same size"
    large = await press(world, listing, "50,000", shown=again)
    assert "Not 50,000 USDT, the chosen size: the books hold 20 of the 500 units needed" in large.parameters["text"]
    assert "on 1,000.00 USDT, the default size" in large.parameters["text"]
    assert "• 50,000" in buttons_of(large)
    back = await press(world, listing, "1,000", shown=large)
    assert "the default size" in back.parameters["text"]
    assert "Opportunities" in (await press(world, listing, "Back to the list", shown=back)).parameters["text"]


async def test_ones_own_size_is_among_those_to_pick(world: World):
    await world.keep(stored("SOL", first="10", sell_at="100.7"))
    await world.say(FIONA, "/start")
    world.execute(
        "INSERT INTO preferences (user_id, payload, updated_at) VALUES (?, ?, 1)",
        "user_free_123", '{"size_quote": "1234.5"}',
    )  # fmt: skip
    listing = only(await world.say(FIONA, "/opportunities"), "sendMessage")
    detail = await press(world, listing, "1")
    assert "• 1,234.5" in buttons_of(detail)
    assert "your size" in detail.parameters["text"]
    picked = await press(world, listing, "500", shown=detail)
    assert "• 500" in buttons_of(picked)
    assert "• 1,234.5" in buttons_of(await press(world, listing, "1,234.5", shown=picked))


async def test_why_says_ones_own_reason_with_its_numbers(world: World):
    await world.scan()
    one = stored("SOL", first="10", sell_at="100.6")
    await world.keep(one)
    panel = await open_preferences(world)
    await press(world, panel, "Cross exchange", "50 bps")
    text = only(await world.say(FIONA, f"/why {one.id}"), "sendMessage").parameters["text"]
    assert "below_own_minimum" in text
    assert f"Net {one.net_bps:+.2f} bps against your minimum, 50 bps" in text
    panel = only(await world.say(FIONA, "/preferences"), "sendMessage")
    await press(world, panel, "50,000")
    text = only(await world.say(FIONA, f"/why {one.id}"), "sendMessage").parameters["text"]
    assert "own_size" in text
    assert "Not 50,000 USDT, your size: the books hold 20 of the 500 units needed" in text


async def test_what_the_plan_leaves_out_is_no_near_miss_at_ones_own_size_either(world: World):
    await world.scan()
    await world.keep(stored("XRP", first="10", sell_at="101"))
    panel = await open_preferences(world)
    await press(world, panel, "50,000")
    text = only(await world.say(FIONA, "/opportunities"), "sendMessage").parameters["text"]
    assert "XRP" not in text


async def test_a_group_sees_the_defaults_whoever_asks(world: World):
    await world.keep(stored("SOL", first="10", sell_at="100.6"))
    panel = await open_preferences(world)
    await press(world, panel, "50,000")
    text = only(await world.say(FIONA, "/opportunities", chat_id=GROUP_ID), "sendMessage").parameters["text"]
    assert "At the default 1,000 USDT" in text
    assert "SOL" in text
