"""A scan written to the lake can be read back, by this code and by eye; what must not be kept is refused and counted."""

import gzip
import json
import math
from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.adapters.cloudflare.lake.reader import parse_scan
from arbedge.adapters.cloudflare.lake.scan_object import (
    REFUSED,
    decode_snapshot,
    encode_instruments,
    encode_scan,
    pack,
    salvage,
    unpack,
)
from arbedge.domain.market import Feed, Funding, Quote, Snapshot
from arbedge.errors import RecordRefused
from arbedge.ports.lake.lines import decode_line, kind_of
from arbedge.ports.lake.scan_records import version_instruments
from tests.integration.store.builders import make_instrument, make_opportunity
from tests.unit.adapters.cloudflare.lake.builders import (
    QUOTE,
    SCAN_ID,
    SPOT,
    make_book,
    make_outcome,
    make_snapshot,
)
from tests.unit.domain.builders import D

SNAPSHOT = make_snapshot()
NAN, INFINITE = math.nan, math.inf


def test_a_scan_comes_back_with_all_that_decided() -> None:
    outcome = make_outcome()
    scan = parse_scan(unpack(pack(encode_scan(SNAPSHOT, outcome).lines)))
    assert (scan.snapshot, scan.books, scan.changed) == (SNAPSHOT, outcome.books, outcome.changed)
    assert (scan.policy, scan.checkpoint) == (outcome.policy, [b'{"streaks":{}}'])
    assert scan.decision
    assert scan.decision.decided_at == outcome.decided_at
    assert scan.decision.books_failed == tuple(outcome.books_failed)
    assert [(one.id, one.revision) for one in scan.decision.changed] == [("00000000000000aa", 1)]
    assert str(scan.books[0].asks[0].price) == "60000.2000", "a decimal keeps its zeros"


def test_a_scan_that_decided_nothing_has_its_snapshot() -> None:
    scan = parse_scan(encode_scan(SNAPSHOT, None).lines)
    assert (scan.snapshot, scan.decision, scan.books, scan.changed) == (SNAPSHOT, None, [], [])


def test_the_same_scan_is_the_same_bytes() -> None:
    again = msgspec.convert(msgspec.to_builtins(SNAPSHOT), Snapshot)
    assert pack(encode_scan(SNAPSHOT, make_outcome()).lines) == pack(encode_scan(again, make_outcome()).lines)


def test_each_line_says_what_it_is() -> None:
    lines = [json.loads(line) for line in encode_scan(SNAPSHOT, make_outcome()).lines]
    kinds = ["snapshot", "feed", "feed", "feed", "policy", "book", "decision", "opportunity", "checkpoint"]
    assert [(line["kind"], line["v"]) for line in lines] == [(kind, 1) for kind in kinds]
    header, feed = lines[0], lines[1]
    quote = dict(zip(header["quote_columns"], feed["quotes"][0], strict=True))
    assert (quote["symbol"], quote["bid"]) == ("1000PEPEUSDT", 0.00001)
    assert dict(zip(header["funding_columns"], quote["funding"], strict=True))["interval_h"] == 8.0


@pytest.mark.parametrize(
    "bad",
    [
        replace(QUOTE, bid=NAN),
        replace(QUOTE, ask_size=INFINITE),
        replace(QUOTE, symbol="X" * 41),
        replace(QUOTE, asset=""),
        replace(QUOTE, funding=Funding(NAN, 2, 8.0, 0.00001)),
    ],
    ids=["nan", "infinite", "long", "empty", "nan_funding"],
)
def test_a_quote_that_is_none_is_left_out_and_counted(bad: Quote) -> None:
    encoded = encode_scan(make_snapshot(quotes=[SPOT, bad]), None)
    assert encoded.refused == Counter(quote=1)
    feed = decode_snapshot(encoded.lines).feeds[0]
    assert (feed.quotes, feed.rejected[REFUSED]) == ([SPOT], 1)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"books": [make_book(), make_book("NaN")]}, "book"),
        ({"books": [make_book(), make_book("-Infinity")]}, "book"),
        ({"books": [make_book(), make_book(symbol="X" * 41)]}, "book"),
        ({"changed": [make_opportunity(net_bps="NaN")]}, "opportunity"),
        ({"checkpoint": [msgspec.Raw(b'{"a":\n1}')]}, "checkpoint"),
        ({"checkpoint": [msgspec.Raw(b'{"a":')]}, "checkpoint"),
        ({"checkpoint": [msgspec.Raw(b'"' + b"x" * 1_000_000 + b'"')]}, "checkpoint"),
    ],
)
def test_a_record_that_breaks_its_schema_is_left_out_and_counted(changes: dict[str, Any], kind: str) -> None:
    encoded = encode_scan(SNAPSHOT, make_outcome(**changes))
    assert encoded.refused == Counter({kind: 1})
    assert encoded.describe_refusals() == [f"refused 1 of kind {kind}"]
    scan = parse_scan(encoded.lines)
    assert scan.decision
    assert (scan.decision.refused, scan.decision.books) == ({kind: 1}, 1)


