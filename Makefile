# Everything this project is run, tested and kept in order with. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
UV := .tools/bin/uv
BIN := .venv/bin
JOBS ?= 2
ARGS ?=
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-python-downloads
# Bytecode is compiled once, here: where Python may not write it (PYTHONDONTWRITEBYTECODE, a read-only folder), each
# process would compile all it imports anew, for more than half of its start.
SYNC := $(UV) pip sync --quiet --require-hashes --compile-bytecode --python .venv
INSTALL := $(UV) pip install --quiet --no-deps --no-build-isolation --python .venv --editable . && $(BIN)/python -m compileall -q backend frontend/chatter_dashboard

# Trust what the machine trusts: companies often add an authority of their own.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS := 1
endif

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z.-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# --- run ---------------------------------------------------------------------------------------------------------

.PHONY: up down doctor
up: .venv/.runtime ## Start everything and print the address; Ctrl-C stops it (ARGS="--port 9000" is passed on)
	@exec $(BIN)/chatter up $(ARGS)

down: .venv/.runtime ## Stop what an earlier run left behind
	@exec $(BIN)/chatter down

doctor: .venv/.runtime ## Check this machine, with a cure for what is missing
	@exec $(BIN)/chatter doctor

# --- test --------------------------------------------------------------------------------------------------------

.PHONY: test check format
test: .venv/.dev ## Run every test, browser tests included (ARGS="tests/chat -k citation" narrows it)
	@$(BIN)/python .ci/browser.py
	@exec $(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

check: .venv/.dev ## Lint, types, import ladder, migrations, locks
	@exec $(BIN)/python .ci/check.py

format: .venv/.dev ## Format the code and mend what the linter can mend
	@$(BIN)/ruff check --quiet --fix --exit-zero .
	@$(BIN)/ruff format --quiet .

.PHONY: bench load attack mutation eval fuzz exact chaos
bench: .venv/.dev ## Measure speed and memory beside a raw relay (ARGS="--only turns" narrows it)
	@exec $(BIN)/python -m tests.bench $(ARGS)

load: .venv/.dev ## Let many people work at once, then look for what is missing (ARGS="--people 100 --seconds 120")
	@exec $(BIN)/python -m tests.load $(ARGS)

attack: .venv/.dev ## Attack every route, row, function and stream as another tenant, in every role
	@exec $(BIN)/python -m pytest -n 0 tests/security $(ARGS)

mutation: .venv/.dev ## Take away each defence in turn; the attacks must notice (ARGS="--only policy" narrows it)
	@exec $(BIN)/python -m tests.mutation $(ARGS)

fuzz: .venv/.dev ## Send generated requests to every route of the OpenAPI document (FUZZ_EXAMPLES=200 a route)
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-200} exec $(BIN)/python -m pytest -n 0 tests/contract $(ARGS)

exact: .venv/.dev ## Count ten thousand calls to models, some broken, against the provider's own journal (EXACT_CALLS, EXACT_SEED)
	@EXACT_CALLS=$${EXACT_CALLS:-10000} exec $(BIN)/python -m pytest -n 0 tests/llm/test_exactness.py $(ARGS)

chaos: .venv/.dev ## Kill processes while people work, then look for what is lost (CHAOS_STRIKES=20, CHAOS_SEED=20)
	@CHAOS_STRIKES=$${CHAOS_STRIKES:-20} exec $(BIN)/python -m pytest -n 0 -s tests/chaos $(ARGS)

eval: .venv/.dev ## Judge the gate before the model on answerable and unanswerable questions
	@exec $(BIN)/python -m pytest -n 0 -s tests/eval $(ARGS)

.PHONY: openapi
openapi: .venv/.dev ## Make the API as it is the one that programs rely on (docs/openapi.json), unless that breaks them
	@exec $(BIN)/python -m tests.contract.compatibility --write

.env.example: backend/chatter/kit/settings.py .venv/.runtime ## Write the list of settings anew
	@$(BIN)/chatter settings example >$@

# --- locks -------------------------------------------------------------------------------------------------------

.PHONY: lock
lock: .tools/.ready ## Write requirements/*.txt from pyproject.toml (ARGS=--upgrade takes newer releases)
	@$(COMPILE) $(ARGS) pyproject.toml --group build -o requirements/runtime.txt >/dev/null
	@$(COMPILE) $(ARGS) pyproject.toml --group build --extra dev --constraint requirements/runtime.txt -o requirements/dev.txt >/dev/null
	@$(COMPILE) $(ARGS) --group uv -o requirements/uv.txt >/dev/null
	@echo "Locked requirements/runtime.txt, requirements/dev.txt and requirements/uv.txt."

# --- the dashboard's browser parts ----------------------------------------------------------------------------------

.PHONY: assets
assets: ## Rebuild frontend/chatter_dashboard/assets from frontend/assets-src (needs Node; the output is committed)
	@cd frontend/assets-src && npm ci --ignore-scripts --no-fund --no-audit --silent && node build.mjs

# --- the environment: stamps, so that a warm start costs nothing -------------------------------------------------

.tools/.ready: requirements/uv.txt .ci/bootstrap
	@PYTHON="$(PYTHON)" sh .ci/bootstrap
	@touch $@

.venv/bin/python: | .tools/.ready
	@$(UV) venv --quiet --clear --no-python-downloads --python "$$(cat .tools/python)" .venv

# Once the tests' packages are there, `make up` keeps them.
.venv/.runtime: .venv/bin/python requirements/runtime.txt pyproject.toml
	@echo "Installing what Chatter needs (once; a few minutes on a slow line) ..."
	@if [ -e .venv/.dev ]; then $(SYNC) requirements/dev.txt; else $(SYNC) requirements/runtime.txt; fi
	@$(INSTALL)
	@if [ -e .venv/.dev ]; then touch .venv/.dev; fi
	@touch $@

.venv/.dev: .venv/bin/python requirements/dev.txt pyproject.toml
	@echo "Installing what Chatter and its tests need (once; a few minutes on a slow line) ..."
	@$(SYNC) requirements/dev.txt
	@$(INSTALL)
	@touch .venv/.runtime
	@touch $@

.PHONY: clean
clean: ## Remove the environment and caches; .chatter with your data stays
	@rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
