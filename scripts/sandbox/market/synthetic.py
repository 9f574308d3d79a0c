"""The built-in market: one price per asset, small differences per exchange, planted dislocations and funding gaps."""

from dataclasses import asdict
from typing import Any

from scripts.sandbox.market.dislocations import DislocationSchedule, Episode
from scripts.sandbox.market.funding_plan import FundingPlan
from scripts.sandbox.market.listings import Listing, build_boards
from scripts.sandbox.market.noise import Wave, key_of
from scripts.sandbox.market.source import Bar, Boards, MarketMode, Top
from scripts.sandbox.market.universe import ExchangeName, MarketKind, build_assets

MINUTE_MS = 60_000
REMEMBERED_MAX = 100_000
DAY_MS = 86_400_000
# A path that wanders by days and trembles by seconds: about 2.5 % a day for the most liquid.
OCTAVES: tuple[tuple[int, float], ...] = (
    (30 * DAY_MS, 0.10),
    (4 * DAY_MS, 0.045),
    (DAY_MS, 0.022),
    (4 * 3_600_000, 0.009),
    (40 * 60_000, 0.0035),
    (6 * 60_000, 0.0014),
    (45_000, 0.0004),
    (8_000, 0.00015),
)
VOLATILITY_BY_TIER: tuple[float, ...] = (1.0, 1.3, 1.6, 1.9, 2.2)
STABLES = ("USDC", "FDUSD", "EUR", "USDT")
MARKET_BETA = 0.6
# Two coins of one ticker: the second trades far above the first, and every two hours comes as near as if it were the
# same coin, for about five minutes.
DRIFTER, ANCHOR = "TIDEB", "TIDE"
DRIFT_PERIOD_MS = 2 * 3_600_000
DRIFT_MAX = 0.6
DRIFT_PER_SQUARE_MINUTE = 0.012
# Sizes of the private deviation of one exchange's book from the asset's price, in bps, by tier.
DEVIATION_BPS_BY_TIER: tuple[float, ...] = (1.2, 1.4, 1.5, 1.8, 2.6)


