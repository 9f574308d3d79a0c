"""Groups see what everyone may see, without buttons; everything else points to the private chat."""

import pytest

from scripts.sandbox.telegram.people import GROUP_ID
from tests.integration.telegram.world import FIONA, World, buttons_of, only
from tests.unit.entrypoints.telegram.builders import cross

STRANGER = 700000099


@pytest.mark.parametrize("text", ["/start", "/help", "/status", "/opportunities", "/opportunities@ArbEdgeBot funding"])
async def test_what_everyone_may_see_is_answered_in_the_group(world: World, text: str):
    await world.say(FIONA, "/start")
    call = only(await world.say(FIONA, text, chat_id=GROUP_ID), "sendMessage")
    assert call.parameters["chat_id"] == GROUP_ID
    assert "MARKET MODE" in call.parameters["text"]
    assert all("url" in button for button in buttons_of(call).values())


@pytest.mark.parametrize("text", ["/menu", "/why BTC", "/nosuch@ArbEdgeBot"])
async def test_everything_else_points_to_the_private_chat(world: World, text: str):
    await world.say(FIONA, "/start")
    call = only(await world.say(FIONA, text, chat_id=GROUP_ID), "sendMessage")
    assert "private chat only" in call.parameters["text"]
    assert buttons_of(call)["Open the private chat"]["url"] == "https://t.me/ArbEdgeBot?start=group"


@pytest.mark.parametrize("text", ["hello", "/nosuch", "/opportunities@OtherBot", "what about /start"])
async def test_what_is_not_for_the_bot_gets_silence(world: World, text: str):
    calls = await world.say(FIONA, text, chat_id=GROUP_ID)
    assert [call for call in calls if call.method != "getMe"] == []


async def test_a_group_command_opens_no_session(world: World):
    await world.say(STRANGER, "/start", chat_id=GROUP_ID, name="Mira")
    call = only(await world.say(STRANGER, "/opportunities", chat_id=GROUP_ID), "sendMessage")
    assert "Send me /start in the private chat" in call.parameters["text"]
    assert world.execute("SELECT count(*) FROM users WHERE telegram_id = ?", STRANGER) == [(0,)]


async def test_a_group_sees_no_premium_opportunity(world: World):
    await world.scan()
    await world.keep(cross("SECRETCOIN"), cross("PLAINCOIN", sell_at="100.6"))
    await world.say(FIONA, "/start")
    text = only(await world.say(FIONA, "/opportunities", chat_id=GROUP_ID), "sendMessage").parameters["text"]
    assert "PLAINCOIN" in text
    assert "SECRETCOIN" not in text


async def test_a_button_in_a_group_only_gets_a_toast(world: World):
    await world.say(FIONA, "/start")
    (call,) = await world.tap(FIONA, 7, "op:l:0", chat_id=GROUP_ID)
    assert call.method == "answerCallbackQuery"
    assert "private chat" in call.parameters["text"]
