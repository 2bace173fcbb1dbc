# Two commands do everything: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: demo test lint format docs bench storm clean

demo: $(VENV)/.installed
	$(BIN)/python -m examples.demo

# Hundreds of processes are started: each would compile everything anew. Three workers, because many tests wait.
test: export PYTHONDONTWRITEBYTECODE =
test: lint
	$(BIN)/python -m pytest -n 3 --dist worksteal

lint: $(VENV)/.testable
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.testable
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.testable
	$(BIN)/python -m scripts.make_reference

bench: $(VENV)/.testable
	$(BIN)/python -m benchmarks

# kill -9 in bad weather for as long as asked: make storm MINUTES=30
storm: $(VENV)/.testable
	$(BIN)/python -m tests.storm --minutes $(or $(MINUTES),10)

clean:
	rm -rf $(VENV) build dist *.egg-info demo-project

$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

$(VENV)/.testable: $(VENV)/.installed
	$(PIP) --editable '.[test]'
	touch $@
