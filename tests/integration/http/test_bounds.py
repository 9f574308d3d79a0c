"""Requests of every wrong shape: methods, addresses, bodies, headers, depth. All are answered below 500, in the envelope."""

import json

import pytest

from arbedge.entrypoints.http.api import bind
from arbedge.limits import API_BODY_BYTES_MAX
from tests.integration.http.builders import opportunity
from tests.integration.http.world import API, PREFIX, World, check_answer, get_document

PRO = {"x-user-id": "user_pro_789"}
METHODS = {path.replace("{opportunity_id}", "0" * 16): set(routes) for path, routes in get_document()["paths"].items()}
KNOWN = list(METHODS)


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/health/", "/HEALTH", "/opportunities/", "/opportunities/a/b/c", "/%00", "/💰", "/" + "a" * 8000])  # fmt: skip
async def test_an_unknown_address_is_404(world: World, path: str):
    response = await world.client.get(PREFIX + path)
    assert response.status_code == 404
    check_answer(response)
    assert response.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
async def test_another_method_is_405_and_says_which_one_is_right(world: World, method: str):
    for path, allowed in METHODS.items():
        if method.lower() in allowed:
            continue
        response = await world.client.request(method, path, headers=PRO)
        assert response.status_code == 405
        assert {name.lower() for name in response.headers["allow"].split(", ")} == allowed
        check_answer(response)
        assert response.json()["error"]["code"] == "method_not_allowed"


async def test_head_answers_like_get_without_the_body(world: World):
    response = await world.client.head(f"{PREFIX}/health")
    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["content-length"]) > 0


BODIES = {
    "empty": b"",
    "not json": b"{",
    "not an object": b"[]",
    "bad utf-8": b"\xff\xfe{}",
    "nul": b"\x00" * 100,
    "deep": b"[" * 10_000 + b"]" * 10_000,
    "many keys": json.dumps({str(number): number for number in range(4_000)}).encode(),
    "long number": b"9" * 50_000,
    "infinite": b'{"a": 1e999, "b": NaN}',
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("content_type", ["application/json", "text/html", "", "application/json; charset=utf-16"])
async def test_a_body_where_none_belongs_changes_nothing(world: World, body: str, content_type: str):
    headers = PRO | {"content-type": content_type}
    for path in ("/health", "/opportunities"):
        response = await world.client.request("GET", PREFIX + path, headers=headers, content=BODIES[body])
        assert response.status_code == 200
        check_answer(response)
        response = await world.client.post(PREFIX + path, headers=headers, content=BODIES[body])
        assert response.status_code == 405


@pytest.mark.parametrize("size", [API_BODY_BYTES_MAX + 1, 10_000_000])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_body_that_is_too_large_is_413(world: World, method: str, size: int):
    for path in KNOWN:
        response = await world.client.request(method, path, headers=PRO, content=b"x" * size)
        assert response.status_code == 413
        check_answer(response)
        assert response.json()["error"]["code"] == "too_large"


@pytest.mark.parametrize("name", ["x-user-id", "authorization", "x-request-id", "cf-connecting-ip", "content-length"])
@pytest.mark.parametrize("value", [b"", b"\xff\xfe", b"a" * 20_000, "💰".encode(), b"-1", b"tma " + b"a=b&" * 2_000])
async def test_a_strange_header_is_survived(world: World, name: str, value: bytes):
    for path in KNOWN:
        response = await world.client.get(path, headers=[(name.encode(), value)])
        assert response.status_code < 500
        check_answer(response)


@pytest.mark.parametrize(
    "query",
    ["limit=5&limit=6", "&&&", "=", "limit", "%", "%ff=%ff", "limit[]=5", "limit=5;type=x", "a=" + "b" * 20_000],
)
async def test_a_strange_query_is_survived(world: World, query: str):
    response = await world.client.get(f"{PREFIX}/opportunities?{query}", headers=PRO)
    assert response.status_code in {200, 422}
    check_answer(response)


async def test_no_answer_may_be_kept_or_framed_or_sniffed(world: World):
    for path in [*KNOWN, f"{PREFIX}/nothing", f"{PREFIX}/docs", f"{PREFIX}/openapi.json"]:
        headers = (await world.client.get(path)).headers
        assert headers["cache-control"] in {"no-store", "no-cache"}
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-request-id"]


async def test_a_record_that_cannot_be_read_is_left_out_and_says_no_more(
    world: World, caplog: pytest.LogCaptureFixture
):
    unreadable, whole = opportunity("BTC"), opportunity("ETH")
    await world.services.opportunities.save([unreadable, whole])
    world.execute(f'UPDATE opportunities SET payload = \'{{"secret": "kept-private"}}\' WHERE id = "{unreadable.id}"')
    listed = await world.ask("/opportunities", "user_pro_789")
    assert [one["id"] for one in listed["data"]] == [whole.id]
    detail = await world.client.get(f"{PREFIX}/opportunities/{unreadable.id}", headers=PRO)
    assert detail.status_code == 404
    for said in (str(listed), detail.text, caplog.text):
        assert "secret" not in said
        assert "kept-private" not in said
    assert "cannot be read" in caplog.text


async def test_there_is_no_lifespan_to_start(world: World):
    async def never(*_message) -> None:
        raise AssertionError("nothing is to be said")

    await bind(API, world.services)({"type": "lifespan"}, never, never)  # type: ignore[arg-type]
