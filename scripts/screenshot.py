"""Takes the picture of the chat page that the README shows: `python -m scripts.screenshot URL OUT [--person ..]`."""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.layout import ROOT
from scripts.node import NodeMissingError, find_node

PEOPLE = {
    "user_free_123": "123456789",
    "user_premium_456": "456789123",
    "user_pro_789": "789123456",
    "user_admin_000": "999888777",
}
SECONDS_MAX = 60


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.screenshot", description=__doc__)
    parser.add_argument("url", help="address of the sandbox")
    parser.add_argument("out", type=Path, help="where the PNG goes")
    parser.add_argument(
        "--person", default="user_pro_789", help="a seeded person or a Telegram id, ID/GROUP for a group"
    )
    parser.add_argument("--say", default="", help="write this first and wait for the answer")
    parser.add_argument("--width", type=int, default=1180)
    parser.add_argument("--height", type=int, default=800)
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    parser.add_argument("--wait-ms", type=int, default=600, help="how long to let the page come to rest")
    return parser.parse_args()


def any_node() -> str:
    """A browser can be driven by a Node that is too old for wrangler as well."""
    try:
        return str(find_node().binary)
    except NodeMissingError:
        found = shutil.which("node")
        if found is None:
            raise
        return found


def main() -> int:
    arguments = parse_arguments()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    person = PEOPLE.get(arguments.person, arguments.person)
    size = [str(arguments.width), str(arguments.height)]
    command = [
        any_node(),
        str(ROOT / "scripts" / "screenshot.mjs"),
        arguments.url,
        str(arguments.out.resolve()),
        person,
    ]
    command += [*size, arguments.scheme, arguments.say, str(arguments.wait_ms)]
    return subprocess.run(command, cwd=ROOT, timeout=SECONDS_MAX, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
