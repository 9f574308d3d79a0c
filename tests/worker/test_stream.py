"""The stream over real HTTP: events arrive while the connection is open, and a place in it survives a new one."""

import json
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx

from tests.worker.world import World

PERSON = {"X-User-ID": "user_pro_789"}
Heard = Generator[tuple[str, str, dict[str, Any]]]


@contextmanager
def listen(worker: World, last_id: str | None = None, **query: Any) -> Iterator[Heard]:
    """Events as (kind, id, data) for as long as the connection lasts."""
    headers = PERSON if last_id is None else {**PERSON, "Last-Event-ID": last_id}
    client = httpx.Client(base_url=worker.stack.worker_url, timeout=60, trust_env=False)
    path = "/api/v1/opportunities/stream"
    with client, client.stream("GET", path, headers=headers, params={"duration_s": 90, **query}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        with closing(parse(answer.iter_lines())) as heard:
            yield heard


def parse(lines: Iterator[str]) -> Heard:
    fields: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif not line:
            if "event" in fields:
                yield fields["event"], fields["id"], json.loads(fields["data"])
            fields = {}


def wait_for(heard: Heard, kind: str, asset: str) -> tuple[str, dict[str, Any]]:
    for said, id_, data in heard:
        if said == kind and data["asset"] == asset:
            return id_, data
    raise AssertionError(f"the stream ended without {kind} {asset}")


def test_events_arrive_as_they_happen_and_a_new_connection_goes_on(worker: World):
    asset = worker.take_asset()

    def is_listed() -> bool:
        worker.scan()
        return bool(worker.get("/opportunities", asset=asset, type="cross_exchange", limit=50).json()["data"])

    with worker.gap(asset, bps=75) as close:
        with listen(worker, type="cross_exchange") as heard:
            kind, _, snapshot = next(heard)
            assert kind == "snapshot"
            assert asset not in {one["asset"] for one in snapshot["items"]}
            worker.until(is_listed, "a listed opportunity", 30)
            place, opened = wait_for(heard, "opened", asset)
        simulated = worker.http.post(
            f"/api/v1/opportunities/{opened['id']}/simulate", headers=PERSON, json={"amount": "500"}
        ).json()["data"]
        assert simulated["executable"], simulated
        assert simulated["claimed"]["now_bps"] == simulated["claimed"]["net_bps"], "the books stand still"
        close()
        worker.until(lambda: not is_listed(), "the end of it", 30)
    with listen(worker, place, type="cross_exchange") as heard:
        told = {}
        for kind, _, data in heard:
            assert kind != "snapshot", "it goes on from where it was"
            told[data["id"]] = kind
            if told.get(opened["id"]) == "ended":
                break
        assert told[opened["id"]] == "ended"


def test_a_head_does_not_wait(worker: World):
    answer = worker.http.head("/api/v1/opportunities/stream", headers=PERSON)
    assert (answer.status_code, answer.content) == (200, b"")
