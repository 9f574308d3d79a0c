"""A stand-in for Telegram's Bot API: strict like the original, with people one can act as and a chat page."""

from scripts.sandbox.clock import Clock
from scripts.sandbox.config import SandboxConfig
from scripts.sandbox.faults import FaultTable
from scripts.sandbox.requests import RequestLog
from scripts.sandbox.telegram.sandbox import TelegramSandbox, preload

__all__ = ["TelegramSandbox", "build"]


def build(config: SandboxConfig, clock: Clock, faults: FaultTable, requests: RequestLog) -> TelegramSandbox:
    """One Telegram. The models load in the background meanwhile; requests are logged by whoever mounts this."""
    preload()
    return TelegramSandbox(config, clock, faults)
