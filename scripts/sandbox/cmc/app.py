"""CoinMarketCap's calls: the key first, then the minute, then the question, and credits for what is answered."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scripts.sandbox.clock import Clock
from scripts.sandbox.cmc.account import Account, iso
from scripts.sandbox.cmc.coins import CoinBoard, Figures
from scripts.sandbox.cmc.replies import envelope, failure, refuse_request
from scripts.sandbox.cmc.shapes import CURRENCY_IDS, Rates, render_coin, render_map_row, shape_quotes
from scripts.sandbox.exchanges.wire import Handler, MarketHolder, Params, RefusedError, refuse

KEY_HEADER = "x-cmc_pro_api_key"
LISTINGS_PER_CREDIT, QUOTES_PER_CREDIT = 200, 100
LISTING_PARAMS = frozenset(
    {"start", "limit", "convert", "sort", "sort_dir", "cryptocurrency_type", "tag", "aux"}
)  # fmt: skip
QUOTE_PARAMS = frozenset({"id", "slug", "symbol", "convert", "aux", "skip_invalid"})
MAP_PARAMS = frozenset({"listing_status", "start", "limit", "sort", "symbol", "aux"})
SORTS = {"market_cap": lambda row: row.rank, "name": lambda row: row.coin.name, "symbol": lambda row: row.coin.symbol,
         "price": lambda row: -row.price, "volume_24h": lambda row: -row.volume_24h}  # fmt: skip
CLASSES = ((25, "Extreme fear"), (45, "Fear"), (55, "Neutral"), (75, "Greed"), (101, "Extreme greed"))


@dataclass(frozen=True, slots=True)
class Answered:
    """What a call answers and what it costs."""

    data: Any
    credits: int
    total: int | None = None


class Cmc:
    def __init__(self, holder: MarketHolder, clock: Clock) -> None:
        self._holder = holder
        self._clock = clock
        self._board = CoinBoard()

    def listings(self, params: Params) -> Answered:
        self._allow(params, LISTING_PARAMS)
        start, limit = self._whole(params, "start", 1, 1_000_000), self._whole(params, "limit", 100, 5000)
        sort = params.get("sort") or "market_cap"
        if sort not in SORTS:
            self._refuse(f'"sort" must be one of [{", ".join(SORTS)}]')
        rates, rows = self._rates(params), self._rows()
        total_cap = sum(row.market_cap for row in rows)
        page = sorted(rows, key=SORTS[sort])[start - 1 : start - 1 + limit]
        data = [render_coin(row, rates, total_cap) for row in page]
        return Answered(data, credits_for(len(page), LISTINGS_PER_CREDIT, rates), len(rows))

    def quotes(self, version: int, params: Params) -> Answered:
        self._allow(params, QUOTE_PARAMS, is_v3=version == 3)
        asked = [name for name in ("id", "slug", "symbol") if params.get(name) is not None]
        if len(asked) != 1:
            words = "contains a conflict between exclusive peers" if asked else "must contain at least one of"
            self._refuse(f'"value" {words} [id, slug, symbol]', is_v3=version == 3)
        by, texts = asked[0], (params.get(asked[0]) or "").split(",")
        skips = (params.get("skip_invalid") or "false") == "true"
        rates, rows = self._rates(params), self._rows()
        total_cap = sum(row.market_cap for row in rows)
        found: dict[str, list[dict[str, Any]]] = {}
        for text in texts:
            matching = [row for row in rows if answers_to(row, by, text)]
            if matching:
                key = text.upper() if by == "symbol" else text
                found[key] = [render_coin(row, rates, total_cap, is_v3=version == 3) for row in matching]
            elif not skips:
                self._refuse(f'Invalid value for "{by}": "{text}"', is_v3=version == 3)
        count = sum(len(coins) for coins in found.values())
        return Answered(shape_quotes(version, by, found), credits_for(count, QUOTES_PER_CREDIT, rates))

    def map(self, params: Params) -> Answered:
        self._allow(params, MAP_PARAMS)
        start, limit = self._whole(params, "start", 1, 1_000_000), self._whole(params, "limit", 5000, 5000)
        sort = params.get("sort") or "id"
        if sort not in ("id", "cmc_rank"):
            self._refuse('"sort" must be one of [cmc_rank, id]')
        rows = sorted(self._rows(), key=lambda row: row.rank if sort == "cmc_rank" else row.coin.id)
        if symbols := params.get("symbol"):
            wanted = set(symbols.upper().split(","))
            unknown = wanted - {row.coin.symbol for row in rows}
            if unknown:
                self._refuse(f'Invalid values for "symbol": "{",".join(sorted(unknown))}"')
            rows = [row for row in rows if row.coin.symbol in wanted]
        return Answered([render_map_row(row) for row in rows[start - 1 : start - 1 + limit]], 0)

    def global_metrics(self, params: Params) -> Answered:
        self._allow(params, frozenset({"convert"}))
        rates, rows = self._rates(params), self._rows()
        total = sum(row.market_cap for row in rows)
        yesterday = sum(row.market_cap / (1 + row.changes["24h"] / 100) for row in rows)
        caps = {row.coin.symbol: row.market_cap for row in rows if row.coin.id in (1, 1027)}
        stable = sum(row.volume_24h for row in rows if row.coin.symbol in ("USDT", "USDC"))
        volume = sum(row.volume_24h for row in rows)
        bitcoin = caps.get("BTC", 0.0)
        data = {
            "active_cryptocurrencies": len(rows),
            "total_cryptocurrencies": len(rows),
            "active_market_pairs": len(rows) * 6,
            "active_exchanges": 3,
            "total_exchanges": 3,
            "btc_dominance": bitcoin / total * 100,
            "eth_dominance": caps.get("ETH", 0.0) / total * 100,
            "defi_market_cap": total * 0.03,
            "defi_volume_24h": volume * 0.1,
            "stablecoin_volume_24h": stable,
            "stablecoin_market_cap": sum(row.market_cap for row in rows if row.coin.symbol in ("USDT", "USDC")),
            "derivatives_volume_24h": volume * 5,
            "last_updated": iso(rows[0].at_ms),
            "quote": {
                name: {
                    "total_market_cap": total * rate,
                    "total_volume_24h": volume * rate,
                    "altcoin_market_cap": (total - bitcoin) * rate,
                    "total_market_cap_yesterday": yesterday * rate,
                    "total_market_cap_yesterday_percentage_change": (total / yesterday - 1) * 100,
                    "last_updated": iso(rows[0].at_ms),
                }
                for name, rate in rates.items()
            },
        }
        return Answered(data, credits_for(1, 1, rates))

    def fear_and_greed(self, params: Params) -> Answered:
        """Greedy when the largest coins have risen in a day and a week."""
        self._allow(params, frozenset(), is_v3=True)
        rows = self._rows()[:10]
        rise = sum(row.changes["24h"] * 3 + row.changes["7d"] for row in rows) / len(rows)
        value = round(50 + 45 * math.tanh(rise / 20))
        word = next(word for top, word in CLASSES if value < top)
        return Answered({"value": value, "value_classification": word, "update_time": iso(rows[0].at_ms)}, 1)

    def _rows(self) -> list[Figures]:
        """Never empty: a market without any known coin is the original's own failure."""
        rows = self._board.rows(self._holder.market, self._clock.now_ms())
        return rows or refuse(failure(self._clock.now_ms(), 500))

    def _rates(self, params: Params) -> Rates:
        names = (params.get("convert") or "USD").upper().split(",")
        prices = {row.coin.symbol: row.price for row in reversed(self._rows())}
        for name in names:
            if name not in CURRENCY_IDS or (name not in ("USD", "EUR") and name not in prices):
                self._refuse(f'Invalid value for "convert": "{name}"')
        return {name: 1.0 if name == "USD" else 0.86 if name == "EUR" else 1 / prices[name] for name in names}

    def _allow(self, params: Params, names: frozenset[str], *, is_v3: bool = False) -> None:
        for name in params.names:
            if name not in names:
                self._refuse(f'"{name}" is not allowed', is_v3=is_v3)

    def _whole(self, params: Params, name: str, default: int, most: int) -> int:
        text = params.get(name)
        if text is None:
            return default
        if not text.isdigit():
            self._refuse(f'"{name}" must be a number')
        if not 1 <= int(text) <= most:
            word = f"less than or equal to {most}" if int(text) > most else "larger than or equal to 1"
            self._refuse(f'"{name}" must be {word}')
        return int(text)

    def _refuse(self, message: str, *, is_v3: bool = False) -> NoReturn:
        refuse_request(self._clock.now_ms(), message, is_v3=is_v3)


