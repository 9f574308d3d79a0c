"""Lead and lag: a known lag is found, an unknown one is not made up, on made series and on recorded ticks."""

import gzip
import random
from math import exp, sqrt
from statistics import median

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arbedge.domain.lead_lag import PAIRS_MIN, LeadLag, measure_lead_lag
from arbedge.domain.sampling import Samples, Tick, sample_ticks
from tests.unit.domain.candle_builders import RECORDED, needs_recordings

STEP = 100
LAGS = 8


def prices_of(returns: list[float]) -> list[float | None]:
    prices: list[float | None] = [100.0]
    level = 100.0
    for one in returns:
        level *= exp(one)
        prices.append(level)
    return prices


def remembered(shocks: list[float], memory: float) -> list[float]:
    found, last = [], 0.0
    for shock in shocks:
        last = memory * last + shock
        found.append(last)
    return found


def make(
    seed: int, *, lag: int = 0, share: float = 0.7, memory: float = 0.0, bursts: float = 0.0, size: int = 400
) -> Samples:
    """Two series of which the second follows the first after `lag` steps (before it for a negative lag).

    `share` is their correlation there, `memory` each return's share in the next, `bursts` how much the size of moves
    varies from step to step in both at once.
    """
    rng = random.Random(seed)
    reach = size + abs(lag)
    sizes = [0.001 * exp(bursts * rng.gauss(0, 1)) for _ in range(reach)]
    driver = remembered([rng.gauss(0, 1) * one for one in sizes], memory)
    own = remembered([rng.gauss(0, 1) * one for one in sizes], memory)
    mixed = [share * one + sqrt(1 - share * share) * other for one, other in zip(driver, own, strict=True)]
    ahead, behind = driver[abs(lag) :], mixed[:size]
    first, second = (ahead, behind) if lag >= 0 else (behind, ahead)
    return Samples(start=0, step_ms=STEP, first=prices_of(first), second=prices_of(second))


def measured(samples: Samples | None, lags: int = LAGS) -> LeadLag:
    assert samples is not None
    found = measure_lead_lag(samples, lags)
    assert found is not None
    return found


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(-LAGS, LAGS), st.sampled_from([0.6, 0.8, 0.95]), st.sampled_from([1, -1]))
def test_a_known_lag_is_found(seed, lag, share, sign):
    found = measured(make(seed, lag=lag, share=share * sign))
    assert (found.lag_steps, found.lag_ms, found.step_ms) == (lag, lag * STEP, STEP)
    assert found.leader == ("first" if lag > 0 else "second" if lag < 0 else None)
    assert found.correlation == pytest.approx(share * sign, abs=0.15)
    assert found.pairs == 400 - abs(lag)
    assert 3 < found.pairs_effective <= found.pairs
    assert found.lags_tested == 2 * LAGS + 1
    assert found.p_value <= 0.01


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.integers(-4, 4))
def test_exchanging_the_series_turns_the_lag(seed, lag):
    samples = make(seed, lag=lag)
    forth = measured(samples)
    back = measured(Samples(samples.start, samples.step_ms, samples.second, samples.first))
    assert back.lag_steps == -forth.lag_steps
    assert back.correlation == pytest.approx(forth.correlation)
    assert back.p_value == pytest.approx(forth.p_value)
    assert {forth.leader, back.leader} in ({None}, {"first", "second"})


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.sampled_from([0.01, 4.0, 1000.0]))
def test_the_price_level_does_not_matter(seed, factor):
    samples = make(seed, lag=2)
    rescaled = Samples(0, STEP, [one and one * factor for one in samples.first], samples.second)
    before, after = measured(samples), measured(rescaled)
    assert after.lag_steps == before.lag_steps
    assert after.correlation == pytest.approx(before.correlation, rel=1e-6)


@pytest.mark.parametrize(
    ("memory", "bursts"), [(0.0, 0.0), (0.8, 0.0), (-0.8, 0.0), (0.0, 1.2)], ids=["plain", "trendy", "choppy", "bursts"]
)
def test_unrelated_series_hardly_ever_correlate(memory, bursts):
    # At 1 % a test of 150 pairs of series expects 1.5; seven or more come once in a thousand times.
    made = [make(seed, share=0.0, memory=memory, bursts=bursts, size=250) for seed in range(150)]
    assert sum(measure_lead_lag(samples, 5) is not None for samples in made) < 7


def test_series_that_move_together_have_no_leader():
    leaders = [
        measured(make(seed, lag=0, share=0.9, memory=memory)).leader for seed in range(20) for memory in (0.0, 0.8)
    ]
    assert leaders.count(None) >= len(leaders) - 1


def test_slow_series_do_not_tell_a_lead_of_one_step():
    found = measured(make(5, lag=1, share=0.9, memory=0.95))
    assert found.leader is None
    assert found.pairs_effective < found.pairs / 5


