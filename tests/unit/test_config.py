"""Settings are refused for what would only fail later, and never repeated."""

import pytest

from arbedge.errors import ConfigurationError
from tests.integration.world import BOT_TOKEN, WEBHOOK_SECRET, make_settings


@pytest.mark.parametrize("name", ["TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"])
def test_a_secret_with_a_line_break_behind_it_is_refused(name):
    """`echo secret | wrangler secret put` leaves one: no header would ever match it, and no log would hide it."""
    value = {"TELEGRAM_BOT_TOKEN": BOT_TOKEN, "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET}[name]
    with pytest.raises(ConfigurationError, match=name) as refused:
        make_settings(**{name: value + "\n"})
    assert value not in str(refused.value)
