"""A snapshot written to the lake can be read back, by this code and by eye."""

import gzip
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.adapters.cloudflare.lake_records import decode_snapshot, encode_snapshot
from arbedge.domain.market import Feed, Funding, Quote, Snapshot

QUOTE = Quote(
    "1000PEPEUSDT", "PEPE", "USDT", 0.00001, 5.5, 0.000011, 7.0, 1_793_491_199_500, Funding(0.0001, 2, 8.0, 0.00001)
)
SPOT = Quote("BTCUSDT", "BTC", "USDT", 60000.1, 0.5, 60000.2, 0.25, None)
SNAPSHOT = Snapshot(
    version=1,
    scan_id=1_793_491_200_000,
    mode="synthetic",
    started_at=1_793_491_200_010,
    finished_at=1_793_491_200_900,
    feeds=[
        Feed("binance", "perp", "ok", 1_793_491_200_400, 350, quotes=[QUOTE], rejected={"no_funding": 2}),
        Feed("binance", "spot", "ok", 1_793_491_200_300, 250, quotes=[SPOT]),
        Feed("okx", "spot", "unreachable", 1_793_491_204_300, 4000, error="timed out"),
    ],
)


def test_a_snapshot_comes_back() -> None:
    assert decode_snapshot(encode_snapshot(SNAPSHOT)) == SNAPSHOT


def test_the_same_snapshot_is_the_same_bytes() -> None:
    assert encode_snapshot(SNAPSHOT) == encode_snapshot(msgspec.convert(msgspec.to_builtins(SNAPSHOT), Snapshot))


def test_each_line_says_what_it_is() -> None:
    header, *feeds = [json.loads(line) for line in gzip.decompress(encode_snapshot(SNAPSHOT)).splitlines()]
    assert (header["kind"], header["v"], header["scan_id"], header["feeds"]) == ("snapshot", 1, SNAPSHOT.scan_id, 3)
    assert [(feed["kind"], feed["v"], feed["exchange"], feed["market"]) for feed in feeds] == [
        ("feed", 1, "binance", "perp"),
        ("feed", 1, "binance", "spot"),
        ("feed", 1, "okx", "spot"),
    ]
    quote = dict(zip(header["quote_columns"], feeds[0]["quotes"][0], strict=True))
    assert (quote["symbol"], quote["bid"]) == ("1000PEPEUSDT", 0.00001)
    assert dict(zip(header["funding_columns"], quote["funding"], strict=True))["interval_h"] == 8.0


def lines(*records: object) -> bytes:
    return gzip.compress("\n".join(json.dumps(record) for record in records).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not gzip",
        encode_snapshot(SNAPSHOT)[:-30],
        lines(),
        lines({"kind": "snapshot", "v": 2}),
        lines({"kind": "other"}),
        gzip.compress(b"\n".join(gzip.decompress(encode_snapshot(SNAPSHOT)).splitlines()[:-1])),
        gzip.compress(b"\n".join(gzip.decompress(encode_snapshot(SNAPSHOT)).splitlines()[1:])),
    ],
    # Named here, since compressed bytes carry the time and would be other names in another process.
    ids=["empty", "not_gzip", "cut", "no_lines", "newer", "other_kind", "no_last_line", "no_header"],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode_snapshot(data)


FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(FLOATS, FLOATS), max_size=20), st.text(max_size=20))
def test_numbers_and_texts_survive_exactly(prices: list[tuple[float, float]], symbol: str) -> None:
    quotes = [Quote(symbol, symbol, "USDT", bid, 1.0, ask, 1.0, None) for bid, ask in prices]
    snapshot = Snapshot(1, 5, "live", 6, 7, [Feed("bybit", "spot", "ok", 6, 1, quotes=quotes)])
    assert decode_snapshot(encode_snapshot(snapshot)) == snapshot
