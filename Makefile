# `make run` tries Klāt out, `make test` tests it; both first set up what is missing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
INSTALLED := .venv/installed
LOCKS := requirements-dev.txt requirements-build.txt
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-annotate --no-header

.PHONY: help setup run test lint check fuzz bench lock

help:
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(INSTALLED)  ## install what is missing: .venv, RabbitMQ, chromium
	@.ci/packages rabbitmq-server chromium

$(INSTALLED): $(LOCKS) pyproject.toml
	@.ci/packages python3-venv
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || "$$(.ci/packages --python)" -m venv .venv
	@echo "installing the locked dependencies into .venv"
	@$(BIN)/python -m pip install --quiet --require-hashes $(LOCKS:%=-r %)
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

run: setup  ## run everything with simulated couriers, until Ctrl-C
	@exec $(BIN)/klat up --demo

test: setup  ## run the tests, two at a time, each side on a PostgreSQL and a RabbitMQ of its own
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

lint: setup  ## format, lint, types, imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check: lint test  ## all of it

fuzz: setup  ## look for lives that break a property, in ROUNDS=10 of other examples
	@for round in $$(seq $(or $(ROUNDS),10)); do \
		$(BIN)/python -m pytest --numprocesses 2 -m hypothesis --hypothesis-profile fuzz; done

bench: setup  ## measure, on this machine
	@$(BIN)/python tests/benchmarks

lock:  ## write the lock files anew; UPGRADE=--upgrade takes newer versions
	@$(BIN)/python -m pip install --quiet uv
	@$(COMPILE) $(UPGRADE) -o requirements.txt pyproject.toml
	@$(COMPILE) $(UPGRADE) -o requirements-dev.txt --extra dev --extra embedded pyproject.toml
	@echo 'setuptools>=77' | $(COMPILE) $(UPGRADE) -o requirements-build.txt -
