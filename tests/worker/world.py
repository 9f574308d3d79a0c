"""The running Worker as a person, an exchange or an operator meets it: over HTTP, and in no other way.

Nothing of the product is imported here. The market stands still unless a test moves it, so every figure that the
Worker tells can be compared with the books that the sandbox publishes a moment later.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar

import httpx

from scripts.local_stack import LocalStack

EVERY_MINUTE, HOURLY = "* * * * *", "0 * * * *"
SCAN_SPACING_S = 0.7  # two scans in a row stay below the exchanges' request limits
CONFIRMING_SCANS_MAX = 8
RECOVERY_S_MAX = 180
FIONA, PAVEL, PRIYA, ADA = 123456789, 456789123, 789123456, 999888777
GROUP = -1002147483777
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
# Liquid on all three exchanges, so that a shift of 60 bps outweighs fees at the size that alerts are worked out for.
LIQUID = (
    "LTC",
    "DOT",
    "AVAX",
    "LINK",
    "UNI",
    "ATOM",
    "NEAR",
    "BCH",
    "ETC",
    "FIL",
    "APT",
    "ARB",
    "OP",
    "INJ",
    "AAVE",
    "SUI",
)
QUIET_BPS_MAX = 8
Call = dict[str, Any]
T = TypeVar("T")
_strangers = count(610_000_001)
_update_ids = count(51_000_001)  # below those of the recorded updates and of the sandbox's clock


def new_stranger() -> int:
    """A Telegram id nobody else has in this session."""
    return next(_strangers)


def new_update_id() -> int:
    return next(_update_ids)


class World:
    """One session's Worker and sandbox. `answers` keeps what the Worker answered, for the search for secrets."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.answers: list[bytes] = []
        self.http = httpx.Client(
            base_url=stack.worker_url, timeout=60, trust_env=False, event_hooks={"response": [self._keep]}
        )
        self.sandbox = httpx.Client(base_url=stack.sandbox_url, timeout=60, trust_env=False)
        self._last_scan = 0.0
        self._quiet: list[str] = []

    def _keep(self, answer: httpx.Response) -> None:
        answer.read()
        self.answers += [answer.content, repr(answer.headers.multi_items()).encode()]

    def close(self) -> None:
        self.http.close()
        self.sandbox.close()

    # -- the Worker

    def get(self, path: str, user: str | None = "user_pro_789", **parameters: Any) -> httpx.Response:
        headers = {"X-User-ID": user} if user else {}
        return self.http.get(f"/api/v1{path}", headers=headers, params=parameters)

    def post_update(self, update: dict[str, Any], **headers: str) -> httpx.Response:
        """An update straight to the webhook, with the right secret."""
        return self.http.post("/webhook/telegram", json=update, headers={**self.secret(), **headers})

    def post_large(self, path: str, content: bytes, **headers: str) -> httpx.Response:
        """A body that is refused unread. wrangler's own proxy, which no deployment has, now and then loses the answer
        while it is still passing the body on.
        """
        for _ in range(4):
            try:
                answer = self.http.post(path, content=content, headers=headers)
            except httpx.TransportError:
                continue
            if answer.status_code != 500:
                return answer
        raise AssertionError(f"no answer from {path}")

    def secret(self) -> dict[str, str]:
        return {SECRET_HEADER: self.stack.webhook_secret}

    def scan(self, times: int = 1) -> None:
        """Cron ticks; each must end well."""
        for _ in range(times):
            time.sleep(max(0.0, self._last_scan + SCAN_SPACING_S - time.monotonic()))
            assert self.stack.tick(EVERY_MINUTE)["outcome"] == "ok"
            self._last_scan = time.monotonic()

    def scan_until_open(self, asset: str, kind: str = "cross_exchange") -> list[dict[str, Any]]:
        """Scans until the asset's gap is listed, and returns it.

        Two scans do unless one of them was lost: to a busy machine, or to the loop's own, begun before the gap was.
        """
        for _ in range(CONFIRMING_SCANS_MAX):
            self.scan()
            if found := self.get("/opportunities", asset=asset, type=kind, limit=50).raise_for_status().json()["data"]:
                return found
        raise AssertionError(f"no {kind} of {asset} after {CONFIRMING_SCANS_MAX} scans: {self.say_why(asset)}")

    def scan_until_gone(self, asset: str) -> None:
        """Scans until nothing about the asset is listed: three scans without it end it."""
        for _ in range(CONFIRMING_SCANS_MAX):
            self.scan()
            if not self.get("/opportunities", asset=asset).raise_for_status().json()["data"]:
                return
        raise AssertionError(f"{asset} is still listed after {CONFIRMING_SCANS_MAX} scans: {self.say_why(asset)}")

    def say_why(self, asset: str) -> str:
        self.say(PRIYA, "/start")
        return str(self.say(PRIYA, f"/why {asset}")["parameters"]["text"])

    def count_updates(self, update_id: int) -> int:
        rows = self.stack.database.query("SELECT COUNT(*) AS n FROM updates WHERE id = ?", (str(update_id),))
        return int(rows[0]["n"])

    def feeds(self) -> dict[tuple[str, str], dict[str, Any]]:
        exchanges = self.get("/health/detailed", user=None).raise_for_status().json()["data"]["exchanges"]
        return {(name, market): view for name, markets in exchanges.items() for market, view in markets.items()}

    # -- the market

    def shift(self, exchange: str, symbol: str, bps: float, market: str = "spot", duration_s: int = 600) -> None:
        order = {"exchange": exchange, "market": market, "symbol": symbol, "bps": bps, "duration_s": duration_s}
        self.sandbox.post("/_control/market/shift", json=order).raise_for_status()

    def take_asset(self) -> str:
        """An asset without any gap, for one test only; which ones are quiet depends on when the market was frozen."""
        if not self._quiet:
            self.find_quiet_assets()
        return self._quiet.pop()

    def find_quiet_assets(self) -> None:
        open_ones = {one["asset"] for one in self.get("/opportunities", limit=100).raise_for_status().json()["data"]}
        self._quiet = [asset for asset in LIQUID if asset not in open_ones and self._widest_bps(asset) < QUIET_BPS_MAX]

    def _widest_bps(self, asset: str) -> float:
        """How far the best bid of any exchange lies above the best ask of any."""
        rows = [
            self.sandbox.get("/binance/api/v3/ticker/bookTicker", params={"symbol": f"{asset}USDT"}).json(),
            self.sandbox.get("/bybit/v5/market/tickers", params={"category": "spot", "symbol": f"{asset}USDT"}).json(),
            self.sandbox.get("/okx/api/v5/market/ticker", params={"instId": f"{asset}-USDT"}).json(),
        ]
        bids = [rows[0].get("bidPrice"), _first(rows[1], "bid1Price"), _first(rows[2], "bidPx")]
        asks = [rows[0].get("askPrice"), _first(rows[1], "ask1Price"), _first(rows[2], "askPx")]
        if not all(bids + asks):
            return float("inf")
        return (max(map(float, bids)) / min(map(float, asks)) - 1) * 10_000

    @contextmanager
    def gap(self, asset: str, bps: float = 60, exchange: str = "okx") -> Iterator[Callable[[], None]]:
        """A quiet pair becomes a dislocated one; what is yielded closes the gap early."""
        is_open = True

        def close() -> None:
            nonlocal is_open
            if is_open:
                self.shift(exchange, f"{asset}/USDT", -bps)
            is_open = False

        self.shift(exchange, f"{asset}/USDT", bps)
        try:
            yield close
        finally:
            close()

    @contextmanager
    def broken(self, target: str, kind: str, value: float | None = None, path: str | None = None) -> Iterator[None]:
        fault = {"target": target, "kind": kind, "value": value, "path": path}
        given = {name: part for name, part in fault.items() if part is not None}
        self.sandbox.post("/_control/faults", json=given).raise_for_status()
        try:
            yield
        finally:
            self.mend()
            self.recover()

    def mend(self) -> None:
        self.sandbox.delete("/_control/faults").raise_for_status()

    def recover(self) -> None:
        """Scans until every feed is well again: a circuit that is still open would keep a later test's gap unseen.

        The pause of a circuit doubles with every failure, so that it may be a minute.
        """
        deadline = time.monotonic() + RECOVERY_S_MAX
        while {view["state"] for view in self.feeds().values()} != {"ok"}:
            assert time.monotonic() < deadline, f"feeds did not recover: {self.feeds()}"
            time.sleep(1)
            self.scan()

    # -- Telegram

    def calls(self, chat: int | None = None, method: str | None = None, after: int = 0) -> list[Call]:
        """Accepted Bot API calls, oldest first; `after` is the id of the last call that does not count."""
        query = {} if chat is None else {"chat_id": chat}
        calls = self.sandbox.get("/_control/telegram/outbox", params=query).raise_for_status().json()["calls"]
        return [call for call in calls if call["id"] > after and method in {None, call["method"]}]

    def mark(self) -> int:
        return max((call["id"] for call in self.calls()), default=0)

    def say(self, person: int, text: str, wanted: str = "sendMessage", **more: Any) -> Call:
        """A person writes; returns the first call of the wanted method in answer."""
        return self._act("say", {"user_id": person, "text": text, **more}, wanted)

    def tap(self, person: int, message_id: int, data: str, wanted: str) -> Call:
        body = {"user_id": person, "message_id": message_id, "data": data}
        return self._act("tap", body, wanted)

    def _act(self, door: str, body: dict[str, Any], wanted: str) -> Call:
        mark = self.mark()
        acted = self.sandbox.post(f"/_control/telegram/{door}", json=body).raise_for_status().json()

        def find() -> Call | None:
            found = self.calls(acted["chat_id"], wanted, mark)
            return next((call for call in found if not is_alert(call)), None)

        return self.until(find, f"{wanted} in answer to {body}")

    def deliver(self, body: dict[str, Any]) -> tuple[int, list[Call]]:
        """An update as Telegram would deliver it; returns the status and what the bot called meanwhile, without alerts."""
        mark = self.mark()
        answer = self.sandbox.post("/_control/telegram/update", json=body).raise_for_status().json()
        self.answers.append(str(answer["body"]).encode())
        return answer["status"], self.answers_to_people(mark)

    def answers_to_people(self, after: int) -> list[Call]:
        """What was called since, without alerts and their edits, which come when they come."""
        told = {
            (call["parameters"]["chat_id"], call["result"]["message_id"]) for call in self.calls() if is_alert(call)
        }
        return [call for call in self.calls(after=after) if not is_alert(call) and _place(call) not in told]

    def alerts(self, person: int, asset: str) -> list[Call]:
        """Alert messages about an asset sent to a person, not their edits."""
        sent = self.calls(person, "sendMessage")
        return [call for call in sent if is_alert(call) and f"<b>{asset} " in call["parameters"]["text"]]

    def edits(self, person: int, message_id: int) -> list[Call]:
        edits = self.calls(person, "editMessageText")
        return [call for call in edits if call["parameters"].get("message_id") == message_id]

    @staticmethod
    def until(find: Callable[[], T | None], what: str, timeout_s: float = 20, every_s: float = 0.1) -> T:
        """What `find` returns once it is true. Queues deliver in their own time."""
        deadline = time.monotonic() + timeout_s
        while not (found := find()):
            assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
            time.sleep(every_s)
        return found


def _first(answer: dict[str, Any], name: str) -> str | None:
    """A field of the first row of an answer of Bybit or OKX."""
    rows = answer["data"] if "data" in answer else answer["result"].get("list")
    return rows[0][name] if rows else None


def _place(call: Call) -> tuple[Any, Any]:
    return call["parameters"].get("chat_id"), call["parameters"].get("message_id")


def is_alert(call: Call) -> bool:
    """Whether a call sends an alert: only these lead both to their detail and to the reasons behind them."""
    markup = str(call["parameters"].get("reply_markup"))
    return call["method"] == "sendMessage" and "op:o:" in markup and "op:y:" in markup
