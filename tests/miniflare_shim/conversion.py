"""What happens to a Python value on its way into JavaScript and back, as workers-runtime-sdk converts it.

The twins call `to_js` on every argument and `to_python` on every result, so code that passes a tuple, keeps a reference
to what it stored, or relies on 5.0 staying a float fails here as it does in the Worker.
"""

import datetime as dt
import inspect
import json
import math
from typing import Any

from tests.miniflare_shim.errors import JsError

# From here on Pyodide makes a BigInt of an int; the last number that stays a number is one below.
BIG_INT_FROM = 2**53 - 1
BIG_INT_REFUSAL = "Do not know how to serialize a BigInt"


class JsDict(dict[str, Any]):
    """A dict whose keys are also attributes, as the SDK returns for every JavaScript object."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


class BigInt(int):
    """An int that JavaScript holds as a BigInt."""


def is_big(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) >= BIG_INT_FROM


def to_js(value: Any) -> Any:
    """A deep copy of `value` in JavaScript's types, or the TypeError the SDK raises before anything is sent.

    Typed arrays are kept as `bytes`, dates as `datetime`, numbers as int or float, big ints as `BigInt`.
    """
    if isinstance(value, (tuple, bytearray)):
        raise TypeError(f"{type(value)} cannot be sent over RPC.")
    if inspect.isawaitable(value):
        raise TypeError(f"Awaitable {type(value)} cannot be sent over RPC.")
    if value is None or isinstance(value, (bool, dt.datetime)):
        return value
    if is_big(value):
        return BigInt(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value)
    if isinstance(value, dict):
        return {_key(key): to_js(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_js(item) for item in value]
    # The runtime would hand JavaScript a proxy of the object, which no binding can store.
    raise TypeError(f"{type(value)} cannot be sent over RPC.")


def _key(key: Any) -> str:
    if isinstance(key, (str, int)) and not isinstance(key, bool):
        return str(key)
    raise TypeError(f"object keys are strings, got {type(key)}")


def to_python(value: Any) -> Any:
    """A deep copy of a JavaScript value as Python receives it."""
    if isinstance(value, (BigInt, bool)):
        return value
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, bytes):
        return memoryview(value)
    if isinstance(value, dict):
        return JsDict({key: to_python(item) for key, item in value.items()})
    if isinstance(value, list):
        return [to_python(item) for item in value]
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value


def number(value: float) -> int | float:
    """A JavaScript number as Pyodide delivers it: an int when it is whole and safe, a float otherwise."""
    if isinstance(value, int):
        return value if abs(value) < 2**53 else float(value)
    if math.isfinite(value) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def to_json_text(value: Any) -> str:
    """`JSON.stringify` of a value that `to_js` returned: no NaN, dates as text, BigInt refused."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, BigInt):
        raise JsError(BIG_INT_REFUSAL, name="TypeError")
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return number(value)
    if isinstance(value, bytes):
        raise TypeError("bytes inside a JSON body would arrive as an object of numbered keys")
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def options_of(options: Any, named: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments become a trailing options object; both ways of giving options are accepted.

    None inside an options object is `null`, which the bindings treat as absent.
    """
    merged = {**(to_js(options) or {}), **{key: to_js(value) for key, value in named.items()}}
    return {key: value for key, value in merged.items() if value is not None}


def naive_utc(at_ms: int) -> dt.datetime:
    """A JavaScript Date as the SDK returns it: naive, in the Worker's zone, which is UTC."""
    return dt.datetime.fromtimestamp(at_ms / 1000, tz=dt.UTC).replace(tzinfo=None)
