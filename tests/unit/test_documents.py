"""The documents are true: they name every setting, command and target, and nothing that is gone."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from arbedge.config import NAMES
from arbedge.entrypoints.telegram.commands import COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
CONFIG = tomllib.loads((ROOT / "wrangler.toml").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_explained(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", CONFIG["vars"])
def test_every_deployed_variable_is_a_setting(name):
    assert name in NAMES


@pytest.mark.parametrize("secret", CONFIG["secrets"]["required"])
def test_every_required_secret_is_a_setting(secret):
    assert secret in NAMES


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_named(command):
    assert f"/{command}" in README


@pytest.mark.parametrize("target", re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+)", README, flags=re.MULTILINE))
def test_every_make_target_named_exists(target):
    name = target[0] or target[1]
    assert re.search(rf"^{name}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README + ARCHITECTURE))
def test_every_link_into_the_repository_leads_somewhere(link):
    if "://" not in link:
        assert (ROOT / link).exists()


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/decisions/*.md")), ids=lambda path: path.name)
def test_a_decision_fits_half_a_page(path):
    assert len(path.read_text().split()) <= 320


@pytest.mark.parametrize("path", sorted(ROOT.glob("src/**/*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_why_it_exists(path):
    assert path.read_text().lstrip().startswith('"""')


def test_every_python_file_stays_short():
    files = [path for folder in ("src", "scripts", "tests") for path in ROOT.glob(f"{folder}/**/*.py")]
    assert [str(path) for path in files if len(path.read_text().splitlines()) > 400] == []


def test_no_two_decisions_share_a_number():
    numbers = [path.name[:4] for path in ROOT.glob("docs/decisions/*.md")]
    assert sorted(numbers) == sorted(set(numbers))


def test_every_function_fits_a_screen():
    long: list[str] = []
    for folder in ("src", "scripts", "tests"):
        for path in ROOT.glob(f"{folder}/**/*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    lines = (node.end_lineno or node.lineno) - node.lineno + 1
                    long += [f"{path.relative_to(ROOT)}: {node.name}, {lines} lines"] if lines > 70 else []
    assert long == []


def test_every_bound_bounds_something():
    code = "\n".join(path.read_text() for path in ROOT.glob("src/arbedge/**/*.py") if path.name != "limits.py")
    bounds = re.findall(r"^([A-Z][A-Z0-9_]+): Final", (ROOT / "src/arbedge/limits.py").read_text(), flags=re.MULTILINE)
    assert bounds
    assert [name for name in bounds if not re.search(rf"\b{name}\b", code)] == []
