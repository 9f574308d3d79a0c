"""Contracts, thousands and coins: an order book means the same amounts whatever it was counted in."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from arbedge.adapters.exchanges.units import Depth, convert_depth
from arbedge.domain.instruments import Instrument, floor_to_lot
from arbedge.domain.market import Level

AT = 1_795_300_000_000
prices = st.decimals(min_value="0.00000001", max_value="1000000", places=8)
quantities = st.decimals(min_value="0.01", max_value="10000000", places=2)
levels = st.lists(st.builds(Level, prices, quantities), max_size=20)
contract_sizes = st.sampled_from(["0.01", "1", "10", "100", "1E+7"])
multipliers = st.sampled_from([1, 1000, 1_000_000])


def instrument(contract_size: str, multiplier: int) -> Instrument:
    return Instrument(
        exchange="okx",
        market="perp",
        symbol="X-USDT-SWAP",
        asset="X",
        base="X",
        quote="USDT",
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.01"),
        min_size=Decimal("0.01"),
        min_notional=None,
        is_trading=True,
        contract_size=Decimal(contract_size),
        multiplier=multiplier,
    )


@given(contract_sizes, multipliers, levels, levels)
def test_there_and_back_is_exact(contract_size: str, multiplier: int, bids: list[Level], asks: list[Level]):
    one = instrument(contract_size, multiplier)
    book = convert_depth(Depth(bids, asks, AT), one, AT + 7)
    assert (book.exchange_at, book.received_at, book.symbol) == (AT, AT + 7, "X-USDT-SWAP")
    for wire, ours in ((bids, book.bids), (asks, book.asks)):
        assert [Level(level.price * multiplier, level.size / one.units) for level in ours] == wire


@given(contract_sizes, multipliers, st.builds(Level, prices, quantities))
def test_notional_per_unit_of_price_is_kept(contract_size: str, multiplier: int, level: Level):
    """What a level is worth depends on contracts only, never on the ticker's thousands."""
    book = convert_depth(Depth([level], [], None), instrument(contract_size, multiplier), 0)
    (ours,) = book.bids
    assert ours.price * ours.size == level.price * level.size * Decimal(contract_size)


@given(contract_sizes, quantities)
def test_a_whole_number_of_lots_stays_one(contract_size: str, size: Decimal):
    one = instrument(contract_size, 1)
    (ours,) = convert_depth(Depth([Level(Decimal(1), size)], [], None), one, 0).bids
    assert floor_to_lot(ours.size, one.lot_asset) == ours.size


def test_half_a_bitcoin_is_fifty_contracts():
    (ours,) = convert_depth(Depth([Level(Decimal(60000), Decimal(50))], [], None), instrument("0.01", 1), 0).bids
    assert ours == Level(Decimal(60000), Decimal("0.50"))
