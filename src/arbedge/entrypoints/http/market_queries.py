"""What people may ask of the market; every field is checked and an unknown one is refused by name."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from arbedge.domain.intervals import Interval
from arbedge.domain.market import ExchangeId, Market
from arbedge.domain.permissions import LIST_LIMIT_MAX
from arbedge.entrypoints.http.queries import Word, describe
from arbedge.limits import BOOK_DEPTH, CANDLES_MAX, SETTLEMENTS_MAX

AGE_MS_MIN: Final = 1000  # nobody may have every request of theirs answered by an exchange
AGE_MS_MOST: Final = 86_400_000
# Whole markets are read by every scan; to read them again for one answer takes nine bulk calls out of its budgets.
QUOTES_AGE_MS_MIN: Final = 15_000
Age = Annotated[int, Field(ge=AGE_MS_MIN, le=AGE_MS_MOST)]
QuotesAge = Annotated[int, Field(ge=QUOTES_AGE_MS_MIN, le=AGE_MS_MOST)]
_AGE = "The oldest answer you accept, in milliseconds; older ones are fetched anew or refused."
_SYMBOL = "The exchange's own symbol, or a pair such as BTC/USDT."


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QuotesQuery(_Query):
    """Filters of a list of quotes; what is absent does not filter."""

    age_ms_max: QuotesAge | None = describe(_AGE)
    exchange: ExchangeId | None = describe("Only this exchange.")
    asset: Word | None = describe("Only this asset, for example BTC.")
    quote: Word | None = describe("Only against this currency, for example USDT.")
    limit: Annotated[int, Field(ge=1, le=LIST_LIMIT_MAX)] | None = describe(
        "Rows wanted. A plan's own limit applies and is said in `meta.limit_max`."
    )
    cursor: Annotated[str, Field(min_length=1, max_length=512)] | None = describe("`next_cursor` of the page before.")


class TickersQuery(QuotesQuery):
    market: Market | None = describe("Only spot, or only perpetuals.")


class _InstrumentQuery(_Query):
    age_ms_max: Age | None = describe(_AGE)
    exchange: Annotated[ExchangeId, Field(description="Which exchange.")]
    symbol: Annotated[Word, Field(description=_SYMBOL)]


class BookQuery(_InstrumentQuery):
    market: Annotated[Market, Field(description="Spot or perpetual.")]
    depth: Annotated[int, Field(ge=1, le=BOOK_DEPTH, description="Levels a side.")] = 20


class CandlesQuery(_InstrumentQuery):
    market: Annotated[Market, Field(description="Spot or perpetual.")]
    interval: Annotated[Interval, Field(description="Length of a candle.")] = "1h"
    limit: Annotated[int, Field(ge=1, le=CANDLES_MAX, description="Candles wanted, the newest.")] = 100


class FundingHistoryQuery(_InstrumentQuery):
    limit: Annotated[int, Field(ge=1, le=SETTLEMENTS_MAX, description="Settlements wanted, the newest.")] = 30


class CorrelationQuery(_InstrumentQuery):
    market: Annotated[Market, Field(description="Spot or perpetual.")]
    other_exchange: ExchangeId | None = describe("The second instrument's exchange; the first's where absent.")
    other_market: Market | None = describe("The second instrument's market; the first's where absent.")
    other_symbol: Word | None = describe("The second instrument; the first's name where absent.")
    interval: Annotated[Interval, Field(description="Length of a candle, which is one step of the lag.")] = "1m"
    limit: Annotated[int, Field(ge=40, le=CANDLES_MAX, description="Candles compared, the newest.")] = 300
    lag_steps_max: Annotated[int, Field(ge=0, le=20, description="Lags tried to either side, in candles.")] = 5
