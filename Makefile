# Every target does its own set-up: a machine with only Python 3.11+ and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
COMPILED := $(VENV)/.compiled
# Compiled tests are kept, also where the environment says otherwise: compiling them takes ten seconds per worker.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo story test quick coverage reliability bench mutants check upgrade-dump browser pictures fmt states lock drill-video image image-proof audit release clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements/dev.txt
	@echo "setting up $(VENV) (once, about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed")'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(READY)  ## use the whole bot in your browser; no token, no key, no network
	@$(BIN)/python -m sandbox

story: $(READY)  ## watch the whole bot make, remix and refuse videos, in the terminal
	@$(BIN)/python -m sandbox story

check: $(READY)  ## lint, formatting, types, architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/basedpyright

# Once for all workers, and while the checks leave a core free. It says nothing unless a test can't be imported.
$(COMPILED): $(READY) $(shell find bot cogs sandbox tests -name '*.py')
	@said=$$($(BIN)/pytest --collect-only -qq 2>&1) || { echo "$$said"; exit 1; }
	@touch $@

# In CI the browser tests must run, so there the browser is fetched too; elsewhere nothing is installed unasked.
test: $(READY) $(if $(filter true,$(CI)),browser)  ## everything that must hold: the checks and all tests, the core on both databases
	@$(MAKE) --no-print-directory -j 2 check $(COMPILED)
	@$(BIN)/pytest -n 5 --dist loadfile --no-loadscope-reorder --durations=30

# While one works, in under two minutes on two cores: no browser, no PostgreSQL, and hardly a process of the bot.
quick: $(READY)  ## the tests of unit, rules and simcord that are not marked slow, on SQLite; no lint, no types
	@$(BIN)/pytest -q -n 4 --dist loadfile -m "not slow" tests/unit tests/rules tests/simcord

# Of what runs in the tests' own process. The floor is in pyproject.toml.
coverage: $(READY)  ## the branch coverage of bot and cogs by the tests of unit, rules and simcord, held to a floor
	@$(BIN)/pytest -q -n 2 --dist loadfile tests/unit tests/rules tests/simcord --cov

# Before a release, on a machine that does nothing else: it takes an hour and a half, and its reports are committed.
reliability: $(READY)  ## go all the way of docs/reliability.md, on PostgreSQL too, then kill the bot 500 times over 1,000 jobs
	@$(BIN)/python -m tests.reliability
	@$(BIN)/python -m sandbox.chaos --seed 4 --kills 500 --jobs 1000 --restores 25 --report docs/reliability-report.json
	@$(BIN)/python -m sandbox.chaos --seed 9 --kills 200 --jobs 1000 --processes 4 --report docs/reliability-cluster.json
	@$(BIN)/python -m sandbox.chaos --seed 13 --kills 200 --jobs 1000 --two-providers --report docs/reliability-providers.json

# A quarter of an hour on two cores that do nothing else; its page and pictures are committed. NAMES: only these measures.
bench: $(READY)  ## measure the bot against its goals; rewrites docs/performance.md
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@$(BIN)/python -m tests.bench --write $(NAMES)

# On two cores that do nothing else; how long all of it takes is not measured yet. NAMES: only these modules. SAMPLE: how
# many mutants of each, or all. With either the page stays.
mutants: $(READY)  ## change the code a little at a time and see whether a test fails; rewrites docs/mutants.md
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/mutants.txt
	@$(BIN)/python -m tests.mutants $(if $(SAMPLE)$(NAMES),$(if $(SAMPLE),--sample $(SAMPLE)) $(NAMES),--write)

upgrade-dump: $(READY)  ## keep the database of this main as tests/upgrades/$(NAME).sql, at the end of an issue
	@PYTHONPATH=. $(BIN)/python tests/upgrades/record.py tests/upgrades/$(NAME).sql tests/upgrades/$(NAME).json

browser: $(READY)  ## have a Chromium for the tests of the page (installs Debian's as root)
	@$(BIN)/python -m tests.browser.chromium

pictures: browser  ## take the pictures of the README again, from the page as it is
	@$(BIN)/python -m tests.browser.pictures

fmt: $(READY)  ## format the code and mend what can be mended
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

drill-video: $(READY)  ## draw the one-second video of /owner drill again
	@$(BIN)/python -m sandbox.drill_video

states: $(READY)  ## draw docs/states.md from the table of the state machine
	@$(BIN)/python -m tests.rules.draw_states

PIN := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
  --no-emit-index-url --no-emit-find-links --quiet
lock: $(READY)  ## pin the requirements again, with hashes
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(PIN) pyproject.toml --extra postgresql --output-file requirements/run.txt
	@$(PIN) pyproject.toml --extra dev --output-file requirements/dev.txt
	@$(PIN) pyproject.toml --extra bench --output-file requirements/bench.txt
	@$(PIN) pyproject.toml --extra mutants --output-file requirements/mutants.txt
	@$(PIN) --group audit --output-file requirements/audit.txt

image:  ## build the Docker image of this checkout, discord-video-bot
	@docker build --build-arg VERSION=$$(sed -n 's/^VERSION = "\(.*\)"/\1/p' bot/__init__.py) \
	  --build-arg REVISION=$$(git rev-parse HEAD) --tag discord-video-bot .

# Nothing is changed without TAG=yes, and nothing is pushed.
release: $(READY)  ## check that VERSION can be released; with TAG=yes, tag it
	@$(BIN)/python -m tests.release $(VERSION) $(if $(filter yes,$(TAG)),--tag)

# It asks the package index, which knows them, so it is no part of `make test`. With --strict a package that the index
# doesn't know is a failure, too. Its own packages are kept apart from ours.
audit: requirements/audit.txt  ## look for known vulnerabilities of what the bot runs with
	@$(PYTHON) -m venv --clear $(VENV)-audit
	@$(VENV)-audit/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/audit.txt
	@$(VENV)-audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements/run.txt

# Where no Docker engine is at hand: in five minutes, as root on a Debian with mmdebstrap, in a gigabyte below /tmp.
image-proof: $(READY)  ## run the Dockerfile's steps in a bare Debian, and the bot in it, without Docker
	@$(BIN)/python -m tests.image_proof

clean:  ## remove what the targets made
	rm -rf $(VENV) $(VENV)-audit .ruff_cache .import_linter_cache .hypothesis .coverage
