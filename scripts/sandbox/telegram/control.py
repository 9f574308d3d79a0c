"""The control endpoints under `/_control/telegram`: read the outbox, deliver an update, act as a person."""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from scripts.sandbox.control import json_response, refusing_bad_input
from scripts.sandbox.telegram.acting import Actors
from scripts.sandbox.telegram.bot_api import BotApi
from scripts.sandbox.telegram.delivery import encode
from scripts.sandbox.telegram.outbox import Outbox
from scripts.sandbox.telegram.pacing import Pacing
from scripts.sandbox.telegram.webhook import Webhook

UserId = Annotated[int, msgspec.Meta(gt=0)]


class Say(msgspec.Struct, forbid_unknown_fields=True):
    user_id: UserId
    text: str
    chat_id: int | None = None
    name: str | None = None
    reply_to_message_id: int | None = None


class Tap(msgspec.Struct, forbid_unknown_fields=True):
    user_id: UserId
    message_id: int
    data: str
    chat_id: int | None = None


class Block(msgspec.Struct, forbid_unknown_fields=True):
    user_id: UserId
    blocked: bool = True


class PacingSwitch(msgspec.Struct, forbid_unknown_fields=True):
    enforced: bool


class RawUpdate(msgspec.Struct, forbid_unknown_fields=True):
    """A delivery to the letter. `headers` replace the proper ones by name; null leaves one out."""

    raw_body: str | None = None
    content_type: str = "application/json"
    headers: dict[str, str | None] = {}
    update: dict[str, Any] | None = None


def control_routes(
    outbox: Outbox, webhook: Webhook, actors: Actors, pacing: Pacing, bot_api: BotApi
) -> list[BaseRoute]:
    async def read_outbox(request: Request) -> Response:
        query = request.query_params
        chat_id = int(query["chat_id"]) if query.get("chat_id") else None
        calls = outbox.calls(chat_id, int(float(query.get("since") or 0)))
        return json_response({"calls": [call.to_json() for call in calls]})

    async def read_refused(_request: Request) -> Response:
        return json_response({"calls": bot_api.refused})

    async def update(request: Request) -> Response:
        given = msgspec.json.decode(await request.body(), type=dict[str, Any])
        if "update_id" in given:
            raw = RawUpdate(update=given)
        else:
            raw = msgspec.convert(given, RawUpdate)
            if raw.raw_body is None and raw.update is None:
                raise ValueError("an update, or raw_body, is expected")
        if raw.update is not None:
            actors.observe(raw.update)
        body = encode(raw.update or {}) if raw.raw_body is None else raw.raw_body.encode("utf-8", "surrogatepass")
        answer = await webhook.post(body, raw.content_type, raw.headers)
        return json_response({"status": answer.status, "ms": round(answer.ms, 3), "body": answer.body})

    async def say(request: Request) -> Response:
        said = msgspec.json.decode(await request.body(), type=Say)
        acted = actors.say(said.user_id, said.text, said.chat_id, said.name, said.reply_to_message_id)
        return json_response(acted.to_json())

    async def tap(request: Request) -> Response:
        tapped = msgspec.json.decode(await request.body(), type=Tap)
        return json_response(actors.tap(tapped.user_id, tapped.message_id, tapped.data, tapped.chat_id).to_json())

    async def block(request: Request) -> Response:
        wanted = msgspec.json.decode(await request.body(), type=Block)
        return json_response(actors.block(wanted.user_id, blocked=wanted.blocked).to_json())

    async def set_pacing(request: Request) -> Response:
        pacing.enforced = msgspec.json.decode(await request.body(), type=PacingSwitch).enforced
        return json_response({"ok": True, "enforced": pacing.enforced})

    posts = {"update": update, "say": say, "tap": tap, "block": block, "pacing": set_pacing}
    return [
        Route("/outbox", refusing_bad_input(read_outbox), methods=["GET"]),
        Route("/refused", refusing_bad_input(read_refused), methods=["GET"]),
        *(Route(f"/{name}", refusing_bad_input(handler), methods=["POST"]) for name, handler in posts.items()),
    ]
