"""Coin data through its one door: fresh, cached with its age, or unavailable with a reason; and never over budget."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from arbedge import bootstrap
from arbedge.app.coin_data import CoinData, Reading, Unavailable
from arbedge.app.market_overview import Part, view_part
from arbedge.app.watch import watch_coin_data
from arbedge.config import ConfigurationError
from arbedge.limits import CMC_CACHE_MS, CMC_STALE_MS_MAX
from arbedge.ports.health import DependencyHealth
from scripts.local_config import LOCAL_CMC_API_KEY
from scripts.sandbox import Sandbox, SandboxConfig, create_sandbox
from scripts.sandbox.faults import Fault
from tests.integration.world import BOT_TOKEN, ROOT, START, WEBHOOK_SECRET, make_settings
from tests.miniflare_shim import ShimEnv, VirtualClock

MINUTE_MS = 60_000
BITCOIN, ETHEREUM, LITECOIN = 1, 1027, 2


class Coins:
    """Bindings, a sandbox and one clock; ports are built anew for each read, as in the Worker."""

    def __init__(self, **settings: str) -> None:
        self.clock = VirtualClock(START)
        # Typed as the Worker's env is: the bindings are the runtime's own objects there.
        self.env: Any = ShimEnv(clock=self.clock, fresh_kv=True)
        self.env.migrate(ROOT / "migrations")
        self.sandbox: Sandbox = create_sandbox(SandboxConfig("http://worker", BOT_TOKEN, WEBHOOK_SECRET), self.clock)
        self.settings = make_settings(**settings)

    @property
    def services(self) -> bootstrap.Services:
        return bootstrap.build(self.env, self.settings, httpx.ASGITransport(self.sandbox.app), self.clock)

    @property
    def data(self) -> CoinData:
        return self.services.coin_data

    @property
    def spent(self) -> int:
        return self.sandbox.cmc.account.credits_used

    def asked(self) -> int:
        return len(self.sandbox.requests.entries("cmc"))

    def break_(self, kind, **fault) -> None:
        self.sandbox.faults.add(Fault(target="cmc", kind=kind, **fault))

    async def health(self) -> DependencyHealth | None:
        await watch_coin_data(self.services, 0)
        return await self.services.dependencies.load("cmc")


async def look(coins: Coins) -> list[Part[Any]]:
    """Everything there is but single quotes, as it is shown: the whole market, its mood, its largest coins."""
    answers = await read_all(coins.data)
    return [view_part(answer, coins.clock.now_ms()) for answer in answers]


async def read_all(data: CoinData) -> tuple[Reading[Any] | Unavailable, ...]:
    return await asyncio.gather(data.read_global_metrics(), data.read_fear_and_greed(), data.read_listings())


def source_of(answer: Reading[Any] | Unavailable) -> str:
    assert isinstance(answer, Reading), answer
    return answer.source


@pytest.fixture
async def coins() -> AsyncIterator[Coins]:
    world = Coins()
    yield world
    world.env.DB.sqlite.connection.close()


async def test_everything_has_its_source_mode_and_age(coins: Coins):
    first = await look(coins)
    for part in first:
        assert (part.source, part.mode, part.age_ms, part.reason) == ("api", "synthetic", 0, None)
    assert [coin.symbol for coin in (first[2].value or [])[:2]] == ["BTC", "ETH"]
    assert coins.spent == 3
    coins.clock.advance(CMC_CACHE_MS - 1)
    again = await look(coins)
    for part in again:
        assert (part.source, part.age_ms, part.reason) == ("cache", CMC_CACHE_MS - 1, None)
    assert again[0].value == first[0].value
    assert coins.spent == 3
    coins.clock.advance(1)
    assert (await look(coins))[0].source == "api"
    assert coins.spent == 6


async def test_without_a_key_everything_says_that_it_is_off():
    coins = Coins(CMC_API_KEY="")
    for part in await look(coins):
        assert (part.value, part.reason) == (None, "not_configured")
    assert await coins.data.read_quotes([BITCOIN]) == {BITCOIN: Unavailable("not_configured")}
    assert coins.asked() == 0
    assert await coins.health() is None
    probe = await coins.services.probes["cmc"]()
    assert probe
    assert (probe.state, probe.error) == ("degraded", "off: CMC_API_KEY is not configured")
    assert not (await coins.data.load_usage()).is_configured


def test_a_key_without_its_address_or_a_malformed_one_stops_the_start():
    with pytest.raises(ConfigurationError, match="CMC_URL is missing, and CMC_API_KEY is set"):
        make_settings(CMC_URL="")
    with pytest.raises(ConfigurationError, match="CMC_API_KEY must be") as caught:
        make_settings(CMC_API_KEY="too short")
    assert "too short" not in str(caught.value)
    assert LOCAL_CMC_API_KEY in make_settings().secrets
    assert LOCAL_CMC_API_KEY not in repr(make_settings())


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("status", 500, "down"),
        ("html", 503, "down"),
        ("geo", None, "blocked_from_here"),
        ("rate_limit", None, "rate_limited"),
        ("malformed", None, "unreadable"),
        ("reset", None, "unreachable"),
        ("status", 1001, "key_refused"),
        ("status", 1006, "refused"),
    ],
)
async def test_when_it_fails_the_last_values_are_shown_with_their_age_and_the_reason(
    coins: Coins, kind, value, reason: str
):
    before = await coins.data.read_global_metrics()
    assert isinstance(before, Reading)
    coins.clock.advance(3_600_000)
    coins.break_(kind, value=value)
    after = await coins.data.read_global_metrics()
    assert isinstance(after, Reading)
    assert (after.value, after.source, after.fetched_at, after.degraded) == (before.value, "cache", START, reason)
    never = await coins.data.read_fear_and_greed()
    assert isinstance(never, Unavailable)
    coins.clock.advance(CMC_STALE_MS_MAX)
    assert isinstance(await coins.data.read_global_metrics(), Unavailable)


async def test_a_limit_is_not_asked_against_again(coins: Coins):
    coins.break_("rate_limit", duration_s=1)
    assert isinstance(await coins.data.read_global_metrics(), Unavailable)
    asked = coins.asked()
    for _ in range(5):
        coins.clock.advance(11_000)
        assert await coins.data.read_global_metrics() == Unavailable("paused", START + MINUTE_MS)
    assert coins.asked() == asked
    coins.clock.advance(5_000)
    assert isinstance(await coins.data.read_global_metrics(), Reading)


async def test_a_key_that_was_mended_is_found_out_by_the_next_look(coins: Coins):
    coins.break_("status", value=1004)
    assert await coins.data.read_global_metrics() == Unavailable("key_refused")
    assert (await coins.data.read_fear_and_greed()).reason == "key_refused"  # type: ignore[union-attr]
    health = await coins.health()
    assert health
    assert (health.state, coins.asked()) == ("down", 2)
    coins.sandbox.faults.clear()
    health = await coins.health()
    assert health
    assert (health.state, health.error) == ("ok", None)
    assert isinstance(await coins.data.read_global_metrics(), Reading)


async def test_quotes_are_kept_for_everyone_and_unknown_coins_say_so(coins: Coins):
    first = await coins.data.read_quotes([LITECOIN, BITCOIN, 7_654_321])
    assert first[7_654_321] == Unavailable("unknown_coin")
    assert (source_of(first[BITCOIN]), coins.spent) == ("api", 1)
    second = await coins.data.read_quotes([BITCOIN, ETHEREUM])
    assert (source_of(second[BITCOIN]), source_of(second[ETHEREUM]), coins.spent) == ("cache", "api", 2)
    assert "id=1027&" in coins.sandbox.requests.entries("cmc")[-1].query


async def test_priority_coins_still_have_room_when_the_rest_of_the_day_is_spent(coins: Coins):
    coins.sandbox.cmc.account.credits_limit = 150
    await coins.health()
    asked = 0
    others = [4642, 512, 1831, 6636, 7083, 7278, 6535, 1321, 2280, 3794, 8916, 4030, 3077, 6719, 4066, 4847]
    reasons = set()
    for one in others:
        answer = (await coins.data.read_quotes([one]))[one]
        if isinstance(answer, Unavailable):
            reasons.add(answer.reason)
        else:
            asked += 1
    assert asked > 0
    assert reasons == {"day_spent"}
    both = await coins.data.read_quotes([others[-1], BITCOIN])
    assert isinstance(both[BITCOIN], Reading)


async def test_the_map_is_free_and_kept_for_a_day(coins: Coins):
    first = await coins.data.read_map()
    assert isinstance(first, Reading)
    assert [coin.id for coin in first.value if coin.symbol == "LEO"] == [3957, 900002]
    coins.clock.advance(86_400_000 - 1)
    again = await coins.data.read_map()
    assert isinstance(again, Reading)
    assert (again.source, coins.spent, coins.asked()) == ("cache", 0, 1)


async def test_many_readers_of_one_thing_make_one_call(coins: Coins):
    answers = await asyncio.gather(*(coins.data.read_global_metrics() for _ in range(20)))
    assert sum(isinstance(one, Reading) for one in answers) >= 1
    assert {one.reason for one in answers if isinstance(one, Unavailable)} <= {"already_asked"}
    assert (coins.asked(), coins.spent) == (1, 1)


async def test_values_of_another_mode_are_never_shown(coins: Coins):
    await coins.data.read_global_metrics()
    coins.settings = make_settings(MARKET_MODE="live", CMC_API_KEY="")
    assert await coins.data.read_global_metrics() == Unavailable("not_configured")


@pytest.mark.parametrize("binding", ["DB", "KV"])
async def test_without_a_store_it_degrades_and_says_so(coins: Coins, binding: str):
    await coins.data.read_global_metrics()
    coins.clock.advance(CMC_CACHE_MS)
    coins.env.faults.fail(binding, times=None)
    answer = await coins.data.read_global_metrics()
    assert isinstance(answer, Reading)
    assert (answer.source, answer.degraded) == (("cache", "ledger_unavailable") if binding == "DB" else ("api", None))


async def test_an_unknown_outcome_keeps_its_reservation_until_the_account_has_counted(coins: Coins):
    coins.break_("malformed", duration_s=1)
    assert isinstance(await coins.data.read_global_metrics(), Unavailable)
    coins.break_("reset", duration_s=1)
    assert isinstance(await coins.data.read_fear_and_greed(), Unavailable)
    assert ((await coins.data.load_usage()).ledger.credits_open, coins.spent) == (2, 1)
    coins.clock.advance(11 * MINUTE_MS)
    await coins.health()
    ledger = (await coins.data.load_usage()).ledger
    assert (ledger.credits_open, ledger.credits_spent) == (0, 1)


async def test_health_says_that_the_month_is_spent(coins: Coins):
    coins.sandbox.cmc.account.credits_used = 9_000
    health = await coins.health()
    assert health
    assert (health.state, health.error) == ("degraded", "the month's credits are spent: 9000 of 10000")
    answer = await coins.data.read_global_metrics()
    assert isinstance(answer, Unavailable)
    assert (answer.reason, answer.retry_at) == ("month_spent", coins.sandbox.cmc.account.resets_ms())
    assert coins.asked() == 1, "refused before it was asked"


@pytest.mark.parametrize("seed", range(3))
async def test_fifty_callers_at_once_on_bad_days_never_overspend(coins: Coins, seed: int):
    """Eight days of a small account: the database loses answers, the source cuts, throttles and breaks its own."""
    rng = random.Random(seed)
    account = coins.sandbox.cmc.account
    account.credits_limit = 400
    await coins.health()
    first_request = coins.asked()
    for _ in range(24):
        coins.clock.advance(rng.choice([1_000, 20_000, 600_000, 4 * 3_600_000, 12 * 3_600_000]))
        coins.env.faults.clear()
        coins.sandbox.faults.clear()
        for moment in ("before", "after"):
            coins.env.faults.fail("DB", "batch", moment=moment, times=None, probability=0.05)
        for kind, probability in (("malformed", 0.2), ("reset", 0.1), ("rate_limit", 0.02), ("status", 0.1)):
            coins.break_(kind, probability=probability)
        reads = [coins.data.read_quotes([rng.randrange(1, 9_000), one + 10_000]) for one in range(46)]
        await asyncio.gather(*reads, read_all(coins.data), coins.data.read_map())
        coins.env.faults.clear()
        ledger = (await coins.data.load_usage()).ledger
        assert account.credits_used <= ledger.credits_used <= 360
        if rng.random() < 0.5:
            await coins.health()
    assert account.credits_used > 20
    requests = coins.sandbox.requests.entries("cmc")[first_request:]
    window: deque[int] = deque()
    for entry in requests:
        window.append(entry.time)
        while window[0] <= entry.time - MINUTE_MS:
            window.popleft()
        assert len(window) <= 30
