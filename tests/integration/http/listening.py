"""A client of the stream: speaks ASGI, keeps what it is told, and may go away at any time."""

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

from arbedge.entrypoints.http.api import bind
from tests.integration.http.world import API, PREFIX, World, get_validator

SCHEMAS = {"snapshot": "StreamSnapshot", "left": "StreamLeft"}


class Client:
    """`items` is what a client that follows the description has: by id, as it was told last."""

    def __init__(self, world: World, user: str = "user_pro_789", **query: Any) -> None:
        self.world = world
        self.user = user
        self.query = query
        self.items: dict[str, dict[str, Any]] = {}
        self.last_id: str | None = None
        self.heard: list[tuple[str, Any]] = []
        self.comments = 0
        self.status = 0
        self.headers: dict[str, str] = {}
        self.is_over = False
        self.is_gone = False
        self._free = asyncio.Event()
        self._free.set()
        self._rest = b""
        self._task: asyncio.Task[None] | None = None

    async def connect(self, **headers: str) -> "Client":
        """Connects, or comes back with the last id it has."""
        sent = {"x-user-id": self.user, **headers}
        if self.last_id is not None:
            sent = {"last-event-id": self.last_id} | sent
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"{PREFIX}/opportunities/stream",
            "raw_path": b"",
            "query_string": urlencode(self.query).encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "scheme": "https",
            "server": ("arbedge.test", 443),
        }
        self.is_over = self.is_gone = False
        self._rest = b""
        app = bind(API, self.world.services, is_gone=lambda: self.is_gone)
        self._task = asyncio.ensure_future(app(scope, self._receive, self._send))
        await settle()
        return self

    async def wait(self, ms: int, step_ms: int = 1_000) -> None:
        """Lets so much time pass."""
        for _ in range(0, ms, step_ms):
            self.world.env.clock.advance(step_ms)
            await settle()

    def stop_reading(self) -> None:
        """What is sent stays on its way."""
        self._free.clear()

    def read_on(self) -> None:
        self._free.set()

    def vanish(self) -> None:
        """The connection breaks; what was on its way is lost."""
        self.is_gone = True
        self._free.set()

    @property
    def is_served(self) -> bool:
        return self._task is not None and not self._task.done()

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.heard]

    async def _receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        await self._free.wait()
        if self.is_gone:
            raise OSError("the connection is closed")
        self._rest += message.get("body", b"")
        self.is_over = not message.get("more_body", False)
        while b"\n\n" in self._rest:
            block, self._rest = self._rest.split(b"\n\n", 1)
            self._take(block.decode())

    def _take(self, block: str) -> None:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        self.comments += sum(line.startswith(":") for line in block.split("\n"))
        self.last_id = fields.get("id", self.last_id)
        if "event" not in fields:
            return
        kind, data = fields["event"], json.loads(fields["data"])
        get_validator(SCHEMAS.get(kind, "OpportunityView")).validate(data)
        self.heard.append((kind, data))
        match kind:
            case "snapshot":
                self.items = {one["id"]: one for one in data["items"]}
            case "opened" | "changed":
                self.items[data["id"]] = data
            case _:
                self.items.pop(data["id"], None)


async def settle() -> None:
    """Everything that can go on without time passing has gone on."""
    for _ in range(60):
        await asyncio.sleep(0)
