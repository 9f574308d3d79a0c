"""A ticker's asset: by the table, by the rule for powers of ten, or one of its own where it names several coins."""

import pytest

from arbedge.domain.identity import HOMONYMS, NAMINGS, identify, list_namings, split_name
from arbedge.domain.instruments import parse_base
from tests.unit.domain.builders import instrument


@pytest.mark.parametrize(
    ("exchange", "ticker", "expected"),
    [
        ("binance", "BTC", ("BTC", 1)),
        ("binance", "1000PEPE", ("PEPE", 1000)),
        ("bybit", "SHIB1000", ("SHIB", 1000)),
        ("binance", "1MBABYDOGE", ("BABYDOGE", 1_000_000)),
        ("bybit", "1000000BABYDOGE", ("BABYDOGE", 1_000_000)),
        ("okx", "1INCH", ("1INCH", 1)),
        ("binance", "RAYSOL", ("RAY", 1)),
        ("bybit", "1000NEIROCTO", ("NEIRO", 1000)),
        ("binance", "NEIRO", ("NEIRO", 1)),
        ("bybit", "NEIRO", ("NEIRO.BYBIT", 1)),
        ("okx", "HOT", ("HOT.OKX", 1)),
        ("binance", "1000HOT", ("HOT.BINANCE", 1000)),
    ],
)
def test_what_an_exchange_means_by_a_ticker(exchange, ticker, expected):
    assert identify(exchange, ticker) == expected


@pytest.mark.parametrize("ticker", sorted(HOMONYMS))
def test_a_ticker_of_several_coins_is_never_one_asset_on_two_exchanges(ticker):
    assets = {identify(exchange, ticker)[0] for exchange in ("binance", "bybit", "okx")}
    assert len(assets) == 3
    assert {split_name(asset) for asset in assets} == {ticker}


def test_a_row_counts_in_what_its_ticker_says():
    assert all(row.multiplier == parse_base(row.ticker)[1] for row in NAMINGS)


def test_every_row_is_unique_and_says_where_it_is_from():
    assert len({(row.exchange, row.ticker) for row in NAMINGS}) == len(NAMINGS)
    assert all(row.source and row.multiplier >= 1 for row in NAMINGS)
    assert all(len(homonym.names) >= 2 and homonym.source for homonym in HOMONYMS.values())


@pytest.mark.parametrize(("asset", "ticker"), [("BTC", "BTC"), ("A.B", "A.B"), ("HOT.OKX", "HOT"), (".OKX", "")])
def test_the_ticker_of_an_asset(asset, ticker):
    assert split_name(asset) == ticker


def test_listed_tickers_that_are_not_their_assets_own_names_join_the_table():
    listed = [
        instrument(base="BTC", asset="BTC"),
        instrument("bybit", base="1000CAT", asset="CAT", multiplier=1000),
        instrument("bybit", "perp", base="1000CAT", asset="CAT", multiplier=1000),
        instrument("okx", base="HOT", asset="HOT.OKX"),
        instrument("binance", base="RAYSOL", asset="RAY"),
    ]
    found = {(row.exchange, row.ticker): row for row in list_namings(listed)}
    assert found.keys() == {(row.exchange, row.ticker) for row in NAMINGS} | {("bybit", "1000CAT"), ("okx", "HOT")}
    assert found["bybit", "1000CAT"].multiplier == 1000
    assert found["okx", "HOT"].source == HOMONYMS["HOT"].source
    assert found["binance", "RAYSOL"] in NAMINGS
