# Everything a person does with this project. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev setup-rasa data run rasa test test-rasa check bench bench-engines lock clean

BIN := .venv/bin
export RAPPORT_HOME ?= $(CURDIR)/var
PYTEST_ARGS ?=
BENCH_ARGS ?=
RUN_ARGS ?=
ENGINE ?=
ifneq ($(ENGINE),)
export RAPPORT_ENGINE := $(ENGINE)
endif
# With Rasa the assistant runs in an environment that has rasa-sdk.
RAPPORT := $(if $(filter rasa,$(ENGINE)),.venv-actions,.venv)/bin/rapport

help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the assistant into .venv (does nothing when nothing changed)
	@requirements/install.sh run

setup-dev: ## the same, with what tests and checks need
	@requirements/install.sh dev

data: setup ## create or migrate the database, load the demo company, train what changed
	@$(BIN)/rapport prepare

run: $(if $(filter rasa,$(ENGINE)),data setup-rasa,setup) ## set everything up and start the assistant (ENGINE=rasa: on Rasa)
	@[ "$(ENGINE)" != rasa ] || $(RAPPORT) train --engine rasa
	@exec $(RAPPORT) run --prepare $(RUN_ARGS)

setup-rasa: setup
	@requirements/install-rasa.sh run

rasa: ## install Rasa, train it, and run the assistant on it
	@$(MAKE) --no-print-directory run ENGINE=rasa

test: setup-dev ## run all tests (PYTEST_ARGS="-k undo" to choose)
	@echo "==> Training the model the tests speak with (skipped when nothing changed)"
	@$(BIN)/rapport --home artifacts/tests train
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

test-rasa: setup-dev ## run the tests of the Rasa engine, against a trained Rasa server
	@requirements/install-rasa.sh dev
	@$(BIN)/rapport --home artifacts/tests train
	@.venv-actions/bin/python -m pytest tests/rasa -o faulthandler_timeout=1800 $(PYTEST_ARGS)

check: setup-dev ## style, types and import contracts; shows what all of them find
	@failed=; \
	step() { echo "==> $$*"; $(BIN)/"$$@" || failed="$$failed $$1"; }; \
	step ruff check .; \
	step ruff format --check --quiet .; \
	step mypy; \
	step lint-imports --no-logo; \
	[ -z "$$failed" ] || { echo "error: not accepted by$$failed"; exit 1; }

bench: setup-dev ## measure understanding and speed, write docs/benchmarks.md (public sets: RAPPORT_BENCH_DATA=DIR)
	@PYTHONPATH=. $(BIN)/python -m bench.report $(BENCH_ARGS)

bench-engines: setup-rasa ## measure both engines on this machine, write docs/benchmarks-engines.md
	@PYTHONPATH=. .venv-actions/bin/python -m bench.engines $(BENCH_ARGS)

lock: setup-dev ## pin requirements/*.in anew; UPGRADE=1 moves to the newest versions
	@requirements/lock.sh

clean: ## remove what can be made again; keeps .venv and the data in var/
	@rm -rf artifacts build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage ./*.egg-info
	@find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +
