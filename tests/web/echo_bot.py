"""A small bot that talks to the sandbox over HTTP, so that the chat page is tried with something that answers."""

import json
import time
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

WELCOME = (
    "<b>Opportunities</b> · net of fees\n"
    "BTC/USDT  Binance → OKX  <b>+0.42 %</b>\n"
    '<pre><code class="language-text">gross   +0.62 %\nfees    −0.20 %\nnet     +0.42 %</code></pre>\n'
    'Seen <tg-time unix="{unix}" format="r">just now</tg-time>, try /help &amp; <tg-spoiler>more</tg-spoiler>'
)
KEYBOARD = {
    "inline_keyboard": [
        [
            {"text": "Refresh", "callback_data": "refresh", "style": "primary"},
            {"text": "Explain", "callback_data": "why"},
        ],
        [{"text": "Docs", "url": "https://example.org/docs"}],
    ]
}


def echo_bot(api_url: str, secret: str) -> Starlette:
    """Answers /start with a card, echoes the rest, edits and toasts on taps."""

    async def call(method: str, **parameters: Any) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"{api_url}/{method}", json=parameters)
        assert answer.status_code == 200, answer.text

    async def on_message(message: dict[str, Any]) -> None:
        chat_id = message["chat"]["id"]
        if not message["text"].startswith("/start"):
            await call("sendMessage", chat_id=chat_id, text=f"You said: {message['text']}")
            return
        await call("setMyCommands", commands=[{"command": "help", "description": "What I can do"}])
        await call("sendChatAction", chat_id=chat_id, action="typing")
        text = WELCOME.format(unix=int(time.time()))
        await call("sendMessage", chat_id=chat_id, text=text, parse_mode="HTML", reply_markup=KEYBOARD)

    async def on_tap(query: dict[str, Any]) -> None:
        alert = query["data"] == "why"
        text = "Fees are taken from both legs." if alert else "Fresh numbers"
        await call("answerCallbackQuery", callback_query_id=query["id"], text=text, show_alert=alert)
        if not alert:
            message = query["message"]
            await call(
                "editMessageText",
                chat_id=message["chat"]["id"],
                message_id=message["message_id"],
                text="Now <b>+0.37 %</b>",
                parse_mode="HTML",
                reply_markup=KEYBOARD,
            )

    async def webhook(request: Request) -> Response:
        if request.headers.get("x-telegram-bot-api-secret-token") != secret:
            return Response(status_code=401)
        update = json.loads(await request.body())
        if "message" in update:
            await on_message(update["message"])
        elif "callback_query" in update:
            await on_tap(update["callback_query"])
        return Response()

    return Starlette(routes=[Route("/webhook/telegram", webhook, methods=["POST"])])