def test_a_checkpoint_in_parts_comes_back_whole_or_not_at_all() -> None:
    parts = [msgspec.Raw(b"[%d]" % place) for place in range(3)]
    lines = encode_scan(SNAPSHOT, make_outcome(checkpoint=parts)).lines
    assert parse_scan(lines).checkpoint == [b"[0]", b"[1]", b"[2]"]
    assert parse_scan(lines[:-1]).checkpoint == [], "it breaks off"
    bad = encode_scan(SNAPSHOT, make_outcome(checkpoint=[parts[0], msgspec.Raw(b"["), parts[2]]))
    assert bad.refused == Counter(checkpoint=1)
    assert parse_scan(bad.lines).checkpoint == []


def test_a_scan_whose_decision_is_none_is_refused_whole() -> None:
    with pytest.raises(RecordRefused, match="decision"):
        encode_scan(SNAPSHOT, make_outcome(candidates=-1))
    with pytest.raises(RecordRefused, match="snapshot"):
        encode_scan(replace(SNAPSHOT, scan_id=-5), None)


def lines(*records: object) -> list[bytes]:
    return [json.dumps(record).encode() for record in records]


@pytest.mark.parametrize(
    "given_lines",
    [
        [],
        lines({"kind": "snapshot", "v": 2}),
        lines({"kind": "other"}),
        encode_scan(SNAPSHOT, None).lines[:-1],
        encode_scan(SNAPSHOT, None).lines[1:],
        encode_scan(SNAPSHOT, make_outcome()).lines[:5],
        encode_scan(SNAPSHOT, make_outcome()).lines[:5] + encode_scan(SNAPSHOT, make_outcome()).lines[6:],
        encode_scan(SNAPSHOT, None).lines + encode_scan(make_snapshot(SCAN_ID + 1), make_outcome()).lines[5:],
        [b"[" * 100_000, *encode_scan(SNAPSHOT, None).lines],
    ],
    ids=["empty", "newer", "other_kind", "no_last", "no_header", "no_decision", "no_book", "another_scan", "deep"],
)
def test_anything_else_is_no_scan(given_lines: list[bytes]) -> None:
    with pytest.raises(ValueError):
        parse_scan(given_lines)


def test_members_stand_one_after_another_and_a_damaged_one_costs_no_other() -> None:
    members = [pack([b"%d" % number]) for number in range(3)]
    assert unpack(b"".join(members)) == [b"0", b"1", b"2"]
    damaged = bytearray(members[1])
    damaged[-6] ^= 255
    kept, problems = salvage(members[0] + bytes(damaged) + members[2])
    assert (kept, len(problems)) == ([b"0", b"2"], 1)
    kept, problems = salvage(members[0] + members[1][:-3])
    assert (kept, len(problems)) == ([b"0"], 1)
    for data in (b"", b"no gzip", b"\x1f\x8b"):
        with pytest.raises(ValueError, match="not a gzip member"):
            unpack(data)
    assert gzip.decompress(b"".join(members)) == b"0\n1\n2\n", "any other reader takes them too"


FLOATS = st.floats(allow_nan=False, allow_infinity=False)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)
# A name that reads like no number is refused along with them: no exchange has one.
NAMES = st.text(min_size=1, max_size=40).filter(lambda name: "NaN" not in name and "Infinity" not in name)


@given(st.lists(st.tuples(FLOATS, FLOATS), max_size=20), NAMES)
def test_numbers_and_texts_survive_exactly(prices: list[tuple[float, float]], symbol: str) -> None:
    quotes = [Quote(symbol, symbol, "USDT", bid, 1.0, ask, 1.0, None) for bid, ask in prices]
    snapshot = Snapshot(1, 5, "live", 6, 7, [Feed("bybit", "spot", "ok", 6, 1, quotes=quotes)])
    assert decode_snapshot(unpack(pack(encode_scan(snapshot, None).lines))) == snapshot


@given(st.lists(DECIMALS, min_size=1, max_size=5))
def test_books_survive_digit_by_digit(prices: list[D]) -> None:
    book = make_book(bids=[make_book().bids[0].__class__(price, price) for price in prices])
    (read,) = parse_scan(encode_scan(SNAPSHOT, make_outcome(books=[book])).lines).books
    assert [str(level.price) for level in read.bids] == [str(price) for price in prices]


def test_a_list_of_instruments_comes_in_parts_under_its_own_version() -> None:
    listed = [make_instrument(f"A{number:04}USDT") for number in range(1203)]
    version = version_instruments(listed)
    assert version == version_instruments(reversed(listed)), "whatever the order"
    assert version != version_instruments([replace(listed[0], tick_size=D("0.5")), *listed[1:]])
    parts = [decode_line(line) for line in encode_instruments("binance:spot", version, listed, SCAN_ID)]
    assert [(kind_of(one), one.part, one.parts) for one in parts] == [("instruments", number, 3) for number in range(3)]
    assert [each for one in parts for each in one.instruments] == listed
