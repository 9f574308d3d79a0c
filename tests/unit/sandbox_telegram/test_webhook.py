"""Delivery: order within a queue, back-off, expiry and replies in the answer, against a scripted webhook."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from scripts.sandbox.clock import SettableClock
from scripts.sandbox.telegram.webhook import Webhook, queue_key

NOW_MS = 1_795_300_000_000
ADDRESS = "http://worker.test/webhook/telegram"
Answer = Callable[[dict[str, Any]], Awaitable[httpx.Response] | httpx.Response]


class Listener:
    """Takes deliveries in and answers as told."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.ids: list[int] = []
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        update = json.loads(request.content)
        self.ids.append(update["update_id"])
        self.requests.append(request)
        answer = self.answer(update)
        return answer if isinstance(answer, httpx.Response) else await answer


def message(update_id: int, chat_id: int = 1) -> dict[str, Any]:
    return {"update_id": update_id, "message": {"message_id": update_id, "chat": {"id": chat_id}}}


def tap(update_id: int, user_id: int = 1) -> dict[str, Any]:
    return {"update_id": update_id, "callback_query": {"id": str(update_id), "from": {"id": user_id}, "data": "x"}}


def build(answer: Answer) -> tuple[Webhook, Listener, SettableClock]:
    clock = SettableClock(NOW_MS)
    webhook = Webhook(clock, "http://worker.test", "the-secret")
    listener = Listener(answer)
    webhook.deliver_through(httpx.MockTransport(listener), retry_scale=0.0)
    return webhook, listener, clock


def ok(_update: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200)


async def test_a_delivery_is_one_json_object_with_the_secret_header() -> None:
    webhook, listener, _ = build(ok)
    webhook.submit(message(1))
    await webhook.settle()
    request = listener.requests[0]
    assert str(request.url) == ADDRESS
    assert request.headers["x-telegram-bot-api-secret-token"] == "the-secret"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.content) == message(1)
    await webhook.aclose()


