"""Secrets are noticed; ordinary messages are left alone."""

import random
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.entrypoints.telegram.leaks import looks_secret

ALNUM = string.ascii_letters + string.digits
SEED = "abandon ability able about above absent absorb abstract absurd abuse access accident"


# Seeded: the names of the cases must be the same in every process that collects them.
RNG = random.Random(7)


def token(length: int, alphabet: str = ALNUM) -> str:
    return "aA1" + "".join(RNG.choice(alphabet) for _ in range(length - 3))


@pytest.mark.parametrize(
    "text",
    [
        token(64),
        f"my binance key {token(64)} and secret {token(64)}",
        f"{token(18)}\n{token(36)}",
        f"{uuid.UUID(int=RNG.getrandbits(128))} {RNG.randbytes(16).hex().upper()} Passw0rd!",
        "0x" + RNG.randbytes(32).hex(),
        RNG.randbytes(32).hex(),
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg",
        "-----BEGIN EC PRIVATE KEY-----",
        "secret: Zm9vYmFyYmF6cXV4MTIzNDU2",
        "API key = 'abcdEFGH12345678ijkl'",
        "secret_key=abcd1234abcd1234abcd",
        SEED,
        SEED.upper(),
        f"my seed phrase is: {SEED}",
        "\n".join(f"{number}. {word}" for number, word in enumerate(SEED.split(), 1)),
        f"{SEED} {SEED}",
        f"/why {token(64)}",
    ],
)
def test_secrets_are_noticed(text: str):
    assert looks_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "/start inv_Ab9_-Ab9_-Ab9_-Ab9_-Ab9_-Ab9_-Ab9_-Ab9_-Ab9_-Ab9_-Ab9_-Ab9_-",
        "/start ref_K7Q2MX",
        "/why BTC/USDT",
        "/why 0123456789abcdef",
        "/opportunities cross_exchange",
        "is this a secret or can everyone see it",
        "what is my api key for and do you need it",
        "where can I see how much the funding on bitcoin is worth today after all fees",
        "please tell me about the best opportunity between binance and okx that you have seen today",
        "https://www.example.com/announcement/detail/360012345678901234567890",
        "hello",
        "",
        "12345678901234567890",
    ],
)
def test_ordinary_messages_are_left_alone(text: str):
    assert not looks_secret(text)


@given(st.text(ALNUM, min_size=64, max_size=64), st.text(max_size=20), st.text(max_size=20))
def test_a_key_is_noticed_wherever_it_stands(key: str, before: str, after: str):
    assert looks_secret(f"{before} {key} {after}")


@given(st.text(max_size=400))
def test_no_text_breaks_it(text: str):
    assert looks_secret(text) in {True, False}
