"""Decoding and normalising one full market of all three exchanges, against ccxt on the same bytes.

Both sides begin with the raw payloads and end with one object a symbol. ccxt runs its own `parse_tickers` and
`parse_funding_rate` on instruments it has loaded; we run `decode_tickers` and `normalise`. The bare decode is msgspec
without a schema: the floor for anything that reads these bytes.
"""

import asyncio
import json
from typing import Any

import ccxt
import httpx
import msgspec

from arbedge.adapters.exchanges.binance import rules as binance_rules
from arbedge.adapters.exchanges.binance import wire as binance_wire
from arbedge.adapters.exchanges.bybit import rules as bybit_rules
from arbedge.adapters.exchanges.bybit import wire as bybit_wire
from arbedge.adapters.exchanges.okx import rules as okx_rules
from arbedge.adapters.exchanges.okx import wire as okx_wire
from arbedge.adapters.exchanges.session import Call
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import EXCHANGES, MARKETS, ExchangeId, Market
from arbedge.domain.normalise import normalise
from scripts.bench.rows import Row, best_ms
from scripts.sandbox.app import create_sandbox
from scripts.sandbox.config import SandboxConfig

WIRES: dict[ExchangeId, Any] = {"binance": binance_wire, "bybit": bybit_wire, "okx": okx_wire}
RULES: dict[ExchangeId, Any] = {"binance": binance_rules, "bybit": bybit_rules, "okx": okx_rules}
Instruments = dict[tuple[ExchangeId, Market], dict[str, Instrument]]
Payloads = dict[tuple[ExchangeId, Market], tuple[bytes, ...]]


async def fetch_payloads() -> tuple[Payloads, Payloads]:
    """The sandbox's whole market as it stands on the wire: (tickers, instruments)."""
    config = SandboxConfig(worker_url="http://worker", bot_token="6012345678:bench", webhook_secret="bench")
    sandbox = create_sandbox(config)
    transport = httpx.ASGITransport(sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:

        async def read(table: str) -> Payloads:
            return {
                (exchange, market): tuple(
                    [
                        (await client.get(_mount(exchange, market) + call.path, params=call.params)).content
                        for call in _calls(getattr(RULES[exchange], table)[market])
                    ]
                )
                for exchange in EXCHANGES
                for market in MARKETS
            }

        return await read("TICKERS"), await read("INSTRUMENTS")


def _calls(calls: Call | tuple[Call, ...]) -> tuple[Call, ...]:
    """A list that is paged is one call in its exchange's rules; its first page is enough here."""
    return (calls,) if isinstance(calls, Call) else calls


def _mount(exchange: ExchangeId, market: Market) -> str:
    return "/binance-futures" if (exchange, market) == ("binance", "perp") else f"/{exchange}"


def parse_ours(tickers: Payloads, instruments: Instruments) -> int:
    total = 0
    for (exchange, market), payloads in tickers.items():
        rows = WIRES[exchange].decode_tickers(market, *payloads)
        quotes, _ = normalise(rows, instruments[exchange, market])
        total += len(quotes)
    return total


def parse_bare(tickers: Payloads) -> None:
    for payloads in tickers.values():
        for payload in payloads:
            msgspec.json.decode(payload)


class CcxtPeer:
    """ccxt's parsers with markets loaded from the same instruments, no network."""

    def __init__(self, instruments: Payloads) -> None:
        self._clients: dict[tuple[ExchangeId, Market], Any] = {}
        for (exchange, market), payloads in instruments.items():
            self._clients[exchange, market] = self._load(exchange, market, json.loads(payloads[0]))

    @staticmethod
    def _load(exchange: ExchangeId, market: Market, answer: Any) -> Any:
        name = "binanceusdm" if (exchange, market) == ("binance", "perp") else exchange
        client = getattr(ccxt, name)()
        rows = answer["symbols"] if exchange == "binance" else answer.get("data") or answer["result"]["list"]
        if exchange == "bybit":
            client.options["enableUnifiedMargin"] = False
        markets = [_market(exchange, market, row) for row in rows]
        client.set_markets([found for found in markets if found])
        return client

    def parse_spot(self, exchange: ExchangeId, answer: Any) -> dict[str, Any]:
        """Tickers by unified symbol, as ccxt gives them to its users."""
        return self._clients[exchange, "spot"].parse_tickers(answer if isinstance(answer, list) else _rows(answer))

    def parse(self, tickers: Payloads) -> int:
        total = 0
        for (exchange, market), payloads in tickers.items():
            client = self._clients[exchange, market]
            answers = [json.loads(payload) for payload in payloads]
            rows = [answer if isinstance(answer, list) else _rows(answer) for answer in answers]
            total += len(client.parse_tickers(rows[0]))
            if market == "perp":
                for row in rows[-1] if exchange == "bybit" else rows[1]:
                    client.parse_funding_rate(row)
        return total


def _rows(answer: dict[str, Any]) -> list[Any]:
    return answer["data"] if "data" in answer else answer["result"]["list"]


def _market(exchange: ExchangeId, market: Market, row: dict[str, Any]) -> dict[str, Any] | None:
    """The unified market ccxt keeps; only what its ticker and funding parsers look up."""
    if exchange == "okx":
        id_ = row["instId"]
        base, quote = (row["instFamily"] or id_).split("-")[:2]
    else:
        id_ = row["symbol"]
        base, quote = row.get("baseAsset") or row["baseCoin"], row.get("quoteAsset") or row["quoteCoin"]
    is_perp = market == "perp"
    return {
        "id": id_,
        "symbol": f"{base}/{quote}:{quote}" if is_perp else f"{base}/{quote}",
        "base": base,
        "quote": quote,
        "settle": quote if is_perp else None,
        "baseId": base,
        "quoteId": quote,
        "settleId": quote if is_perp else None,
        "type": "swap" if is_perp else "spot",
        "spot": not is_perp,
        "swap": is_perp,
        "margin": False,
        "future": False,
        "option": False,
        "contract": is_perp,
        "linear": True if is_perp else None,
        "inverse": False if is_perp else None,
        "contractSize": 1.0 if is_perp else None,
        "active": True,
        "precision": {"amount": 0.001, "price": 0.01},
        "limits": {},
        "info": row,
    }


def measure(runs: int = 15) -> list[Row]:
    tickers, listed = asyncio.run(fetch_payloads())
    instruments: Instruments = {
        (exchange, market): {one.symbol: one for one in WIRES[exchange].decode_instruments(market, *payloads)}
        for (exchange, market), payloads in listed.items()
    }
    peer = CcxtPeer(listed)
    count, theirs_count = parse_ours(tickers, instruments), peer.parse(tickers)
    size_kb = sum(len(payload) for payloads in tickers.values() for payload in payloads) / 1000
    theirs = best_ms(lambda: peer.parse(tickers), runs)
    return [
        Row(
            area="parsing",
            name="decode and normalise a full market of three exchanges",
            figure=best_ms(lambda: parse_ours(tickers, instruments), runs),
            unit="ms",
            peer=theirs,
            peer_name="ccxt parse_tickers + parse_funding_rate",
            aim="25 x",
            note=f"{count} quotes ({theirs_count} by ccxt), {size_kb:.0f} kB",
        ),
        Row(
            area="parsing",
            name="bare decode of the same bytes",
            figure=best_ms(lambda: parse_bare(tickers), runs),
            unit="ms",
            peer=theirs,
            peer_name="ccxt",
            note="msgspec without a schema",
        ),
    ]
