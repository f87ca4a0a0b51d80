# Every target works on a clean checkout as one command: it makes .venv first if need be.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:

BIN := .venv/bin
STAMP := .venv/.stamp
# More arguments, such as: make test ARGS=tests/bot, make lock ARGS=--upgrade
ARGS ?=
# Most of the tests' time is waiting: five at once, even on two cores. TOGETHER= runs one by one.
TOGETHER ?= -n 5 --dist worksteal
# The first of these that is 3.11 or newer makes .venv; PYTHON=… decides otherwise.
PYTHON ?= python3.11 python3.12 python3.13 python3

LOCALES := bot/locales
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url pyproject.toml

.PHONY: help
help: ## Show this list
	@awk -F ':.*## |##@ ' '/^##@ / { printf "\n%s\n", $$2 } \
		/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Trying and running it

.PHONY: setup
setup: $(STAMP) ## Make .venv with everything in it; done by itself whenever it is needed
	@echo "Ready. Try the bot without any key: make demo"

.PHONY: demo
demo: $(STAMP) ## Talk to the bot here, offline, without any key
	@$(BIN)/aime demo

.PHONY: run
run: $(STAMP) ## Run the bot on Discord, with the settings of .env
	@$(BIN)/aime run

.PHONY: doctor
doctor: $(STAMP) ## Check the settings and every upstream
	@$(BIN)/aime doctor

##@ Checking it

.PHONY: test
test: $(STAMP) ## Run the tests that need no key and no patience
	@$(BIN)/python -m pytest $(TOGETHER) -m "not live and not long" $(ARGS)

.PHONY: test-long
test-long: $(STAMP) ## Run the tests that take minutes: chaos, kills, soak
	@$(BIN)/python -m pytest -m "long and not live" $(ARGS)

.PHONY: test-live
test-live: $(STAMP) ## Run the tests that talk to the real upstreams with your keys
	@$(BIN)/python -m pytest -m live $(ARGS)

.PHONY: lint
lint: $(STAMP) ## Check style, format and spelling
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/codespell

.PHONY: types
types: $(STAMP) ## Check the types
	@$(BIN)/mypy
	@$(BIN)/mypy bench
	@MYPYPATH=tests $(BIN)/mypy --explicit-package-bases tests

.PHONY: imports
imports: $(STAMP) ## Check who may import whom
	@$(BIN)/lint-imports

.PHONY: check
check: lint types imports test ## All of these; what CI runs

.PHONY: coverage
coverage: $(STAMP) ## Run the tests and show which lines they miss
	@$(BIN)/python -m coverage run --branch --source bot,cogs,services \
		-m pytest -q -m "not live and not long" $(ARGS)
	@$(BIN)/python -m coverage report --skip-covered --show-missing --fail-under 95
	@$(BIN)/python -m coverage report --include 'services/resilience/*,services/*/protocol.py' --fail-under 100

# Always from scratch: mutmut keeps the verdict on a mutant when only a test has changed.
.PHONY: mutants
mutants: $(STAMP) ## Break the resilience layer, one small change at a time: do the tests notice?
	@rm -rf mutants
	@$(BIN)/mutmut run --max-children 2 $(ARGS)
	@$(BIN)/mutmut results --all True | PYTHONPATH=tests $(BIN)/python -m harness.mutation_score $(if $(ARGS),0,85)

.PHONY: bench
bench: $(STAMP) ## Measure what our layers cost, as ratios to a baseline of the same run
	@$(BIN)/python -m bench

##@ Changing it

.PHONY: format
format: $(STAMP) ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix --exit-zero --quiet .
	@$(BIN)/ruff format .

.PHONY: catalogue
catalogue: $(STAMP) ## Bring the translations up to date with the code
	@$(BIN)/pybabel -q extract --mapping-file $(LOCALES)/babel.cfg --omit-header \
		--no-default-keywords -k gettext -k ngettext:1,2 -k N_ -k locale_str \
		--add-location file --sort-by-file --width 100 -o $(LOCALES)/aime.pot bot cogs
	@$(BIN)/pybabel -q update --domain aime --input-file $(LOCALES)/aime.pot \
		--output-dir $(LOCALES) --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 100
	@echo "Now translate what is empty in $(LOCALES)/*/LC_MESSAGES/aime.po; make test checks it"

.PHONY: migration
migration: $(STAMP) ## Write a migration for a change in tables.py; ARGS="what changes"
	@$(BIN)/python -m services.storage.migrations $(ARGS)
	@echo "Now read it: autogenerate sees neither data nor renamed columns"

.PHONY: lock
lock: $(STAMP) ## Pin what pyproject.toml asks for; ARGS=--upgrade takes the newest versions
	@$(LOCK) $(ARGS) --output-file requirements/base.txt
	@$(LOCK) $(ARGS) --extra dev --output-file requirements/dev.txt

# A stamp that is newer than both files means: nothing to do.
$(STAMP): requirements/dev.txt pyproject.toml
	@python=.venv/bin/python; without_venv=; \
	if ! $$python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		python=; \
		for name in $(PYTHON); do \
			$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
			if $$name -c 'import venv, ensurepip' 2>/dev/null; then python=$$name; break; fi; \
			without_venv=$$name; \
		done; \
		if [[ -z $$python && -n $$without_venv ]]; then \
			echo "make: $$without_venv has no venv module; on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; \
		elif [[ -z $$python ]]; then \
			echo "make: Python 3.11 or newer is needed, and none was found" >&2; exit 1; \
		fi; \
		echo "Making .venv with $$($$python --version)"; \
		$$python -m venv --clear .venv; \
	fi
	@echo "Installing the packages that requirements/dev.txt pins (about a minute the first time)"
	@$(PIP) install --quiet --require-hashes --requirement requirements/dev.txt
	@echo "Installing the bot itself"
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
