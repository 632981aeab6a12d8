# What a developer runs. `make demo` and `make test` need nothing but git, make, Python and Node: they make the rest.
# Every setup step goes through scripts/once.py: it runs again only when what it reads has changed.

VENV := .venv
PYTHON := $(shell test -x $(VENV)/bin/python && echo $(VENV)/bin/python || sh scripts/find-python.sh)
PY := $(VENV)/bin/python
ONCE := $(PYTHON) scripts/once.py
PORT ?= 8888
ARGS ?=
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup js browser demo docs test lint types test-js test-docs test-fast test-browser build bench screenshots clean

help:
	@echo "make demo          start JupyterLab with the examples (PORT=8888)"
	@echo "make docs          build the documentation into docs/_build/html, and check its links"
	@echo "make test          every check: lint, types, test-js, test-docs, test-fast, test-browser (targets of their own, too)"
	@echo "make setup         only install what development needs, into $(VENV) and js/node_modules"
	@echo "make js            rebuild the JavaScript if it changed"
	@echo "make build         wheel and sdist into dist/"
	@echo "make bench         measure our cost (ARGS=...)"
	@echo "make screenshots   take the pictures of the documentation again"
	@echo "make clean         remove what was built; the environment stays"

$(VENV)/bin/python:
	@test -n "$(PYTHON)"
	sh scripts/make-venv.sh $(PYTHON) $(VENV)

js: $(VENV)/bin/python
	@$(ONCE) build-tools --on constraints.txt --makes $(VENV)/bin/jupyter-builder -- \
		$(PY) -m pip install -q -c constraints.txt hatchling jupyter_builder
	@$(ONCE) npm --on js/package-lock.json --makes js/node_modules/.package-lock.json -- \
		sh scripts/npm.sh ci
	@$(ONCE) js --on js/src js/style js/schema js/scripts js/package.json js/package-lock.json js/tsconfig.json js/tsconfig.lab.json \
			nnwidgets/locale \
		--makes nnwidgets/static/panel.js nnwidgets/static/panel.css nnwidgets/static/replay.js nnwidgets/static/replay.mjs \
		nnwidgets/static/replay.css nnwidgets/labextension/package.json -- \
		sh scripts/npm.sh run --silent build
	@$(ONCE) labextension --on nnwidgets/labextension install.json \
		--makes $(VENV)/share/jupyter/labextensions/nnwidgets/package.json -- $(PY) scripts/link_labextension.py

# Quiet, because pip names every package that is already there; the first time takes minutes.
setup: js
	@$(ONCE) install --on pyproject.toml constraints.txt nnwidgets/_version.py --makes $(VENV)/bin/jupyter-lab -- \
		$(PY) -m pip install -q --no-build-isolation -c constraints.txt -e ".[dev]"

browser: setup
	@$(PY) scripts/chromium.py

demo: setup
	@exec $(PY) scripts/demo.py --port $(PORT)

test: browser
	@$(PY) scripts/check.py

docs: setup
	@$(PY) scripts/site.py --open

lint types test-js test-docs test-fast: setup
	@$(PY) scripts/check.py $@

test-browser: browser
	@$(PY) scripts/check.py $@

build: setup
	$(PY) -m build --no-isolation

bench: setup
	$(PY) benchmarks/run.py $(ARGS)

screenshots: browser
	$(PY) scripts/screenshots.py $(ARGS)

clean:
	rm -rf dist docs/_build js/lib nnwidgets/static nnwidgets/labextension .mypy_cache .pytest_cache .ruff_cache .hypothesis
