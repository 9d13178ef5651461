# Two commands for a newcomer: `make demo` and `make test`. Each sets up .venv first, and works a second time in seconds.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOWEST := .venv-lowest
PLAYER := node_modules/replaywebpage
PLAYER_VERSION := 2.4.6

.PHONY: demo test test-lowest lint docs bench soak system-deps lock clean

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

demo: $(READY)
	$(BIN)/campbell demo

# Tests drive real processes, sockets and browsers: what fails is tried once more before it counts, and is told as a rerun.
test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadgroup --reruns 1 -q

# The same code with the oldest versions that pyproject.toml admits: what the ranges promise is tried.
$(LOWEST)/.ready: requirements-lowest.lock pyproject.toml
	test -x $(LOWEST)/bin/python || $(PYTHON) -m venv $(LOWEST) || python3 -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-lowest.lock
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(LOWEST)/.ready

test-lowest: $(LOWEST)/.ready
	$(LOWEST)/bin/python -m pytest -n 2 --dist loadgroup --reruns 1 -q -m "not browser" tests/archive_write tests/pages tests/store

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(READY)
	$(BIN)/python -m campbell_scraper.faces.cli.docs_pages
	$(BIN)/sphinx-build -q -W -b html docs docs/_build/html

bench: $(READY)
	$(BIN)/python -m bench

soak: $(READY)
	$(BIN)/python -m pytest -m soak --soak -q

# Chromium (browser tests), wget (the other crawler we compare with), systemd, D-Bus and cron (schedules are installed for
# real); everything else comes with .venv. ReplayWeb.page, in which a package is opened, comes where npm and its registry can
# be had; without it that one test is skipped, and says so.
system-deps:
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium wget fonts-noto-core \
		systemd dbus cron iproute2
	$(MAKE) --no-print-directory $(PLAYER)/sw.js || echo "ReplayWeb.page cannot be had here: its test will be skipped."

$(PLAYER)/sw.js:
	rm -rf $(PLAYER) && mkdir -p $(PLAYER)
	cd $(PLAYER) && npm pack --silent --fetch-retries=1 --fetch-timeout=60000 replaywebpage@$(PLAYER_VERSION)
	tar -xzf $(PLAYER)/replaywebpage-$(PLAYER_VERSION).tgz -C $(PLAYER) --strip-components=1

# Renew requirements.lock after a change of pyproject.toml (needs uv).
lock:
	uv pip compile pyproject.toml --group dev --all-extras --python-version 3.11 --generate-hashes --no-header \
		--no-annotate -o requirements.lock
	uv pip compile pyproject.toml --group dev --all-extras --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --resolution lowest-direct -o requirements-lowest.lock

clean:
	rm -rf $(VENV) $(LOWEST) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
