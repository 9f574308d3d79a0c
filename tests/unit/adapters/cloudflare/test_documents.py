"""Documents are packed below the platform's limit and come back in order."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.adapters.cloudflare.d1.documents import pack, unpack
from arbedge.errors import StoreUnavailable

TEXTS = msgspec.json.Decoder(list[str])


@given(st.lists(st.text(max_size=30), max_size=40), st.integers(200, 400))
def test_every_document_is_in_one_chunk_within_the_limit(documents: list[str], bytes_max: int) -> None:
    chunks = list(pack(documents, bytes_max))
    assert all(len(chunk.encode()) <= bytes_max for chunk in chunks)
    assert [one for chunk in chunks for one in TEXTS.decode(chunk)] == documents


def test_as_few_chunks_as_the_limit_allows() -> None:
    assert [len(TEXTS.decode(chunk)) for chunk in pack(["x" * 8] * 10, 57)] == [5, 5]


def test_a_document_of_another_shape_is_said() -> None:
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        unpack(['"a"', "1"], TEXTS)
