"""From a middle price to a book: best bid and ask with sizes, and the levels behind them, by tier of liquidity."""

import math
from dataclasses import dataclass

from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.noise import signed, uniform
from scripts.sandbox.market.source import Top

HALF_SPREAD_BPS_BY_TIER: tuple[float, ...] = (0.03, 0.45, 1.1, 4.0, 12.0)
TOP_USD_BY_TIER: tuple[float, ...] = (60_000, 12_000, 3_500, 700, 160)
LEVEL_SPACING_BPS_BY_TIER: tuple[float, ...] = (0.03, 0.35, 0.8, 2.5, 6.0)
DAY_VOLUME_USD_BY_TIER: tuple[float, ...] = (1.2e9, 9e7, 9e6, 1.4e6, 1.8e5)
EXCHANGE_SHARE = {"binance": 1.0, "bybit": 0.5, "okx": 0.55}
PERP_SHARE = 2.5


@dataclass(slots=True)
class Quote:
    """Prices in ticks, sizes in lots of the listing. All zero while trading is halted."""

    bid: int
    bid_lots: int
    ask: int
    ask_lots: int
    last: int
    mid: float


@dataclass(frozen=True, slots=True)
class Book:
    """Levels from the best outwards, as (price in ticks, size in lots, orders)."""

    bids: list[tuple[int, int, int]]
    asks: list[tuple[int, int, int]]


def lots_worth(listing: Listing, usd: float) -> int:
    unit_usd = listing.level * listing.ct_val * usd_per_quote(listing)
    return max(1, round(usd / unit_usd / listing.lot))


def usd_per_quote(listing: Listing) -> float:
    """Roughly; for sizes only."""
    return {"BTC": 59_206.0, "EUR": 1.16}.get(listing.quote, 1.0)


def size_factor(listing: Listing) -> float:
    return EXCHANGE_SHARE[listing.exchange] * (PERP_SHARE if listing.kind == "perp" else 1.0)


def build_quote(listing: Listing, mid: float, top: Top | None, shift_bps: float, second: int) -> Quote:
    """`shift_bps` moves both sides; a modelled book is never tighter than one tick."""
    if listing.halted:
        return Quote(0, 0, 0, 0, max(1, round(mid / listing.tick)), mid)
    tick, key = listing.tick, listing.key
    factor = 1.0 + shift_bps * 1e-4
    if top is not None:
        bid_px, bid_sz, ask_px, ask_sz = top
        bid, ask = round(bid_px * factor / tick), round(ask_px * factor / tick)
        bid_lots, ask_lots = max(1, round(bid_sz / listing.lot)), max(1, round(ask_sz / listing.lot))
    else:
        mid *= factor
        half = mid * HALF_SPREAD_BPS_BY_TIER[listing.tier] * 1e-4 * (1.0 + 0.4 * signed(key, second // 7))
        bid = math.floor((mid - half) / tick + 1e-6)
        ask = math.ceil((mid + half) / tick - 1e-6)
        worth = TOP_USD_BY_TIER[listing.tier] * size_factor(listing)
        bid_lots = lots_worth(listing, worth * math.exp(0.9 * signed(key + 1, second // 2)))
        ask_lots = lots_worth(listing, worth * math.exp(0.9 * signed(key + 2, second // 2)))
    bid = max(1, bid)
    ask = max(bid + 1, ask)
    last = bid if mix_is_even(key, second) else ask
    return Quote(bid, bid_lots, ask, ask_lots, last, mid)


def mix_is_even(key: int, second: int) -> bool:
    return signed(key + 3, second // 3) < 0.0


def build_book(listing: Listing, quote: Quote, levels: int, second: int) -> Book:
    """The first level is the quote itself; behind it the gaps widen and the sizes grow."""
    if quote.bid == 0:
        return Book([], [])
    return Book(
        build_side(listing, quote.bid, quote.bid_lots, -1, levels, second),
        build_side(listing, quote.ask, quote.ask_lots, 1, levels, second),
    )


def build_side(
    listing: Listing, best: int, best_lots: int, direction: int, levels: int, second: int
) -> list[tuple[int, int, int]]:
    spacing_bps = LEVEL_SPACING_BPS_BY_TIER[listing.tier]
    spacing = max(1.0, best * spacing_bps * 1e-4)
    lots = lots_worth(listing, TOP_USD_BY_TIER[listing.tier] * size_factor(listing))
    key = listing.key + (5 if direction > 0 else 6)
    rows = [(best, best_lots, 1 + int(4 * uniform(key, second // 2)))]
    price = best
    for i in range(1, levels):
        draw = uniform(key, i * 1_000_003 + second // 5)
        # A step of one tick stays one tick: a book on a coarse grid has a size at every price.
        step = 1 if spacing <= 1.0 else max(1, int(spacing * (0.25 + 1.5 * draw) * (1 + i / 40)))
        price += direction * step
        if price <= 0:
            break
        wobble = 0.35 + 1.3 * uniform(key, i * 7_000_003 + second // 2)
        rows.append((price, max(1, int(lots * wobble * (1 + i / 12))), 1 + int(9 * draw)))
    return rows


def day_volume_usd(listing: Listing) -> float:
    spread = math.pow(10.0, 0.35 * signed(listing.key, 99))
    return DAY_VOLUME_USD_BY_TIER[listing.tier] * size_factor(listing) * spread
