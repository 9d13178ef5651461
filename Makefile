# Two commands for a newcomer: `make demo` and `make test`. Each sets up .venv first, and works a second time in seconds.
PYTHON ?= $(shell for one in python3.11 python3; do $$one -c "" 2>/dev/null && echo $$one && break; done)
VENV := .venv
BIN := $(VENV)/bin
DEMO_READY := $(VENV)/.demo-ready
READY := $(VENV)/.ready
LOWEST := .venv-lowest
PLAYER := node_modules/replaywebpage
PLAYER_VERSION := 2.4.6
JS_WACZ := node_modules/js-wacz
JS_WACZ_VERSION := 0.1.6
ZOTERO := node_modules/zotero-translators
ZOTERO_VERSION := 0.0.2
PYTEST := -m pytest -q -n 2 --dist loadgroup

.PHONY: demo test test-all test-lowest lint docs bench soak system-deps lock clean

# Python writes and uses its bytecode, whatever the shell says: without it each start compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

# uv installs in seconds what pip takes minutes for; where it has no build for the platform, pip does it.
define install
	@if test -x $(1)/bin/uv; then install="$(1)/bin/uv pip install --python $(1)/bin/python"; \
	else install="$(1)/bin/python -m pip install --disable-pip-version-check"; fi; \
	$$install --quiet --no-deps --require-hashes -r $(2) && $$install --quiet --no-deps --no-build-isolation --editable .
endef

%/.made: requirements-uv.lock
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(@D)/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock \
		|| echo "uv is not available for this platform: pip installs, which takes some minutes."
	touch $@

# What the demo runs and serves.
$(DEMO_READY): $(VENV)/.made requirements.lock pyproject.toml
	$(call install,$(VENV),requirements.lock)
	touch $@

# What the tests need besides.
$(READY): $(DEMO_READY) requirements-dev.lock
	$(call install,$(VENV),requirements-dev.lock)
	touch $@

demo: $(DEMO_READY)
	$(BIN)/campbell demo

# All behaviour, and one walk in the browser.
test: $(READY)
	$(BIN)/python $(PYTEST) -m "not slow and not soak"

# Everything: each kill, each disk that fills, each page in the browser, real systemd and cron, built packages.
test-all: $(READY)
	$(BIN)/python $(PYTEST) -m "not soak"

# The same code with the oldest versions that pyproject.toml admits: what the ranges promise is tried.
$(LOWEST)/.ready: $(LOWEST)/.made requirements-lowest.lock pyproject.toml
	$(call install,$(LOWEST),requirements-lowest.lock)
	touch $@

test-lowest: $(LOWEST)/.ready
	$(LOWEST)/bin/python $(PYTEST) -m "not browser" tests/archive_write tests/pages tests/store

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

docs: $(READY)
	$(BIN)/python -m campbell_scraper.faces.cli.docs_pages
	$(BIN)/sphinx-build -q -W -b html docs docs/_build/html

bench: $(READY)
	$(BIN)/python -m bench

soak: $(READY)
	$(BIN)/python -m pytest -m soak --soak -q

# Chromium (browser tests), wget (the other crawler we compare with), pandoc (reads our citations), systemd, D-Bus and cron
# (schedules are installed for real); everything else comes with .venv. ReplayWeb.page, in which a package is opened, js-wacz,
# another tool that makes them, and Zotero's translators, which read our citations, come where npm and its registry can be
# had; without them their tests are skipped, and say so.
system-deps:
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium wget fonts-noto-core \
		pandoc systemd dbus cron iproute2
	$(MAKE) --no-print-directory $(PLAYER)/sw.js || echo "ReplayWeb.page cannot be had here: its test will be skipped."
	$(MAKE) --no-print-directory $(JS_WACZ)/package.json || echo "js-wacz cannot be had here: its tests will be skipped."
	$(MAKE) --no-print-directory $(ZOTERO)/index.js || echo "Zotero's translators cannot be had here: their tests will be skipped."

$(PLAYER)/sw.js:
	rm -rf $(PLAYER) && mkdir -p $(PLAYER)
	cd $(PLAYER) && npm pack --silent --fetch-retries=1 --fetch-timeout=60000 replaywebpage@$(PLAYER_VERSION)
	tar -xzf $(PLAYER)/replaywebpage-$(PLAYER_VERSION).tgz -C $(PLAYER) --strip-components=1

$(JS_WACZ)/package.json:
	rm -rf $(JS_WACZ) && mkdir -p $(JS_WACZ)
	npm install --silent --no-audit --no-fund --ignore-scripts --fetch-retries=1 --fetch-timeout=60000 \
		--prefix $(JS_WACZ) @harvard-lil/js-wacz@$(JS_WACZ_VERSION)

$(ZOTERO)/index.js:
	rm -rf $(ZOTERO) && mkdir -p $(ZOTERO)
	cd $(ZOTERO) && npm pack --silent --fetch-retries=1 --fetch-timeout=60000 zotero-translators@$(ZOTERO_VERSION)
	tar -xzf $(ZOTERO)/zotero-translators-$(ZOTERO_VERSION).tgz -C $(ZOTERO) --strip-components=1 --touch

# Renew the lock files after a change of pyproject.toml.
COMPILE = $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml
lock: $(READY)
	$(COMPILE) --group dev --all-extras -o requirements-dev.lock
	$(COMPILE) --group build --extra serve --extra replay --constraint requirements-dev.lock -o requirements.lock
	$(COMPILE) --group dev --all-extras --resolution lowest-direct -o requirements-lowest.lock

clean:
	rm -rf $(VENV) $(LOWEST) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