async def test_messages_of_one_chat_keep_their_order_while_the_first_fails() -> None:
    left = [3]

    def answer(update: dict[str, Any]) -> httpx.Response:
        if update["update_id"] == 1 and left[0]:
            left[0] -= 1
            return httpx.Response(500)
        return httpx.Response(200)

    webhook, listener, _ = build(answer)
    for update in (message(1), message(2), message(3)):
        webhook.submit(update)
    assert webhook.info()["pending_update_count"] == 3
    await webhook.settle()
    assert listener.ids == [1, 1, 1, 1, 2, 3]
    assert webhook.info()["pending_update_count"] == 0
    assert webhook.info()["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
    await webhook.aclose()


async def test_other_chats_and_taps_do_not_wait_for_a_stuck_one() -> None:
    release, three_heard = asyncio.Event(), asyncio.Event()

    async def answer(update: dict[str, Any]) -> httpx.Response:
        if len(listener.ids) == 3:
            three_heard.set()
        if update["update_id"] == 1:
            await release.wait()
        return httpx.Response(200)

    webhook, listener, _ = build(answer)
    for update in (message(1), message(2), message(3, chat_id=2), tap(4)):
        webhook.submit(update)
    await asyncio.wait_for(three_heard.wait(), timeout=5)
    assert sorted(listener.ids) == [1, 3, 4]
    release.set()
    await webhook.settle()
    assert listener.ids[-1] == 2
    await webhook.aclose()


async def test_no_more_connections_at_once_than_were_allowed() -> None:
    at_once = [0, 0]

    async def answer(_update: dict[str, Any]) -> httpx.Response:
        at_once[0] += 1
        at_once[1] = max(at_once)
        await asyncio.sleep(0)
        at_once[0] -= 1
        return httpx.Response(200)

    webhook, _, _ = build(answer)
    webhook.set(ADDRESS, "the-secret", 2, None)
    for chat_id in range(8):
        webhook.submit(message(chat_id, chat_id))
    await webhook.settle()
    assert at_once[1] == 2
    await webhook.aclose()


@pytest.mark.parametrize(
    ("failures", "headers", "wait_s"),
    [(1, {}, 0), (2, {}, 2), (3, {}, 4), (5, {}, 16), (1, {"retry-after": "5"}, 5), (2, {"retry-after": "9999"}, 2)],
)
async def test_the_waits_between_deliveries(
    failures: int, headers: dict[str, str], wait_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    real_sleep = asyncio.sleep

    async def sleep(delay: float) -> None:
        waits.append(delay)
        await real_sleep(0)

    left = [failures]

    def answer(_update: dict[str, Any]) -> httpx.Response:
        left[0] -= 1
        return httpx.Response(503, headers=headers) if left[0] >= 0 else httpx.Response(200)

    webhook, _, _ = build(answer)
    webhook.retry_scale = 1.0
    monkeypatch.setattr(asyncio, "sleep", sleep)
    webhook.submit(message(1))
    await webhook.settle()
    assert waits[-1] == wait_s
    await webhook.aclose()


async def test_the_wait_is_capped_at_one_to_two_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    real_sleep = asyncio.sleep

    async def sleep(delay: float) -> None:
        waits.append(delay)
        await real_sleep(0)

    webhook, listener, _ = build(lambda _update: httpx.Response(200 if len(listener.ids) > 12 else 500))
    webhook.retry_scale = 1.0
    monkeypatch.setattr(asyncio, "sleep", sleep)
    webhook.submit(message(1))
    await webhook.settle()
    assert all(60 <= wait <= 120 for wait in waits[7:])
    await webhook.aclose()


@pytest.mark.parametrize(("update", "life_s"), [(message(1), 24 * 3600), (tap(1), 150)])
async def test_an_update_that_stays_undelivered_expires(update: dict[str, Any], life_s: int) -> None:
    def answer(_update: dict[str, Any]) -> httpx.Response:
        clock.advance(life_s * 500)
        return httpx.Response(500)

    webhook, listener, clock = build(answer)
    webhook.submit(update)
    await webhook.settle()
    assert listener.ids == [1, 1]
    await webhook.aclose()


async def test_a_webhook_gone_for_a_day_is_removed() -> None:
    def answer(_update: dict[str, Any]) -> httpx.Response:
        clock.advance(12 * 3600 * 1000)
        return httpx.Response(410)

    webhook, _, clock = build(answer)
    for update_id in (1, 2, 3):
        await webhook.post(json.dumps(message(update_id)).encode())
    assert webhook.info()["url"] == ""
    await webhook.aclose()


@pytest.mark.parametrize(
    ("response", "call"),
    [
        (
            httpx.Response(200, json={"method": "sendMessage", "chat_id": 1, "text": "x"}),
            ("sendMessage", {"chat_id": 1, "text": "x"}),
        ),
        (
            httpx.Response(
                200,
                text="method=sendChatAction&chat_id=1",
                headers={"content-type": "application/x-www-form-urlencoded"},
            ),
            ("sendChatAction", {"chat_id": "1"}),
        ),
        (httpx.Response(200, json={"method": "getMe"}), None),
        (httpx.Response(200, json={"method": "setWebhook", "url": ""}), None),
        (httpx.Response(200, json={"ok": True}), None),
        (httpx.Response(200, text="{", headers={"content-type": "application/json"}), None),
        (httpx.Response(500, json={"method": "sendMessage", "chat_id": 1, "text": "x"}), None),
    ],
)
async def test_a_call_in_the_answer_is_executed(response: httpx.Response, call: tuple[str, Any] | None) -> None:
    executed: list[tuple[str, Any]] = []

    async def execute(method: str, parameters: dict[str, Any]) -> None:
        executed.append((method, parameters))

    webhook, _, _ = build(lambda _update: response)
    webhook.execute = execute
    await webhook.post(json.dumps(message(1)).encode())
    assert executed == ([call] if call else [])
    await webhook.aclose()


async def test_kinds_that_were_not_asked_for_are_not_delivered() -> None:
    webhook, listener, _ = build(ok)
    joined = {"update_id": 9, "chat_member": {"chat": {"id": 1}, "from": {"id": 1}}}
    assert webhook.submit(joined) is False
    webhook.set(ADDRESS, "the-secret", 40, ["chat_member"])
    assert webhook.submit(joined) is True
    assert webhook.submit(message(1)) is False
    webhook.set(ADDRESS, "other", 40, None)
    assert webhook.info()["allowed_updates"] == ["chat_member"]
    await webhook.settle()
    assert listener.ids == [9]
    await webhook.aclose()


async def test_a_connection_that_fails_counts_as_a_failure() -> None:
    def answer(_update: dict[str, Any]) -> httpx.Response:
        raise httpx.ReadTimeout("slow")

    webhook, _, _ = build(answer)
    delivered = await webhook.post(json.dumps(message(1)).encode())
    assert (delivered.status, delivered.ok) == (0, False)
    assert webhook.info()["last_error_message"] == "Read timeout expired"
    await webhook.aclose()


async def test_without_a_webhook_updates_wait_and_a_new_one_gets_them() -> None:
    webhook, listener, _ = build(ok)
    webhook.remove()
    webhook.submit(message(1))
    await webhook.settle()
    assert listener.ids == []
    assert webhook.take_pending(0, 100) == [message(1)]
    webhook.set("https://arbedge.example.org/webhook/telegram", "fresh", 40, None)
    await webhook.settle()
    assert str(listener.requests[0].url) == ADDRESS
    assert listener.requests[0].headers["x-telegram-bot-api-secret-token"] == "fresh"
    await webhook.aclose()


def test_queues_are_per_chat_for_messages_and_per_person_for_taps() -> None:
    edited = {"update_id": 5, "edited_message": {"message_id": 1, "chat": {"id": 1}, "from": {"id": 9}}}
    assert queue_key(message(1)) == queue_key(edited)
    assert queue_key(tap(1)) == queue_key(tap(2)) != queue_key(tap(3, user_id=2))
    assert queue_key(message(1)) != queue_key(tap(1))
    assert queue_key({"update_id": 1, "quantum_reaction": {}}) == ("messages", 0)


def test_update_ids_rise_over_restarts() -> None:
    earlier = Webhook(SettableClock(NOW_MS), "http://worker.test", "s")
    later = Webhook(SettableClock(NOW_MS + 60_000), "http://worker.test", "s")
    first = [earlier.next_update_id() for _ in range(100)]
    assert first == sorted(set(first))
    assert later.next_update_id() > first[-1]
    assert first[-1] < 2**31
