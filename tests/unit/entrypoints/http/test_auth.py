"""What a request's headers may claim, by environment."""

import ast
import inspect

import pytest

from arbedge.config import Environment, Settings
from arbedge.entrypoints.http import init_data
from arbedge.entrypoints.http.auth import SeededClaim, SignedClaim, read_claim
from arbedge.entrypoints.http.failures import ApiError
from tests.unit.entrypoints.http.test_init_data import NOW, TOKEN, VECTOR, signed


def settings(environment: Environment) -> Settings:
    address = "https://one.test"
    return Settings(environment, "live", address, address, address, address, address, TOKEN, "s" * 16, "p" * 32, "INFO")


def claim(authorization: str | None, user_id: str | None, environment: Environment = "production"):
    return read_claim(authorization, user_id, settings(environment), NOW)


@pytest.mark.parametrize("environment", ["dev", "test", "staging", "production"])
@pytest.mark.parametrize("scheme", ["tma", "TMA", "Tma"])
def test_signed_data_is_good_everywhere(environment: Environment, scheme: str):
    assert claim(f"{scheme} {VECTOR}", None, environment) == SignedClaim(715200431)


@pytest.mark.parametrize("environment", ["dev", "test"])
def test_a_seeded_id_is_good_in_dev_and_test(environment: Environment):
    assert claim(None, "user_free_123", environment) == SeededClaim("user_free_123")


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_a_seeded_id_is_nothing_elsewhere(environment: Environment):
    with pytest.raises(ApiError) as refused:
        claim(None, "user_free_123", environment)
    assert refused.value.status == 401


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "tma",
        "tma ",
        "tma x",
        "Bearer",
        "Bearer abc",
        "Basic dXNlcjpwYXNz",
        "Digest",
        f"tma{VECTOR}",
        f"tma {signed()}x",
    ],
)
def test_a_bad_authorization_is_not_saved_by_a_seeded_id(authorization: str):
    with pytest.raises(ApiError) as refused:
        claim(authorization, "user_free_123", "dev")
    assert refused.value.status == 401
    assert refused.value.headers["www-authenticate"].startswith("tma")


@pytest.mark.parametrize("user_id", [None, "", "x" * 65])
def test_nothing_usable_is_401(user_id: str | None):
    with pytest.raises(ApiError):
        claim(None, user_id, "dev")


def test_the_signature_is_compared_in_constant_time():
    tree = ast.parse(inspect.getsource(init_data))
    called = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert "compare_digest" in called
