"""What is done to one's own Cloudflare account and bot: `python -m scripts.cloud deploy|migrate|webhook|wrangler`.

It runs wrangler on the Node that the preparation found, with the deployed wrangler.toml and nothing local.
"""

import os
import subprocess
import sys

import httpx

from scripts.layout import NODE_MODULES, ROOT
from scripts.local_config import load_deployed_config
from scripts.local_database import migration_files
from scripts.node import find_node

WEBHOOK_PATH = "/webhook/telegram"
# Telegram keeps the former list when none is given, so it is always given: what the bot can read.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member", "pre_checkout_query")
CONNECTIONS_MAX = 40


def main() -> None:
    command, *rest = sys.argv[1:] or ["help"]
    if command == "wrangler":
        sys.exit(wrangler(rest))
    if command == "deploy":
        sys.exit(wrangler(["deploy", *rest]))
    if command == "migrate":
        migration_files()
        sys.exit(wrangler(["d1", "migrations", "apply", "DB", "--remote", *rest]))
    if command == "webhook":
        sys.exit(set_webhook(require_settings("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "WORKER_URL")))
    sys.exit(__doc__)


def wrangler(arguments: list[str]) -> int:
    node = find_node()
    environment = node.environment()
    # A person is asked before anything is changed, which wrangler does not do where it believes to be in CI.
    if "CI" not in os.environ:
        del environment["CI"]
    command = [str(node.binary), str(NODE_MODULES / "wrangler" / "bin" / "wrangler.js"), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def require_settings(*names: str) -> dict[str, str]:
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        sys.exit(f"set {', '.join(missing)} in the environment first")
    return {name: os.environ[name] for name in names}


def set_webhook(settings: dict[str, str], transport: httpx.BaseTransport | None = None) -> int:
    """Tell Telegram where the Worker is; prints Telegram's own answer, and never the token."""
    api = os.environ.get("TELEGRAM_API_URL") or load_deployed_config()["vars"]["TELEGRAM_API_URL"]
    body = {
        "url": settings["WORKER_URL"].rstrip("/") + WEBHOOK_PATH,
        "secret_token": settings["TELEGRAM_WEBHOOK_SECRET"],
        "allowed_updates": list(ALLOWED_UPDATES),
        "max_connections": CONNECTIONS_MAX,
    }
    with httpx.Client(transport=transport, timeout=20) as client:
        try:
            answer = client.post(f"{api}/bot{settings['TELEGRAM_BOT_TOKEN']}/setWebhook", json=body).json()
        except (httpx.HTTPError, ValueError) as error:
            print(f"Telegram could not be asked: {type(error).__name__}")
            return 1
    print(f"{body['url']}: {answer.get('description', answer)}")
    return 0 if answer.get("ok") else 1


if __name__ == "__main__":
    main()
