"""Names the places on disk that the scripts share, so that no two of them disagree."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
VENV = ROOT / ".venv"
NODE_MODULES = ROOT / "node_modules"
PYTHON_MODULES = ROOT / "python_modules"
REQUIREMENTS = ROOT / "requirements"
MIGRATIONS = ROOT / "migrations"
