"""Golden results as lines to read: what was found in each scan, and each opportunity told, without any raw figure."""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scripts.replay.spans import render_time

FOLDER = Path(__file__).parents[2] / "golden"
ACCEPT = "GOLDEN_ACCEPT"


def render(lines: Iterable[dict[str, Any]]) -> list[str]:
    """A line a scan, and one a revision of an opportunity below the scan that made it."""
    rendered: list[str] = []
    told: dict[str, int] = {}
    opportunities: list[str] = []
    for line in lines:
        if line["kind"] == "opportunity" and told.get(line["id"]) != line["document"]["revision"]:
            told[line["id"]] = line["document"]["revision"]
            opportunities.append(_render_opportunity(line["document"]))
        elif line["kind"] == "decision":
            drops = " ".join(f"{reason}={count}" for reason, count in sorted(line["drop_counts"].items()))
            rendered.append(f"{render_time(line['scan_id'])} candidates={line['candidates']} {drops}")
            rendered += opportunities
            opportunities = []
    return rendered


def _render_opportunity(document: dict[str, Any]) -> str:
    edge = document["sighting"]["edge"]
    legs = " ".join(f"{leg['side']}:{leg['exchange']}:{leg['symbol']}" for leg in document["sighting"]["legs"])
    end = f" {document['end_reason']}" if document["end_reason"] else ""
    net, gross = float(edge["net_bps"]), float(edge["gross_bps"])
    return (
        f"  {document['id']} revision {document['revision']} {document['type']} {document['asset']} {legs}"
        f" gross={gross:.6f} net={net:.6f} {document['status']}{end}"
    )


def check(name: str, found: list[str]) -> None:
    """Compares with the accepted file; with GOLDEN_ACCEPT=1 what was found is accepted instead."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get(ACCEPT, "") not in {"", "0"}:
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in found))
    accepted = path.read_text().splitlines() if path.exists() else []
    if accepted != found:
        changes = list(difflib.unified_diff(accepted, found, "accepted", "found now", lineterm="", n=1))
        more = f"\n... and {len(changes) - 40} lines more" if len(changes) > 40 else ""
        raise AssertionError(
            f"results differ from tests/golden/{path.name}; if that is meant, accept them with `make golden`:\n"
            + "\n".join(changes[:40])
            + more
        )
