"""Whether numbers can be true at all: what an exchange says is data, and data may lie."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from math import isfinite
from typing import Final

from arbedge.domain.market import STAMP_MIN, OrderBook, Quote

RATE_MAX: Final = 0.1  # of notional in one settlement; the exchanges cap theirs below half of it


def is_plausible_quote(quote: Quote) -> bool:
    """Finite, positive and not crossed; locked books happen."""
    numbers = (quote.bid, quote.bid_size, quote.ask, quote.ask_size)
    return all(isfinite(number) and number > 0 for number in numbers) and quote.bid <= quote.ask


def is_plausible_book(book: OrderBook) -> bool:
    """Both sides, each level worse than the one before it, nothing crossed."""
    return (
        book.is_usable
        and _falls([level.price for level in book.bids])
        and _falls([-level.price for level in book.asks])
    )


def are_plausible_rates(rows: Sequence[tuple[int, float]], now: int) -> bool:
    """Settlements (when, rate) one after the other, none of them in the future or before there were any."""
    times = [at for at, _ in rows]
    is_rising = all(before < after for before, after in pairwise(times))
    return is_rising and all(STAMP_MIN <= at <= now and abs(rate) <= RATE_MAX for at, rate in rows)


def _falls(prices: Sequence[Decimal]) -> bool:
    return all(before > after for before, after in pairwise(prices))
