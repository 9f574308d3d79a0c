"""/market and /price as a person sees them: figures with source and age, what is missing, and the way to the chart."""

import pytest
from msgspec.structs import replace

from tests.integration.world import FIONA, World


def text_of(calls) -> str:
    (call,) = [call for call in calls if call["method"] in {"sendMessage", "editMessageText"}]
    return call["parameters"]["text"]


def buttons_of(calls):
    (call,) = [call for call in calls if call["method"] in {"sendMessage", "editMessageText"}]
    return [button for row in call["parameters"]["reply_markup"]["inline_keyboard"] for button in row]


@pytest.fixture
async def arbedge_started(arbedge: World) -> World:
    await arbedge.scan()
    await arbedge.say(FIONA, "/start")
    return arbedge


async def test_a_price_names_every_exchange_with_source_and_age(arbedge_started: World):
    world = arbedge_started
    calls = await world.say(FIONA, "/price btc")
    text = text_of(calls)
    assert "BTC/USDT" in text
    for place in ("Binance spot", "Binance perp", "Bybit spot", "Bybit perp", "OKX spot", "OKX perp"):
        assert place in text
    assert text.count(" old") == 7, "six quotes and the candles"
    assert "synthetic" in text
    line = next(part for part in text.splitlines() if any(bar in part for bar in "▁▂▃▄▅▆▇█"))
    assert len(line.removeprefix("<code>").removesuffix("</code>")) == 24
    refresh = next(button for button in buttons_of(calls) if button["text"] == "Refresh")
    sent = next(call for call in calls if call["method"] == "sendMessage")
    again = await world.tap(FIONA, sent["result"]["message_id"], refresh["callback_data"])
    assert again[0]["method"] == "answerCallbackQuery"


async def test_a_pair_nobody_lists_and_words_that_are_no_pair(arbedge_started: World):
    assert "No exchange lists this pair now" in text_of(await arbedge_started.say(FIONA, "/price nosuchcoin"))
    for argument in ("", " a&lt;b", " " + "x" * 40):
        assert "Which pair?" in text_of(await arbedge_started.say(FIONA, f"/price{argument}"))


async def test_an_exchange_that_is_down_is_named_and_the_rest_is_shown(arbedge_started: World):
    arbedge_started.break_(target="binance", kind="status", value=500)
    await arbedge_started.scan()
    text = text_of(await arbedge_started.say(FIONA, "/price BTC/USDT"))
    assert "Not available: Binance spot (down)" in text
    assert "OKX spot" in text
    assert "Bybit spot" in text.split("Hourly candles")[1], "the candles come from one that answers"


@pytest.mark.parametrize(
    ("address", "has_button"),
    [("https://arbedge.example.com", True), ("http://127.0.0.1:8787", False), (None, False)],
)
async def test_the_chart_is_a_button_only_where_telegram_can_open_it(arbedge_started: World, address, has_button):
    arbedge_started.settings = replace(arbedge_started.settings, worker_url=address)
    calls = await arbedge_started.say(FIONA, "/price ETH")
    charts = [button["web_app"]["url"] for button in buttons_of(calls) if "web_app" in button]
    assert charts == (
        [f"{address}/chart?exchange=binance&market=spot&symbol=ETHUSDT&interval=1h"] if has_button else []
    )
    assert ("/chart?" in text_of(calls)) == (address is not None and not has_button)


async def test_the_market_shows_funding_at_its_extremes_breadth_and_health(arbedge_started: World):
    text = text_of(await arbedge_started.say(FIONA, "/market"))
    assert "All exchanges answer." in text
    assert "longs pay most" in text
    assert "shorts pay most" in text
    assert "Breadth: not known yet" in text
    assert "Fear and greed: " in text
    assert "Whole market: not available" not in text
    await arbedge_started.env.advance(120_000)
    arbedge_started.break_(target="okx", kind="status", value=500)
    await arbedge_started.scan()
    text = text_of(await arbedge_started.say(FIONA, "/market"))
    assert "Stale: OKX spot, OKX perp" in text
    assert "Not available: OKX spot" in text
    assert "Breadth over 2 min" in text or "Breadth over 1" in text


async def test_the_rest_is_shown_while_coinmarketcap_is_down(arbedge_started: World):
    arbedge_started.break_(target="cmc", kind="status", value=500)
    text = text_of(await arbedge_started.say(FIONA, "/market"))
    assert "Whole market: not available (down)" in text
    assert "longs pay most" in text


async def test_the_overview_of_the_api_says_the_same(arbedge_started: World):
    body = (await arbedge_started.get("/market/overview")).json()["data"]
    rates = [one["rate_per_h"] for one in body["funding_highest"]]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > body["funding_lowest"][0]["rate_per_h"]
    assert body["movers"] is None
    assert body["funding_heat"]["counted"] > 300
    assert float(body["coins"]["market_cap_usd"]) > 0
    assert (body["coins"]["source"], body["coins"]["reason"]) == ("api", None)
    assert {feed["source"] for feed in body["feeds"]} == {"cache"}


async def test_the_market_says_what_kind_it_is_and_of_whose_bars(arbedge_started: World):
    world = arbedge_started
    text = text_of(await world.say(FIONA, "/market"))
    (line,) = [one for one in text.splitlines() if one.startswith("Regime of BTC: ")]
    assert line.removeprefix("Regime of BTC: ").split()[0] in {"trend", "range", "shock"}
    assert "hourly bars of Binance spot" in line
    assert line.endswith(" old")
    world.break_(target="binance", kind="geo")
    await world.scan()
    await world.env.advance(700_000)
    regime = (await world.get("/market/overview")).json()["data"]["regime"]
    assert (regime["exchange"], regime["source"], regime["mode"]) == ("bybit", "api", "synthetic")
    assert regime["regime"]["kind"] in {"trend", "range", "shock"}
    for target in ("bybit", "okx"):
        world.break_(target=target, kind="status", value=500)
    await world.env.advance(700_000)
    assert (await world.get("/market/overview")).json()["data"]["regime"] is None
    assert "Regime: not known" in text_of(await world.say(FIONA, "/market"))
