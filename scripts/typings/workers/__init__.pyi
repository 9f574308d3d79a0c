from typing import Any

from . import asgi as asgi

class WorkerEntrypoint:
    env: Any
    ctx: Any
    def __init__(self, ctx: Any, env: Any) -> None: ...

class DurableObject:
    env: Any
    ctx: Any
    def __init__(self, ctx: Any, env: Any) -> None: ...

class Response:
    def __init__(
        self, body: Any = ..., *, status: int = ..., headers: dict[str, str] | list[tuple[str, str]] = ...
    ) -> None: ...
    @staticmethod
    def json(data: Any, status: int = ..., headers: dict[str, str] = ...) -> Response: ...
