# One verb each. `make demo` and `make test` set up all they need.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
DURATION ?=
INPUT ?=
HEADLESS ?=
DATA ?= ../shared/data/flows

.PHONY: setup demo test lint unit integration dashboard dashboard-test chromium bench bench-smoke evaluate generate lock clean

setup: .venv/installed dashboard  ## the virtual environment and the dashboard, from their locks
.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || (echo "installing python3-venv" && apt-get update -qq && apt-get install -qq -y python3-venv)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m models.ahead
	touch $@

demo: setup  ## a live view of the whole pipeline; INPUT=file DURATION=seconds HEADLESS=1
	$(BIN)/ironcore demo $(INPUT) $(if $(DURATION),--duration $(DURATION)) $(if $(HEADLESS),--headless)

test: lint unit dashboard-test integration  ## everything that CI runs, quick layers first; the last line is pytest's

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: setup
	$(BIN)/pytest tests/unit

integration: setup chromium
	$(BIN)/pytest tests/integration

bench: setup  ## every figure, its peers and its limits, in about half an hour; writes loadtest/results
	$(BIN)/ironcore bench --json

bench-smoke: setup  ## the same with tiny counts: does all of it run, and are the counts right?
	$(BIN)/ironcore bench --smoke --json

# The machine's Node.js where it is new enough, else the one that came with the virtual environment.
NODE_IS_NEW := node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major * 100 + +minor < 2019)'
NPM := cd dashboard && if ! ($(NODE_IS_NEW) && npm --version) >/dev/null 2>&1; then PATH="$(CURDIR)/$(BIN):$$PATH"; fi; npm
DASHBOARD_SOURCES := $(shell find dashboard/src dashboard/public dashboard/*.* -type f 2>/dev/null)

dashboard: dashboard/dist/index.html  ## dashboard/dist, which the API serves
dashboard/node_modules/.package-lock.json: dashboard/package-lock.json dashboard/.npmrc | .venv/installed
	$(NPM) ci --no-progress --loglevel=error
	touch $@
dashboard/dist/index.html: dashboard/node_modules/.package-lock.json $(DASHBOARD_SOURCES)
	$(NPM) run --silent build

dashboard-test: setup  ## lint, generated types, unit tests and size of the dashboard
	$(NPM) run --silent lint
	$(NPM) run --silent types:check
	$(NPM) run --silent test
	$(NPM) run --silent budget

chromium:  ## the browser of the end-to-end test, where root may install it
	@command -v chromium >/dev/null || [ "$$(id -u)" != 0 ] || (echo "installing chromium" && apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium >/dev/null)

evaluate: setup  ## reports/evaluation.html and .json from the labelled files in DATA; a quarter of an hour
	$(BIN)/python -m models.evaluate --data $(DATA) --out reports

generate: setup  ## schemas/generated, docs/settings.md, docs/metrics.md
	$(BIN)/ironcore schema --write .

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock:  ## the lock files from pyproject.toml; needs uv
	$(COMPILE) --all-extras pyproject.toml -o requirements.lock
	$(COMPILE) --constraint requirements.lock pyproject.toml -o deploy/requirements.lock
	echo "setuptools>=80" | $(COMPILE) --no-annotate - -o deploy/build-requirements.lock

clean:
	rm -rf dashboard/node_modules dashboard/dist .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
