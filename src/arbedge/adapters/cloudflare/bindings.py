"""The shapes of the bindings as Python sees them, narrowed to what the adapters call.

Arguments and results are copied across the boundary element by element, so the adapters pass few and large texts.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class D1Statement(Protocol):
    """A prepared statement. Numbers are bound as REAL, whatever they were in Python."""

    def bind(self, *values: str | float | None) -> "D1Statement": ...


class D1Database(Protocol):
    def prepare(self, sql: str) -> D1Statement: ...

    async def batch(self, statements: list[Any]) -> Sequence[Mapping[str, Any]]:
        """Runs all statements in one transaction; each result has its rows under `results`."""
        ...


class KvNamespace(Protocol):
    """Eventually consistent: a read may be a minute old, an absence too."""

    async def get(self, key: str) -> str | None: ...

    async def put(self, key: str, value: str) -> None: ...


class R2Bucket(Protocol):
    async def put(self, key: str, value: bytes, **options: Any) -> Any:
        """Stores an object; None when the condition `onlyIf` did not hold."""
        ...

    async def get(self, key: str) -> Any:
        """The object, whose `await arrayBuffer()` is a memoryview of its contents; None when there is none."""
        ...

    async def delete(self, keys: str | list[str]) -> None:
        """Up to a thousand objects; one that is gone already counts as done."""
        ...

    async def head(self, key: str) -> Any:
        """The object without its contents; None when there is none."""
        ...

    async def list(self, options: dict[str, Any], /) -> Any:
        """A page of `objects` in order of key, `delimitedPrefixes`, and a `cursor` where it is `truncated`.

        Its objects are the runtime's own: `uploaded` is a JavaScript Date.
        """
        ...


class QueueProducer(Protocol):
    async def sendBatch(self, messages: list[dict[str, Any]]) -> Any: ...  # noqa: N802 - the platform's name


class RateLimiter(Protocol):
    async def limit(self, options: dict[str, str], /) -> Any:
        """Counts one call for `key`; the result's `success` says whether the key is within its limit."""
        ...


class DurableObjects(Protocol):
    def getByName(self, name: str) -> Any:  # noqa: N802 - the platform's name
        """A stub whose methods are those of the object of that name, wherever it runs."""
        ...


class AnalyticsDataset(Protocol):
    def writeDataPoint(self, point: dict[str, list[Any]], /) -> None:  # noqa: N802 - the platform's name
        """Takes a point and returns at once; nothing is to be awaited, and nothing says whether it was kept."""
        ...


class Bindings(Protocol):
    """What a deployment of this Worker is bound to; the names are those of wrangler.toml."""

    DB: D1Database
    KV: KvNamespace
    LAKE: R2Bucket
    OPPORTUNITIES: QueueProducer
    DELIVERIES: QueueProducer
    EVENTS: QueueProducer
    FLOOD: RateLimiter
    SCANNER: DurableObjects
    APPRAISER: DurableObjects
    ANALYTICS: AnalyticsDataset
