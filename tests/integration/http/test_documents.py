"""The published description is valid, complete, and shown by a page that needs no other host."""

import re
from pathlib import Path

import jsonschema_rs
import pytest

from tests.integration.http.world import PREFIX, World, get_document

PUBLIC = Path(__file__).parents[3] / "public"


async def test_the_document_is_openapi_3_1(world: World):
    response = await world.client.get(f"{PREFIX}/openapi.json")
    document = response.json()
    assert response.status_code == 200
    assert document == get_document()
    assert document["openapi"].startswith("3.1")
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_every_operation_documents_success_and_refusals():
    for path, operations in get_document()["paths"].items():
        for operation in operations.values():
            assert operation["summary"]
            assert {"200", "413", "429"} <= set(operation["responses"])
            if "/health" not in path and "/public/" not in path:
                assert operation["security"]
                # A scrape has no person, no fields, and answers without the database too.
                needed = {"401", "404"} if path.endswith("/metrics") else {"401", "403", "503"}
                needed |= {"422"} if operation.get("parameters") or operation.get("requestBody") else set()
                assert needed <= set(operation["responses"])


def test_every_reference_leads_somewhere():
    document = get_document()
    names = set(re.findall(r"'#/components/schemas/(\w+)'", str(document)))
    assert names <= set(document["components"]["schemas"])


def test_answers_promise_every_field():
    schema = get_document()["components"]["schemas"]["OpportunityView"]
    assert set(schema["required"]) == set(schema["properties"])
    assert schema["properties"]["net_bps"] == {"type": "number"}
    assert schema["properties"]["size_quote"]["type"] == "string"


async def test_the_page_needs_no_other_host(world: World):
    response = await world.client.get(f"{PREFIX}/docs")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert not re.findall(r"(?:src|href)=[\"'](?:https?:)?//", response.text)
    assert not re.findall(r"<script>|style=|onclick=", response.text), "the policy forbids inline code"


@pytest.mark.parametrize("name", ["style.css", "docs.css", "docs.js", "icon.svg"])
async def test_what_the_page_loads_exists(world: World, name: str):
    assert f"/{name}" in (await world.client.get(f"{PREFIX}/docs")).text
    assert (PUBLIC / name).is_file()
