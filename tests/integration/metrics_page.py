"""A scrape as Prometheus takes it: through the door, and read by the library's own parser."""

from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.integration.world import World

TOKEN = "token-of-the-metrics-in-integration-tests"
MODE = "synthetic"


class Page:
    """The samples of one scrape by name and labels; every one of them has to carry the mode."""

    def __init__(self, text: str) -> None:
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self.samples: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        for family in self.families.values():
            assert family.documentation, family.name
            for sample in family.samples:
                labels = dict(sample.labels)
                assert labels.pop("mode") == MODE, sample
                key = (sample.name, frozenset(labels.items()))
                assert key not in self.samples, f"{key} is told twice"
                self.samples[key] = sample.value

    def get(self, name: str, **labels: str) -> float:
        return self.samples[f"arbedge_{name}", frozenset(labels.items())]

    def find(self, name: str, **labels: str) -> float:
        """As `get`, with 0 for what has never been counted."""
        return self.samples.get((f"arbedge_{name}", frozenset(labels.items())), 0)

    def counters(self) -> dict[Any, float]:
        ends = ("_total", "_bucket", "_count", "_sum")
        return {key: value for key, value in self.samples.items() if key[0].endswith(ends)}

    def states(self) -> dict[tuple[str, str], str]:
        """The one state that each feed is in."""
        found: dict[tuple[str, str], str] = {}
        for (name, labels), value in self.samples.items():
            if name == "arbedge_feed_state" and value:
                told = dict(labels)
                place = (told["exchange"], told["market"])
                assert place not in found
                found[place] = told["state"]
        return found


async def scrape(world: World) -> Page:
    answer = await world.api.get("/api/v1/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return Page(answer.text)
