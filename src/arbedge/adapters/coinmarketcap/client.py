"""Asks CoinMarketCap. The key travels in a header and stays out of every error, whatever the answer repeats."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TypeVar

import httpx

from arbedge.adapters.coinmarketcap import rules, wire
from arbedge.domain.quota import Account
from arbedge.errors import CoinDataUnreachable, CoinDataUnreadable
from arbedge.limits import CMC_BODY_BYTES_MAX, CMC_TIMEOUT_S
from arbedge.ports.clock import Clock
from arbedge.ports.coin_data import CoinIdentity, CoinQuote, FearAndGreed, GlobalMetrics, Paid

EXCERPT_CHARACTERS_MAX = 200

T = TypeVar("T")


class CoinMarketCap:
    """`CoinSource` of one account."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock, *, url: str, api_key: str) -> None:
        self._client = client
        self._clock = clock
        self._url = url.rstrip("/")
        self._api_key = api_key

    def __repr__(self) -> str:
        return f"CoinMarketCap({self._url!r})"

    async def fetch_quotes(self, ids: Sequence[int]) -> Paid[list[CoinQuote]]:
        wanted = ",".join(map(str, ids))
        # Without it one id the source has dropped would fail the call for all others.
        params = {"id": wanted, "convert": wire.CURRENCY, "skip_invalid": "true"}
        return await self._fetch(rules.QUOTES, params, wire.decode_quotes)

    async def fetch_quotes_by_symbol(self, symbols: Sequence[str]) -> Paid[list[CoinQuote]]:
        params = {"symbol": ",".join(symbols), "convert": wire.CURRENCY, "skip_invalid": "true"}
        return await self._fetch(rules.QUOTES, params, wire.decode_quotes)

    async def fetch_listings(self, limit: int) -> Paid[list[CoinQuote]]:
        params = {"start": "1", "limit": str(limit), "sort": "market_cap", "convert": wire.CURRENCY}
        return await self._fetch(rules.LISTINGS, params, wire.decode_quotes)

    async def fetch_global_metrics(self) -> Paid[GlobalMetrics]:
        return await self._fetch(rules.GLOBAL_METRICS, {"convert": wire.CURRENCY}, wire.decode_global_metrics)

    async def fetch_fear_and_greed(self) -> Paid[FearAndGreed]:
        return await self._fetch(rules.FEAR_AND_GREED, {}, wire.decode_fear_and_greed)

    async def fetch_map(self, limit: int) -> Paid[list[CoinIdentity]]:
        params = {"listing_status": "active", "start": "1", "limit": str(limit), "sort": "cmc_rank", "aux": "platform"}
        return await self._fetch(rules.MAP, params, wire.decode_map)

    async def fetch_account(self) -> Paid[Account]:
        return await self._fetch(rules.KEY_INFO, {}, wire.decode_account)

    async def _fetch(self, path: str, params: Mapping[str, str], decode: Callable[[bytes], T]) -> Paid[T]:
        """Data of an answer with status 200 and code 0; raises a `CoinDataError` for everything else."""
        status, headers, body = await self._send(path, params)
        now = self._clock.now_ms()
        known = wire.decode_status(body)
        if status == HTTPStatus.OK and known is None:
            raise CoinDataUnreadable(f"{path}: unreadable answer: {self._excerpt(body)}")
        code = known.error_code if known else None
        paid = known.credit_count if known else None
        if status != HTTPStatus.OK or code:
            words = (known.error_message if known else None) or self._excerpt(body)
            raise rules.classify(rules.Failure(status, code, f"{path}: {self._redact(words)}", paid), headers, now)
        try:
            value = decode(body)
        except (ValueError, ArithmeticError, RecursionError) as error:  # ValueError is msgspec's, and that of bad UTF-8
            reason = self._redact(str(error))
        else:
            return Paid(value, paid, now)
        raise CoinDataUnreadable(f"{path}: unreadable answer: {reason}", credits=paid)

    async def _send(self, path: str, params: Mapping[str, str]) -> tuple[int, httpx.Headers, bytes]:
        """The deadline covers the whole exchange of bytes. No error carries the request, which carries the key."""
        headers = {rules.KEY_HEADER: self._api_key, "Accept": "application/json"}
        body = bytearray()
        try:
            async with (
                asyncio.timeout(CMC_TIMEOUT_S),
                self._client.stream(
                    "GET", f"{self._url}{path}", params=params, headers=headers, timeout=CMC_TIMEOUT_S
                ) as response,
            ):
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > CMC_BODY_BYTES_MAX:
                        break
                else:
                    return response.status_code, response.headers, bytes(body)
                reason = f"body over {CMC_BODY_BYTES_MAX} bytes"
        except (TimeoutError, httpx.TimeoutException):
            reason = f"no answer within {CMC_TIMEOUT_S:g} s"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = type(error).__name__
        raise CoinDataUnreachable(f"{path}: {reason}")

    def _excerpt(self, body: bytes) -> str:
        text = " ".join(body[: EXCERPT_CHARACTERS_MAX * 2].decode("utf-8", "replace").split())
        return self._redact(text)[:EXCERPT_CHARACTERS_MAX] or "(empty)"

    def _redact(self, text: str) -> str:
        return text.replace(self._api_key, "(key)")[:EXCERPT_CHARACTERS_MAX]
