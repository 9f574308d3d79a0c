"""Collects the cases of the binding contract, which run unchanged on CPython against the twins and inside workerd.

So the suites import nothing but the standard library, and each other.
"""

import abc
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

_numbers = itertools.count(1)


class World(abc.ABC):
    """What a case is given: the bindings, names nobody else uses, and a way to wait."""

    def __init__(self, env: Any) -> None:
        self.env = env

    def unique(self, stem: str) -> str:
        """A name for a table, key or object that no other case of this run uses."""
        return f"{stem}_{next(_numbers)}"

    @abc.abstractmethod
    def now_ms(self) -> int: ...

    @abc.abstractmethod
    async def settle(self, reached: Callable[[], Awaitable[bool]]) -> None:
        """Lets time pass, real or virtual, until `reached()`; raises AssertionError when that takes more than 10 s."""


Case = Callable[[World], Awaitable[None]]
CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    """Registers `check_<name>` of module `<suite>` as `<suite>/<name>`."""
    suite = function.__module__.rsplit(".", 1)[-1]
    name = f"{suite}/{function.__name__.removeprefix('check_')}"
    if name in CASES:
        raise ValueError(f"two cases are named {name}")
    CASES[name] = function
    return function


async def refusal(call: Callable[[], Any]) -> str:
    """The words with which `call()` is refused, read as adapters read them."""
    try:
        result = call()
        if hasattr(result, "__await__"):
            result = await result
    except Exception as error:  # noqa: BLE001 - which class it is differs between the sides
        return getattr(error, "message", None) or str(error)
    raise AssertionError(f"was not refused but gave {result!r}")


def same(actual: Any, expected: Any) -> None:
    """Equal in value and in type, all the way down."""
    assert _typed(actual) == _typed(expected), f"{actual!r} is not {expected!r}"


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    kind = next((kind for kind in (bool, int, float, str) if isinstance(value, kind)), type(value))
    return kind.__name__, value
