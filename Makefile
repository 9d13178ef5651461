# Two commands for a newcomer: `make demo` and `make test`. Each sets up .venv first, and works a second time in seconds.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint bench soak system-deps lock clean

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

demo: $(READY)
	$(BIN)/campbell demo

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadgroup -q

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m bench

soak: $(READY)
	$(BIN)/python -m pytest -m soak --soak -q

# Chromium (browser tests) and wget (the other crawler we compare with); everything else comes with .venv.
system-deps:
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium wget fonts-noto-core

# Renew requirements.lock after a change of pyproject.toml (needs uv).
lock:
	uv pip compile pyproject.toml --group dev --all-extras --python-version 3.11 --generate-hashes --no-header \
		--no-annotate -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
