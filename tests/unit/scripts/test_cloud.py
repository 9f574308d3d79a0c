"""Setting the webhook: what Telegram is told, and that the token is never shown."""

import json
from typing import get_args

import httpx
import pytest

from arbedge.entrypoints.telegram.wire import Kind
from scripts.cloud import ALLOWED_UPDATES, require_settings, set_webhook

SETTINGS = {
    "TELEGRAM_BOT_TOKEN": "1:token",
    "TELEGRAM_WEBHOOK_SECRET": "secret",
    "WORKER_URL": "https://worker.example/",
}


def test_telegram_is_told_the_address_the_secret_and_all_that_the_bot_reads(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"ok": True, "result": True, "description": "Webhook was set"})

    assert set_webhook(SETTINGS, httpx.MockTransport(answer)) == 0

    assert asked[0].url.path == "/bot1:token/setWebhook"
    body = json.loads(asked[0].content)
    assert body["url"] == "https://worker.example/webhook/telegram"
    assert body["secret_token"] == "secret"
    assert set(body["allowed_updates"]) == set(ALLOWED_UPDATES) == set(get_args(Kind))
    shown = capsys.readouterr().out
    assert "Webhook was set" in shown
    assert "token" not in shown


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"ok": False, "description": "Unauthorized"}),
        httpx.Response(502, text="<html>"),
    ],
    ids=["refused", "not JSON"],
)
def test_a_refusal_is_a_failure(answer: httpx.Response) -> None:
    assert set_webhook(SETTINGS, httpx.MockTransport(lambda _request: answer)) == 1


def test_what_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_URL", "https://worker.example")
    for name in ("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(SystemExit, match="TELEGRAM_BOT_TOKEN, TELEGRAM_WEBHOOK_SECRET"):
        require_settings("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "WORKER_URL")
