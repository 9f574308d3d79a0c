"""Which coin an asset is: the only one of its symbol, or the one whose price alone fits; never a guess."""

import pytest

from arbedge.app.assets import match_assets
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
