"""The Worker with every call of its bindings counted. The bench runs it in the place of `entry.py`, so the code that
makes the calls is the deployed one.

`/api/used` tells what was used since it was last asked, by kind of event. `/api/fill/<objects>` writes the newest
scan's snapshot that many times to the lake. `/api/detect/<runs>/<times>` detects in it so often, with so many copies of
its assets.
"""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import httpx
import msgspec
from msgspec.structs import replace
from workers import DurableObject, WorkerEntrypoint

from arbedge import bootstrap, worker
from arbedge.adapters.clock import WallClock
from arbedge.app.services import Services
from arbedge.config import NAMES, load_settings
from arbedge.domain.detection import detect_all
from arbedge.domain.detection.candidates import Drops
from arbedge.domain.market import Quote, Snapshot
from arbedge.platform.env import read_environment
from arbedge.platform.fetch import FetchTransport
from arbedge.platform.http import make_response

_event: ContextVar[str] = ContextVar("event", default="other")
_used: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))


def use(what: str, amount: float = 1) -> None:
    _used[_event.get()][what] += amount


class Counted:
    """A binding, each call of the named methods counted under its kind and looked at by `note`."""

    def __init__(self, binding: Any, kinds: dict[str, str], note: Callable[[tuple[Any, ...], Any], None]) -> None:
        self._binding, self._kinds, self._note = binding, kinds, note

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._binding, name)
        kind = self._kinds.get(name)
        if kind is None:
            return method

        async def call(*arguments: Any, **options: Any) -> Any:
            use(kind)
            result = method(*arguments, **options)
            result = await result if isinstance(result, Awaitable) else result
            self._note(arguments, result)
            return result

        return call


def note_nothing(_arguments: tuple[Any, ...], _result: Any) -> None: ...


def note_batch(arguments: tuple[Any, ...], results: Any) -> None:
    use("d1 statements", len(arguments[0]))
    for result in results:
        use("d1 rows read", result["meta"]["rows_read"])
        use("d1 rows written", result["meta"]["rows_written"])


def note_object(arguments: tuple[Any, ...], _result: Any) -> None:
    if len(arguments) > 1:
        use("r2 bytes written", len(arguments[1]))


def note_messages(arguments: tuple[Any, ...], _result: Any) -> None:
    use("queue messages", len(arguments[0]))


class CountingTransport(FetchTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        use("requests sent")
        return await super().handle_async_request(request)


class Environment:
    """The bindings, counted."""

    def __init__(self, env: Any) -> None:
        self._env = env
        self.DB = Counted(env.DB, {"batch": "d1 batches"}, note_batch)
        kinds = {"get": "kv reads", "put": "kv writes", "list": "kv lists", "delete": "kv deletes"}
        self.KV = Counted(env.KV, kinds, note_nothing)
        kinds = {"put": "r2 class A", "list": "r2 class A", "get": "r2 class B", "head": "r2 class B"}
        self.LAKE = Counted(env.LAKE, kinds, note_object)
        for queue in ("OPPORTUNITIES", "DELIVERIES", "EVENTS"):
            setattr(self, queue, Counted(getattr(env, queue), {"sendBatch": "queue calls"}, note_messages))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._env, name)


worker.FetchTransport = CountingTransport


async def load_newest(env: Any) -> tuple[Services, Snapshot]:
    settings = load_settings(read_environment(env, NAMES))
    bindings: Any = Environment(env)
    services = bootstrap.build(bindings, settings, CountingTransport(), WallClock())
    snapshot = await services.snapshots.get()
    if snapshot is None:
        raise RuntimeError("no scan has left a snapshot")
    return services, snapshot


async def fill_lake(env: Any, objects: int) -> dict[str, float]:
    """Megabytes of records and how many milliseconds their writing took; the clock here sees CPU work, as locally."""
    services, snapshot = await load_newest(env)
    clock = services.clock
    began = clock.now_ms()
    for number in range(1, objects + 1):
        await services.lake.append_scan(replace(snapshot, scan_id=snapshot.scan_id + number), None)
    took_ms = clock.now_ms() - began
    return {"mb": objects * len(msgspec.json.encode(snapshot)) / 1e6, "wall_ms": took_ms}


def multiply(quotes: list[Quote], times: int) -> list[Quote]:
    """The same quotes again under other names; what they are quoted in stays."""
    copies = [replace(one, asset=f"{one.asset}.{copy}") for copy in range(1, times) for one in quotes]
    return quotes + copies


async def detect(env: Any, runs: int, times: int) -> dict[str, int]:
    """Every type over the newest snapshot, at the moment that it was taken; nothing but CPU work."""
    services, snapshot = await load_newest(env)
    feeds = [replace(feed, quotes=multiply(feed.quotes, times)) for feed in snapshot.feeds]
    snapshot = replace(snapshot, feeds=feeds)
    candidates = 0
    for _ in range(runs):
        candidates = len(detect_all(snapshot, snapshot.finished_at, services.policy, Drops()))
    return {"quotes": sum(len(feed.quotes) for feed in feeds), "candidates": candidates}


class Default(WorkerEntrypoint):
    async def fetch(self, request: Any) -> Any:
        _, _, path = str(request.url).partition("/api/")
        what, _, amount = path.partition("/")
        if what == "used":
            told = json.dumps(_used)
            _used.clear()
        elif what == "detect":
            runs, _, times = amount.partition("/")
            told = json.dumps(await detect(self.env, int(runs), int(times)))
        elif what == "fill":
            told = json.dumps(await fill_lake(self.env, int(amount)))
        else:
            return await worker.fetch(Environment(self.env), request)
        return make_response(200, {"content-type": "application/json"}, told.encode())

    async def scheduled(self, controller: Any, _env: Any = None, _ctx: Any = None) -> None:
        _event.set("cron")
        use("events")
        await worker.scheduled(Environment(self.env), controller.cron, int(controller.scheduledTime))

    async def queue(self, batch: Any, _env: Any = None, _ctx: Any = None) -> None:
        _event.set("queue")
        use("events")
        await worker.queue(Environment(self.env), batch)


class Scanner(DurableObject):
    """Woken by ticks as the object of a deployment is by its alarm."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self._loop = worker.make_scan_loop(self)
        self.env = Environment(env)

    async def alarm(self, _info: Any = None) -> None:
        _event.set("scan")
        await self._loop.ring()

    async def wake(self, scheduled_at: int) -> bool:
        _event.set("scan")
        use("events")
        return await self._loop.wake(int(scheduled_at))
