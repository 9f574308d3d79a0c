"""Everything a sandbox is started with; one value, no global state, so several can live in one process."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from scripts.local_config import LOCAL_CMC_API_KEY, LOCAL_PIPELINE_TOKEN

SEED_DEFAULT = 7


def fixtures_directory() -> Path:
    """Where recorded data lies: `ARBEDGE_FIXTURES`, else the folder beside the repository."""
    configured = os.environ.get("ARBEDGE_FIXTURES")
    if configured:
        return Path(configured)
    return Path(__file__).resolve().parents[2].parent / "shared" / "fixtures"


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """`market` is `synthetic` or `recorded:<name>`; `worker_url` is where Telegram updates are delivered."""

    worker_url: str
    bot_token: str
    webhook_secret: str
    seed: int = SEED_DEFAULT
    market: str = "synthetic"
    fixtures: Path = field(default_factory=fixtures_directory)
    cmc_api_key: str = LOCAL_CMC_API_KEY
    pipeline_token: str = LOCAL_PIPELINE_TOKEN
