"""A pseudonym stands for one person under one key and gives nothing of them away."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.pseudonym import derive_pseudonym

KEY = "k" * 32


def test_it_is_the_first_half_of_the_hmac() -> None:
    expected = hmac.digest(KEY.encode(), b"u_123456789", "sha256").hex()[:32]
    assert derive_pseudonym(KEY, "u_123456789") == expected


@given(st.text(), st.text())
def test_it_is_the_same_for_the_same_person_only(one: str, other: str) -> None:
    assert (derive_pseudonym(KEY, one) == derive_pseudonym(KEY, other)) == (one == other)
    assert derive_pseudonym(KEY, one) != derive_pseudonym("l" * 32, one)
