# Everything a contributor does; `make help` lists it.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# One more than there are cores, since some tests wait.
WORKERS = $(shell $(BIN)/python -c 'import os; print(1 + len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 4)')

.PHONY: help demo test campaign lint format bench fuzz soak clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## Publish real results to a local stand-in and show what a reviewer sees
	@$(BIN)/python fixtures/demo/demo.py

test: $(READY) ## Run the tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

campaign: $(READY) ## Run every case of the fault matrix and many random ones, for half an hour or so
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --campaign

lint: $(READY) ## Check format, style, types and the floors of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(READY) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## Measure against named references
	$(BIN)/python benchmarks/run.py

fuzz: $(READY) ## Feed the parsers mutated results files for ten minutes
	$(BIN)/python benchmarks/fuzz.py 600

soak: $(READY) ## Publish 2,000 reports at once past a rate limit and read them back
	$(BIN)/python benchmarks/soak.py

clean: ## Remove the environment and everything that was built
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# The environment is made anew when what it is made from changes.
$(READY): pyproject.toml insights_uploader/__init__.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "insights-uploader needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Install your system's package for venv (python3-venv)."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
