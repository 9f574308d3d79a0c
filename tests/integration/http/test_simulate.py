"""What the simulation refuses before it looks at the market."""

from typing import Any

import pytest

from tests.integration.http.world import PREFIX, World, check_answer

PATH = f"/opportunities/{'0' * 16}/simulate"


@pytest.mark.parametrize("amount", [0, -5, 1_000_001, "abc", "1e3", "0.5", None, True, [1]])
async def test_an_amount_that_is_none_is_refused_by_name(world: World, amount: Any):
    answer = await world.ask(PATH, "user_pro_789", status=422, method="POST", json={"amount": amount})
    assert answer["error"]["details"]["fields"][0]["field"].startswith("amount")


@pytest.mark.parametrize("body", [{"amount": 1}, {"amount": "1000000"}, {"amount": "12.34567891"}, {}, None])
async def test_an_amount_that_is_one_is_taken(world: World, body: Any):
    await world.ask(PATH, "user_pro_789", status=404, method="POST", json=body)


async def test_a_body_that_is_not_json_is_refused(world: World):
    headers = {"X-User-ID": "user_pro_789", "content-type": "application/json"}
    answer = await world.client.post(f"{PREFIX}{PATH}", headers=headers, content=b"{amount")
    assert answer.status_code == 400
    check_answer(answer)
    assert answer.json()["error"]["code"] == "not_json"


@pytest.mark.parametrize("name", [r"\ud800", r"\u0000", r"\u202e", "<b>", "x" * 3_000])
async def test_a_field_that_is_none_is_named_whatever_its_name(world: World, name: str):
    headers = {"X-User-ID": "user_pro_789", "content-type": "application/json"}
    body = f'{{"{name}": 1}}'.encode()
    answer = await world.client.post(f"{PREFIX}{PATH}", headers=headers, content=body)
    assert answer.status_code == 422
    check_answer(answer)
    assert len(answer.content) < 2_000
