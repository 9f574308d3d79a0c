"""The watchlist: perpetuals that everyone lists, the cheapest to trade first, with stand-ins."""

from arbedge.domain.market import Funding
from arbedge.domain.technical.watchlist import choose_watchlist
from tests.unit.domain.builders import NOW, feed, quote

FUNDING = Funding(0.0001, NOW, 8, 100.0)


def perp(exchange, **spreads: float):
    """Quotes around 100 with these spreads."""
    rows = [
        quote(100 - spread / 2, 100 + spread / 2, asset=asset, symbol=f"{asset}-{exchange}", funding=FUNDING)
        for asset, spread in spreads.items()
    ]
    return feed(exchange, *rows, market="perp")


def test_the_cheapest_to_trade_comes_first_and_each_starts_with_its_cheapest_exchange():
    feeds = [perp("binance", BTC=0.02, ETH=0.2), perp("bybit", BTC=0.01, ETH=0.1), perp("okx", BTC=0.03, ETH=0.3)]
    first, second = choose_watchlist(feeds, 5)
    assert (first.asset, second.asset) == ("BTC", "ETH")
    assert first.symbols == (("bybit", "BTC-bybit"), ("binance", "BTC-binance"), ("okx", "BTC-okx"))
    assert round(first.spread, 6) == 0.0002
    assert [one.asset for one in choose_watchlist(feeds, 1)] == ["BTC"]


def test_only_what_every_answering_exchange_lists_in_usdt():
    usdc = quote(99, 101, asset="SOL", currency="USDC", symbol="SOLUSDC", funding=FUNDING)
    feeds = [perp("binance", BTC=0.02, XRP=0.01), feed("bybit", usdc, market="perp"), perp("okx", BTC=0.03)]
    assert choose_watchlist(feeds, 5) == []
    feeds[1] = feed("bybit", market="perp")
    assert [one.asset for one in choose_watchlist(feeds, 5)] == ["BTC"], "one exchange's failure stays its own"
    assert choose_watchlist([], 5) == []


def test_spot_and_crossed_quotes_are_left_out_and_of_two_listings_the_cheaper_counts():
    spot = feed("binance", quote(99.99, 100.01, asset="ADA"))
    crossed = quote(101, 100, asset="DOT", symbol="DOTUSDT", funding=FUNDING)
    twice = [quote(99, 101, symbol="BTCUSDT"), quote(99.9, 100.1, symbol="1000BTCUSDT")]
    [one] = choose_watchlist([spot, feed("okx", crossed, *twice, market="perp")], 5)
    assert one.symbols == (("okx", "1000BTCUSDT"),)
