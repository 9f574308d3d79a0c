"""`python -m scripts.sandbox`: the sandbox on a port, until interrupted."""

import argparse
import sys

from scripts.sandbox.app import create_sandbox
from scripts.sandbox.config import SEED_DEFAULT, SandboxConfig
from scripts.sandbox.market.recordings import MissingFixturesError
from scripts.sandbox.market.sources import UnknownMarketError
from scripts.sandbox.server import uvicorn_server


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.sandbox", description="Exchanges and Telegram, here.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8790)
    parser.add_argument("--worker-url", default="http://127.0.0.1:8787")
    parser.add_argument("--bot-token", required=True)
    parser.add_argument("--webhook-secret", required=True)
    parser.add_argument("--seed", type=int, default=SEED_DEFAULT)
    parser.add_argument("--market", default="synthetic", help="synthetic or recorded:<name>")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    config = SandboxConfig(
        worker_url=arguments.worker_url,
        bot_token=arguments.bot_token,
        webhook_secret=arguments.webhook_secret,
        seed=arguments.seed,
        market=arguments.market,
    )
    try:
        sandbox = create_sandbox(config)
    except (UnknownMarketError, MissingFixturesError) as error:
        sys.exit(f"sandbox: {error}")
    uvicorn_server(sandbox, arguments.host, arguments.port).run()


if __name__ == "__main__":
    main()
