"""What decided is recorded with every scan: a replay under other bounds can then say which of them differ."""

import ast
from pathlib import Path

from arbedge.app.in_force import BOUNDS, record_policy
from arbedge.domain.policy import Policy

DOMAIN = Path(__file__).parents[3] / "src/arbedge/domain"
DECIDING = ("decision.py", "episodes.py", "quarantine.py", "technical/signals.py", "detection/*.py")


def test_every_bound_that_decides_is_recorded():
    used = {
        alias.name.lower()
        for pattern in DECIDING
        for path in DOMAIN.glob(pattern)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "arbedge.limits"
        for alias in node.names
    }
    assert used
    assert used <= BOUNDS.keys()


def test_the_version_follows_from_the_rules():
    assert record_policy(Policy()) == record_policy(Policy())
    assert record_policy(Policy()).version != record_policy(Policy(horizon_h=48)).version
