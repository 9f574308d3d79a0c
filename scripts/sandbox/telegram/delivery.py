"""One delivery of an update to the webhook: the request Telegram makes, and what it reads from the answer."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import httpx

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
ANSWER_TIMEOUT_S = 60.0
RETRY_AFTER_S_MAX = 3600
NO_REPLY_METHODS = frozenset({"setwebhook", "deletewebhook", "close", "logout"})


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the webhook answered; `status` 0 means that no answer came, and `reason` says why it counts as failed."""

    status: int
    ms: float
    body: str
    reason: str = ""
    retry_after_s: int | None = None
    reply: tuple[str, dict[str, Any]] | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Courier:
    """Carries updates over HTTP, or into an application of this process when a transport is given."""

    def __init__(self) -> None:
        self._transport: httpx.AsyncBaseTransport | None = None
        self._clients: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}

    def use(self, transport: httpx.AsyncBaseTransport | None) -> None:
        self._transport = transport
        self._clients.clear()

    def _client(self) -> httpx.AsyncClient:
        """A client belongs to the event loop it was made in; closed loops leave theirs behind."""
        loop = asyncio.get_running_loop()
        for known in [known for known in self._clients if known.is_closed()]:
            del self._clients[known]
        if loop not in self._clients:
            self._clients[loop] = httpx.AsyncClient(
                transport=self._transport, timeout=ANSWER_TIMEOUT_S, follow_redirects=False, trust_env=False
            )
        return self._clients[loop]

    async def aclose(self) -> None:
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    async def carry(
        self,
        address: str,
        secret: str,
        body: bytes,
        content_type: str = "application/json",
        headers: Mapping[str, str | None] | None = None,
    ) -> Delivered:
        """`headers` replace those of a proper delivery; a None value leaves the header out."""
        sent: dict[str, str | None] = {"content-type": content_type, "user-agent": "TelegramBot (sandbox)"}
        if secret:
            sent[SECRET_HEADER.lower()] = secret
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        kept = {name: value for name, value in sent.items() if value is not None}
        started = time.perf_counter()
        try:
            response = await self._client().post(address, content=body, headers=kept)
        except httpx.TimeoutException:
            return Delivered(0, _ms_since(started), "", "Read timeout expired")
        except httpx.TransportError as error:
            return Delivered(0, _ms_since(started), "", f"Connection failed: {type(error).__name__}")
        ms = _ms_since(started)
        if response.is_success:
            return Delivered(response.status_code, ms, response.text, reply=_reply(response))
        reason = f"Wrong response from the webhook: {response.status_code} {response.reason_phrase}"
        return Delivered(response.status_code, ms, response.text, reason, _retry_after(response))


def encode(update: dict[str, Any]) -> bytes:
    return json.dumps(update, ensure_ascii=False).encode("utf-8", "replace")


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _retry_after(response: httpx.Response) -> int | None:
    value = response.headers.get("retry-after", "")
    return int(value) if value.isdigit() and int(value) <= RETRY_AFTER_S_MAX else None


def _reply(response: httpx.Response) -> tuple[str, dict[str, Any]] | None:
    """A 2xx whose body names a method is a call of it, except those that read or steer the webhook."""
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    call: Any = None
    if kind == "application/json":
        try:
            call = response.json()
        except ValueError:
            return None
    elif kind == "application/x-www-form-urlencoded":
        call = dict(parse_qsl(response.text, keep_blank_values=True))
    method = call.pop("method", None) if isinstance(call, dict) else None
    if not isinstance(method, str) or method.lower().startswith("get") or method.lower() in NO_REPLY_METHODS:
        return None
    return method, call
