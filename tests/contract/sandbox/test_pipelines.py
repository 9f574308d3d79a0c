"""The stand-in for the stream is as strict as the original: who may write, what, how much, and what is dropped."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from scripts.lake_schema import SCHEMA, describe_stream
from scripts.local_config import LOCAL_PIPELINE_TOKEN
from scripts.sandbox.pipelines.app import REQUEST_BYTES_MAX, PipelinesSandbox, build_pipelines

HEADERS = {"Authorization": f"Bearer {LOCAL_PIPELINE_TOKEN}", "Content-Type": "application/json"}
EVENT = {"kind": "session", "v": 1, "at": 5}


@pytest.fixture
def pipelines() -> PipelinesSandbox:
    return build_pipelines(LOCAL_PIPELINE_TOKEN)


@pytest.fixture
async def stream(pipelines: PipelinesSandbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(pipelines.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://stream", headers=HEADERS) as client:
        yield client


async def test_an_array_of_events_is_taken(stream: httpx.AsyncClient, pipelines: PipelinesSandbox):
    answer = await stream.post("/lake", content=json.dumps([EVENT, EVENT]))
    assert (answer.status_code, answer.json()) == (200, {"success": True, "result": {"committed": 2}})
    assert pipelines.state()["events"] == {"session": 2}


@pytest.mark.parametrize(
    ("content", "headers", "path", "status"),
    [
        (json.dumps([EVENT]), {"Authorization": ""}, "/lake", 401),
        (json.dumps([EVENT]), {"Authorization": "Bearer wrong"}, "/lake", 401),
        (json.dumps([EVENT]), {"Authorization": LOCAL_PIPELINE_TOKEN}, "/lake", 401),
        (json.dumps([EVENT]), {"Content-Type": "text/plain"}, "/lake", 415),
        (json.dumps([EVENT]), {"Content-Type": "application/x-ndjson"}, "/lake", 415),
        (json.dumps(EVENT), {}, "/lake", 400),
        (json.dumps(EVENT) + "\n" + json.dumps(EVENT), {}, "/lake", 400),
        ('[{"kind": "session", "v": NaN}]', {}, "/lake", 400),
        ("", {}, "/lake", 400),
        (json.dumps([{**EVENT, "x": "y" * REQUEST_BYTES_MAX}]), {}, "/lake", 413),
        (json.dumps([EVENT]), {}, "/another", 404),
    ],
)
async def test_anything_else_is_refused(
    stream: httpx.AsyncClient,
    pipelines: PipelinesSandbox,
    content: str,
    headers: dict[str, str],
    path: str,
    status: int,
):
    answer = await stream.post(path, content=content, headers=headers)
    assert answer.status_code == status
    assert pipelines.state() == {"events": {}, "dropped": {}, "bytes_in": 0}


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"v": 1}, "kind is missing"),
        ({"kind": "session"}, "v is missing"),
        ({**EVENT, "at": "5"}, "at is not of type int64"),
        ({**EVENT, "at": 5.5}, "at is not of type int64"),
        ({**EVENT, "person": 5}, "person is not of type string"),
        ("session", "not an object"),
    ],
)
async def test_an_event_the_schema_does_not_allow_is_accepted_and_dropped(
    stream: httpx.AsyncClient, pipelines: PipelinesSandbox, event: Any, why: str
):
    answer = await stream.post("/lake", content=json.dumps([event, EVENT]))
    assert (answer.status_code, answer.json()["result"]) == (200, {"committed": 2})
    assert pipelines.state()["dropped"] == {why: 1}
    assert pipelines.state()["events"] == {"session": 1}


def test_the_schema_file_is_that_of_the_records():
    assert json.loads(SCHEMA.read_text()) == describe_stream(), "python -m scripts.lake_schema writes it anew"
