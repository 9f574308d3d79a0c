"""When and where one exchange's price leaves the others': a schedule that is a pure function of seed and time.

Each plan cuts time into slots and holds one episode per slot. The `wide_spot` plan keeps a promise: at any moment an
episode of at least 60 s is on, or starts within 30 s.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.noise import key_of, uniform
from scripts.sandbox.market.universe import EXCHANGES, ExchangeName, MarketKind

RAMP_MS = 1_500
# Quote currencies, and assets so liquid that a wide gap would not be believed.
NEVER_DISLOCATED = frozenset({"USDC", "FDUSD", "EUR", "BTC", "ETH"})


@dataclass(frozen=True, slots=True)
class Plan:
    """Offsets are relative to the slot; an end may lie beyond the slot. Ranges are (low, high)."""

    name: str
    kind: MarketKind
    slot_ms: int
    start_ms: tuple[int, int]
    end_ms: tuple[int, int]
    bps: tuple[float, float]
    tier_max: int


PLANS: tuple[Plan, ...] = (
    # Clears two taker fees, slippage and 10 bps at 1,000 USDT.
    Plan("wide_spot", "spot", 120_000, (0, 20_000), (112_000, 148_000), (62, 120), 2),
    # Looks good gross, dies of fees.
    Plan("thin_spot", "spot", 480_000, (0, 240_000), (260_000, 460_000), (12, 24), 2),
    Plan("brief_spot", "spot", 20_000, (0, 4_000), (6_000, 19_000), (4, 30), 3),
    Plan("wide_perp", "perp", 300_000, (0, 100_000), (160_000, 290_000), (30, 80), 2),
    Plan("brief_perp", "perp", 25_000, (0, 5_000), (8_000, 24_000), (3, 18), 3),
)


@dataclass(frozen=True, slots=True)
class Episode:
    """`bps` is signed: above zero the exchange's book is dearer than the others'."""

    plan: str
    exchange: ExchangeName
    kind: MarketKind
    asset: str
    bps: float
    start_ms: int
    end_ms: int

    def shape(self, t_ms: int) -> float:
        """0 outside, 1 inside, a short ramp at both ends."""
        return max(0.0, min(1.0, (t_ms - self.start_ms) / RAMP_MS, (self.end_ms - t_ms) / RAMP_MS))


def tick_bps(listing: Listing) -> float:
    return listing.tick / listing.level * 1e4


def eligible_assets(boards: Sequence[Sequence[Listing]], tier_max: int, tick_bps_max: float) -> list[str]:
    """Assets that trade against USDT on all the given boards under one price grid fine enough to show a small gap."""
    names: list[set[str]] = [
        {
            row.asset
            for row in board
            if row.quote == "USDT"
            and row.tier <= tier_max
            and not row.halted
            and tick_bps(row) <= tick_bps_max
            and row.asset not in NEVER_DISLOCATED
        }
        for board in boards
    ]
    return sorted(set.intersection(*names))


class DislocationSchedule:
    def __init__(self, seed: int, boards: dict[tuple[ExchangeName, MarketKind], tuple[Listing, ...]]) -> None:
        self._keys = {plan.name: key_of(seed, "dislocation", plan.name) for plan in PLANS}
        self._pools = {
            plan.name: eligible_assets([boards[exchange, plan.kind] for exchange in EXCHANGES], plan.tier_max, 2.5)
            for plan in PLANS
        }
        self._episodes: dict[tuple[str, int], Episode] = {}

    def episode(self, plan: Plan, slot: int) -> Episode:
        cached = self._episodes.get((plan.name, slot))
        if cached is not None:
            return cached
        if len(self._episodes) > 1_000:
            self._episodes.clear()
        key = self._keys[plan.name]
        draw = [uniform(key, slot * 8 + i) for i in range(6)]
        pool = self._pools[plan.name]
        base_ms = slot * plan.slot_ms
        size = plan.bps[0] + draw[4] * (plan.bps[1] - plan.bps[0])
        episode = Episode(
            plan=plan.name,
            exchange=EXCHANGES[int(draw[0] * len(EXCHANGES))],
            kind=plan.kind,
            asset=pool[int(draw[1] * len(pool))],
            bps=size if draw[5] < 0.5 else -size,
            start_ms=base_ms + int(plan.start_ms[0] + draw[2] * (plan.start_ms[1] - plan.start_ms[0])),
            end_ms=base_ms + int(plan.end_ms[0] + draw[3] * (plan.end_ms[1] - plan.end_ms[0])),
        )
        self._episodes[plan.name, slot] = episode
        return episode

    def between(self, from_ms: int, to_ms: int) -> list[Episode]:
        """Episodes that are on at some time of [from_ms, to_ms]."""
        found: list[Episode] = []
        for plan in PLANS:
            # An episode may outlast its slot by less than one slot.
            for slot in range(from_ms // plan.slot_ms - 1, to_ms // plan.slot_ms + 1):
                episode = self.episode(plan, slot)
                if episode.start_ms <= to_ms and episode.end_ms > from_ms:
                    found.append(episode)
        return found

    def offsets_bps(self, t_ms: int) -> dict[tuple[ExchangeName, MarketKind, str], float]:
        offsets: dict[tuple[ExchangeName, MarketKind, str], float] = {}
        for episode in self.between(t_ms, t_ms):
            place = (episode.exchange, episode.kind, episode.asset)
            offsets[place] = offsets.get(place, 0.0) + episode.bps * episode.shape(t_ms)
        return offsets
