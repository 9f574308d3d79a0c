"""Writes to people through the Bot API.

The token is part of every address, so no address, request or HTTP exception leaves this module: errors carry the
method's name and Telegram's own words.
"""

import logging
import re
from typing import Any, TypeVar

import httpx
import msgspec

from arbedge.adapters.telegram import rules
from arbedge.adapters.telegram.wire import Answer, Me, Sent, render_screen
from arbedge.errors import MessageGone, MessengerError, MessengerRejected, MessengerUnavailable, RecipientUnreachable
from arbedge.limits import TELEGRAM_TIMEOUT_S, TELEGRAM_TOAST_MAX
from arbedge.ports.messenger import Screen

_log = logging.getLogger(__name__)
_TOKEN = re.compile(r"bot\d+:[A-Za-z0-9_-]+")
_answers = msgspec.json.Decoder(Answer)
_R = TypeVar("_R")

# A bot's name is asked once an instance: it changes by hand and almost never. Keyed by address and bot id.
_usernames: dict[str, str] = {}


def _carries_no_token(record: logging.LogRecord) -> bool:
    return _TOKEN.search(record.getMessage()) is None


# httpx logs the address of every request at level INFO.
logging.getLogger("httpx").addFilter(_carries_no_token)


class _Migrated(RecipientUnreachable):
    """The group has become a supergroup with another id; whoever cannot follow sees a chat that is out of reach."""

    def __init__(self, method: str, chat_id: int) -> None:
        super().__init__(f"{method}: the group has moved to {chat_id}")
        self.chat_id = chat_id


class BotApi:
    """The `Messenger` port over an injected HTTP client."""

    def __init__(self, client: httpx.AsyncClient, api_url: str, token: str) -> None:
        self._client = client
        self._address = f"{api_url.rstrip('/')}/bot{token}"
        self._token = token
        self._name_key = f"{api_url}#{token.partition(':')[0]}"

    async def send(self, chat_id: int, screen: Screen, *, is_silent: bool = False, thread_id: int | None = None) -> int:
        """Sends a new message; follows a group to its new id, and leaves a topic that is gone, once each."""
        payload: dict[str, Any] = {"chat_id": chat_id}
        if is_silent:
            payload["disable_notification"] = True
        if thread_id is not None:
            payload["message_thread_id"] = thread_id
        try:
            sent = await self._show("sendMessage", payload, screen)
        except _Migrated as migrated:
            sent = await self._show("sendMessage", {**payload, "chat_id": migrated.chat_id}, screen)
        except MessengerError as error:
            if thread_id is None or not rules.says(error, *rules.THREAD_GONE):
                raise
            return await self.send(chat_id, screen, is_silent=is_silent)
        return _read("sendMessage", sent, Sent).message_id

    async def edit(self, chat_id: int, message_id: int, screen: Screen) -> None:
        try:
            await self._show("editMessageText", {"chat_id": chat_id, "message_id": message_id}, screen)
        except _Migrated:
            # Messages do not move along when a group gets its new id.
            raise MessageGone("editMessageText: the group has moved to another id") from None
        except MessengerRejected as error:
            if not rules.says(error, rules.NOT_MODIFIED):
                raise

    async def delete(self, chat_id: int, message_id: int) -> None:
        try:
            await self._call("deleteMessage", {"chat_id": chat_id, "message_id": message_id})
        except _Migrated:
            raise MessageGone("deleteMessage: the group has moved to another id") from None
        except MessengerRejected as error:
            if not rules.says(error, rules.ALREADY_DELETED):
                raise

    async def answer(self, callback_id: str, toast: str | None = None, *, is_alert: bool = False) -> None:
        payload: dict[str, Any] = {"callback_query_id": callback_id}
        if toast:
            payload |= {"text": toast[:TELEGRAM_TOAST_MAX], "show_alert": is_alert}
        try:
            await self._call("answerCallbackQuery", payload)
        except MessengerRejected as error:
            if not rules.says(error, *rules.QUERY_TOO_OLD):
                raise

    async def refuse_checkout(self, query_id: str, reason: str) -> None:
        try:
            await self._call(
                "answerPreCheckoutQuery", {"pre_checkout_query_id": query_id, "ok": False, "error_message": reason}
            )
        except MessengerRejected as error:
            if not rules.says(error, *rules.QUERY_TOO_OLD):
                raise

    async def check(self) -> None:
        _usernames[self._name_key] = _read("getMe", await self._call("getMe", {}), Me).username

    async def fetch_username(self) -> str:
        if self._name_key not in _usernames:
            await self.check()
        return _usernames[self._name_key]

    async def _show(self, method: str, payload: dict[str, Any], screen: Screen) -> Any:
        """Sends or edits; markup that Telegram cannot read is a defect of ours and goes out once more as plain text."""
        try:
            return await self._call(method, payload | render_screen(screen))
        except MessengerRejected as error:
            if not rules.says(error, rules.UNPARSEABLE):
                raise
            _log.error("telegram_markup_defect", extra={"method": method, "text_length": len(screen.text)})
        return await self._call(method, payload | render_screen(screen, is_plain=True))

    async def _call(self, method: str, payload: dict[str, Any]) -> Any:
        """The result of one call. Raises a `MessengerError`."""
        response = await self._post(method, payload)
        try:
            answer = _answers.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise MessengerUnavailable(f"{method}: HTTP {response.status_code}, not an answer of the Bot API") from None
        if answer.ok and response.is_success:
            return answer.result
        if answer.parameters and answer.parameters.migrate_to_chat_id is not None:
            raise _Migrated(method, answer.parameters.migrate_to_chat_id)
        error = rules.classify(method, response.status_code, self._redact(answer), response.headers.get("retry-after"))
        if response.status_code in {401, 404} and isinstance(error, MessengerUnavailable):
            _log.critical("telegram_token_refused", extra={"method": method})
        raise error

    async def _post(self, method: str, payload: dict[str, Any]) -> httpx.Response:
        """HTTP exceptions hold the request and with it the token, so they end here, out of every error's context."""
        is_unsent = False
        try:
            return await self._client.post(
                f"{self._address}/{method}",
                content=msgspec.json.encode(payload),
                headers={"content-type": "application/json"},
                timeout=TELEGRAM_TIMEOUT_S,
                follow_redirects=False,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            failure, is_unsent = type(error).__name__, True
        except (httpx.TimeoutException, TimeoutError):
            failure = f"no answer within {TELEGRAM_TIMEOUT_S:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            failure = type(error).__name__
        raise MessengerUnavailable(f"{method}: {failure}", is_refused=is_unsent)

    def _redact(self, answer: Answer) -> Answer:
        if answer.description and self._token in answer.description:
            return msgspec.structs.replace(answer, description=answer.description.replace(self._token, "***"))
        return answer


def _read(method: str, result: Any, shape: type[_R]) -> _R:
    try:
        return msgspec.convert(result, shape)
    except msgspec.ValidationError:
        raise MessengerUnavailable(f"{method}: unexpected result") from None
