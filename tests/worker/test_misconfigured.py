"""A Worker whose settings are unusable says which ones, repeats no value, and keeps running."""

from collections.abc import Iterator

import httpx
import pytest

from scripts.local_stack import LocalStack

BAD = {
    "MARKET_MODE": "bogus-mode-value",
    "OKX_URL": "not-an-address-value",
    "LOG_LEVEL": "",
    "TELEGRAM_BOT_TOKEN": "malformed-token-value",
}


@pytest.fixture(scope="module")
def misconfigured() -> Iterator[LocalStack]:
    with LocalStack(with_sandbox=False, extra_vars=BAD) as stack:
        yield stack


@pytest.mark.parametrize("path", ["/api/v1/health", "/api/v1/health/detailed", "/webhook/telegram", "/api/v1/nothing"])
def test_every_door_names_the_settings_and_no_value(misconfigured: LocalStack, path):
    answer = httpx.post(misconfigured.worker_url + path, json={"update_id": 1}, timeout=60, trust_env=False)
    assert answer.status_code == 503
    error = answer.json()["error"]
    assert error["code"] == "misconfigured"
    for name, value in BAD.items():
        assert name in error["message"]
        assert not value or value not in answer.text
    assert "BYBIT_URL" not in error["message"]


def test_crons_do_not_bring_the_runtime_down(misconfigured: LocalStack):
    for _ in range(2):
        with pytest.raises(httpx.HTTPStatusError, match="500"):
            misconfigured.tick()
    answer = httpx.get(misconfigured.worker_url + "/api/v1/health", timeout=60, trust_env=False)
    assert answer.status_code == 503
    assert not misconfigured.has_crashed()
    log = misconfigured.log_path.read_text()
    told = [line for line in log.splitlines() if not line.startswith("env.")]  # wrangler lists plain variables itself
    assert not any(value in line for value in BAD.values() if value for line in told)
    assert BAD["TELEGRAM_BOT_TOKEN"] not in log
