"""Where in the bucket things lie. A partition is an hour in UTC: `dt=YYYY-MM-DD/hh=HH`."""

import hashlib
from datetime import UTC, datetime
from typing import Final

SCANS: Final = "market/scan/"
EVENTS: Final = "events/"
INSTRUMENTS: Final = "market/instruments/"
LATEST_SCAN: Final = "market/latest.ndjson.gz"
SUFFIX: Final = ".ndjson.gz"
STREAMED: Final = ".streamed"  # behind the key of what a stream has, too
HOUR_MS: Final = 3_600_000


def partition_of(at: int) -> str:
    """The folder of the hour that holds this time."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):dt=%Y-%m-%d/hh=%H}/"


def hour_of(key: str) -> int | None:
    """When the hour of an object's partition began; None for a key without one."""
    parts = key.split("/")
    day = next((part[3:] for part in parts if part.startswith("dt=")), "")
    hour = next((part[3:] for part in parts if part.startswith("hh=")), "")
    try:
        return int(datetime.strptime(f"{day} {hour} +0000", "%Y-%m-%d %H %z").timestamp() * 1000)
    except ValueError:
        return None


def scan_key(scan_id: int) -> str:
    """A scan's object, in the hour it was due."""
    return f"{SCANS}{partition_of(scan_id)}{scan_id}{SUFFIX}"


def events_key(hour_at: int, content: bytes) -> str:
    """A batch's object: its name follows from what is in it, so the same batch is the same object."""
    return f"{EVENTS}{partition_of(hour_at)}{hashlib.sha256(content).hexdigest()[:24]}{SUFFIX}"


def instruments_key(feed: str, version: str) -> str:
    """A feed's list of instruments (`exchange:market`) of one version."""
    return f"{INSTRUMENTS}{feed.replace(':', '-')}/{version}{SUFFIX}"
