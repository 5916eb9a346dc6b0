# Gatehouse. `make` lists what there is. Works with python3 (3.11 or newer) alone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The tests drive servers and a browser as well as themselves; more workers than this only queue for them.
WORKERS ?= 4
# Each is tested, also when the one before it failed; what is the same on any database runs with the first.
DATABASES := postgresql sqlite
REPEATED = $(if $(filter-out $(firstword $(DATABASES)),$(1)),-m "$(2)not any_database",$(3))
PYTEST := $(BIN)/python -m pytest
PARALLEL := -n auto --maxprocesses=$(WORKERS)
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-options --no-header
CHECKED := $(wildcard apps identity examples tests benchmarks tools docker manage.py)
SPEC_TABLE := docs/developers/spec-coverage.md

# Hundreds of short processes are started here: each would read all of the code again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

# What people call ----------------------------------------------------------------------------------------------

.PHONY: help
help: ## List these targets
	@echo "Gatehouse: make TARGET"
	@echo
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
		printf '  %-12s %s\n' "$$name" "$$text"; done

.PHONY: run
run: $(VENV)/.installed-run ## Start Gatehouse and two sample applications (PORT=8000, DATA_DIR=var)
	@$(BIN)/python -m examples

.PHONY: test
test: $(VENV)/.installed-dev tests/js/node_modules/.installed ## Run all tests, on SQLite and on PostgreSQL
	@$(PYTHON) tools/system_packages.py test
	@$(foreach database,$(DATABASES),$(PYTEST) $(PARALLEL) --database=$(database) $(call REPEATED,$(database)) || failed=1;) exit $${failed:-0}

.PHONY: check
check: check-format check-lint check-layers check-migrations check-templates check-docs check-messages check-types ## Check style, types, layers, migrations, templates, generated docs and translations
	@echo "All checks passed."

.PHONY: bench
bench: $(VENV)/.installed-dev ## Measure, and print the numbers
	@$(PYTHON) tools/system_packages.py test
	$(BIN)/python -m benchmarks

.PHONY: bench-large
bench-large: $(VENV)/.installed-dev ## Measure with 100,000 people and 10,000,000 events on PostgreSQL
	@$(PYTHON) tools/system_packages.py test
	$(BIN)/python -m benchmarks --part large --database postgresql

.PHONY: soak
soak: $(VENV)/.installed-dev tests/js/node_modules/.installed ## Repeat the concurrency tests for long, on both databases
	@$(PYTHON) tools/system_packages.py test
	@$(foreach database,$(DATABASES),SOAK=1 $(PYTEST) --database=$(database) $(call REPEATED,$(database),soak and ,-m soak) || failed=1;) exit $${failed:-0}

.PHONY: format
format: $(VENV)/.installed-dev ## Rewrite code and templates in the house style
	$(BIN)/ruff format $(CHECKED)
	$(BIN)/ruff check --fix $(CHECKED)
	$(BIN)/djlint --quiet --reformat templates

.PHONY: docs
docs: $(VENV)/.installed-dev ## Write the generated pages of docs/ again
	@$(BIN)/python -m tools.generated_pages
	@$(PYTEST) --collect-only -qq --spec-table=$(SPEC_TABLE) >$(VENV)/docs.log || { cat $(VENV)/docs.log; exit 1; }
	@echo "Wrote $(SPEC_TABLE)."

.PHONY: messages
messages: $(VENV)/.installed-dev ## Read the messages of the code into the catalogues of locale/, and compile them
	@$(PYTHON) tools/system_packages.py messages
	@$(BIN)/python -m tools.messages write

.PHONY: lock
lock: $(VENV)/.installed-dev ## Resolve the requirements again, and lock them with hashes
	$(LOCK) --output-file=requirements.txt requirements.in
	$(LOCK) --output-file=examples/requirements.txt examples/requirements.in
	$(LOCK) --output-file=requirements-dev.txt requirements-dev.in
	cd tests/js && npm install --package-lock-only --no-audit --no-fund

.PHONY: clean
clean: ## Remove what was installed, built or cached; the data under var/ stays
	rm -rf $(VENV) tests/js/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The parts of `make check`, to be called alone ---------------------------------------------------------------------

.PHONY: check-format check-lint check-types check-layers check-migrations check-templates check-docs check-messages
check-format: $(VENV)/.installed-dev
	$(BIN)/ruff format --check $(CHECKED)

check-lint: $(VENV)/.installed-dev
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/pip check

check-types: $(VENV)/.installed-dev
	DATA_DIR=$(VENV)/check $(BIN)/mypy $(CHECKED)

check-layers: $(VENV)/.installed-dev
	$(BIN)/lint-imports

check-migrations: $(VENV)/.installed-dev
	DATA_DIR=$(VENV)/check $(BIN)/python manage.py check --fail-level WARNING
	DATA_DIR=$(VENV)/check $(BIN)/python manage.py makemigrations --check --dry-run

check-templates: $(VENV)/.installed-dev
	$(BIN)/djlint --check --lint templates

check-docs: $(VENV)/.installed-dev
	@$(BIN)/python -m tools.generated_pages --check
	@DATA_DIR=$(VENV)/check $(BIN)/python manage.py spectacular --validate --fail-on-warn --file $(VENV)/openapi.yaml
	@$(PYTEST) --collect-only -qq --spec-table-check=$(SPEC_TABLE) >$(VENV)/check-docs.log || { cat $(VENV)/check-docs.log; exit 1; }
	@echo "$(SPEC_TABLE) is up to date."

check-messages: $(VENV)/.installed-dev
	@$(PYTHON) tools/system_packages.py messages
	@$(BIN)/python -m tools.messages check

# What is installed: a stamp is older than the list it was installed from when that list has changed ----------------

$(VENV)/bin/python:
	@$(PYTHON) tools/system_packages.py venv
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-run: requirements.txt examples/requirements.txt | $(VENV)/bin/python
	@echo "Installing what Gatehouse and its examples need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements.txt -r examples/requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed-run
	@echo "Installing what tests and checks need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

tests/js/node_modules/.installed: tests/js/package.json tests/js/package-lock.json tests/js/.npmrc
	@$(PYTHON) tools/system_packages.py test
	cd tests/js && npm ci --no-audit --no-fund
	@touch $@
