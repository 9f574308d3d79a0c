"""The last answers of CoinMarketCap in KV, one value a topic, each with the time it was fetched."""

from typing import Final, TypeVar

import msgspec

from arbedge.adapters.cloudflare.bindings import KvNamespace
from arbedge.adapters.cloudflare.failure import explain
from arbedge.errors import StoreUnavailable
from arbedge.ports.coin_data import Kept

PREFIX: Final = "cmc/v1/"

T = TypeVar("T")

_encoder = msgspec.json.Encoder()


class KvCoinCache:
    """`CoinCache` on KV."""

    def __init__(self, binding: KvNamespace) -> None:
        self._binding = binding

    async def get(self, topic: str, value_type: type[T]) -> Kept[T] | None:
        """What KV shows here; None for what this version cannot read, since it can be fetched again."""
        try:
            text = await self._binding.get(PREFIX + topic)
        except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
            raise StoreUnavailable(f"key-value store: {explain(error)}") from None
        if text is None:
            return None
        try:
            return msgspec.json.decode(text, type=Kept[value_type])
        except msgspec.MsgspecError:
            return None

    async def put(self, topic: str, kept: Kept[T]) -> None:
        text = _encoder.encode(kept).decode()
        try:
            await self._binding.put(PREFIX + topic, text)
        except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
            raise StoreUnavailable(f"key-value store: {explain(error)}") from None
