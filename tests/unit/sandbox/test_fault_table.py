"""Which fault hits which request, and until when."""

from typing import Any

import msgspec
import pytest

from scripts.sandbox.clock import SettableClock
from scripts.sandbox.faults import Fault, FaultTable


def table(clock: SettableClock | None = None, seed: int = 1) -> FaultTable:
    return FaultTable(clock or SettableClock(0), seed)


def test_a_fault_hits_its_target_and_path_only() -> None:
    faults = table()
    faults.add(Fault("okx", "html", path="market/Tickers"))
    assert faults.match("okx", "/api/v5/market/tickers") is not None
    assert faults.match("okx", "/api/v5/market/books") is None
    assert faults.match("bybit", "/api/v5/market/tickers") is None
    assert faults.hits == 1


def test_the_newest_fault_wins() -> None:
    faults = table()
    faults.add(Fault("okx", "html"))
    faults.add(Fault("okx", "status", value=500))
    hit = faults.match("okx", "/x")
    assert hit is not None
    assert hit.kind == "status"


def test_a_fault_ends_after_its_duration() -> None:
    clock = SettableClock(0)
    faults = table(clock)
    faults.add(Fault("okx", "html", duration_s=2))
    clock.set(1_999)
    assert faults.active()
    clock.set(2_000)
    assert faults.match("okx", "/x") is None
    assert faults.active() == []


def test_probability_is_drawn_from_the_seed() -> None:
    def draws(seed: int) -> list[bool]:
        faults = table(seed=seed)
        faults.add(Fault("okx", "html", probability=0.5))
        return [faults.match("okx", "/x") is not None for _ in range(200)]

    assert draws(3) == draws(3)
    assert 60 < sum(draws(3)) < 140


@pytest.mark.parametrize(
    "body",
    [
        {"target": "kraken", "kind": "html"},
        {"target": "okx", "kind": "explode"},
        {"target": "okx", "kind": "html", "probability": 0},
        {"target": "okx", "kind": "html", "duration": 3},
        {"target": "okx", "kind": "latency", "value": -1},
    ],
)
def test_nonsense_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, Fault)
