"""The recorded tricky updates, delivered to the real Worker; each calls what it should and nothing else."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from scripts.sandbox.config import fixtures_directory
from tests.worker.world import GROUP, SECRET_HEADER, World

RECORDED = fixtures_directory() / "telegram" / "updates.json"
MIRA, FAR = 715200431, 4503599627370495
# What the bot calls for each: the methods, and the chat every message goes to.
EXPECTED: dict[str, tuple[list[str], int | None]] = {
    "start_private_referral_payload": (["sendMessage"], MIRA),
    "start_payload_exactly_64_chars": (["sendMessage"], MIRA),
    "start_payload_malformed": (["sendMessage"], MIRA),
    "group_command_addressed_to_us": (["sendMessage"], GROUP),
    "group_command_for_another_bot": ([], None),
    "anonymous_group_admin": (["sendMessage"], GROUP),
    "channel_post_without_from": ([], None),
    "edited_command_must_not_retrigger": ([], None),
    "duplicate_update_id": (["sendMessage"], MIRA),
    "callback_on_inaccessible_message": (["answerCallbackQuery", "sendMessage"], MIRA),
    "callback_inline_message_and_forged_data": (["answerCallbackQuery"], None),
    "ids_at_52_bits": (["sendMessage"], FAR),
    "wrong_secret_token": ([], None),
    "my_chat_member_user_blocked_bot": ([], None),
    "group_upgraded_to_supergroup": ([], None),
    "pre_checkout_stars_subscription": (["answerPreCheckoutQuery"], None),
    "body_not_json": ([], None),
    "unknown_update_type": ([], None),
}
STATUS = {"wrong_secret_token": 401, "body_not_json": 400}


def cases() -> list[dict[str, Any]]:
    return json.loads(RECORDED.read_text("utf-8")) if RECORDED.is_file() else []


@pytest.mark.skipif(not RECORDED.is_file(), reason=f"recorded updates are not at {RECORDED} (ARBEDGE_FIXTURES)")
def test_every_recorded_case_is_expected_here():
    assert {case["name"] for case in cases()} == set(EXPECTED)


@pytest.mark.skipif(not RECORDED.is_file(), reason=f"recorded updates are not at {RECORDED} (ARBEDGE_FIXTURES)")
@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_a_recorded_update_leads_to_the_expected_calls(worker: World, case):
    methods, chat = EXPECTED[case["name"]]
    before = worker.mark()
    if case["update"] is None:
        body = {"raw_body": case["raw_body"], "content_type": case["content_type"]}
    else:
        body = {"update": case["update"], "headers": case.get("headers", {})}
    with ThreadPoolExecutor(3) as pool:
        delivered = list(pool.map(lambda _: worker.deliver(body)[0], range(case.get("repeat") or 1)))
    calls = [call for call in worker.answers_to_people(before) if call["method"] != "getMe"]
    if case["name"] == "my_chat_member_user_blocked_bot":
        worker.say(MIRA, "/start")  # who writes has let the bot in again
    assert set(delivered) == {STATUS.get(case["name"], 200)}
    assert [call["method"] for call in calls] == methods
    texts = [call["parameters"] for call in calls if call["method"] == "sendMessage"]
    assert {text["chat_id"] for text in texts} <= {chat}
    assert all("alert(1)" not in text["text"] and "UNPARSEABLE" not in text["text"] for text in texts)


@pytest.mark.skipif(not RECORDED.is_file(), reason=f"recorded updates are not at {RECORDED} (ARBEDGE_FIXTURES)")
def test_someone_who_blocked_the_bot_is_left_alone_until_they_return(worker: World):
    blocked = next(case for case in cases() if case["name"] == "my_chat_member_user_blocked_bot")
    person, asset = MIRA, worker.take_asset()
    worker.say(person, "/start")
    update = {**blocked["update"], "update_id": blocked["update"]["update_id"] + 1_000}
    assert worker.http.post("/webhook/telegram", json=update, headers=worker.secret()).status_code == 200
    [row] = worker.stack.database.query("SELECT unreachable_at FROM users WHERE telegram_id = ?", (str(person),))
    assert row["unreachable_at"]
    with worker.gap(asset):
        worker.scan_until_open(asset)
        assert worker.alerts(person, asset) == []
    worker.say(person, "/start")
    [row] = worker.stack.database.query("SELECT unreachable_at FROM users WHERE telegram_id = ?", (str(person),))
    assert row["unreachable_at"] is None


def test_an_update_with_the_secret_twice_is_refused(worker: World):
    headers = [(SECRET_HEADER, worker.stack.webhook_secret)] * 2
    answer = worker.http.post("/webhook/telegram", content=b'{"update_id":1}', headers=headers)
    assert answer.status_code == 401
