"""An execution of an opportunity now, with fresh books and without an order.

opportunity -> its legs' rules, books and funding -> the same valuation as a scan's, at the wanted amount
"""

import asyncio
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from arbedge.app.leg_markets import BookOf, LegKey, gather, key_of, observe
from arbedge.app.market_data import FeedKey, Missing
from arbedge.app.services import Services
from arbedge.app.simulation_view import SimulationView, view_simulation
from arbedge.domain.appraisal import Unvalued
from arbedge.domain.conversion import SIZES_IN, read_units
from arbedge.domain.detection.verification import LegMarket
from arbedge.domain.gauge import choose_gauge
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import EXCHANGES, OrderBook
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.person import Person
from arbedge.domain.simulation import check_open, simulate
from arbedge.errors import MarketDataUnavailable
from arbedge.limits import SIMULATION_TIMEOUT_S

_SPOT: Final[tuple[FeedKey, ...]] = tuple((exchange, "spot") for exchange in EXCHANGES)


async def simulate_now(
    services: Services, person: Person, opportunity: Opportunity, amount: Decimal | None
) -> SimulationView:
    """The numbers of executing `amount` USDT now, without one the person's own size, held for their own horizon."""
    gauge = choose_gauge(person.preferences, services.policy, amount)
    size_usdt, minimum_bps = gauge.size_usdt, gauge.min_net_bps[opportunity.type]
    mode, now = services.settings.market_mode, services.clock.now_ms()
    policy = replace(services.policy, horizon_h=gauge.horizon_h)
    found = check_open(opportunity, mode, now)
    if found is None:
        markets, unit = await asyncio.gather(_observe(services, opportunity), _find_unit(services, opportunity.quote))
        size_quote = None if unit is None else size_usdt * unit
        now = services.clock.now_ms()
        found = simulate(opportunity, markets, size_quote, minimum_bps, now, policy)
    await services.market.settle_counts()
    return view_simulation(opportunity, found, gauge, mode, now)


async def _observe(services: Services, opportunity: Opportunity) -> list[LegMarket] | Unvalued:
    legs = opportunity.sighting.legs
    keys = list(dict.fromkeys(map(key_of, legs)))
    feeds = list(dict.fromkeys(key[:2] for key in keys))
    try:
        async with asyncio.timeout(SIMULATION_TIMEOUT_S):
            resting, instruments = await asyncio.gather(
                _find_resting(services, feeds), _load_instruments(services, keys, feeds)
            )
            markets = await observe(
                keys, instruments, resting, services.market, _read_book(services), SIMULATION_TIMEOUT_S
            )
    except TimeoutError:
        return "book_unavailable"
    except MarketDataUnavailable as error:
        return _explain(error)
    return gather(legs, markets)


def _read_book(services: Services) -> BookOf:
    async def read(instrument: Instrument) -> OrderBook | Unvalued:
        try:
            book = await services.market.load_book(instrument)
        except MarketDataUnavailable as error:
            return _explain(error)
        return replace(book.value, source=book.source)

    return read


def _explain(error: MarketDataUnavailable) -> Unvalued:
    return "rate_limited" if error.state == "rate_limited" else "book_unavailable"


async def _find_resting(services: Services, feeds: Iterable[FeedKey]) -> dict[FeedKey, Unvalued]:
    """The markets that the scans leave alone at present, and why."""
    now, wanted = services.clock.now_ms(), frozenset(feeds)
    return {
        (one.exchange, one.market): "rate_limited" if one.state == "rate_limited" else "circuit_open"
        for one in await services.scans.load_feeds()
        if (one.exchange, one.market) in wanted and (one.retry_at or 0) > now
    }


async def _load_instruments(
    services: Services, keys: Iterable[LegKey], feeds: Iterable[FeedKey]
) -> dict[LegKey, Instrument]:
    lists = {feed: (await services.market.load_instruments(feed)).value for feed in feeds}
    found = {key: lists[key[:2]].get(key[2]) for key in keys}
    return {key: one for key, one in found.items() if one is not None and one.is_trading}


async def _find_unit(services: Services, currency: str) -> Decimal | None:
    """One USDT in the currency that the opportunity is counted in, at a live rate; None where there is none."""
    if currency == SIZES_IN:
        return Decimal(1)
    policy = services.policy
    answers = await services.market.load_feeds(_SPOT, policy.age_ms_max)
    feeds = [answer.value for answer in answers.values() if not isinstance(answer, Missing)]
    return read_units(feeds, {currency}, services.clock.now_ms(), policy).get(currency)
