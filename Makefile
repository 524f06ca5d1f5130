# Everything a newcomer needs: `make run`, `make up`, `make test`. `make help` lists the rest.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: .venv/installed .venv-emulator/installed ## build both environments from the locks

.venv/installed: requirements.txt requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "Python 3.11 is needed; name it with make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "installing .venv from requirements-dev.txt"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python $(PIP_INSTALL) -r requirements-dev.txt
	@$(BIN)/python $(PIP_INSTALL) --no-deps --editable .
	@touch $@

.venv-emulator/installed: deploy/local/requirements-emulator.txt
	@echo "installing .venv-emulator from deploy/local/requirements-emulator.txt"
	@$(PYTHON) -m venv .venv-emulator
	@.venv-emulator/bin/python $(PIP_INSTALL) -r deploy/local/requirements-emulator.txt
	@touch $@

run: install ## one slate through all five phases (ARCHIVE=dir DATE=2024-12-03 for a real one)
	@$(BIN)/nba-props run

up: install ## a slate, then the platform stays up until Ctrl-C
	@exec $(BIN)/nba-props up --play

test: install lint ## every check and every test but the slow ones
	@$(BIN)/pytest -m "not slow" --numprocesses 3 --no-loadscope-reorder

test-slow: install ## the tests that take minutes
	@$(BIN)/pytest -m slow

lint: install ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

day: install ## a whole operating day of the simulated league, on a simulated clock
	@$(BIN)/nba-props day

bench: install ## every benchmark; the figures of docs/performance.md anew (most of an hour)
	@$(BIN)/nba-props bench slates
	@$(BIN)/nba-props bench features
	@$(BIN)/nba-props bench predictions
	@$(BIN)/nba-props bench cold-start --save docs/figures/cold-start.json
	@$(BIN)/nba-props bench profile --save docs/figures/profile.json
	@$(BIN)/nba-props bench load --save docs/figures/load.json
	@$(BIN)/nba-props bench cost --save docs/figures/cost.json
	@$(BIN)/nba-props bench faults --save docs/figures/faults.json
	@$(BIN)/python -m deploy.cli.performance_page
	@$(BIN)/python -m deploy.cli.reliability_page

docs: install ## write the pages that describe pipeline, endpoints, alerts and performance anew
	@$(BIN)/python -m deploy.cli.pipeline_page
	@$(BIN)/python -m deploy.cli.endpoints_page
	@$(BIN)/python -m deploy.cli.runbooks_page
	@$(BIN)/python -m deploy.cli.performance_page
	@$(BIN)/python -m deploy.cli.reliability_page

lock: install ## write the lock files anew from pyproject.toml
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --python-version 3.11 \
	  --no-emit-index-url pyproject.toml -o requirements.txt
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --python-version 3.11 \
	  --no-emit-index-url pyproject.toml --extra local --extra dev -c requirements.txt -o requirements-dev.txt
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --python-version 3.11 \
	  --no-emit-index-url deploy/local/requirements-emulator.in -o deploy/local/requirements-emulator.txt

audit: install ## the locks against the published advisories; fails where nobody can be asked
	@$(BIN)/python -m deploy.cli.audit

clean: ## remove both environments and the local platform's state
	rm -rf .venv .venv-emulator .nba-props

.PHONY: help install run up test test-slow lint day bench docs lock audit clean