def answers_to(row: Figures, by: str, text: str) -> bool:
    coin = row.coin
    return {"id": str(coin.id), "slug": coin.slug, "symbol": coin.symbol}[by] == (
        text.upper() if by == "symbol" else text
    )


def credits_for(results: int, per_credit: int, rates: Rates) -> int:
    """At least one, and one for each currency beyond the first."""
    return max(1, -(-results // per_credit)) + len(rates) - 1


@dataclass(frozen=True, slots=True)
class CmcSandbox:
    """The application, and the account a test may look at or run dry."""

    app: Starlette
    account: Account

    def state(self) -> dict[str, Any]:
        return self.account.info()


def build_cmc(holder: MarketHolder, clock: Clock, key: str) -> CmcSandbox:
    cmc, account = Cmc(holder, clock), Account(clock, key)

    def endpoint(ask: Callable[[Params], Answered], *, is_v3: bool = False) -> Handler:
        async def handle(request: Request) -> Response:
            given = request.headers.get(KEY_HEADER) or request.query_params.get("CMC_PRO_API_KEY")
            if given != account.key:
                return failure(clock.now_ms(), 1001 if given else 1002, is_v3=is_v3)
            if not account.count_request():
                return failure(clock.now_ms(), 1008, is_v3=is_v3)
            query = "&".join(part for part in request.url.query.split("&") if not part.startswith("CMC_PRO_API_KEY="))
            try:
                answered = ask(Params(query))
                if not account.charge(answered.credits):
                    refuse(failure(clock.now_ms(), 1010, is_v3=is_v3))
            except RefusedError as error:
                return error.response
            body = envelope(clock.now_ms(), answered.data, cost=answered.credits, is_v3=is_v3, total=answered.total)
            return JSONResponse(body)

        return handle

    async def not_found(request: Request, error: Exception) -> Response:
        return JSONResponse({"statusCode": 404, "error": "Not Found", "message": "Not Found"}, 404)

    routes = {
        "/v1/cryptocurrency/listings/latest": endpoint(cmc.listings),
        "/v1/cryptocurrency/quotes/latest": endpoint(lambda params: cmc.quotes(1, params)),
        "/v2/cryptocurrency/quotes/latest": endpoint(lambda params: cmc.quotes(2, params)),
        "/v3/cryptocurrency/quotes/latest": endpoint(lambda params: cmc.quotes(3, params), is_v3=True),
        "/v1/cryptocurrency/map": endpoint(cmc.map),
        "/v1/global-metrics/quotes/latest": endpoint(cmc.global_metrics),
        "/v3/fear-and-greed/latest": endpoint(cmc.fear_and_greed, is_v3=True),
        "/v1/key/info": endpoint(lambda _params: Answered(account.info(), 0)),
    }
    app = Starlette(
        routes=[Route(path, handler, methods=["GET"]) for path, handler in routes.items()],
        exception_handlers={404: not_found, 405: not_found},
    )
    return CmcSandbox(app, account)
