"""Durable Objects: one instance per name, one event at a time, storage that survives, alarms on the virtual clock."""

import hashlib
import inspect
import random
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from tests.miniflare_shim.clock import VirtualClock
from tests.miniflare_shim.conversion import JsDict, options_of, to_js, to_python
from tests.miniflare_shim.durable_context import DurableObjectAbort, DurableObjectContext, DurableObjectId
from tests.miniflare_shim.errors import JsError
from tests.miniflare_shim.faults import Crashed, Faults

ALARM_RETRIES_MAX = 6
ALARM_RETRY_FIRST_MS = 2000
# Pyodide takes these names on an RPC stub for a generator's, so they never reach the object.
SHADOWED = ("send", "throw")
# The objects whose events led here: one that calls itself, by whatever way, does not wait for its own turn.
_entered: ContextVar[tuple[DurableObjectContext, ...]] = ContextVar("_entered", default=())
Factory = Callable[[DurableObjectContext, Any], Any]


class DurableObjectNamespace:
    """The binding, and the test's hold on the objects behind it.

    `evict` drops objects from memory as the platform does at any time; `alarm_twice_probability` runs a finished alarm
    once more, as at-least-once allows; `holds_alarms` keeps them from ringing until it is unset, as an outage does;
    `interleave=True` lets events overlap at every await, not only at foreign ones.
    """

    def __init__(
        self,
        factory: Factory,
        *,
        env: Any,
        clock: VirtualClock,
        faults: Faults,
        rng: random.Random,
        name: str,
        interleave: bool = False,
    ) -> None:
        self.factory = factory
        self.env = env
        self.clock = clock
        self.faults = faults
        self.name = name
        self.interleave = interleave
        self.alarm_twice_probability = 0.0
        self.holds_alarms = False
        self.alarm_failures: list[BaseException] = []
        self._rng = rng
        self._contexts: dict[str, DurableObjectContext] = {}

    def idFromName(self, name: str) -> DurableObjectId:  # noqa: N802
        return DurableObjectId(hashlib.sha256(f"{self.name}/{name}".encode()).hexdigest(), name)

    def newUniqueId(self, *_: Any) -> DurableObjectId:  # noqa: N802
        return DurableObjectId(f"{self._rng.getrandbits(256):064x}", None)

    def idFromString(self, text: str) -> DurableObjectId:  # noqa: N802
        if len(text) != 64 or set(text) - set("0123456789abcdef"):
            raise JsError("Invalid Durable Object ID: must be 64 hex digits", name="TypeError")
        return DurableObjectId(text, None)

    def get(self, object_id: DurableObjectId, options: Any = None, **named: Any) -> "Stub":
        options_of(options, named)
        return Stub(self, self._context(object_id))

    def getByName(self, name: str, options: Any = None, **named: Any) -> "Stub":  # noqa: N802
        return self.get(self.idFromName(name), options, **named)

    def jurisdiction(self, _name: str) -> "DurableObjectNamespace":
        return self

    def evict(self, name: str | None = None) -> None:
        """Forgets what one object, or every object, holds in memory; the next event builds it anew from storage."""
        chosen = self._contexts.values() if name is None else [self._context(self.idFromName(name))]
        for context in chosen:
            context.instance = None

    def next_due_ms(self) -> int | None:
        """When the next alarm rings."""
        if self.holds_alarms:
            return None
        return min((ctx.alarm_due_ms for ctx in self._contexts.values() if ctx.alarm_due_ms is not None), default=None)

    async def run_due(self) -> None:
        """Rings the alarms that are due now."""
        if self.holds_alarms:
            return
        now = self.clock.now_ms()
        for context in list(self._contexts.values()):
            if context.alarm_due_ms is not None and context.alarm_due_ms <= now:
                await self._ring(context)

    async def _ring(self, context: DurableObjectContext) -> None:
        info = JsDict(isRetry=context.alarm_retries > 0, retryCount=context.alarm_retries)
        context.storage.alarm_ms = None
        context.storage.alarm_retry_ms = None
        try:
            await self.dispatch(context, "alarm", [info])
        except (Exception, Crashed) as error:  # noqa: BLE001 - the platform retries whatever the handler raises
            self.alarm_failures.append(error)
            self._retry_alarm(context)
            return
        context.alarm_retries = 0
        if self.alarm_twice_probability and self._rng.random() < self.alarm_twice_probability:
            await self.dispatch(context, "alarm", [info])

    def _retry_alarm(self, context: DurableObjectContext) -> None:
        if context.storage.alarm_ms is not None or context.alarm_retries >= ALARM_RETRIES_MAX:
            context.alarm_retries = 0
            return
        wait_ms = ALARM_RETRY_FIRST_MS * 2**context.alarm_retries
        context.alarm_retries += 1
        context.storage.alarm_retry_ms = self.clock.now_ms() + wait_ms

    async def dispatch(self, context: DurableObjectContext, method: str, args: list[Any]) -> Any:
        """Delivers one event: builds the object if need be, waits its turn, runs it."""
        if self.interleave or context in _entered.get():
            return await self._run(context, method, args)
        async with context.turn:
            token = _entered.set((*_entered.get(), context))
            try:
                return await self._run(context, method, args)
            finally:
                _entered.reset(token)

    async def _run(self, context: DurableObjectContext, method: str, args: list[Any]) -> Any:
        try:
            if context.instance is None:
                context.gates.clear()
                context.instance = self.factory(context, self.env)
            await context.pass_gates()
            handler = getattr(context.instance, method, None)
            if handler is None or method.startswith("_"):
                raise JsError(f"Method {method} does not exist", name="TypeError")
            result = handler(*args)
            return to_js(await result if inspect.isawaitable(result) else result)
        except (DurableObjectAbort, Crashed):
            context.instance = None
            raise

    def _context(self, object_id: DurableObjectId) -> DurableObjectContext:
        if object_id.text not in self._contexts:
            context = DurableObjectContext(object_id, self.faults, self.name)
            context.storage.takes_alarms = not isinstance(self.factory, type) or hasattr(self.factory, "alarm")
            self._contexts[object_id.text] = context
        return self._contexts[object_id.text]


class Stub:
    """What `getByName` returns: every public method of the object, over RPC."""

    def __init__(self, namespace: DurableObjectNamespace, context: DurableObjectContext) -> None:
        self._namespace = namespace
        self._context = context
        self.id = context.id
        self.name = context.id.name

    def __getattr__(self, method: str) -> Callable[..., Any]:
        async def call(*args: Any, **named: Any) -> Any:
            if method in SHADOWED:
                raise TypeError('Result should have type "object" not "function"')
            sent = [to_python(to_js(arg)) for arg in args]
            if named:
                # Keyword arguments arrive as one trailing object.
                sent.append(to_python(to_js(named)))
            namespace = self._namespace
            async with namespace.faults.around(namespace.name, method):
                try:
                    result = await namespace.dispatch(self._context, method, sent)
                except DurableObjectAbort as error:
                    raise JsError(str(error)) from error
                except (JsError, Crashed):
                    raise
                except Exception as error:
                    raise JsError("".join(traceback.format_exception(error)), name="PythonError") from error
                return to_python(result)

        return call
