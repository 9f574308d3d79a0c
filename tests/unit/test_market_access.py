"""Only the scan, the re-pricing and the market data component ask an exchange for public data; everyone else asks the component."""

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "arbedge"
FETCHES = {"fetch_instruments", "fetch_tickers", "fetch_order_book", "fetch_candles", "fetch_funding_history"}
MAY_ASK = (
    "app/appraise.py",
    "app/ingest.py",
    "app/listings.py",
    "app/scan.py",
    "app/market_data/",
    "adapters/exchanges/",
    "ports/exchange.py",
)
MAY_BUILD = ("bootstrap.py", "adapters/exchanges/")


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text())


def imported(tree: ast.Module) -> set[str]:
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_nobody_else_asks_an_exchange():
    asking = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and (node.attr in FETCHES or node.attr == "exchanges")
        if node.attr in FETCHES or (isinstance(node.value, ast.Name) and node.value.id == "services")
    }
    assert {name for name in asking if not name.startswith(MAY_ASK)} == set()
    assert {name for name in asking if name.startswith("app/")} >= {"app/market_data/__init__.py", "app/scan.py"}


def test_nobody_else_builds_one():
    building = {
        name for name, tree in modules() if any(one.startswith("arbedge.adapters.exchanges") for one in imported(tree))
    }
    assert {name for name in building if not name.startswith(MAY_BUILD)} == set()
