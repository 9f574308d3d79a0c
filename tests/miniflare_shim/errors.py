"""What the twins raise where the runtime raises `pyodide.ffi.JsException`.

Adapters catch `Exception` and read `getattr(error, "message", str(error))`: that finds the same words, such as
`D1_ERROR: UNIQUE constraint failed: ...`, on both sides without importing either class.
"""


class JsError(Exception):
    """A JavaScript error as Python sees it: `.name` and `.message`, printed as `Name: message`."""

    def __init__(self, message: str, name: str = "Error") -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


class NeedsRemoteError(JsError):
    """What workerd says locally about a binding that exists only on the network."""

    def __init__(self, binding: str) -> None:
        super().__init__(f"Binding {binding} needs to be run remotely")
