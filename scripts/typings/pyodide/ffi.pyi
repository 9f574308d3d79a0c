from collections.abc import Callable
from typing import Any

class JsException(Exception):
    name: str
    message: str

def to_js(value: Any, /, *, depth: int = ..., dict_converter: Callable[..., Any] | None = ...) -> Any: ...
