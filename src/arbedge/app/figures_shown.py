"""How figures leave the house: exact enough to recompute anything by hand, without the noise of exact arithmetic."""

from decimal import Context, Decimal
from typing import Final

_SHOWN: Final = Context(prec=16)  # digits: enough to recompute any figure by hand


def round_shown(value: float) -> float:
    return round(value, 4)


def trim(amount: Decimal) -> Decimal:
    """Without the trailing zeros that exact arithmetic leaves behind."""
    return _SHOWN.normalize(amount)
