"""What a market has worked out, by what it depends on: shared by sandboxes whose clocks agree."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Memo:
    """Results by key, the least recently used forgotten first.

    A market is a function of its source and the time, so equal keys mean equal results, whichever sandbox asks.
    """

    def __init__(self, kept_max: int = 32) -> None:
        self._kept_max = kept_max
        self._results: OrderedDict[object, Any] = OrderedDict()

    def get(self, key: object, build: Callable[[], T]) -> T:
        result = self._results.pop(key, None)
        self._results[key] = result = build() if result is None else result
        if len(self._results) > self._kept_max:
            self._results.popitem(last=False)
        return cast("T", result)
