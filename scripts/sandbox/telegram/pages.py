"""The chat page at `/chat` and the few calls it makes: what there is to see, and what its person does."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from scripts.sandbox.control import json_response, refusing_bad_input
from scripts.sandbox.telegram.acting import Actors
from scripts.sandbox.telegram.backend import Backend
from scripts.sandbox.telegram.feed import Feed

PAGE = Path(__file__).parent / "page"
ASSETS = {
    "chat.js": "text/javascript",
    "format.js": "text/javascript",
    "message.js": "text/javascript",
    "chat.css": "text/css",
}
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

Handler = Callable[[Request], Awaitable[Response]]


class Typed(msgspec.Struct, forbid_unknown_fields=True):
    user_id: int
    chat_id: int
    text: str
    reply_to_message_id: int | None = None


class Tapped(msgspec.Struct, forbid_unknown_fields=True):
    user_id: int
    chat_id: int
    data: str
    message_id: int = 0
    ephemeral_message_id: int | None = None


class Read(msgspec.Struct, forbid_unknown_fields=True):
    user_id: int
    chat_id: int
    message_id: int


class Newcomer(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Blocked(msgspec.Struct, forbid_unknown_fields=True):
    user_id: int
    blocked: bool


def page_routes(backend: Backend, actors: Actors) -> list[BaseRoute]:
    feed = Feed(backend)

    async def page(_request: Request) -> Response:
        return FileResponse(PAGE / "chat.html", media_type="text/html", headers=SECURITY_HEADERS)

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS:
            return Response("Not Found", 404, media_type="text/plain")
        return FileResponse(PAGE / name, media_type=ASSETS[name], headers=SECURITY_HEADERS)

    async def file(request: Request) -> Response:
        upload = backend.files.get(request.path_params["file_id"])
        if upload is None:
            return Response("Not Found", 404, media_type="text/plain")
        headers = dict(SECURITY_HEADERS)
        if upload.media_type not in SHOWN_INLINE:
            headers["Content-Disposition"] = "attachment"
        return Response(upload.content, media_type=upload.media_type, headers=headers)

    async def news(request: Request) -> Response:
        query = request.query_params
        since = int(query.get("since", "-1"))
        return json_response(await feed.wait(int(query["user_id"]), int(query["chat_id"]), since))

    acts = _acts(backend, actors)
    return [
        Route("/chat", page, methods=["GET"]),
        Route("/chat/", page, methods=["GET"]),
        Route("/chat/assets/{name}", asset, methods=["GET"]),
        Route("/chat/files/{file_id}", file, methods=["GET"]),
        Route("/chat/feed", refusing_bad_input(news), methods=["GET"]),
        *(Route(f"/chat/{name}", refusing_bad_input(act), methods=["POST"]) for name, act in acts.items()),
    ]


def _acts(backend: Backend, actors: Actors) -> dict[str, Handler]:
    async def say(request: Request) -> Response:
        typed = msgspec.json.decode(await request.body(), type=Typed)
        acted = actors.say(typed.user_id, typed.text, typed.chat_id, None, typed.reply_to_message_id)
        return json_response(acted.to_json())

    async def tap(request: Request) -> Response:
        tapped = msgspec.json.decode(await request.body(), type=Tapped)
        if tapped.ephemeral_message_id is not None:
            acted = actors.tap_ephemeral(tapped.user_id, tapped.ephemeral_message_id, tapped.data, tapped.chat_id)
        else:
            acted = actors.tap(tapped.user_id, tapped.message_id, tapped.data, tapped.chat_id)
        return json_response(acted.to_json())

    async def read(request: Request) -> Response:
        seen = msgspec.json.decode(await request.body(), type=Read)
        key = (seen.user_id, seen.chat_id)
        if seen.message_id > backend.world.read.get(key, 0):
            backend.world.read[key] = seen.message_id
            backend.world.touch()
        return json_response({"ok": True})

    async def stranger(request: Request) -> Response:
        newcomer = msgspec.json.decode(await request.body(), type=Newcomer)
        person = actors.stranger(newcomer.name.strip() or "Stranger")
        return json_response({"ok": True, "user_id": person.id})

    async def block(request: Request) -> Response:
        wanted = msgspec.json.decode(await request.body(), type=Blocked)
        return json_response(actors.block(wanted.user_id, blocked=wanted.blocked).to_json())

    return {"say": say, "tap": tap, "read": read, "strangers": stranger, "block": block}