def test_a_copy_is_told_however_perfect_it_is():
    samples = make(3, lag=0, share=0.0)
    copy = [None] * 3 + samples.first[:-3]
    found = measured(Samples(0, STEP, samples.first, copy))
    assert (found.lag_steps, found.leader) == (3, "first")
    assert found.correlation == pytest.approx(1, abs=0.01)


def test_missing_samples_are_left_out_of_the_pairs():
    samples = make(9, lag=3)
    first = [None if index % 10 == 0 else one for index, one in enumerate(samples.first)]
    found = measured(Samples(0, STEP, first, samples.second))
    assert found.lag_steps == 3
    assert found.pairs < 0.85 * 397


@pytest.mark.parametrize("size", [0, 1, PAIRS_MIN - 1])
def test_too_few_pairs_say_nothing(size):
    samples = make(1, size=size)
    assert measure_lead_lag(samples, 0) is None


def test_lags_that_leave_too_few_pairs_are_not_tested():
    found = measured(make(1, share=0.95, size=PAIRS_MIN + 2), LAGS)
    assert found.lags_tested == 5


def test_without_pairs_at_lag_0_there_is_no_leader():
    # The first is seen on even and the second on odd stretches of 40 steps only.
    samples = make(11, lag=40, share=0.95, size=800)
    first = [one if index // 40 % 2 == 0 else None for index, one in enumerate(samples.first)]
    second = [one if index // 40 % 2 == 1 else None for index, one in enumerate(samples.second)]
    found = measured(Samples(0, STEP, first, second), 42)
    assert (found.lag_steps, found.leader, found.correlation_together) == (40, None, None)


def test_a_series_that_does_not_move_correlates_with_nothing():
    samples = make(2)
    still = Samples(0, STEP, [100.0] * len(samples.first), samples.second)
    steady = Samples(0, STEP, [exp(0.001 * index) for index in range(len(samples.first))], samples.second)
    assert measure_lead_lag(still, LAGS) is None
    assert measure_lead_lag(steady, LAGS) is None
    assert measure_lead_lag(Samples(0, STEP, [None] * 50, [None] * 50), LAGS) is None


def test_a_lag_at_which_one_series_stands_still_is_not_tested():
    # The first moves in its last two steps only, which no later step of the second faces.
    samples = make(4, size=60)
    moves: list[float | None] = [*[100.0] * 59, 101.0, 99.0]
    found = measure_lead_lag(Samples(0, STEP, moves, samples.second), 2, p_max=1.0)
    assert found is not None
    assert found.lags_tested < 5


# -- recorded ticks: one recorder, one clock that runs 1.27 s behind the exchange's

Message = tuple[int, str, dict]


def load_ticks(name: str) -> list[Message]:
    path = RECORDED / "ws" / f"binance_{name}_20240808_bookticker_trade.txt.gz"
    messages: list[Message] = []
    with gzip.open(path, "rt") as lines:
        for line in lines:
            local_ns, _, body = line.partition(" ")
            message = msgspec.json.decode(body)
            if "bookTicker" in message["stream"]:
                messages.append((int(local_ns) // 1_000_000, message["stream"], message["data"]))
    return messages


def mids(messages: list[Message], *, by_exchange_clock: bool = False) -> list[Tick]:
    ticks = [
        (data["T"] if by_exchange_clock else local, (float(data["b"]) + float(data["a"])) / 2)
        for local, _, data in messages
    ]
    return sorted(ticks, key=lambda tick: tick[0])


@pytest.fixture(scope="module")
def spot() -> list[Message]:
    return load_ticks("spot_btcusdt")


@pytest.fixture(scope="module")
def perp() -> list[Message]:
    return load_ticks("usdm_btcusdt")


@needs_recordings
@pytest.mark.parametrize("step_ms", [100, 250, 1000])
def test_recorded_spot_and_perpetual_move_together(spot, perp, step_ms):
    found = measured(sample_ticks(mids(spot), mids(perp), step_ms, 5000))
    assert (found.lag_steps, found.leader) == (0, None)
    assert found.correlation > 0.4
    assert found.p_value < 1e-6


@needs_recordings
@pytest.mark.parametrize(("step_ms", "lags"), [(100, 20), (250, 10), (1000, 5)])
def test_reading_two_clocks_shows_up_as_the_skew_between_them(spot, perp, step_ms, lags):
    skew = median(data["T"] - local for local, _, data in perp)
    assert 1200 < skew < 1350
    mixed = sample_ticks(mids(spot), mids(perp, by_exchange_clock=True), step_ms, 5000)
    found = measured(mixed, lags)
    assert abs(found.lag_ms - skew) < step_ms
    assert found.leader == "first"
