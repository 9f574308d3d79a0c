"""Faults on demand: every call of a twin passes here before it takes effect and again after.

`fail(..., moment="before")` loses the call, `moment="after"` loses only the answer, which is the fault that turns a retry
into a duplicate. A simulator sets `on_call` to let its scheduler choose who goes on.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from tests.miniflare_shim.clock import VirtualClock
from tests.miniflare_shim.errors import JsError

Moment = Literal["before", "after"]
DEFAULT_MESSAGE = "Network connection lost."
CRASH = "the isolate died"


class Crashed(BaseException):
    """The isolate died here. Not an Exception, so that no handler of the product survives it."""


@dataclass(slots=True)
class Fault:
    """One rule: where it strikes, what it does, how often."""

    binding: str
    operation: str | None
    moment: Moment
    message: str | None
    delay_ms: int
    times_left: int | None
    probability: float


@dataclass(frozen=True, slots=True)
class Injected:
    """One fault that struck, for the trace of a test."""

    at_ms: int
    binding: str
    operation: str
    moment: Moment
    what: str


class Faults:
    """The rules in force; empty means that every call works."""

    def __init__(self, clock: VirtualClock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._rules: list[Fault] = []
        self.injected: list[Injected] = []
        self.on_call: Callable[[str, str, Moment], Awaitable[None]] | None = None

    def fail(
        self,
        binding: str,
        operation: str | None = None,
        *,
        moment: Moment = "before",
        message: str = DEFAULT_MESSAGE,
        times: int | None = 1,
        probability: float = 1.0,
    ) -> None:
        """Lets the next `times` calls (None: all) of `binding.operation` fail before or after they take effect."""
        self._rules.append(Fault(binding, operation, moment, message, 0, times, probability))

    def slow(
        self,
        binding: str,
        operation: str | None = None,
        *,
        ms: int,
        times: int | None = 1,
        probability: float = 1.0,
    ) -> None:
        """Lets calls take `ms` of virtual time, which passes for everybody."""
        self._rules.append(Fault(binding, operation, "before", None, ms, times, probability))

    def crash(
        self,
        binding: str,
        operation: str | None = None,
        *,
        moment: Moment = "after",
        times: int | None = 1,
        probability: float = 1.0,
    ) -> None:
        """Ends the caller with `Crashed`; the queue broker and Durable Objects take it as the death of an isolate."""
        self._rules.append(Fault(binding, operation, moment, CRASH, 0, times, probability))

    def clear(self) -> None:
        self._rules.clear()

    @asynccontextmanager
    async def around(self, binding: str, operation: str, prefix: str = "") -> AsyncIterator[None]:
        """Wraps one call; `prefix` is what the binding puts before the words of an error."""
        await self._strike(binding, operation, "before", prefix)
        yield
        await self._strike(binding, operation, "after", prefix)

    async def _strike(self, binding: str, operation: str, moment: Moment, prefix: str) -> None:
        if self.on_call is None:
            # Every call of a binding lets others run, as its round trip does in the Worker.
            await asyncio.sleep(0)
        else:
            await self.on_call(binding, operation, moment)
        for rule in list(self._rules):
            if not self._applies(rule, binding, operation, moment):
                continue
            if rule.times_left is not None:
                rule.times_left -= 1
                if rule.times_left <= 0:
                    self._rules.remove(rule)
            what = rule.message if rule.message is not None else f"slow by {rule.delay_ms} ms"
            self.injected.append(Injected(self._clock.now_ms(), binding, operation, moment, what))
            if rule.message == CRASH:
                raise Crashed(f"{binding}.{operation}")
            if rule.message is not None:
                raise JsError(prefix + rule.message)
            self._clock.advance(rule.delay_ms)

    def _applies(self, rule: Fault, binding: str, operation: str, moment: Moment) -> bool:
        if rule.binding not in (binding, "*") or rule.moment != moment:
            return False
        if rule.operation is not None and rule.operation != operation:
            return False
        # The generator is asked only for rules that may miss, so adding a certain rule does not shift a seeded run.
        return rule.probability >= 1.0 or self._rng.random() < rule.probability
