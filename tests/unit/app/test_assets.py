"""Which coin an asset is: the only one of its symbol, or the one whose price alone fits; never a guess."""

import pytest

from arbedge.app.assets import choose_namesakes, match_assets
from arbedge.limits import NAMESAKES_PRICED_MAX
from arbedge.ports.coin_data import CoinIdentity

PEPE = CoinIdentity(24478, "PEPE", "Pepe", "pepe", 30, True, "ethereum", "0x69")
HOLO = CoinIdentity(2682, "HOT", "Holo", "holo", 200, True, "ethereum", "0x6c")
HYDRO = CoinIdentity(900001, "HOT", "Hydro Protocol", "hydro", 2000, True)
DEAD = CoinIdentity(3, "PEPE", "Pepe of old", "pepe-old", None, False)


def match(asset, coins, price=None, **coin_prices):
    prices = {} if price is None else {asset: price}
    ids = {"holo": 2682, "hydro": 900001, "pepe": 24478}
    [found] = match_assets([asset], coins, prices, {ids[name]: value for name, value in coin_prices.items()}, 0.08)
    return found


def test_the_only_active_coin_of_a_symbol_is_the_asset_with_its_contract():
    found = match("PEPE", [PEPE, DEAD])
    assert (found.state, found.cmc_id, found.chain, found.contract) == ("matched", 24478, "ethereum", "0x69")


def test_a_symbol_nobody_knows_is_unknown():
    assert match("ZZZ", [PEPE]).state == "unknown"


@pytest.mark.parametrize(
    ("price", "coin_prices", "state", "candidates"),
    [
        (None, {}, "ambiguous", [2682, 900001]),
        (0.001, {}, "ambiguous", [2682, 900001]),
        (0.001, {"holo": 0.00101}, "ambiguous", [2682, 900001]),
        (0.001, {"holo": 0.00101, "hydro": 0.03}, "matched", [2682]),
        (0.001, {"holo": 0.00101, "hydro": 0.00102}, "ambiguous", [2682, 900001]),
        (0.001, {"holo": 0.02, "hydro": 0.03}, "unknown", []),
        (0.001, {"hydro": 0.03}, "ambiguous", [2682]),
    ],
)
def test_of_several_coins_only_a_price_that_fits_no_other_decides(price, coin_prices, state, candidates):
    found = match("HOT.OKX", [HOLO, HYDRO], price, **coin_prices)
    assert (found.state, found.cmc_candidates) == (state, candidates)


def test_a_ticker_known_to_name_several_coins_needs_its_price_even_where_the_map_has_one():
    assert match("HOT.OKX", [HOLO]).state == "ambiguous"
    assert match("HOT.OKX", [HOLO], 0.001, holo=0.001).state == "matched"


def test_the_only_coin_of_a_symbol_at_another_price_is_not_the_asset():
    assert match("PEPE", [PEPE], 1.0, pepe=0.5).state == "unknown"


def test_prices_are_asked_for_where_they_decide():
    coins = [PEPE, DEAD, HOLO, HYDRO, CoinIdentity(1, "LEO", "UNUS SED LEO", "leo", 20, True)]
    traded = {"PEPE", "HOT.OKX", "HOT.BINANCE", "LEO.OKX", "BTC"}
    assert choose_namesakes(traded, coins, set(), turn=0) == [2682, 900001, 1]
    assert choose_namesakes(traded, coins, {2682}, turn=0) == [900001, 1], "what is known already is not asked for"
    assert choose_namesakes({"PEPE"}, coins, set(), turn=0) == []


def test_where_there_are_more_than_one_run_asks_for_every_symbol_has_its_turn_whole():
    symbols = [f"S{number:03}" for number in range(NAMESAKES_PRICED_MAX)]
    coins = [
        CoinIdentity(3 * place + nth, symbol, f"{symbol} {nth}", f"{symbol}-{nth}", 1, True)
        for place, symbol in enumerate(symbols)
        for nth in range(3)
    ]
    turns = [choose_namesakes(symbols, coins, set(), turn) for turn in range(6)]
    assert all(0 < len(turn) <= NAMESAKES_PRICED_MAX and len(turn) % 3 == 0 for turn in turns)
    assert {one for turn in turns for one in turn} == {coin.id for coin in coins}
