"""Funding rates per settlement: mostly near 0.01 % per 8 h, as recorded, with planted gaps that last a day."""

from dataclasses import dataclass

from scripts.sandbox.market.dislocations import eligible_assets
from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.noise import Wave, key_of, signed, uniform
from scripts.sandbox.market.universe import EXCHANGES, ExchangeName, MarketKind

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
INTEREST_8H = 0.0001
# Two schedules of one-day gaps, half a day apart: there is never a moment without one that lasts for hours.
GAP_PHASES_MS: tuple[int, ...] = (0, DAY_MS // 2)
GAPS_PER_PHASE = 2


@dataclass(frozen=True, slots=True)
class FundingGap:
    """`bps_per_day`: what the exchange's rate adds up to in 24 h, signed; the others stay near normal."""

    exchange: ExchangeName
    asset: str
    bps_per_day: float
    start_ms: int
    end_ms: int


class FundingPlan:
    def __init__(self, seed: int, boards: dict[tuple[ExchangeName, MarketKind], tuple[Listing, ...]]) -> None:
        self._seed = seed
        perps = [boards[exchange, "perp"] for exchange in EXCHANGES]
        self._pool = eligible_assets(perps, 2, 5.0)
        self._gap_key = key_of(seed, "funding gap")
        self._moods: dict[str, Wave] = {}
        self._gaps: dict[tuple[int, int], list[FundingGap]] = {}

    def gaps_at(self, t_ms: int) -> list[FundingGap]:
        found: list[FundingGap] = []
        for phase, offset_ms in enumerate(GAP_PHASES_MS):
            found += self._epoch(phase, (t_ms - offset_ms) // DAY_MS, offset_ms)
        return found

    def _epoch(self, phase: int, epoch: int, offset_ms: int) -> list[FundingGap]:
        cached = self._gaps.get((phase, epoch))
        if cached is not None:
            return cached
        gaps: list[FundingGap] = []
        for i in range(GAPS_PER_PHASE):
            draw = [uniform(self._gap_key, ((epoch * 2 + phase) * GAPS_PER_PHASE + i) * 8 + j) for j in range(4)]
            size = 85 + 75 * draw[2]
            gap = FundingGap(
                exchange=EXCHANGES[int(draw[0] * len(EXCHANGES))],
                asset=self._pool[int(draw[1] * len(self._pool))],
                # Crowded shorts pay more often than crowded longs.
                bps_per_day=-size if draw[3] < 0.6 else size,
                start_ms=epoch * DAY_MS + offset_ms,
                end_ms=(epoch + 1) * DAY_MS + offset_ms,
            )
            gaps.append(gap)
        if len(self._gaps) > 2_000:
            self._gaps.clear()
        self._gaps[phase, epoch] = gaps
        return gaps

    def rate(self, listing: Listing, settlement_ms: int) -> float:
        """The fraction charged at `settlement_ms` for one interval of the listing."""
        share = listing.funding_interval_h / 24
        # A settlement on the edge of two epochs closes the interval that came before it.
        inside_ms = settlement_ms - HOUR_MS // 2
        if listing.quote == "USDT":
            for gap in self.gaps_at(inside_ms):
                if gap.asset == listing.asset and gap.exchange == listing.exchange:
                    return self._capped(listing, gap.bps_per_day * 1e-4 * share)
        mood = 1.3 * self._mood(listing.asset).at(settlement_ms)
        own = signed(listing.key ^ self._seed, settlement_ms // HOUR_MS)
        rate_8h = INTEREST_8H if mood > -0.25 else INTEREST_8H + (mood + 0.25) * 0.00025
        # A few are crowded on every exchange at once: tens of bps, as in the recorded tails.
        if mood > 0.85:
            rate_8h += (mood - 0.85) * 0.003
        elif mood < -0.85:
            rate_8h += (mood + 0.85) * 0.004
        if own < -0.3:
            rate_8h += own * 0.00003
        return self._capped(listing, rate_8h * listing.funding_interval_h / 8)

    def _mood(self, asset: str) -> Wave:
        wave = self._moods.get(asset)
        if wave is None:
            wave = self._moods[asset] = Wave(key_of(self._seed, "mood", asset), ((5 * DAY_MS, 0.7), (DAY_MS, 0.3)))
        return wave

    @staticmethod
    def _capped(listing: Listing, rate: float) -> float:
        return round(max(-listing.funding_cap, min(listing.funding_cap, rate)), 8)
