"""Session first: /start opens one, every use extends it, nothing else but /help works without."""

import pytest

from arbedge.entrypoints.telegram.commands import COMMANDS
from arbedge.limits import SESSION_MS
from tests.integration.telegram.world import FIONA, World, only

STRANGER = 700000099
ID = "0123456789abcdef"
NEEDING = [name for name, row in COMMANDS.items() if row.needs_session]


@pytest.mark.parametrize("text", [*(f"/{name}" for name in NEEDING), "/nosuch", "hello", f"/why {ID}"])
@pytest.mark.parametrize("person", [FIONA, STRANGER])
async def test_without_a_session_one_is_told_to_start(world: World, text: str, person: int):
    call = only(await world.say(person, text), "sendMessage")
    assert "Send /start" in call.parameters["text"]


@pytest.mark.parametrize("data", ["m:home", "m:status", "op:l:0", f"op:d:{ID}", f"op:w:{ID}", f"op:o:{ID}", "op:n:1:2"])
async def test_without_a_session_a_button_says_so_too(world: World, data: str):
    calls = await world.tap(FIONA, 7, data)
    assert [call.method for call in calls] == ["answerCallbackQuery", "sendMessage"]
    assert all("/start" in call.parameters["text"] for call in calls)


@pytest.mark.parametrize("text", ["/start", "/help", "/help numbers"])
async def test_start_and_help_need_none(world: World, text: str):
    call = only(await world.say(STRANGER, text, name="Mira"), "sendMessage")
    assert "MARKET MODE: synthetic" in call.parameters["text"]


@pytest.mark.parametrize("name", COMMANDS)
async def test_with_a_session_every_command_answers_with_a_screen(world: World, name: str):
    await world.say(FIONA, "/start")
    call = only(await world.say(FIONA, f"/{name}"), "sendMessage")
    assert "MARKET MODE: synthetic" in call.parameters["text"]
    assert call.parameters["link_preview_options"] == {"is_disabled": True}


async def test_a_session_lasts_seven_days_from_the_last_use(world: World):
    await world.say(FIONA, "/start")
    world.clock.advance(SESSION_MS - 1_000)
    assert "Send /start" not in only(await world.say(FIONA, "/menu"), "sendMessage").parameters["text"]
    world.clock.advance(SESSION_MS - 1_000)
    assert "Send /start" not in only(await world.say(FIONA, "/menu"), "sendMessage").parameters["text"]
    world.clock.advance(SESSION_MS)
    assert "Send /start" in only(await world.say(FIONA, "/menu"), "sendMessage").parameters["text"]
    assert "Welcome" in only(await world.say(FIONA, "/start"), "sendMessage").parameters["text"]


async def test_chatter_gets_the_menu_but_not_more_than_once_a_minute(world: World):
    await world.say(FIONA, "/start")
    assert await world.say(FIONA, "hello") == []
    world.clock.advance(60_000)
    assert "ArbEdge" in only(await world.say(FIONA, "hello?"), "sendMessage").parameters["text"]
    world.clock.advance(5_000)
    assert await world.say(FIONA, "anyone?") == []


async def test_an_unknown_command_gets_the_closest_one(world: World):
    await world.say(FIONA, "/start")
    text = only(await world.say(FIONA, "/oportunities"), "sendMessage").parameters["text"]
    assert "Did you mean /opportunities?" in text
    assert "/help" in text


async def test_a_name_that_is_markup_is_shown_as_text(world: World):
    calls = await world.say(STRANGER, "/start", name='<a href="https://evil.example">x</a>\u202e')
    result = only(calls, "sendMessage").result
    assert 'Welcome to ArbEdge, <a href="https://evil.example' in result["text"]
    assert not [entity for entity in result["entities"] if entity["type"] == "text_link"]


async def test_commands_may_name_the_bot_and_other_bots_are_left_alone(world: World):
    assert only(await world.say(FIONA, "/start@arbedgebot"), "sendMessage")
    assert [call for call in await world.say(FIONA, "/start@OtherBot") if call.method != "getMe"] == []
