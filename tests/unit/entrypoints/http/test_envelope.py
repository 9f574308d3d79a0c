"""The form of every answer: plain decimals, absent details, and the Worker that cannot start."""

import re
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.entrypoints.http.envelope import (
    ErrorDetails,
    FieldProblem,
    choose_request_id,
    encode,
    encode_failure,
    misconfigured_answer,
    too_large_answer,
)
from arbedge.errors import ConfigurationError


class Amounts(msgspec.Struct):
    one: Decimal
    more: list[tuple[Decimal, Decimal]]


@pytest.mark.parametrize(
    ("amount", "written"),
    [("1E-8", "0.00000001"), ("6E+4", "60000"), ("0.10", "0.10"), ("-1.5E-12", "-0.0000000000015"), ("0E+3", "0")],
)
def test_amounts_are_written_out(amount: str, written: str):
    body = msgspec.json.decode(encode(Amounts(Decimal(amount), [(Decimal(amount), Decimal(1))])))
    expected = {"one": written, "more": [[written, "1"]]}
    assert {"one": Decimal(body["one"]), "more": body["more"]} == {**expected, "one": Decimal(written)}
    assert "E" not in body["one"]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**15), max_value=10**15))
def test_an_amount_survives_the_wire(amount: Decimal):
    body = msgspec.json.decode(encode(Amounts(amount, [])))
    assert Decimal(body["one"]) == amount


def test_a_failure_without_details_has_no_such_field():
    assert msgspec.json.decode(encode_failure("not_found", "No.", "abc")) == {
        "success": False,
        "error": {"code": "not_found", "message": "No.", "request_id": "abc"},
    }


def test_details_hold_only_what_there_is():
    fields = ErrorDetails(fields=[FieldProblem("limit", "too large")])
    body = msgspec.json.decode(encode_failure("invalid_fields", "No.", "abc", fields))
    assert body["error"]["details"] == {"fields": [{"field": "limit", "message": "too large"}]}


def test_a_worker_that_is_not_configured_says_what_to_mend():
    status, headers, body = misconfigured_answer(ConfigurationError("BYBIT_URL is missing"), "abc")
    answer = msgspec.json.decode(body)
    assert status == 503
    assert headers["x-request-id"] == answer["error"]["request_id"] == "abc"
    assert answer["error"]["code"] == "misconfigured"
    assert "BYBIT_URL is missing" in answer["error"]["message"]


@pytest.mark.parametrize("given_id", ["abcdefgh", "A_b-" * 16])
def test_a_callers_request_id_is_kept(given_id: str):
    assert choose_request_id(given_id) == given_id


@pytest.mark.parametrize(
    "given_id", [None, "", "short", "x" * 65, "with space", "a;b=cdefgh", "<script>alert", "abcdefg\xe9", "abcdefgh\n"]
)
def test_a_malformed_request_id_is_replaced(given_id: str | None):
    chosen = choose_request_id(given_id)
    assert chosen != given_id
    assert re.fullmatch(r"[0-9a-f]{32}", chosen)


def test_a_body_refused_before_it_is_read_is_answered_in_the_same_form():
    status, headers, body = too_large_answer("abc")
    answer = msgspec.json.decode(body)
    assert status == 413
    assert headers["x-request-id"] == answer["error"]["request_id"] == "abc"
    assert answer["error"]["code"] == "too_large"
