"""The Mini App's signature: the published vector, its forgeries, and its age."""

import hashlib
import hmac
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.entrypoints.http.init_data import InitDataRefused, check_init_data

TOKEN = "6012345678:AAEtestTOKENforVectorsOnly_000000000"
SIGNED_AT = 1_795_300_000
NOW = SIGNED_AT * 1000
FIELDS = (
    "auth_date=1795300000&query_id=AAHdF6IQAAAAAN0XohDhrOrc&signature=c2lnbmF0dXJlLXBsYWNlaG9sZGVy&user=%7B%22id%22%3A715200431"
    "%2C%22first_name%22%3A%22Mira%20%26%20Co%22%2C%22last_name%22%3A%22%22%2C%22username%22%3A%22mira_trades%22"
    "%2C%22language_code%22%3A%22en%22%2C%22allows_write_to_pm%22%3Atrue%7D&start_param=keys_binance"
)
HASH = "82fb415195846afe64927f61854fccca292ad7449f81bf1d4d28cb45ec0a4adc"
VECTOR = f"{FIELDS}&hash={HASH}"


def sign(pairs: dict[str, str], token: str = TOKEN) -> str:
    lines = "\n".join(f"{name}={pairs[name]}" for name in sorted(pairs))
    secret = hmac.digest(b"WebAppData", token.encode(), hashlib.sha256)
    return urlencode({**pairs, "hash": hmac.new(secret, lines.encode(), hashlib.sha256).hexdigest()})


def signed(user: str = '{"id":7}', at: int | str = SIGNED_AT) -> str:
    return sign({"auth_date": str(at), "user": user})


def test_the_vector_names_its_person():
    assert check_init_data(VECTOR, TOKEN, NOW) == 715200431


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "=",
        "hash",
        f"hash={HASH}",
        FIELDS,
        f"{FIELDS}&hash=",
        f"{FIELDS}&hash={HASH.upper()}",
        f"{FIELDS}&hash={HASH[:-1]}",
        f"{FIELDS}&hash=0dd7da138da773c8e333c0c12ec95d606eb4c3f90c630f5b9f094795e6d0fa73",
        f"{FIELDS}&hash=%F0%9F%92%B0",
        f"{VECTOR}&hash={HASH}",
        f"{VECTOR}&user=%7B%22id%22%3A1%7D",
        f"{VECTOR}&extra=1",
        f"{VECTOR}&",
        VECTOR.replace("715200431", "715200432"),
        VECTOR.replace("signature=c2ln", "signature=c2lo"),
        VECTOR.replace("1795300000", "1795300001"),
        f"{VECTOR}&a=%FF",
        "a=" + "b" * 5000,
    ],
)
def test_a_forgery_is_refused(raw: str):
    with pytest.raises(InitDataRefused):
        check_init_data(raw, TOKEN, NOW)


def test_another_bots_signature_is_refused():
    with pytest.raises(InitDataRefused):
        check_init_data(VECTOR, TOKEN.replace("000", "001"), NOW)


@pytest.mark.parametrize(
    ("now", "fresh"),
    [
        (NOW + 86_400_000, True),
        (NOW + 86_400_001, False),
        (NOW - 60_000, True),
        (NOW - 60_001, False),
    ],
)
def test_it_is_good_for_a_day_and_not_from_the_future(now: int, fresh: bool):
    if fresh:
        assert check_init_data(VECTOR, TOKEN, now) == 715200431
    else:
        with pytest.raises(InitDataRefused):
            check_init_data(VECTOR, TOKEN, now)


@pytest.mark.parametrize("at", ["", "-1", "1e9", "٣", "NaN", "9" * 400])
def test_a_signed_date_that_is_none_is_refused(at: str):
    with pytest.raises(InitDataRefused):
        check_init_data(signed(at=at), TOKEN, NOW)


@pytest.mark.parametrize(
    "user", ["", "null", "7", "[]", "{}", '{"id":"7"}', '{"id":true}', '{"id":-7}', '{"id":7.5}', "{", "[" * 2000]
)
def test_a_signed_person_without_an_id_is_refused(user: str):
    with pytest.raises(InitDataRefused):
        check_init_data(signed(user=user), TOKEN, NOW)


@given(st.text(max_size=200))
def test_any_text_is_answered(raw: str):
    with pytest.raises(InitDataRefused):
        check_init_data(raw, TOKEN, NOW)


@given(st.integers(0, len(VECTOR) - 1), st.characters(codec="ascii", categories=["L", "N"]))
def test_no_changed_character_is_accepted(place: int, other: str):
    changed = VECTOR[:place] + other + VECTOR[place + 1 :]
    if changed.lower() != VECTOR.lower():
        with pytest.raises(InitDataRefused):
            check_init_data(changed, TOKEN, NOW)
