"""A world whose scan loop drives itself, and a wire that remembers what was sent to whom and what came back."""

from dataclasses import dataclass

import httpx

from arbedge.ports.store import FeedHealth
from tests.integration.world import World

INTERVAL_MS = 20_000
Feeds = dict[tuple[str, str], FeedHealth]


@dataclass(frozen=True, slots=True)
class Sent:
    """One request and its answer; `status` is 0 when there was none. `wait_ms` is what a Retry-After asked for."""

    at: int
    host: str
    path: str
    status: int
    wait_ms: int


class Wire(httpx.AsyncBaseTransport):
    """Passes requests on to the sandbox and writes them down."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._inner = world.transport
        self.sent: list[Sent] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        at, (_, host, path) = self._world.clock.now_ms(), request.url.path.split("/", 2)
        status, wait_ms = 0, 0
        try:
            answer = await self._inner.handle_async_request(request)
            status, wait_ms = answer.status_code, 1000 * int(answer.headers.get("retry-after", 0))
        finally:
            self.sent.append(Sent(at, host, path, status, wait_ms))
        return answer

    def to(self, host: str, since: int = 0) -> list[Sent]:
        return [one for one in self.sent if one.host == host and one.at >= since]

    def find_early(self, host: str) -> list[tuple[Sent, Sent]]:
        """Refusals that named a wait, each with a request to the same host before it was over."""
        sent = self.to(host)
        return [
            (refusal, later)
            for refusal in sent
            if refusal.status in {418, 429}
            for later in sent
            if refusal.at < later.at < refusal.at + refusal.wait_ms
        ]


class ScannerWorld(World):
    """Alarms ring; `run` lets time pass scan by scan."""

    def __init__(self) -> None:
        super().__init__(is_self_driven=True, SCAN_INTERVAL_S=str(INTERVAL_MS // 1000))
        self.wire = Wire(self)
        self.transport = self.wire

    async def wake(self) -> None:
        """The first cron tick, after which the loop goes on by itself; ends just after a step of the grid."""
        await self.tick(self.clock.now_ms())
        await self.env.advance(INTERVAL_MS - self.clock.now_ms() % INTERVAL_MS + 1)

    async def run(self, scans: int) -> list[Feeds]:
        """How the feeds did after each step of the grid."""
        seen: list[Feeds] = []
        for _ in range(scans):
            await self.env.advance(INTERVAL_MS)
            seen.append(await self.feeds())
        return seen

    async def feeds(self) -> Feeds:
        return {(feed.exchange, feed.market): feed for feed in await self.services().scans.load_feeds()}

    async def scans(self) -> list[int]:
        """Ids of all finished scans."""
        rows = await self.env.DB.prepare("SELECT id FROM scans WHERE finished_at IS NOT NULL ORDER BY id").all()
        return [int(row["id"]) for row in rows["results"]]
