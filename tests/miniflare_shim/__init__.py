"""Python twins of the Cloudflare bindings, in the shapes `self.env` gives inside a Python Worker, with faults built in."""

from tests.miniflare_shim.clock import VirtualClock
from tests.miniflare_shim.conversion import JsDict
from tests.miniflare_shim.d1 import D1Database
from tests.miniflare_shim.durable_objects import DurableObjectNamespace
from tests.miniflare_shim.env import ShimEnv
from tests.miniflare_shim.errors import JsError
from tests.miniflare_shim.faults import Crashed, Faults
from tests.miniflare_shim.kv import KvNamespace
from tests.miniflare_shim.queue_broker import QueueBroker
from tests.miniflare_shim.queue_messages import Message, MessageBatch
from tests.miniflare_shim.r2 import R2Bucket

__all__ = [
    "Crashed",
    "D1Database",
    "DurableObjectNamespace",
    "Faults",
    "JsDict",
    "JsError",
    "KvNamespace",
    "Message",
    "MessageBatch",
    "QueueBroker",
    "R2Bucket",
    "ShimEnv",
    "VirtualClock",
]
