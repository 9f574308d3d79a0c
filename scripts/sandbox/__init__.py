"""Stand-ins for the outside world that a person can run: exchanges and Telegram over HTTP, strict as the originals."""

from scripts.sandbox.app import Sandbox, create_sandbox
from scripts.sandbox.clock import Clock, SettableClock, WallClock
from scripts.sandbox.config import SandboxConfig

__all__ = ["Clock", "Sandbox", "SandboxConfig", "SettableClock", "WallClock", "create_sandbox"]
