"""What the methods of the Bot API work on, in one value."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scripts.sandbox.clock import Clock
from scripts.sandbox.telegram.pacing import Pacing
from scripts.sandbox.telegram.queries import Queries
from scripts.sandbox.telegram.webhook import Webhook
from scripts.sandbox.telegram.wire import Upload
from scripts.sandbox.telegram.world import World

Parameters = dict[str, Any]


@dataclass(slots=True)
class Profile:
    """What the bot has said about itself; commands by scope and language."""

    commands: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int | None, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Backend:
    """`files` holds uploads by file id, for the page to show."""

    clock: Clock
    world: World
    pacing: Pacing
    queries: Queries
    webhook: Webhook
    profile: Profile = field(default_factory=Profile)
    files: dict[str, Upload] = field(default_factory=dict)

    def now_s(self) -> int:
        return self.clock.now_ms() // 1000


Handler = Callable[[Backend, Parameters, dict[str, Upload]], Any]
