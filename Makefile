# Needs CPython 3.11 to 3.13 and make; everything else goes into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
WORKERS ?= 2

.PHONY: demo run test test-all lint bench clean

demo: $(INSTALLED)  ## train LeNet-5 on handwritten digits in the window and export it into demo/
	$(BIN)/layerloom demo --out demo

run: $(INSTALLED)  ## open the window
	$(BIN)/layerloom

test: lint  ## lint, types, layers and the tests
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n $(WORKERS)

test-all: lint  ## the tests that take minutes, too
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n $(WORKERS) -m ""

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED)  ## start-up, deep networks, building, throughput, smoothness, memory, curves, runs, data
	QT_QPA_PLATFORM=offscreen $(BIN)/python tests/bench/bench.py

clean:
	rm -rf $(VENV) demo build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14) and "LayerLoom needs CPython 3.11 to 3.13; say which with: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@
