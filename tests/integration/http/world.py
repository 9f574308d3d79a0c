"""The API on the twins of the bindings, with the seeded people, and a caller that checks every answer it gets."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import jsonschema_rs

from arbedge.bootstrap import build
from arbedge.config import Environment, Settings
from arbedge.entrypoints.http.api import bind, create_api
from tests.integration.http.builders import NOW
from tests.miniflare_shim import ShimEnv, VirtualClock

MIGRATIONS = Path(__file__).parents[3] / "migrations"
BOT_TOKEN = "6012345678:AAEtestTOKENforVectorsOnly_000000000"
PEOPLE = {
    "user_free_123": (123456789, "user", "free"),
    "user_premium_456": (456789123, "user", "premium"),
    "user_pro_789": (789123456, "user", "pro"),
    "user_admin_000": (999888777, "admin", "free"),
}
PREFIX = "/api/v1"
API = create_api()


def settings(environment: Environment = "test") -> Settings:
    return Settings(
        environment=environment,
        market_mode="synthetic",
        binance_spot_url="https://binance.test/binance",
        binance_futures_url="https://futures.test/binance-futures",
        bybit_url="https://bybit.test/bybit",
        okx_url="https://okx.test/okx",
        telegram_api_url="https://telegram.test",
        telegram_bot_token=BOT_TOKEN,
        telegram_webhook_secret="secret_secret_secret",
        pseudonym_key="pseudonym-key-of-tests-0123456789abcdef",
        log_level="INFO",
        cmc_url="https://cmc.test",
        cmc_api_key="cmc-key-of-tests-0000",
        metrics_token="metrics-token-of-tests-000000000000",
    )


def sign_init_data(telegram_id: int, now: int = NOW, token: str = BOT_TOKEN, **extra: str) -> str:
    """What Telegram would hand to a Mini App."""
    pairs = {"auth_date": str(now // 1000), "user": json.dumps({"id": telegram_id, "first_name": "Mira"}), **extra}
    lines = "\n".join(f"{name}={pairs[name]}" for name in sorted(pairs))
    secret = hmac.digest(b"WebAppData", token.encode(), hashlib.sha256)
    return urlencode({**pairs, "hash": hmac.new(secret, lines.encode(), hashlib.sha256).hexdigest()})


def refuse_to_reach_out(request: httpx.Request) -> httpx.Response:
    """No exchange can be reached from here; what the API needs of the market it has to have."""
    raise httpx.ConnectError(f"{request.url.host} is not reachable in this test")


class World:
    """One deployment: its bindings, its ports, and a client that speaks to the API as the outside would."""

    def __init__(
        self,
        environment: Environment = "test",
        flood_limit: int = 10_000,
        exchanges: httpx.AsyncBaseTransport | None = None,
        clock: VirtualClock | None = None,
    ) -> None:
        """`exchanges` answers for them; without it none can be reached."""
        # Typed as the Worker's env is: the bindings are the runtime's own objects there.
        self.env: Any = ShimEnv(clock=clock or VirtualClock(NOW), flood_limit=flood_limit)
        self.env.migrate(MIGRATIONS)
        outside = exchanges or httpx.MockTransport(refuse_to_reach_out)
        self.services = build(self.env, settings(environment), outside, self.env.clock)
        transport = httpx.ASGITransport(app=bind(API, self.services))
        self.client = httpx.AsyncClient(transport=transport, base_url="https://arbedge.test")

    def execute(self, sql: str, *values: Any) -> list[Any]:
        connection = self.env.DB.sqlite.connection
        rows = connection.execute(sql, values).fetchall()
        connection.commit()
        return rows

    def seed(self) -> None:
        for user_id, (telegram_id, role, tier) in PEOPLE.items():
            self.execute(
                "INSERT INTO users (id, telegram_id, name, role, tier, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                user_id, telegram_id, user_id, role, tier, NOW,
            )  # fmt: skip

    async def ask(
        self,
        path: str,
        as_: str | None = None,
        *,
        status: int = 200,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Any:
        """Asks, requires the status, checks the answer against the published schema and returns its JSON."""
        sent = dict(headers or {}) | ({"x-user-id": as_} if as_ else {})
        response = await self.client.request(method, f"{PREFIX}{path}", headers=sent, **request)
        assert response.status_code == status, response.text
        check_answer(response)
        return response.json()


@cache
def get_document() -> dict[str, Any]:
    return API.openapi()


@cache
def get_validator(name: str) -> jsonschema_rs.Validator:
    document = get_document()
    return jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{name}", "components": document["components"]})


def find_schema(path: str, status: int, method: str = "get") -> str:
    """The name of the schema the document promises for this answer."""
    for template, operations in get_document()["paths"].items():
        responses = operations.get(method, {}).get("responses", {})
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and str(status) in responses:
            content = responses[str(status)]["content"]
            return content["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
    assert status in {401, 404, 405, 413}, f"{status} is not documented for {path}"
    return "FailureAnswer"


def _method_of(response: httpx.Response) -> str:
    """A HEAD is answered, and described, as a GET."""
    method = response.request.method.lower()
    return "get" if method == "head" else method


def check_answer(response: httpx.Response) -> None:
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    body = response.json()
    get_validator(find_schema(response.request.url.path, response.status_code, _method_of(response))).validate(body)
    if not body["success"]:
        assert body["error"]["request_id"] == response.headers["x-request-id"]
