# One door each; `make help` lists them. Nothing needs to be installed by hand but Python (3.11 to 3.13) and make.
# The newest that runs: a name on the path may be a shim of a version that is not switched on. Of one version
# the distribution's, where it can make environments: one that was built by hand is often a quarter slower.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11; do \
	/usr/bin/$$name -c "import ensurepip, venv" 2>/dev/null && echo /usr/bin/$$name && exit; \
	$$name -c pass 2>/dev/null && echo $$name && exit; done; echo python3)
PY := .venv/bin/python
BIN := .venv/bin
.DEFAULT_GOAL := help
PYTHON := $(PYTHON)
.PHONY: help run logins venv test quick versions reach check faults bench demo-walk messages lock format clean-data

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##/\1:/p' Makefile | column -t -s: 2>/dev/null || sed -n 's/^\([a-z-]*\):.*##/\1:/p' Makefile

run:  ## web, worker and beat with the demo data on 127.0.0.1; PORT=8001 for another port, DEMO=0 without the demo
	@exec $(PYTHON) scripts/run.py

logins:  ## the demo accounts again, with what each is for; starts nothing
	@exec $(PYTHON) scripts/run.py logins

venv:  ## .venv with everything that development needs
	@$(PYTHON) scripts/bootstrap.py --dev

test: venv  ## all tests on SQLite and PostgreSQL, with Redis and Chromium; ARGS="-k iin", NO_BROWSER=1 without Chromium
	@$(PY) -m scripts.run_tests $(ARGS)

quick: venv  ## the round for everyday work: law, services, architecture and what you changed, on SQLite
	@$(PY) -m scripts.run_tests --quick $(ARGS)

versions: venv  ## the quick round on each other Python (3.11 to 3.13) of this machine, in environments beside .venv
	@$(PY) -m scripts.run_versions

reach: venv  ## run what was touched since and note which code each test file runs: `make test` then asks the rest in shares
	@$(PY) -m scripts.run_reach

check: venv  ## format, lint, types, import contracts, migrations, translations, system checks
	@$(PY) -m scripts.run_checks

faults: venv  ## the long proofs: crash points, downtime, races
	@$(PY) -m scripts.run_tests --long $(ARGS)

bench: venv  ## the figures of docs/figures.md; each prints a ratio measured in one run
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(PY) -m benchmarks.$$(basename $$file .py) || exit 1; done

demo-walk: venv  ## the demo spreadsheets through the whole chain by the public commands, on SQLite and PostgreSQL
	@$(PY) scripts/compile_messages.py
	@$(PY) -m tests.walk.demo_walk

messages: venv  ## bring locale/*/django.po up to the strings in the code; keeps every translation
	@$(PY) -m scripts.messages update

format: venv  ## let ruff write the format
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: venv  ## lock requirements*.in with hashes
	@for name in requirements requirements-dev; do \
		$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
			--no-emit-index-url --no-emit-find-links $$name.in --output-file $$name.txt || exit 1; done

clean-data:  ## throw the data of `make run` away (asks first)
	@printf 'Delete var/ with its database? [y/N] '; read answer; [ "$$answer" = y ] && rm -rf var || echo kept
