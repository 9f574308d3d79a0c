"""Settings from the environment, checked once and all at once.

A missing or malformed setting stops the start with one message that names every setting to mend and never
repeats a value.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from msgspec import Struct

from arbedge.errors import ConfigurationError
from arbedge.limits import SCAN_INTERVAL_S_MAX, SCAN_INTERVAL_S_MIN

Environment = Literal["dev", "test", "staging", "production"]
MarketMode = Literal["live", "replay", "synthetic"]

_TOKEN = re.compile(r"^[1-9][0-9]{4,}:[A-Za-z0-9_-]{30,}$")
_SECRET = re.compile(r"^[A-Za-z0-9_-]{16,256}$")
_METRICS_TOKEN = re.compile(r"^[A-Za-z0-9_-]{32,256}$")
_API_KEY = re.compile(r"^[A-Za-z0-9_-]{16,128}$")
_PSEUDONYM_KEY = re.compile(r"^[A-Za-z0-9_-]{32,256}$")
_PIPELINE_TOKEN = re.compile(r"^[A-Za-z0-9._-]{16,512}$")


class Settings(Struct, frozen=True):
    """What a deployment chooses. Secrets print as nothing: the struct keeps them out of its repr."""

    environment: Environment
    market_mode: MarketMode
    binance_spot_url: str
    binance_futures_url: str
    bybit_url: str
    okx_url: str
    telegram_api_url: str
    telegram_bot_token: str
    telegram_webhook_secret: str
    pseudonym_key: str  # under which people become pseudonyms in the lake
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    worker_url: str | None = None  # where people reach this deployment; without it no page is linked
    scan_interval_s: int = 10
    cmc_url: str | None = None
    cmc_api_key: str | None = None  # without it CoinMarketCap is off
    metrics_token: str | None = None  # without it the metrics are off
    pipeline_ingest_url: str | None = None  # without it the lake is in R2 alone
    pipeline_token: str | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never appear in a log line."""
        required = (self.telegram_bot_token, self.telegram_webhook_secret, self.pseudonym_key)
        optional = (self.cmc_api_key, self.pipeline_token, self.metrics_token)
        return (*required, *(secret for secret in optional if secret))

    def __repr__(self) -> str:
        return f"Settings(environment={self.environment!r}, market_mode={self.market_mode!r})"


def _one_of(*allowed: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value

    return check


def _url(value: str) -> str:
    parts = urlsplit(value)
    is_local = parts.hostname in {"127.0.0.1", "localhost", "sandbox"}
    if not parts.hostname or parts.scheme not in {"https", "http"} or (parts.scheme == "http" and not is_local):
        raise ValueError("must be an https address (http only for this machine)")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("must not carry a query, a fragment or credentials")
    return value.rstrip("/")


def _matching(pattern: re.Pattern[str], meaning: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(meaning)
        return value

    return check


def _whole(least: int, most: int) -> Callable[[str], int]:
    def check(value: str) -> int:
        if not (value.isascii() and value.isdecimal() and len(value) <= 9 and least <= int(value) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return check


_CHECKS: dict[str, Callable[[str], str]] = {
    "ENVIRONMENT": _one_of("dev", "test", "staging", "production"),
    "MARKET_MODE": _one_of("live", "replay", "synthetic"),
    "BINANCE_SPOT_URL": _url,
    "BINANCE_FUTURES_URL": _url,
    "BYBIT_URL": _url,
    "OKX_URL": _url,
    "TELEGRAM_API_URL": _url,
    "TELEGRAM_BOT_TOKEN": _matching(_TOKEN, "must look like 123456789:AA..., as BotFather gives it"),
    "TELEGRAM_WEBHOOK_SECRET": _matching(_SECRET, "must be 16 to 256 characters of A-Z a-z 0-9 _ -"),
    "PSEUDONYM_KEY": _matching(_PSEUDONYM_KEY, "must be 32 to 256 characters of A-Z a-z 0-9 _ -"),
    "LOG_LEVEL": _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
}

# What a deployment may leave out, and does without.
_OPTIONAL: dict[str, Callable[[str], str | int]] = {
    "WORKER_URL": _url,
    "SCAN_INTERVAL_S": _whole(SCAN_INTERVAL_S_MIN, SCAN_INTERVAL_S_MAX),
    "CMC_URL": _url,
    "CMC_API_KEY": _matching(_API_KEY, "must be 16 to 128 characters of A-Z a-z 0-9 _ -"),
    "METRICS_TOKEN": _matching(_METRICS_TOKEN, "must be 32 to 256 characters of A-Z a-z 0-9 _ -"),
    "PIPELINE_INGEST_URL": _url,
    "PIPELINE_TOKEN": _matching(_PIPELINE_TOKEN, "must be 16 to 512 characters of A-Z a-z 0-9 . _ -"),
}
# A secret is of no use without the address it opens, and a stream refuses whoever brings none.
_NEEDS = {"CMC_API_KEY": "CMC_URL", "PIPELINE_TOKEN": "PIPELINE_INGEST_URL", "PIPELINE_INGEST_URL": "PIPELINE_TOKEN"}

NAMES = (*_CHECKS, *_OPTIONAL)


def load_settings(environment: Mapping[str, Any]) -> Settings:
    """Reads every setting. Raises `ConfigurationError` that lists all that is wrong, by name and rule."""
    values: dict[str, str | int] = {}
    problems: list[str] = []
    for name, check in (_CHECKS | _OPTIONAL).items():
        value = environment.get(name)
        if not isinstance(value, str) or not value:
            if name in _CHECKS:
                problems.append(f"{name} is missing")
            continue
        try:
            values[name.lower()] = check(value)
        except ValueError as error:
            problems.append(f"{name} {error}")
    problems += [
        f"{needed} is missing, and {name} is set"
        for name, needed in _NEEDS.items()
        if environment.get(name) and not environment.get(needed)
    ]
    if problems:
        raise ConfigurationError("; ".join(problems))
    return Settings(**cast("dict[str, Any]", values))
