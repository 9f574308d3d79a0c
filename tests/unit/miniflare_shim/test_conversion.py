"""A value that crosses to JavaScript and back is a copy, equal to what JSON would have made of it."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.miniflare_shim.conversion import BIG_INT_FROM, number, to_js, to_json_text, to_python
from tests.miniflare_shim.errors import JsError

SAFE_INTS = st.integers(-BIG_INT_FROM + 1, BIG_INT_FROM - 1)
LEAVES = st.none() | st.booleans() | SAFE_INTS | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def whole_as_int(value: Any) -> Any:
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        return [whole_as_int(each) for each in value]
    if isinstance(value, dict):
        return {key: whole_as_int(each) for key, each in value.items()}
    return value


@given(VALUES)
def test_a_round_trip_changes_nothing_but_whole_floats(value: Any) -> None:
    assert to_python(to_js(value)) == whole_as_int(value)
    assert json.loads(to_json_text(to_js(value))) == whole_as_int(value)


@given(st.integers(BIG_INT_FROM, 2**70) | st.integers(-(2**70), -BIG_INT_FROM))
def test_big_ints_have_no_json(value: int) -> None:
    with pytest.raises(JsError, match="BigInt"):
        to_json_text(to_js({"id": value}))


@pytest.mark.parametrize("value", [(1,), bytearray(b"a"), [(1,)], {"a": {"b": (1,)}}, {1, 2}, object()])
def test_what_has_no_javascript_form_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be sent over RPC"):
        to_js(value)


def test_copies_are_deep() -> None:
    inner = [1]
    copied = to_python(to_js({"a": inner}))
    inner.append(2)
    assert copied.a == [1]


def test_numbers_without_json_become_null() -> None:
    assert to_json_text([math.nan, math.inf, 1.0]) == "[null,null,1]"
