# Two commands for a newcomer: `make demo` and `make test`. Each sets up .venv first, and works a second time in seconds.
PYTHON ?= $(shell for one in python3.11 python3; do $$one -c "" 2>/dev/null && echo $$one && break; done)
VENV := .venv
BIN := $(VENV)/bin
DEMO_READY := $(VENV)/.demo-ready
READY := $(VENV)/.ready
LOWEST := .venv-lowest
PLAYER := node_modules/replaywebpage
PLAYER_VERSION := 2.4.6
PLAYER_SHA512 := b86e748c449195dd29f9f63bfa753121697b86f7e29ab78d8d299a36473f6bd6bc8017666fb3c7e09e362226febe093d2ab1ddd072d27154fef8b82a5797f0a5
JS_WACZ := node_modules/js-wacz/node_modules/@harvard-lil/js-wacz
ZOTERO := node_modules/zotero-translators
ZOTERO_VERSION := 0.0.2
ZOTERO_SHA512 := bd0832dd6b16b823eac59f88a39aed2b3397fda70a647805cc968a2252490f3bf7546b66a507c2f7f47f9288a65c7864f41c60ec9903205bbd864c34cd22d2a0
# Three processes for two cores: tests wait for servers, kills and the clock.
PYTEST := -m pytest -q -n 3 --dist loadgroup --no-loadscope-reorder

.PHONY: demo test test-all test-lowest lint docs bench soak system-deps lock clean

# Python writes and uses its bytecode, whatever the shell says: without it each start compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

# uv installs in seconds what pip takes minutes for; where it has no build for the platform, pip does it. What has no wheel
# (bagit, surt) is built by the locked tools that are there already: a build of its own would fetch the newest ones, by no hash.
define install
	@if test -x $(1)/bin/uv; then install="$(1)/bin/uv pip install --python $(1)/bin/python"; \
	else install="$(1)/bin/python -m pip install --disable-pip-version-check"; fi; \
	$$install --quiet --no-deps --require-hashes --no-build-isolation -r $(2) \
		&& $$install --quiet --no-deps --no-build-isolation --editable .
endef

%/.made: requirements-build.lock requirements-uv.lock
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(@D)/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
		-r requirements-build.lock
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
		-r requirements-uv.lock \
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
	$(LOWEST)/bin/python $(PYTEST) -m "not browser" tests/archive_write tests/main_job tests/pages tests/store

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

# Chromium (browser tests), wget (the other crawler we compare with), pandoc (reads our citations), OpenSSL (dates
# signatures), systemd, D-Bus and cron (schedules are installed for real), Redis (fleets); everything else comes with
# .venv. ReplayWeb.page, in which a package is opened, js-wacz, another tool that makes them, and Zotero's
# translators, which read our citations, come where npm and its registry can be had; without them their tests are
# skipped, and say so.
system-deps:
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium wget fonts-noto-core \
		pandoc openssl systemd dbus cron iproute2 redis-server
	$(MAKE) --no-print-directory $(PLAYER)/sw.js || echo "ReplayWeb.page cannot be had here: its test will be skipped."
	$(MAKE) --no-print-directory $(JS_WACZ) || echo "js-wacz cannot be had here: its tests will be skipped."
	$(MAKE) --no-print-directory $(ZOTERO)/index.js || echo "Zotero's translators cannot be had here: their tests will be skipped."

$(PLAYER)/sw.js:
	rm -rf $(PLAYER) && mkdir -p $(PLAYER)
	cd $(PLAYER) && npm pack --silent --fetch-retries=1 --fetch-timeout=60000 replaywebpage@$(PLAYER_VERSION)
	echo "$(PLAYER_SHA512)  $(PLAYER)/replaywebpage-$(PLAYER_VERSION).tgz" | sha512sum --check --quiet
	tar -xzf $(PLAYER)/replaywebpage-$(PLAYER_VERSION).tgz -C $(PLAYER) --strip-components=1

$(JS_WACZ): tests/interop/package-lock.json
	rm -rf node_modules/js-wacz && mkdir -p node_modules/js-wacz
	cp tests/interop/package.json tests/interop/package-lock.json node_modules/js-wacz
	cd node_modules/js-wacz && npm ci --silent --no-audit --no-fund --ignore-scripts --fetch-retries=1 \
		--fetch-timeout=60000
	touch $@

$(ZOTERO)/index.js:
	rm -rf $(ZOTERO) && mkdir -p $(ZOTERO)
	cd $(ZOTERO) && npm pack --silent --fetch-retries=1 --fetch-timeout=60000 zotero-translators@$(ZOTERO_VERSION)
	echo "$(ZOTERO_SHA512)  $(ZOTERO)/zotero-translators-$(ZOTERO_VERSION).tgz" | sha512sum --check --quiet
	tar -xzf $(ZOTERO)/zotero-translators-$(ZOTERO_VERSION).tgz -C $(ZOTERO) --strip-components=1 --touch

# Renew the lock files after a change of pyproject.toml.
COMPILE = $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate
lock: $(READY)
	$(COMPILE) pyproject.toml --group dev --all-extras -o requirements-dev.lock
	$(COMPILE) pyproject.toml --group build --extra serve --extra replay --constraint requirements-dev.lock -o requirements.lock
	$(COMPILE) --group build --constraint requirements-dev.lock -o requirements-build.lock
	$(COMPILE) pyproject.toml --group dev --all-extras --resolution lowest-direct -o requirements-lowest.lock

clean:
	rm -rf $(VENV) $(LOWEST) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
