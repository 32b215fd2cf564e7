# Everything from a fresh clone: `make study` (search and see), `make test` (check). Each sets up
# what it needs; only make and Python >= 3.11 are asked for.

PYTHON ?= python3
STORAGE ?= sqlite:///runs/paretune.db

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
STAMP := .venv/.set-up

.PHONY: setup study test lint docs nightly wheel lowest clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit(f"Python {v[0]}.{v[1]} is too old: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv .venv
	$(PIP) --requirement requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

study: setup
	$(BIN)/paretune run digits --storage $(STORAGE)
	$(BIN)/paretune front digits --storage $(STORAGE) --plot runs/digits.png
	$(BIN)/paretune report digits --storage $(STORAGE) --out runs/digits.html
	$(BIN)/paretune export digits --storage $(STORAGE) --rule knee --out runs/digits-knee
	@echo "Open runs/digits.html in a browser, or: $(BIN)/paretune dashboard --storage $(STORAGE)"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini tests benchmarks examples
	$(BIN)/lint-imports --no-logo

test: lint docs
	$(BIN)/pytest --numprocesses 2 --dist loadfile

docs: setup
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going docs build/docs

nightly: setup
	$(BIN)/pytest -m nightly

wheel: setup
	$(BIN)/python -m hatchling build -t wheel

# The engine's tests with the lowest versions that pyproject.toml allows.
lowest: setup
	$(PIP) uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/lowest
	$(BIN)/uv pip install --quiet --python build/lowest/bin/python --resolution lowest-direct --editable .
	$(BIN)/uv pip install --quiet --python build/lowest/bin/python pytest pytest-timeout hypothesis
	build/lowest/bin/python -m pytest tests/inputs tests/money tests/pareto tests/predict \
		tests/samplers tests/space tests/spec tests/stages tests/stoppers

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
