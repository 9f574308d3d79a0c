"""The ASGI application behind `/telegram`: `/bot<token>/<method>` with Telegram's envelope around every answer."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from scripts.sandbox.faults import FaultTable
from scripts.sandbox.telegram import schema
from scripts.sandbox.telegram.backend import Backend
from scripts.sandbox.telegram.errors import ApiError, scripted, too_many_requests
from scripts.sandbox.telegram.methods import HANDLERS
from scripts.sandbox.telegram.outbox import Outbox
from scripts.sandbox.telegram.wire import Call, Upload, read_call

_PATH = re.compile(r"/bot(?P<token>[^/]*)/(?P<method>[^/]*)/?")
_TOKEN = re.compile(r"[1-9][0-9]{4,}:[A-Za-z0-9_-]{30,}")


def _not_offered(_backend: Backend, _parameters: dict[str, Any], _uploads: dict[str, Upload]) -> Any:
    raise ApiError(501, "Not Implemented: a valid call that this server does not offer")


class BotApi:
    def __init__(self, token: str, backend: Backend, outbox: Outbox, faults: FaultTable) -> None:
        self._token = token
        self._backend = backend
        self._outbox = outbox
        self._faults = faults
        self.refused: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ApiError as error:
            wait = error.parameters.get("retry_after")
            response = JSONResponse(error.body(), error.code, {"Retry-After": str(wait)} if wait else None)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path.removeprefix(request.scope.get("root_path", ""))
        match = _PATH.fullmatch(path)
        if match is None:
            raise ApiError(404, "Not Found")
        if match["token"] != self._token:
            known_shape = _TOKEN.fullmatch(match["token"])
            raise ApiError(401, "Unauthorized") if known_shape else ApiError(404, "Not Found")
        if request.method not in ("GET", "POST"):
            return PlainTextResponse("Method Not Allowed", 405)
        await schema.ready()
        method = schema.method_name(match["method"])
        call = read_call(request.url.query, request.headers.get("content-type", ""), await request.body())
        return JSONResponse({"ok": True, "result": self.call(method, call)})

    def call(self, method: str, call: Call) -> Any:
        """Checks and performs one call, or raises its refusal, and keeps a record of either."""
        try:
            parameters = schema.check_call(method, call)
            self._scripted_failure(method, parameters)
            handler = HANDLERS.get(method, _not_offered)
            concerned = self._chat_of(parameters)
            result = handler(self._backend, parameters, call.uploads)
        except ApiError as error:
            self.refused.append(
                {"time": self._backend.clock.now_ms(), "method": method, **error.body(), "parameters": call.parameters}
            )
            del self.refused[:-1000]
            raise
        shown = {**parameters, **{name: {"file_name": u.file_name} for name, u in call.uploads.items()}}
        snapshot = dict(result) if isinstance(result, dict) else result
        self._outbox.record(self._backend.clock.now_ms(), method, shown, snapshot, concerned)
        return result

    async def execute_reply(self, method: str, parameters: dict[str, Any]) -> None:
        """A call that came in the webhook's answer: done if it can be, its outcome told to nobody."""
        await schema.ready()
        try:
            self.call(schema.method_name(method), Call(parameters, {}, textual=False))
        except ApiError:
            return

    def _chat_of(self, parameters: dict[str, Any]) -> int | None:
        if "callback_query_id" in parameters:
            query = self._backend.queries.get(parameters["callback_query_id"])
            return query.chat_id if query else None
        if "chat_id" not in parameters:
            return None
        try:
            return self._backend.world.chat(parameters["chat_id"]).id
        except ApiError:
            return None

    def _scripted_failure(self, method: str, parameters: dict[str, Any]) -> None:
        """Faults whose path is `method:chat_id` or `:chat_id` break one chat; all others act before this."""
        chat_id = self._chat_of(parameters)
        path = f"{method}:{chat_id}"
        aimed = [f for f in self._faults.active() if f.target == "telegram" and ":" in (f.path or "")]
        if chat_id is None or not any((f.path or "").lower() in path.lower() for f in aimed):
            return
        fault = self._faults.match("telegram", path)
        if fault is None or ":" not in (fault.path or ""):
            return
        value = fault.value
        if fault.kind == "rate_limit":
            raise too_many_requests(int(value or 5))
        raise scripted(int(value or 500) if fault.kind == "status" else 502)
