"""JavaScript's global names; what they are is known only inside the Worker."""

from typing import Any

def __getattr__(name: str) -> Any: ...
