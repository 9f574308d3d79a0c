"""The board all detectors read: a snapshot's quotes grouped by what may be compared, judged once for all of them.

Most groups are sound: every quote is uncrossed and fresh, none is far from another in time or price. Whatever is
paired within such a group passes `check_pair`, so detectors ask that only for pairs of the others.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import combinations
from typing import NamedTuple

from arbedge.domain.detection.candidates import Listed, Refusal, check_pair
from arbedge.domain.detection.holding import count_settlements, overdue_ms
from arbedge.domain.fees import get_base_tier
from arbedge.domain.market import EXCHANGES, MARKETS, ExchangeId, Feed, Funding, Market, Snapshot
from arbedge.domain.policy import Policy
from arbedge.domain.technical.signals import BackedSignal


class Carry(NamedTuple):
    """A perpetual held over the horizon, per asset unit in quote currency."""

    listed: Listed
    funding: float  # what a short is paid and a long pays, at the rate known now
    cost: float  # spread and fees of entering and leaving at top of book
    overdue_ms: float  # above 0, its rate has stopped being renewed


class Group(NamedTuple):
    """The quotes of one asset in one quote currency: only these are ever compared across exchanges.

    A perpetual without a funding rate is not among the carries, and none of its pairs can be valued.
    """

    spot: list[Listed]
    carries: list[Carry]
    is_sound: bool
    perps: list[Listed]


class Board(NamedTuple):
    """What one scan offers at `now`; `takers` are fees as fractions."""

    groups: list[Group]
    spot_feeds: list[Feed]
    now: int
    policy: Policy
    takers: dict[Market, dict[ExchangeId, float]]
    feeds: Sequence[Feed] = ()
    signals: Sequence[BackedSignal] = ()

    def check(self, a: Listed, b: Listed, among: Sequence[Listed]) -> Refusal | None:
        """Why the two must not be compared; the median price is that of `among`."""
        mids = sorted(listed.quote.mid for listed in among)
        middle = (mids[(len(mids) - 1) // 2] + mids[len(mids) // 2]) / 2
        return check_pair(a, b, middle, self.now, self.policy)


def read_board(snapshot: Snapshot, now: int, policy: Policy, signals: Sequence[BackedSignal] = ()) -> Board:
    """Groups of at least two quotes; the rest has nothing to be compared with."""
    grouped: defaultdict[tuple[str, str], tuple[list[Listed], list[Listed]]] = defaultdict(lambda: ([], []))
    for feed in snapshot.feeds:
        place = 0 if feed.market == "spot" else 1
        for quote in feed.quotes:
            grouped[quote.asset, quote.quote][place].append(Listed(feed, quote))
    takers: dict[Market, dict[ExchangeId, float]] = {
        market: {exchange: float(get_base_tier(exchange, market).taker) for exchange in EXCHANGES} for market in MARKETS
    }
    read_carry = _carry_reader(now, policy, takers["perp"])
    groups: list[Group] = []
    for spot, perp in grouped.values():
        if len(spot) + len(perp) < 2:
            continue
        carries = [read_carry(listed, listed.quote.funding) for listed in perp if listed.quote.funding]
        groups.append(Group(spot, carries, _is_sound(spot, carries, now, policy), perp))
    spot_feeds = [feed for feed in snapshot.feeds if feed.market == "spot"]
    return Board(groups, spot_feeds, now, policy, takers, snapshot.feeds, signals)


def _carry_reader(now: int, policy: Policy, takers: dict[ExchangeId, float]) -> Callable[[Listed, Funding], Carry]:
    @cache
    def read_schedule(next_at: int, interval_h: float) -> tuple[int, float]:
        """Many perpetuals settle at the same times."""
        schedule = Funding(0.0, next_at, interval_h, 0.0)
        return count_settlements(schedule, now, policy.horizon_h), overdue_ms(schedule, now)

    def read(listed: Listed, funding: Funding) -> Carry:
        feed, quote = listed
        settlements, overdue = read_schedule(funding.next_at, funding.interval_h)
        bid, ask = quote.bid, quote.ask
        cost = ask - bid + takers[feed.exchange] * (ask + bid)
        return Carry(listed, funding.rate * funding.mark * settlements, cost, overdue)

    return read


def _is_sound(spot: list[Listed], carries: list[Carry], now: int, policy: Policy) -> bool:
    """Whether every pair of these would pass every check."""
    if any(carry.overdue_ms > 0 for carry in carries):
        return False
    quotes = spot + [carry.listed for carry in carries]
    if not are_sound(quotes, now, policy):
        return False
    mids = [quote.bid + quote.ask for _, quote in quotes]
    return not mids or max(mids) / min(mids) - 1 <= policy.identity_ratio_max


def are_sound(quotes: Sequence[Listed], now: int, policy: Policy) -> bool:
    """Whether `check_quotes` lets any of these be used together; for every quote of a scan at once."""
    if not all([0 < quote.bid < quote.ask for _, quote in quotes]):  # noqa: C419 - a list is the quicker one here
        return False
    ages = [
        now - quote.exchange_at + feed.clock_offset_ms if quote.exchange_at else now - feed.received_at
        for feed, quote in quotes
    ]
    youngest, oldest = min(ages, default=0), max(ages, default=0)
    return -policy.age_ms_max <= youngest and oldest <= min(policy.age_ms_max, youngest + policy.skew_ms_max)


def pairs_of(quotes: Sequence[Listed]) -> Iterator[tuple[Listed, Listed]]:
    """All pairs on two exchanges."""
    return ((a, b) for a, b in combinations(quotes, 2) if a.feed.exchange != b.feed.exchange)


def count_pairs(quotes: Sequence[Listed]) -> int:
    """How many `pairs_of` gives; feeds come one after another, so two of one exchange are neighbours."""
    count = len(quotes)
    if all(quotes[place].feed is not quotes[place - 1].feed for place in range(1, count)):
        return count * (count - 1) // 2
    return sum(1 for _ in pairs_of(quotes))