class SyntheticSource:
    mode: MarketMode = "synthetic"

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.boards: Boards = dict(build_boards())
        self.dislocations = DislocationSchedule(seed, self.boards)
        self.funding = FundingPlan(seed, self.boards)
        self._assets = build_assets()
        self._levels = {name: asset.price for name, asset in self._assets.items()}
        self._market = Wave(key_of(seed, "market"), OCTAVES)
        self._waves = {name: self._asset_wave(name) for name in self._assets}
        self._deviations = {
            row.key: Wave(key_of(seed, "deviation", row.key), self._deviation_octaves(row))
            for board in self.boards.values()
            for row in board
        }
        self._prices_at: tuple[int, dict[str, float]] = (-1, {})
        self._by_minute: dict[tuple[str, int], float] = {}

    @property
    def identity(self) -> object:
        return self.mode, self.seed

    def _asset_wave(self, name: str) -> Wave:
        scale = 0.004 if name in STABLES else VOLATILITY_BY_TIER[self._assets[name].tier]
        return Wave(key_of(self.seed, "asset", name), [(period, size * scale) for period, size in OCTAVES])

    @staticmethod
    def _deviation_octaves(row: Listing) -> list[tuple[int, float]]:
        size = DEVIATION_BPS_BY_TIER[row.tier] * 1e-4
        return [(40_000, size), (6_000, size * 0.7)]

    def price(self, asset: str, t_ms: int, market: float | None = None) -> float:
        """The asset's price in USDT across exchanges."""
        if asset == "USDT":
            return 1.0
        if asset == DRIFTER:
            return self.price(ANCHOR, t_ms, market) * (1.0 + drift(t_ms))
        shared = 0.0 if asset in STABLES else MARKET_BETA * (self._market.at(t_ms) if market is None else market)
        return self._levels[asset] * (1.0 + shared) * (1.0 + self._waves[asset].at(t_ms))

    def prices(self, t_ms: int) -> dict[str, float]:
        if self._prices_at[0] != t_ms:
            market = self._market.at(t_ms)
            self._prices_at = (t_ms, {name: self.price(name, t_ms, market) for name in self._levels} | {"USDT": 1.0})
        return self._prices_at[1]

    def story_ms(self, now_ms: int) -> int:
        return now_ms

    def mids(self, exchange: ExchangeName, kind: MarketKind, t_ms: int) -> list[float]:
        prices = self.prices(t_ms)
        offsets = self.dislocations.offsets_bps(t_ms)
        basis = self._basis(exchange, t_ms) if kind == "perp" else {}
        mids: list[float] = []
        for row in self.boards[exchange, kind]:
            mid = prices[row.asset] * row.multiplier / prices[row.quote] * (1.0 + self._deviations[row.key].at(t_ms))
            if row.quote == "USDT":
                offset = offsets.get((exchange, kind, row.asset), 0.0) + basis.get(row.asset, 0.0)
                if offset:
                    mid *= 1.0 + offset * 1e-4
            mids.append(mid)
        return mids

    def _basis(self, exchange: ExchangeName, t_ms: int) -> dict[str, float]:
        """A perpetual whose funding is far below zero trades a little under its index, and the reverse."""
        return {
            gap.asset: max(-8.0, min(8.0, gap.bps_per_day / 16))
            for gap in self.funding.gaps_at(t_ms)
            if gap.exchange == exchange
        }

    def top(self, listing: Listing, t_ms: int) -> Top | None:
        return None

    def path(self, listing: Listing, t_ms: int) -> float:
        return self._remembered(listing.asset, t_ms) * listing.multiplier / self._remembered(listing.quote, t_ms)

    def _remembered(self, asset: str, t_ms: int) -> float:
        """Whole minutes are asked for again and again, by candles and by 24 h figures of every exchange."""
        if t_ms % MINUTE_MS:
            return self.price(asset, t_ms)
        price = self._by_minute.get((asset, t_ms))
        if price is None:
            if len(self._by_minute) > REMEMBERED_MAX:
                self._by_minute.clear()
            price = self._by_minute[asset, t_ms] = self.price(asset, t_ms)
        return price

    def index(self, listing: Listing, t_ms: int) -> float:
        prices = self.prices(t_ms)
        return prices[listing.asset] * listing.multiplier / prices[listing.quote]

    def bar(self, listing: Listing, start_ms: int, end_ms: int) -> Bar | None:
        return None

    def rate(self, listing: Listing, settlement_ms: int) -> float:
        return self.funding.rate(listing, settlement_ms)

    def describe(self, t_ms: int) -> dict[str, Any]:
        episodes = self.dislocations.between(t_ms, t_ms + 30_000)
        return {
            "dislocations": [describe_episode(episode, t_ms) for episode in episodes],
            "funding_gaps": [asdict(gap) for gap in self.funding.gaps_at(t_ms)],
            "collisions": collisions(self.boards),
            "modelled": "everything: a seeded market",
        }


def drift(t_ms: int) -> float:
    """How far the drifting coin is above its namesake: 0 in the middle of each period."""
    minutes = (t_ms % DRIFT_PERIOD_MS - DRIFT_PERIOD_MS / 2) / MINUTE_MS
    return min(DRIFT_MAX, DRIFT_PER_SQUARE_MINUTE * minutes * minutes)


def describe_episode(episode: Episode, t_ms: int) -> dict[str, Any]:
    return {**asdict(episode), "on": episode.start_ms <= t_ms < episode.end_ms}


def collisions(boards: Boards) -> list[dict[str, Any]]:
    """Tickers that stand for different assets on different exchanges, with who means what at which price."""
    meanings: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for (exchange, kind), board in boards.items():
        for row in board:
            if row.quote == "USDT" and row.multiplier == 1:
                place = {"exchange": exchange, "market": kind, "symbol": row.symbol, "price_level": row.level}
                meanings.setdefault(row.base, {}).setdefault(row.asset, []).append(place)
    return [{"ticker": ticker, "assets": assets} for ticker, assets in sorted(meanings.items()) if len(assets) > 1]
