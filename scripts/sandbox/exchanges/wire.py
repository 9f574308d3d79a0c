"""What the four stand-ins share: query parameters read one by one, refusals, and answers rendered once a second."""

from collections.abc import Awaitable, Callable
from typing import NoReturn
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from scripts.sandbox.market.market import Market
from scripts.sandbox.market.source import MarketSource

Handler = Callable[[Request], Awaitable[Response]]


class RefusedError(Exception):
    """Carries the answer that the exchange gives instead of data."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def refuse(response: Response) -> NoReturn:
    raise RefusedError(response)


async def answer_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return error.response


class Params:
    """The query of one request; remembers which names were read, for exchanges that refuse the rest."""

    def __init__(self, query: str) -> None:
        self.pairs = parse_qsl(query, keep_blank_values=True)
        self._values = dict(self.pairs)
        self.read: set[str] = set()

    def get(self, name: str) -> str | None:
        """The value, or None where it is missing or empty."""
        self.read.add(name)
        return self._values.get(name) or None

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.pairs]


class MarketHolder:
    """The market in force; it is replaced as a whole when another source, seed or speed is chosen."""

    def __init__(self, market: Market) -> None:
        self._market = market

    @property
    def market(self) -> Market:
        return self._market

    @property
    def source(self) -> MarketSource:
        return self._market.source

    def replace(self, market: Market) -> None:
        self._market = market

    def rendered(self, key: object, build: Callable[[], bytes]) -> bytes:
        """The body under `key`, built anew when the boards may have changed."""
        return self._market.memo.get((self._market.identity, self._market.generation(), key), build)

    def rendered_once(self, key: object, build: Callable[[], bytes]) -> bytes:
        """For what never changes while this market is in force: instruments."""
        return self._market.memo.get((self._market.identity, key), build)


def trim(text: str) -> str:
    """Without zeros at the end, as exchanges that print numbers instead of padding them do."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(value: float, decimals: int = 8) -> str:
    """A number without exponent and without padding."""
    return trim(f"{value:.{decimals}f}")


def client_address(request: Request) -> str:
    return request.client.host if request.client else "-"
