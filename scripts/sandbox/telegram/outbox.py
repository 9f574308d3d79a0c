"""Records every Bot API call that was accepted, which is what the bot really said and did."""

from collections import deque
from dataclasses import dataclass
from typing import Any

CALLS_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class SentCall:
    """`time` is epoch ms; `chat_id` is the chat the call concerns, also where its parameters do not name it."""

    id: int
    time: int
    method: str
    parameters: dict[str, Any]
    result: Any
    chat_id: int | None

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "time": self.time,
            "method": self.method,
            "parameters": self.parameters,
            "result": self.result,
        }


class Outbox:
    def __init__(self) -> None:
        self._calls: deque[SentCall] = deque(maxlen=CALLS_KEPT)
        self._last_id = 0

    def record(self, time_ms: int, method: str, parameters: dict[str, Any], result: Any, chat_id: int | None) -> None:
        self._last_id += 1
        self._calls.append(SentCall(self._last_id, time_ms, method, parameters, result, chat_id))

    def calls(self, chat_id: int | None = None, since_ms: int = 0) -> list[SentCall]:
        """`since_ms` is inclusive."""
        return [call for call in self._calls if call.time >= since_ms and (chat_id is None or call.chat_id == chat_id)]

    def __len__(self) -> int:
        return len(self._calls)

    def clear(self) -> None:
        self._calls.clear()
