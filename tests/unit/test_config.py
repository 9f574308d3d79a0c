"""Settings are refused for what would only fail later, and never repeated."""

import pytest

from arbedge.errors import ConfigurationError
from tests.integration.world import BOT_TOKEN, WEBHOOK_SECRET, make_settings


@pytest.mark.parametrize("value", ["x" * 31, "x" * 257, "x" * 31 + "\n", "x" * 40 + " ", "ü" * 40])
def test_a_token_for_metrics_that_is_short_or_could_not_be_sent_is_refused(value):
    with pytest.raises(ConfigurationError, match="METRICS_TOKEN must be 32 to 256 characters") as refused:
        make_settings(METRICS_TOKEN=value)
    assert value not in str(refused.value)


def test_a_token_for_metrics_is_optional_and_a_secret():
    assert make_settings().metrics_token is None
    assert "x" * 32 in make_settings(METRICS_TOKEN="x" * 32).secrets


@pytest.mark.parametrize("name", ["TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"])
def test_a_secret_with_a_line_break_behind_it_is_refused(name):
    """`echo secret | wrangler secret put` leaves one: no header would ever match it, and no log would hide it."""
    value = {"TELEGRAM_BOT_TOKEN": BOT_TOKEN, "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET}[name]
    with pytest.raises(ConfigurationError, match=name) as refused:
        make_settings(**{name: value + "\n"})
    assert value not in str(refused.value)
