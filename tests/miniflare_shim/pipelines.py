"""A Pipelines stream: keeps the records it durably took, as the sink would find them."""

from typing import Any

from tests.miniflare_shim.conversion import to_js, to_json_text
from tests.miniflare_shim.errors import JsError
from tests.miniflare_shim.faults import Faults

REQUEST_BYTES_MAX = 5_000_000


class PipelineStream:
    """The binding. In the Worker `send` is reached through a line of JavaScript; here it can be called directly."""

    def __init__(self, *, faults: Faults, name: str = "PIPELINE") -> None:
        self._faults = faults
        self._name = name
        self.records: list[dict[str, Any]] = []

    async def send(self, records: list[dict[str, Any]]) -> None:
        sent = to_js(records)
        if not isinstance(sent, list) or not all(isinstance(record, dict) for record in sent):
            raise JsError("send() takes a list of objects", name="TypeError")
        async with self._faults.around(self._name, "send"):
            size = len(to_json_text(sent).encode())
            if size > REQUEST_BYTES_MAX:
                raise JsError(f"Payload of {size} bytes exceeds {REQUEST_BYTES_MAX}")
            self.records.extend(sent)
