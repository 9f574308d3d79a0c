"""The shapes CoinMarketCap sends, and their reading into our words.

Numbers are JSON numbers, times ISO 8601, changes in percent. Codes and counts of the envelope are now and then text.
Quotes come in three shapes: by symbol (v1), by id or lists by symbol (v2), and as one list with a list of quotes (v3).
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Context, Decimal
from math import isfinite
from typing import Annotated, Final, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct, ValidationError

from arbedge.domain.quota import Account
from arbedge.ports.coin_data import CoinIdentity, CoinQuote, FearAndGreed, GlobalMetrics

CURRENCY = "USD"
_CURRENCY_ID = "2781"
# Dollars: beyond these no coin costs anything, and the whole world is worth less. The bounds keep each one writable.
_DOLLARS_MIN: Final = Decimal("1e-30")
_DOLLARS_MAX: Final = Decimal("1e18")
_DOLLARS: Final = Context(prec=30)
_PERCENT_MAX: Final = 1e12  # a new coin may well have risen a thousandfold

Credits = Annotated[int, Meta(ge=0, le=1_000_000)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
T = TypeVar("T")
QuoteT = TypeVar("QuoteT", bound="Priced")


class Status(Struct):
    """Of every answer. `credit_count` is what the account was charged; absent where nothing says so."""

    error_code: int = 0
    error_message: str | None = None
    credit_count: Credits | None = None


class Envelope(Struct, Generic[T]):
    status: Status
    data: T


class Refusal(Struct):
    status: Status


class Priced(Struct):
    """One currency's figures. In a list each names its currency."""

    symbol: str = CURRENCY


class CoinPrice(Priced):
    price: Decimal | None = None
    volume_24h: Decimal | None = None
    market_cap: Decimal | None = None
    percent_change_1h: float | None = None
    percent_change_24h: float | None = None
    percent_change_7d: float | None = None
    market_cap_dominance: float | None = None
    last_updated: datetime | None = None


class CoinRow(Struct):
    id: Count
    name: str
    symbol: str
    slug: str = ""
    cmc_rank: Count | None = None
    quote: dict[str, CoinPrice] | list[CoinPrice] = {}
    last_updated: datetime | None = None


class GlobalFigures(Priced):
    total_market_cap: Decimal | None = None
    total_volume_24h: Decimal | None = None
    total_market_cap_yesterday_percentage_change: float | None = None
    altcoin_market_cap: Decimal | None = None


class GlobalRow(Struct):
    btc_dominance: float
    eth_dominance: float
    active_cryptocurrencies: Count
    active_exchanges: Count
    quote: dict[str, GlobalFigures] | list[GlobalFigures]
    last_updated: datetime
    defi_market_cap: Decimal | None = None
    stablecoin_volume_24h: Decimal | None = None


class FearRow(Struct):
    value: float
    value_classification: str
    update_time: datetime


class PlatformRow(Struct):
    slug: str = ""
    token_address: str | None = None


class MapRow(Struct):
    id: Count
    name: str
    symbol: str
    slug: str = ""
    rank: Count | None = None
    is_active: int = 1
    platform: PlatformRow | None = None


class PlanRow(Struct):
    credit_limit_monthly: Count
    credit_limit_monthly_reset_timestamp: datetime
    rate_limit_minute: Count


class CreditsRow(Struct):
    credits_used: Count


class UsageRow(Struct):
    current_month: CreditsRow


class AccountRow(Struct):
    plan: PlanRow
    usage: UsageRow


_REFUSAL = msgspec.json.Decoder(Refusal, strict=False)
_COINS = msgspec.json.Decoder(Envelope[list[CoinRow] | dict[str, CoinRow | list[CoinRow]]], strict=False)
_GLOBAL = msgspec.json.Decoder(Envelope[GlobalRow], strict=False)
_FEAR = msgspec.json.Decoder(Envelope[FearRow], strict=False)
_MAP = msgspec.json.Decoder(Envelope[list[MapRow]], strict=False)
_ACCOUNT = msgspec.json.Decoder(Envelope[AccountRow], strict=False)


def decode_status(body: bytes) -> Status | None:
    """The envelope's status, whatever the data looks like; None for a body that is no envelope."""
    try:
        return _REFUSAL.decode(body).status
    except (ValueError, RecursionError):  # unreadable as JSON, as text, or nested without end
        return None


