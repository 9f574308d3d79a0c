# Every target prepares what it needs from nothing but git, make and Python 3.11.
PYTHON ?= python3
RUN := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help ready dev test check proof golden replay calibrate bench fmt lock deploy migrate webhook wrangler clean

help: ## print these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

ready: ## prepare the environment: packages, Node, the Worker's packages, the runtime bundle
	@$(PYTHON) scripts/bootstrap.py

dev: ready ## run the sandbox and the Worker (PORT=8787, SANDBOX_PORT=8790, MARKET=synthetic|recorded:<name>, LIVE=1)
	@exec $(RUN) -m scripts.dev

test: ready ## everything CI runs: lint, types, import contracts and every kind of test
	@exec $(RUN) -m scripts.test

check: ready ## the fast part: lint, types, import contracts, unit tests
	@exec $(RUN) -m scripts.test --fast

proof: ready ## what is too long for `make test`, some twenty minutes: a day of planted collisions, replayed twice
	@exec $(RUN) -m scripts.test --kind proof

golden: ready ## accept the results of the recorded markets as they are now, after you have read what changed
	@GOLDEN_ACCEPT=1 exec $(RUN) -m pytest -q tests/integration/replay/test_golden.py

replay: ready ## replay recorded scans and compare (LAST=10m or FROM=2026-11-23T01:00 TO=..., LAKE=<folder>, TWICE=1)
	@PYTHONPATH=src exec $(RUN) -m scripts.replay

calibrate: ready ## recorded markets through the product's own code: what was left of claims (QUICK=1 for less); docs/calibration.md
	@PYTHONPATH=src exec $(RUN) -m scripts.calibration

bench: ready ## measure speed and memory, some ten minutes (QUICK=1 for a short run); rewrites docs/bench.md
	@PYTHONPATH=src exec $(RUN) -m scripts.bench

fmt: ready ## format the code and mend what the linter can
	@$(RUN) -m ruff format .
	@$(RUN) -m ruff check --fix .

lock: ready ## resolve requirements/*.in and package.json anew into their locks
	@exec $(RUN) -m scripts.lock

deploy: ready ## upload the Worker to the account wrangler is logged in to
	@exec $(RUN) -m scripts.cloud deploy $(ARGS)

migrate: ready ## apply the migrations to the deployed database
	@exec $(RUN) -m scripts.cloud migrate $(ARGS)

webhook: ready ## tell Telegram where the Worker is (WORKER_URL, TELEGRAM_BOT_TOKEN, TELEGRAM_WEBHOOK_SECRET)
	@exec $(RUN) -m scripts.cloud webhook

wrangler: ready ## the locked wrangler on a Node that fits (ARGS="login")
	@exec $(RUN) -m scripts.cloud wrangler $(ARGS)

clean: ## remove everything that was made here, the environment included
	rm -rf .venv .cache .wrangler node_modules python_modules python_modules.partial .pytest_cache .ruff_cache .hypothesis
