"""What the bot sees and may do in a group, depending on what it is there."""

from scripts.sandbox.telegram.people import SEEDED
from tests.contract.telegram_sandbox.world import ADA, FIONA, GROUP, PAVEL, TelegramWorld

OWNER = next(person for person in SEEDED if person.id == ADA)


async def test_as_a_plain_member_it_sees_commands_and_replies_only(world: TelegramWorld) -> None:
    world.telegram.actors.set_membership(GROUP, OWNER, "member")
    sent = await world.result("sendMessage", chat_id=GROUP, text="hello all")
    for text in ("just talking", "/balance@SomeOtherBot", "/status", "/help@arbedgebot"):
        await world.control("say", user_id=PAVEL, chat_id=GROUP, text=text)
    await world.control("say", user_id=PAVEL, chat_id=GROUP, text="yes", reply_to_message_id=sent["message_id"])
    heard = [update["message"]["text"] for update in world.updates if "message" in update]
    assert heard == ["/status", "/help@arbedgebot", "yes"]


async def test_as_a_plain_member_it_cannot_delete_what_others_wrote(world: TelegramWorld) -> None:
    said = await world.control("say", user_id=PAVEL, chat_id=GROUP, text="key")
    own = await world.result("sendMessage", chat_id=GROUP, text="mine")
    world.telegram.actors.set_membership(GROUP, OWNER, "member")
    refused = await world.refusal("deleteMessage", chat_id=GROUP, message_id=said["message_id"])
    assert refused == (400, "Bad Request: message can't be deleted")
    assert await world.result("deleteMessage", chat_id=GROUP, message_id=own["message_id"]) is True


async def test_removed_or_gone_it_may_not_write(world: TelegramWorld) -> None:
    world.telegram.actors.set_membership(GROUP, OWNER, "kicked")
    assert await world.refusal("sendMessage", chat_id=GROUP, text="x") == (
        403,
        "Forbidden: bot was kicked from the supergroup chat",
    )
    world.telegram.actors.set_membership(GROUP, OWNER, "member")
    await world.result("leaveChat", chat_id=GROUP)
    await world.control("say", user_id=PAVEL, chat_id=GROUP, text="/status")
    assert not any("message" in update for update in world.updates)
    assert await world.refusal("sendMessage", chat_id=GROUP, text="x") == (
        403,
        "Forbidden: bot is not a member of the supergroup chat",
    )
    assert (await world.refusal("leaveChat", chat_id=FIONA))[0] == 400


async def test_messages_are_deleted_together_and_missing_ones_skipped(world: TelegramWorld) -> None:
    ids = [(await world.result("sendMessage", chat_id=FIONA, text=str(n)))["message_id"] for n in range(3)]
    assert await world.result("deleteMessages", chat_id=FIONA, message_ids=[*ids[:2], 1]) is True
    feed = (await world.client.get("/chat/feed", params={"user_id": FIONA, "chat_id": FIONA})).json()
    assert [m["text"] for m in feed["chat"]["messages"]] == ["2"]
    assert (await world.refusal("deleteMessages", chat_id=FIONA, message_ids=[]))[0] == 400


async def test_pins_come_and_go(world: TelegramWorld) -> None:
    sent = await world.result("sendMessage", chat_id=GROUP, text="rules")
    await world.result("pinChatMessage", chat_id=GROUP, message_id=sent["message_id"])
    await world.result("unpinChatMessage", chat_id=GROUP)
    assert (await world.refusal("unpinChatMessage", chat_id=GROUP))[1] == "Bad Request: message to unpin not found"
    assert (await world.refusal("pinChatMessage", chat_id=GROUP, message_id=1))[1].endswith("message to pin not found")


async def test_captions_are_edited_apart_from_texts(world: TelegramWorld) -> None:
    photo = await world.result("sendPhoto", chat_id=FIONA, photo="https://example.org/a.png", caption="one")
    text = await world.result("sendMessage", chat_id=FIONA, text="x")
    at = {"chat_id": FIONA, "message_id": photo["message_id"]}
    assert (await world.result("editMessageCaption", **at, caption="<b>two</b>", parse_mode="HTML"))["caption"] == "two"
    assert (await world.refusal("editMessageText", **at, text="y"))[1].endswith(
        "there is no text in the message to edit"
    )
    wrong = await world.refusal("editMessageCaption", chat_id=FIONA, message_id=text["message_id"], caption="y")
    assert wrong[1].endswith("there is no caption in the message to edit")


async def test_a_checkout_must_be_answered_within_ten_seconds(world: TelegramWorld) -> None:
    def checkout(query_id: str) -> dict[str, object]:
        person = {"id": FIONA, "is_bot": False, "first_name": "Fiona"}
        query = {"id": query_id, "from": person, "currency": "XTR", "total_amount": 750, "invoice_payload": "p"}
        return {"update_id": int(query_id), "pre_checkout_query": query}

    await world.control("update", **checkout("1"))
    assert (await world.refusal("answerPreCheckoutQuery", pre_checkout_query_id="1", ok=False))[0] == 400
    await world.result("answerPreCheckoutQuery", pre_checkout_query_id="1", ok=True)
    await world.control("update", **checkout("2"))
    world.clock.advance(10_001)
    assert (await world.refusal("answerPreCheckoutQuery", pre_checkout_query_id="2", ok=True))[0] == 400
