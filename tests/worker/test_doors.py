"""Everything else that the Worker answers: crons, pages, the description of the API, and its refusals."""

import re

import jsonschema_rs
import pytest

from tests.worker.world import EVERY_MINUTE, HOURLY, World

INSTRUMENT = {"exchange": "okx", "market": "perp", "symbol": "BTC/USDT"}
FRAME = {"x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "no-referrer"}
PAGES = (
    "/",
    "/chart",
    "/chart.css",
    "/chart.js",
    "/style.css",
    "/app.js",
    "/docs.css",
    "/docs.js",
    "/icon.svg",
    "/api/v1/docs",
)


@pytest.mark.parametrize("cron", [EVERY_MINUTE, HOURLY, "7 7 7 7 *"])
def test_every_cron_ends_well(worker: World, cron):
    assert worker.stack.tick(cron)["outcome"] == "ok"


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_served_under_a_strict_policy(worker: World, path):
    answer = worker.http.get(path)
    assert answer.status_code == 200
    assert FRAME.items() <= answer.headers.items()
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", answer.text)


def test_all_that_a_page_loads_is_there(worker: World):
    for page in ("/", "/chart", "/api/v1/docs"):
        for path in re.findall(r"""(?:src|href)="(/[^"#]+)""", worker.http.get(page).text):
            assert worker.http.get(path).status_code == 200, path


def test_the_description_is_valid_and_every_read_in_it_answers(worker: World):
    document = worker.get("/openapi.json", user=None).json()
    assert document["openapi"].startswith("3.1")
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    for path, operations in document["paths"].items():
        if "get" not in operations:
            continue
        needed = [
            one["name"] for one in operations["get"].get("parameters", []) if one["in"] == "query" and one["required"]
        ]
        query = {"duration_s": "1"} if path.endswith("/stream") else {name: INSTRUMENT[name] for name in needed}
        is_metrics = path == "/api/v1/metrics"
        token = {"Authorization": f"Bearer {worker.stack.metrics_token}"}
        headers = token if is_metrics else {"X-User-ID": "user_free_123"}
        answer = worker.http.get(path.replace("{id}", "0" * 16), headers=headers, params=query)
        assert answer.status_code in {200, 404}
        assert str(answer.status_code) in operations["get"]["responses"]


def test_health_tells_what_runs_and_how_every_dependency_does(worker: World):
    worker.scan()
    assert worker.get("/health", user=None).json()["data"]["status"] == "ok"
    data = worker.get("/health/detailed", user=None).json()["data"]
    for name in ("d1", "kv", "r2", "queues", "instruments", "telegram", "lake"):
        assert data["dependencies"][name]["state"] == "ok", name
    assert set(data["exchanges"]) == {"binance", "bybit", "okx"}
    assert data["scan"]["instruments"] > 2_000


@pytest.mark.parametrize(
    ("path", "user", "status", "code"),
    [
        ("/opportunities", None, 401, "unauthenticated"),
        ("/opportunities", "user_nobody", 401, "unauthenticated"),
        ("/opportunities?limit=0", "user_free_123", 422, "invalid_fields"),
        ("/opportunities?cursor=%00", "user_free_123", 400, "bad_cursor"),
        ("/opportunities/ffffffffffffffff", "user_free_123", 404, "not_found"),
        ("/nothing", "user_free_123", 404, "not_found"),
    ],
)
def test_refusals_have_one_form(worker: World, path, user, status, code):
    answer = worker.http.get(f"/api/v1{path}", headers={"X-User-ID": user} if user else {})
    body = answer.json()
    assert (answer.status_code, body["success"]) == (status, False)
    assert body["error"]["message"]
    assert body["error"]["request_id"] == answer.headers["x-request-id"]
    assert body["error"]["code"] == code
    assert FRAME.items() <= answer.headers.items()


def test_what_cannot_be_written_to_is_not(worker: World):
    assert worker.http.post("/api/v1/opportunities", json={}).status_code == 405
    large = worker.post_large("/api/v1/opportunities", b"a" * 2_000_000)
    assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_a_body_of_no_stated_length_is_not_taken_in_whatever_the_method(worker: World, method):
    answer = worker.http.request(method, "/api/v1/opportunities", content=iter([b"a" * 1000] * 3))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert worker.http.request(method, "/api/v1/opportunities").status_code == 405


def test_an_id_of_the_caller_leads_to_the_line_in_the_log(worker: World):
    answer = worker.http.get("/api/v1/health", headers={"X-Request-ID": "caller-chose-this-1"})
    assert answer.headers["x-request-id"] == "caller-chose-this-1"
