"""Numbers as people read them: exact enough to be checked by hand, short enough for a phone."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from arbedge.app.views import ConfidenceView
from arbedge.domain.confidence import OUTCOMES_MIN

_PRICE_DIGITS: Final = 8
_MONEY: Final = Decimal("0.01")


def plain(number: Decimal) -> str:
    """Without exponent and trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def render_price(price: Decimal) -> str:
    """Up to eight significant digits; digits before the point are never rounded away."""
    if not price:
        return "0"
    step = min(price.adjusted() - _PRICE_DIGITS + 1, 0)
    return plain(price.quantize(Decimal(1).scaleb(step)) if price.as_tuple().exponent < step else price)  # type: ignore[operator]


def render_money(amount: Decimal) -> str:
    """An amount of quote currency, to the cent; below 1, as of amounts in BTC, to four significant digits."""
    if amount and abs(amount) < 1:
        return plain(amount.quantize(Decimal(1).scaleb(amount.adjusted() - 3)))
    return f"{amount.quantize(_MONEY):,}"


def render_bps(value: float) -> str:
    """With its sign; two decimals."""
    return f"{value:+,.2f}"


def render_percent(fraction: float) -> str:
    """A rate, such as funding, as a percentage; at least four decimals, since funding is small."""
    return f"{fraction * 100:+.4f} %"


def render_age(age_ms: int | None) -> str:
    """A duration in its largest useful unit; `never` when there is none."""
    if age_ms is None:
        return "never"
    seconds = age_ms / 1000
    if seconds < 10:
        return f"{seconds:.1f} s"
    for size, unit in ((86_400, "d"), (3600, "h"), (120, "min")):
        if seconds >= size:
            return f"{seconds / (60 if unit == 'min' else size):.0f} {unit}"
    return f"{seconds:.0f} s"


def render_confidence(known: ConfidenceView) -> str:
    """The probability of still being there 5 s after the alert, or how much it takes to say one."""
    if known.p is None:
        return f"not known: not enough outcomes yet ({known.n} of {OUTCOMES_MIN})"
    return f"{known.p:.0%} to last 5 s, from {known.n:,} outcomes"


def render_time(at: int, form: str = "r") -> str:
    """A moment in the reader's own time zone; clients that do not know the tag show it in UTC."""
    fallback = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f'<tg-time unix="{at // 1000}" format="{form}">{fallback}</tg-time>'
