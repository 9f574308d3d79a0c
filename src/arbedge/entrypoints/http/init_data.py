"""Checks that a Mini App's initData was signed by Telegram for our bot, recently, and says for whom.

Telegram's rule: HMAC-SHA256 over the sorted `key=value` lines without `hash`, keyed by the HMAC of the bot token.
"""

import hashlib
import hmac
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

INIT_DATA_CHARS_MAX: Final = 4096
AGE_S_MAX: Final = 86_400  # reading; entering a key will ask for less
AHEAD_S_MAX: Final = 60


class InitDataRefused(Exception):
    """The text is not a fresh signature of Telegram's; the message may be shown to the caller."""


def check_init_data(raw: str, bot_token: str, now: int) -> int:
    """The Telegram id of the person who opened the Mini App. `now` in epoch ms. Raises `InitDataRefused`."""
    fields = _parse(raw)
    given = fields.pop("hash", "")
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    secret = hmac.digest(b"WebAppData", bot_token.encode(), hashlib.sha256)
    expected = hmac.new(secret, lines.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise InitDataRefused("The Mini App data is not signed for this bot.")
    _check_age(fields.get("auth_date", ""), now)
    return _read_user_id(fields.get("user", ""))


def _parse(raw: str) -> dict[str, str]:
    if len(raw) > INIT_DATA_CHARS_MAX:
        raise InitDataRefused("The Mini App data is too long.")
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise InitDataRefused("The Mini App data cannot be read.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InitDataRefused("The Mini App data names a field twice.")
    return fields


def _check_age(auth_date: str, now: int) -> None:
    if not (auth_date.isascii() and auth_date.isdigit() and len(auth_date) <= 12):
        raise InitDataRefused("The Mini App data has no date.")
    age_s = now / 1000 - int(auth_date)
    if age_s > AGE_S_MAX:
        raise InitDataRefused("The Mini App data is too old: open the app again.")
    if age_s < -AHEAD_S_MAX:
        raise InitDataRefused("The Mini App data is dated in the future.")


def _read_user_id(user: str) -> int:
    try:
        decoded: Any = msgspec.json.decode(user.encode())
        user_id: Any = decoded["id"]
    except (msgspec.DecodeError, KeyError, TypeError):
        user_id = None
    if not isinstance(user_id, int) or isinstance(user_id, bool) or user_id <= 0:
        raise InitDataRefused("The Mini App data names no person.")
    return user_id
