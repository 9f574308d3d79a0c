"""Telegram says no: what is tried again, what is remembered, and that the next update still gets through."""

import pytest

from tests.integration.telegram.world import FIONA, World, only


async def errors(world: World) -> list[str | None]:
    return [error for (error,) in world.execute("SELECT error FROM updates ORDER BY id")]


async def test_a_wait_that_is_too_long_for_a_reply_is_recorded(world: World):
    world.break_telegram("rate_limit", "sendMessage", 30)
    await world.say(FIONA, "/start")
    assert await errors(world) == ["messenger_throttled"]
    world.mend_telegram()
    assert only(await world.say(FIONA, "/start"), "sendMessage")


@pytest.mark.parametrize(("kind", "value"), [("status", 500.0), ("html", 502.0), ("malformed", None), ("reset", None)])
async def test_an_outage_is_recorded_and_over_when_it_is_over(world: World, kind: str, value: float | None):
    world.break_telegram(kind, "sendMessage", value)  # type: ignore[arg-type]
    await world.say(FIONA, "/start")
    assert await errors(world) == ["messenger_unavailable"]
    world.mend_telegram()
    assert "Welcome" in only(await world.say(FIONA, "/start"), "sendMessage").parameters["text"]


async def test_someone_who_blocked_the_bot_is_remembered_as_such(world: World):
    await world.say(FIONA, "/start")
    world.break_telegram("status", "sendMessage", 403)
    await world.say(FIONA, "/menu")
    assert world.execute("SELECT unreachable_reason FROM users WHERE telegram_id = ?", FIONA) != [(None,)]
    assert await errors(world) == [None, None]
    world.mend_telegram()
    await world.say(FIONA, "/start")
    assert world.execute("SELECT unreachable_reason FROM users WHERE telegram_id = ?", FIONA) == [(None,)]


async def test_a_tap_whose_answer_fails_still_does_what_it_asks(world: World):
    await world.say(FIONA, "/start")
    panel = only(await world.say(FIONA, "/menu"), "sendMessage").result["message_id"]
    world.break_telegram("status", "answerCallbackQuery", 500)
    assert only(await world.tap(FIONA, panel, "m:status"), "editMessageText")
    world.mend_telegram()
    for query_id in world.telegram.backend.queries.unanswered():
        await world.build().messenger.answer(query_id)


async def test_a_panel_that_is_gone_is_sent_anew(world: World):
    await world.say(FIONA, "/start")
    panel = only(await world.say(FIONA, "/menu"), "sendMessage").result["message_id"]
    world.telegram.actors.tap(FIONA, panel, "m:status")
    world.telegram.backend.world.chats[FIONA].messages.pop(panel)
    await world.telegram.settle(30)
    assert "Status" in world.calls()[-1].parameters["text"]
    assert world.calls()[-1].method == "sendMessage"


async def test_a_late_tap_is_still_served(world: World):
    await world.say(FIONA, "/start")
    panel = only(await world.say(FIONA, "/menu"), "sendMessage").result["message_id"]
    world.telegram.actors.tap(FIONA, panel, "m:status")
    world.clock.advance(160_000)
    await world.telegram.settle(30)
    assert world.execute("SELECT count(*) FROM updates WHERE state = 'failed'") == [(0,)]
    world.telegram.backend.queries.clear()
