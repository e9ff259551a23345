# `make app` opens the dashboard, `make test` runs every check. Both install what they need into
# .venv and, for the tests, Debian's Chromium and PostgreSQL where they are not found.

# The first that fits: TensorFlow has wheels for Python 3.11 to 3.13.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for one in python3.11 python3.12 python3.13 python3 python; do \
	"$$one" -c '$(FITS)' 2>/dev/null && command -v "$$one" && break; done)
# Packages' scripts name the folder they were installed in; modules run from a moved checkout, too.
RUN := .venv/bin/python -m
# Python compiles what it imports, a tenth of what is installed.
INSTALL := $(RUN) pip install --disable-pip-version-check --no-compile
# How to become root for Debian's packages; where that is impossible the command says so.
ROOT_DO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo || echo echo Needs root:)
export TF_CPP_MIN_LOG_LEVEL ?= 3

# What a failing step leaves behind is not taken for done.
.DELETE_ON_ERROR:

.PHONY: app wheel test lint format bench papers docs attack screenshots chromium postgresql clean

app: .venv/app.stamp
	$(RUN) lrp_engine dashboard

test: .venv/test.stamp chromium postgresql lint
	# As `tests/conftest.py` lists them: the few long files come before the many short ones.
	$(RUN) pytest --numprocesses auto --maxprocesses 4 --dist loadfile \
		--no-loadscope-reorder

lint: .venv/test.stamp
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	.venv/bin/python -c 'from importlinter.cli import lint_imports_command as lint; lint()' \
		--no-cache --no-logo
	.venv/bin/python tests/audit.py

format: .venv/test.stamp
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

bench: .venv/test.stamp
	.venv/bin/python benchmarks/speed.py

# The tables of docs/evidence.md; no part of `make test`. Downloads what the sample models were trained on.
papers: .venv/papers.stamp
	$(RUN) benchmarks.papers

# The site, in build/site; no part of `make test`. Warnings and broken links are errors.
docs: .venv/docs.stamp
	$(RUN) docs.build

# For nights: half an hour, or LRP_ATTACK_MINUTES. No part of `make test`.
attack: .venv/test.stamp postgresql
	$(RUN) tests.attacks

screenshots: .venv/test.stamp chromium
	$(RUN) docs.screenshots

# The shell is Chromium without windows: a third less time of the processor. Ubuntu has none.
BROWSERS := chromium-headless-shell chromium chromium-browser google-chrome
chromium:
	@for one in $(BROWSERS); do command -v $$one >/dev/null && exit; done; \
		$(ROOT_DO) apt-get update -q && { $(ROOT_DO) apt-get install -qy \
			--no-install-recommends chromium-headless-shell fonts-liberation \
			|| $(ROOT_DO) apt-get install -qy chromium; }

# Its tests skip, and say so, where there is none.
postgresql:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
		|| { $(ROOT_DO) apt-get update -q && $(ROOT_DO) apt-get install -qy postgresql; } || true

# Debian keeps the venv module apart from Python.
.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { found=$$(python3 --version 2>&1) || found=none; \
		echo "Python 3.11, 3.12 or 3.13 is needed, found $$found;" \
			"name one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c '$(FITS)' \
		|| { echo "Python 3.11, 3.12 or 3.13 is needed, found $$($(PYTHON) --version)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { $(ROOT_DO) apt-get update -q && $(ROOT_DO) apt-get install -qy python3-venv; }
	$(PYTHON) -m venv --upgrade-deps .venv

.venv/app.stamp: requirements.txt $(wildcard requirements/*.txt) .venv/pyvenv.cfg
	@echo "Installing some 70 packages: 700 MB to download, 2.4 GB in .venv; TensorFlow is the largest."
	$(INSTALL) -r requirements.txt
	@touch $@

.venv/test.stamp: requirements-dev.txt requirements.txt $(wildcard requirements/*.txt) .venv/pyvenv.cfg
	$(INSTALL) -r requirements-dev.txt
	@touch $@ .venv/app.stamp

.venv/papers.stamp: requirements-papers.txt requirements.txt .venv/pyvenv.cfg
	$(INSTALL) -r requirements-papers.txt
	@touch $@ .venv/app.stamp

.venv/docs.stamp: requirements-docs.txt requirements.txt .venv/pyvenv.cfg
	$(INSTALL) -r requirements-docs.txt
	@touch $@ .venv/app.stamp

# dist/*.whl, and the source package.
wheel: .venv/pyvenv.cfg
	$(INSTALL) -q build
	$(RUN) build

clean:
	rm -rf .venv