def decode_quotes(body: bytes) -> list[CoinQuote]:
    """Any of the three shapes; coins without a price are left out."""
    data = _COINS.decode(body).data
    groups: Iterable[CoinRow | list[CoinRow]] = data if isinstance(data, list) else data.values()
    rows = (row for group in groups for row in (group if isinstance(group, list) else [group]))
    return [quote for row in rows if (quote := _to_quote(row))]


def decode_global_metrics(body: bytes) -> GlobalMetrics:
    row = _GLOBAL.decode(body).data
    figures = _in_dollars(row.quote)
    market_cap = _dollars(figures.total_market_cap) if figures else None
    volume_24h = _dollars(figures.total_volume_24h) if figures else None
    btc, eth = _percent(row.btc_dominance), _percent(row.eth_dominance)
    if figures is None or market_cap is None or volume_24h is None or btc is None or eth is None:
        raise ValidationError("no figures in dollars")
    return GlobalMetrics(
        market_cap=market_cap,
        volume_24h=volume_24h,
        market_cap_change_24h_percent=_percent(figures.total_market_cap_yesterday_percentage_change),
        altcoin_market_cap=_dollars(figures.altcoin_market_cap),
        defi_market_cap=_dollars(row.defi_market_cap),
        stablecoin_volume_24h=_dollars(row.stablecoin_volume_24h),
        btc_dominance_percent=btc,
        eth_dominance_percent=eth,
        active_coins=row.active_cryptocurrencies,
        active_exchanges=row.active_exchanges,
        updated_at=_to_ms(row.last_updated),
    )


def decode_fear_and_greed(body: bytes) -> FearAndGreed:
    row = _FEAR.decode(body).data
    if not 0 <= row.value <= 100:
        raise ValidationError("fear and greed is not within 0 to 100")
    return FearAndGreed(round(row.value), row.value_classification, _to_ms(row.update_time))


def decode_map(body: bytes) -> list[CoinIdentity]:
    return [
        CoinIdentity(
            id=row.id,
            symbol=row.symbol,
            name=row.name,
            slug=row.slug,
            rank=row.rank,
            is_active=bool(row.is_active),
            platform=(row.platform.slug or None) if row.platform else None,
            token_address=(row.platform.token_address or None) if row.platform else None,
        )
        for row in _MAP.decode(body).data
    ]


def decode_account(body: bytes) -> Account:
    row = _ACCOUNT.decode(body).data
    return Account(
        credits_limit=row.plan.credit_limit_monthly,
        credits_used=row.usage.current_month.credits_used,
        requests_limit=row.plan.rate_limit_minute,
        resets_at=_to_ms(row.plan.credit_limit_monthly_reset_timestamp),
    )


def _to_quote(row: CoinRow) -> CoinQuote | None:
    figures = _in_dollars(row.quote)
    at = (figures.last_updated or row.last_updated) if figures else None
    price = _dollars(figures.price) if figures else None
    if figures is None or price is None or at is None:
        return None
    return CoinQuote(
        id=row.id,
        symbol=row.symbol,
        name=row.name,
        slug=row.slug,
        rank=row.cmc_rank,
        price=price,
        volume_24h=_dollars(figures.volume_24h),
        market_cap=_dollars(figures.market_cap),
        change_1h_percent=_percent(figures.percent_change_1h),
        change_24h_percent=_percent(figures.percent_change_24h),
        change_7d_percent=_percent(figures.percent_change_7d),
        dominance_percent=_percent(figures.market_cap_dominance),
        quoted_at=_to_ms(at),
    )


def _in_dollars(quotes: dict[str, QuoteT] | list[QuoteT]) -> QuoteT | None:
    """The figures in dollars, named by symbol, by CoinMarketCap's id of the dollar, or in the row itself."""
    if isinstance(quotes, dict):
        return quotes.get(CURRENCY) or quotes.get(_CURRENCY_ID)
    return next((quote for quote in quotes if quote.symbol == CURRENCY), None)


def _dollars(amount: Decimal | None) -> Decimal | None:
    """An amount that can be one, to thirty digits; None for any other."""
    if amount is None or not amount.is_finite() or not (amount == 0 or _DOLLARS_MIN <= amount <= _DOLLARS_MAX):
        return None
    return _DOLLARS.plus(amount)


def _percent(change: float | None) -> float | None:
    return change if change is not None and isfinite(change) and abs(change) <= _PERCENT_MAX else None


def _to_ms(at: datetime) -> int:
    """Epoch milliseconds; a time without a zone would be ours to guess, so it is refused."""
    if at.tzinfo is None:
        raise ValidationError("a time without a zone")
    return round(at.timestamp() * 1000)
