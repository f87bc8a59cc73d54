# The tasks of development, one word each. `make` alone lists them.
# The environment is the one that run.py makes from requirements-dev.lock; nothing else has to be installed.

PYTHON ?= python3
VENV := .venv/bin/python
# mypy and the Django commands read the settings, which need a key and a data directory; neither is used for anything.
CHECKS := SECRET_KEY=only-for-checks-0123456789-abcdefghijklmnopqrstuvwxyz STUDIO_DATA=$(CURDIR)/data/checks
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install run lint format types messages test coverage live gallery docs bench check

help: ## List the tasks
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## Make .venv from requirements-dev.lock, or bring it up to date
	$(PYTHON) -c 'import run; run.check_python(); run.ensure_environment("requirements-dev.lock")'

run: ## Start the studio on http://127.0.0.1:8000/ (ARGS="--port 9000")
	$(PYTHON) run.py $(ARGS)

lint: install ## Check style and layers: ruff, djade, import-linter
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	git ls-files -z 'templates/*.html' | xargs -0 .venv/bin/djade --target-version 5.2 --check
	.venv/bin/lint-imports

format: install ## Fix what ruff can fix, and format
	$(VENV) -m ruff check --fix .
	$(VENV) -m ruff format .
	git ls-files -z 'templates/*.html' | xargs -0 .venv/bin/djade --target-version 5.2

types: install ## Check types: mypy
	$(CHECKS) $(VENV) -m mypy bgmsite generator

messages: install ## Collect the translatable texts, and check them; LOCALE=de writes generator/locale/de (GNU gettext)
	$(CHECKS) PYTHON=$(VENV) .ci/messages $(LOCALE)

test: ## Run the default tests (ARGS="tests/web -k share")
	$(PYTHON) run.py test $(ARGS)

coverage: install ## Run the default tests and print the coverage
	$(VENV) -m pytest -n 3 --dist loadgroup -p pytest_cov --cov=bgmsite --cov=generator --cov-report=term:skip-covered $(ARGS)

live: ## Run the tests that start whole studios, real clients and the rest of the browser
	$(PYTHON) run.py test -m live $(ARGS)

gallery: install ## Draw every screen in every state (ARGS="pictures --only track --against older-pictures")
	$(VENV) -m tests.gallery $(or $(ARGS),gallery)

docs: install ## Check that the docs name only what exists and link only to what is there
	$(VENV) -m pytest tests/docs -n 0 $(ARGS)

bench: install ## Run one benchmark (ARGS="first_sound"; the names are the files in benchmarks/)
	$(if $(ARGS),$(VENV) -m benchmarks.$(ARGS),@ls benchmarks | sed -n 's/^\([a-z].*\)\.py$$/  make bench ARGS=\1/p')

check: ## Run everything that CI runs; needs Debian or Ubuntu, installs what it lacks (root)
	.ci/run
