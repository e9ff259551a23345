# `make app` opens the dashboard, `make test` runs every check. Both install what they need into
# .venv and, for the tests, Debian's Chromium and PostgreSQL where they are not found.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# How to become root for Debian's packages; where that is impossible the command says so.
ROOT_DO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo || echo echo Needs root:)
export TF_CPP_MIN_LOG_LEVEL ?= 3

# What a failing step leaves behind is not taken for done.
.DELETE_ON_ERROR:

.PHONY: app test lint format bench papers docs attack screenshots chromium postgresql clean

app: .venv/app.stamp
	$(BIN)/python -m lrp_engine dashboard

test: .venv/test.stamp chromium postgresql lint
	# As they are listed: the few long files of the browser come before the many short ones.
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile \
		--no-loadscope-reorder

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/python tests/audit.py

format: .venv/test.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/test.stamp
	$(BIN)/python benchmarks/speed.py

# The tables of docs/evidence.md; no part of `make test`. Downloads what the sample models were trained on.
papers: .venv/papers.stamp
	$(BIN)/python -m benchmarks.papers

# The site, in build/site; no part of `make test`. Warnings and broken links are errors.
docs: .venv/docs.stamp
	$(BIN)/python -m docs.build

# For nights: half an hour, or LRP_ATTACK_MINUTES. No part of `make test`.
attack: .venv/test.stamp postgresql
	$(BIN)/python -m tests.attacks

screenshots: .venv/test.stamp chromium
	$(BIN)/python docs/screenshots.py

chromium:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
		|| { $(ROOT_DO) apt-get update -q && $(ROOT_DO) apt-get install -qy chromium; }

# Its tests skip, and say so, where there is none.
postgresql:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
		|| { $(ROOT_DO) apt-get update -q && $(ROOT_DO) apt-get install -qy postgresql; } || true

# Debian keeps the venv module apart from Python.
.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed, found $$($(PYTHON) --version)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { $(ROOT_DO) apt-get update -q && $(ROOT_DO) apt-get install -qy python3-venv; }
	$(PYTHON) -m venv .venv

.venv/app.stamp: requirements.txt .venv/pyvenv.cfg
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/test.stamp: requirements-dev.txt requirements.txt .venv/pyvenv.cfg
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@ .venv/app.stamp

.venv/papers.stamp: requirements-papers.txt requirements.txt .venv/pyvenv.cfg
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-papers.txt
	@touch $@ .venv/app.stamp

.venv/docs.stamp: requirements-docs.txt requirements.txt .venv/pyvenv.cfg
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-docs.txt
	@touch $@ .venv/app.stamp

clean:
	rm -rf .venv
