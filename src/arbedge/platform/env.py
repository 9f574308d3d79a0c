"""The deployment's variables and secrets as plain text."""

from collections.abc import Iterable
from typing import Any


def read_environment(env: Any, names: Iterable[str]) -> dict[str, str]:
    """The named settings that are there and are text."""
    values = {name: getattr(env, name, None) for name in names}
    return {name: value for name, value in values.items() if isinstance(value, str)}
