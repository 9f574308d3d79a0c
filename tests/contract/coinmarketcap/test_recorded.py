"""Answers CoinMarketCap really gave, of several years and versions, read by the client."""

import gzip
from decimal import Decimal

import httpx
import pytest

from arbedge.adapters.coinmarketcap import CoinMarketCap
from arbedge.errors import CoinDataUnreachable
from scripts.sandbox.config import fixtures_directory
from tests.miniflare_shim import VirtualClock

RECORDED = fixtures_directory() / "market" / "cmc"
pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason=f"recorded data is not at {RECORDED} (ARBEDGE_FIXTURES)")


def replaying(name: str) -> CoinMarketCap:
    body = (RECORDED / name).read_bytes()
    body = gzip.decompress(body) if name.endswith(".gz") else body
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, content=body))
    http = httpx.AsyncClient(transport=transport)
    return CoinMarketCap(http, VirtualClock(), url="https://cmc.test", api_key="key-of-the-recordings")


async def test_global_metrics_whose_currency_is_an_id():
    paid = await replaying("global-metrics_1.json").fetch_global_metrics()
    assert paid.credits == 1
    assert paid.value.market_cap == Decimal("3885178841234.972")
    assert paid.value.btc_dominance_percent == 60.551289841446
    assert (paid.value.active_coins, paid.value.active_exchanges) == (9460, 835)
    assert paid.value.updated_at > 1_753_500_000_000


async def test_fear_and_greed_whose_code_is_text():
    paid = await replaying("fear-and-greed-index_1.json").fetch_fear_and_greed()
    assert (paid.value.value, paid.value.classification) == (64, "Greed")
    assert paid.value.updated_at == 1_753_541_590_028


async def test_listings_keep_every_digit():
    coins = (await replaying("listings_latest_2021-04-20.json.gz").fetch_listings(100)).value
    assert len(coins) == 100
    assert (coins[0].id, coins[0].symbol, str(coins[0].price)) == (1, "BTC", "56507.38254720854")
    assert [coin.rank for coin in coins] == list(range(1, 101))


async def test_data_without_its_envelope_is_no_answer():
    with pytest.raises(CoinDataUnreachable):
        await replaying("listings_latest_data_2021-12-06.json.gz").fetch_listings(100)


async def test_quotes_of_the_oldest_shape():
    coins = (await replaying("prices_mock_2019-02-08.json").fetch_quotes([1, 52, 1027])).value
    assert [(coin.id, str(coin.price)) for coin in coins] == [
        (1, "3453.70296808"),
        (52, "0.299183586734"),
        (1027, "108.768488507"),
    ]
    assert coins[0].dominance_percent is None


async def test_the_map_names_ids():
    coins = (await replaying("map_2019-02-04.json").fetch_map(10)).value
    assert [(coin.id, coin.symbol) for coin in coins[:3]] == [(1, "BTC"), (2, "LTC"), (3, "NMC")]
    assert all(coin.is_active and coin.platform is None and coin.rank is None for coin in coins)


async def test_another_services_answer_is_not_taken_for_ours():
    with pytest.raises(CoinDataUnreachable):
        await replaying("derivatives-market_1.json").fetch_global_metrics()
