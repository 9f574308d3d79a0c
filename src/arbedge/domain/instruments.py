"""Instruments and what they are made of: trading rules, and the asset behind a ticker.

A ticker is not an asset. `1000PEPE` counts thousands of PEPE, OKX counts contracts, and two exchanges may
use one ticker for different coins (`identity` names those that are known, `quarantine` finds the rest).
"""

import re
from decimal import Decimal
from math import gcd

from msgspec import Struct

from arbedge.domain.market import ExchangeId, Market

_LEADING = re.compile(r"^(1000000|100000|10000|1000|1M)([A-Z][A-Z0-9]*)$")
_TRAILING = re.compile(r"^([A-Z]+)(1000000|100000|10000|1000)$")
_NAME = re.compile(r"[\w.\-/:]{1,40}")
RULE_MIN = Decimal("1e-18")
RULE_MAX = Decimal("1e12")
RULE_DIGITS_MAX = 40  # written out: beside a lot of a million digits no other could be counted


class Instrument(Struct, frozen=True, gc=False):
    """Trading rules of one symbol, in the exchange's own units.

    One unit of order quantity is `contract_size` quoted units (OKX contracts; 1 elsewhere), and one quoted unit
    is `multiplier` units of `asset` (1000 for 1000PEPE), so

        asset size  = quantity * contract_size * multiplier
        asset price = price / multiplier
    """

    exchange: ExchangeId
    market: Market
    symbol: str
    asset: str
    base: str
    quote: str
    tick_size: Decimal
    lot_size: Decimal
    min_size: Decimal
    min_notional: Decimal | None  # in quote currency; None where the exchange has no such rule (OKX)
    is_trading: bool
    contract_size: Decimal = Decimal(1)
    multiplier: int = 1
    funding_interval_h: float | None = None

    @property
    def units(self) -> Decimal:
        """Asset units in one unit of order quantity."""
        return self.contract_size * self.multiplier

    @property
    def is_possible(self) -> bool:
        """Names that are names, and rules one can count with: a lot of NaN or 1e-999999 would stop the arithmetic."""
        rules = (self.tick_size, self.lot_size, self.min_size, self.contract_size)
        names = (self.symbol, self.asset, self.base, self.quote)
        return (
            all(_NAME.fullmatch(name) for name in names)
            and all(_is_countable(rule) and RULE_MIN <= rule <= RULE_MAX for rule in rules)
            and (self.min_notional is None or (_is_countable(self.min_notional) and 0 <= self.min_notional <= RULE_MAX))
        )

    @property
    def lot_asset(self) -> Decimal:
        """The quantity step in asset units."""
        return self.lot_size * self.units

    @property
    def min_size_asset(self) -> Decimal:
        return self.min_size * self.units


def _is_countable(rule: Decimal) -> bool:
    """A number, of which neither digits nor places after the point go on without end."""
    _, digits, exponent = rule.as_tuple()
    return isinstance(exponent, int) and len(digits) <= RULE_DIGITS_MAX and abs(exponent) <= RULE_DIGITS_MAX


def parse_base(base: str) -> tuple[str, int]:
    """Splits a ticker into the asset and the power of ten it counts in: `1000PEPE` -> (`PEPE`, 1000).

    Only powers of ten from 1,000 up count as multipliers, so `1INCH` stays itself. The price guard verifies the
    result against the other exchanges before anything is compared.
    """
    if match := _LEADING.match(base):
        prefix, asset = match.groups()
        return asset, 1_000_000 if prefix == "1M" else int(prefix)
    if match := _TRAILING.match(base):
        asset, suffix = match.groups()
        return asset, int(suffix)
    return base, 1


def shared_lot(a: Decimal, b: Decimal) -> Decimal:
    """The smallest quantity step that both instruments accept: the least common multiple of their lots."""
    exponent = min(int(a.as_tuple().exponent), int(b.as_tuple().exponent))
    scale = Decimal(1).scaleb(exponent)
    whole_a, whole_b = int(a / scale), int(b / scale)
    return Decimal(whole_a * whole_b // gcd(whole_a, whole_b)) * scale


def floor_to_lot(size: Decimal, lot: Decimal) -> Decimal:
    """The largest multiple of `lot` that is not above `size`."""
    return (size // lot) * lot
