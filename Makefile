# `make` alone says what there is. ARGS goes on to the command: make test ARGS='-k invoice', make demo ARGS=--once
.DEFAULT_GOAL := help
.PHONY: help setup demo run test lint bench docs lock
ARGS ?=
PYTHON := .venv/bin/python
# Containers often forbid compiled files, and then each process compiles Django, boto3 and the rest anew: three times the
# CPU time to start (4.4 s for 1.3 s). We start many: test workers, emulators, a child for each PDF. Git ignores the files.
unexport PYTHONDONTWRITEBYTECODE

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

setup: ## Interpreter, packages and database; does nothing when all is there
	@bin/setup

demo: setup ## The whole product on an emulated account, until Ctrl-C (ARGS=--once: stop after the PDF)
	@$(PYTHON) manage.py demo $(ARGS)

run: setup ## Serve a real practice from .env: web, worker, scheduler
	@$(PYTHON) manage.py serve $(ARGS)

test: ## Every test on SQLite, then those marked `both` on PostgreSQL with Redis
	@bin/setup --tests
	@$(PYTHON) bin/run_tests.py $(ARGS)

lint: ## ruff, mypy, import-linter, djade, makemigrations --check, check --deploy
	@bin/setup --tools
	@bin/lint

bench: setup ## What is measured (ARGS='pdf setup': only those)
	@bin/bench $(ARGS)

docs: ## Rewrite what in docs/ comes from the code
	@bin/setup --tools
	@$(PYTHON) manage.py build_docs $(ARGS)

lock: ## Lock requirements/*.in again (ARGS=--upgrade: newer versions)
	@bin/lock $(ARGS)
