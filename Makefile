# dmkit: each target does all of its own set-up.  Needs make and Python >= 3.11 with venv.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
LAB_ARGS ?=
ROOT_ARG := $(shell [ "$$(id -u)" = 0 ] && echo --allow-root)
NOTEBOOKS := $(sort $(wildcard notebooks/*.ipynb))
STAMP  := $(VENV)/.dmkit-tests
LAB    := $(VENV)/.dmkit-lab
# JupyterLab of this environment asks nobody for news or updates, and so nobody whether it may
SETTINGS := $(VENV)/share/jupyter/lab/settings
NO_NEWS  := {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}

.PHONY: lab test quick outside lint types unit notebooks bench docs stubs nightly fresh cover swapped mutants pins clean

lab: $(LAB)  ## JupyterLab on the first notebook; LAB_ARGS="--no-browser" passes through
	$(BIN)/jupyter lab $(ROOT_ARG) --ServerApp.root_dir=. \
	  --LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb $(LAB_ARGS)

test: lint types unit notebooks  ## what CI runs

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

# the rooms from words to server, of which everything else is made
ENGINES := words wire tree ddf rights auth notify session card bootstrap mo services device server schedule

quick: lint types  ## before each commit: the engines' tests with few examples; what is left out, make unit runs
	$(BIN)/python -m pytest -n 2 --dist loadfile --hypothesis-profile=quick --no-record \
	  -m "not nightly and not outside and not slow" $(ENGINES:%=tests/%) tests/repository/test_layers.py

outside: $(STAMP)  ## the part of make unit that builds the site or an image, runs a browser or make
	$(BIN)/python -m pytest -n 2 --dist loadfile -m outside tests

unit: $(STAMP)  ## every test; leaves a fresh record for `dmkit conformance`
	@rm -f .conformance.json
	$(BIN)/python -m pytest -n 2 --dist loadfile

notebooks: $(STAMP)
	@if [ -n "$(NOTEBOOKS)" ]; then $(BIN)/python -m pytest -o testpaths= -o addopts= -W default -q \
	  --nbval --nbval-sanitize-with tests/nbval_sanitize.cfg --nbval-cell-timeout=120 -n 2 --dist loadfile \
	  -p no:cacheprovider notebooks; \
	else echo "no notebooks yet"; fi

bench: $(STAMP)  ## ratios beside others and an earlier release; ROWS="session growth" for some, ALL=1 for all, AGAINST=<commit>
	$(BIN)/python -m bench.table $(if $(AGAINST),--against $(AGAINST)) $(if $(ALL),--all) $(ROWS)

docs: $(STAMP)
	$(BIN)/python -m sphinx -W -q -b html docs docs/_build/html
	@echo "open docs/_build/html/index.html"

stubs: $(STAMP)  ## types of the names that load late, made from the tables in the packages
	$(BIN)/python docs/make_stubs.py

fresh: $(STAMP)  ## laws with examples that no run had before; SEED=... repeats a run
	@seed=$${SEED:-$$($(BIN)/python -c 'import secrets; print(secrets.randbelow(1 << 32))')}; \
	echo "hypothesis seed $$seed; repeat with: make fresh SEED=$$seed"; \
	$(BIN)/python -m pytest -n 2 --hypothesis-profile=fresh --hypothesis-seed=$$seed --no-record \
	  -m "hypothesis and not nightly" tests

cover: $(STAMP)  ## branch coverage of session, card and services; fails below 97 %
	$(BIN)/python -m pytest -n 0 --no-record -p no:cacheprovider --cov=dmkit.session --cov=dmkit.card \
	  --cov=dmkit.services --cov-branch --cov-report=term:skip-covered --cov-fail-under=97 \
	  dmkit/session dmkit/card dmkit/services tests/session tests/card tests/services tests/server tests/bootstrap \
	  tests/attack/test_trial.py tests/transport/test_served_attacks.py tests/cli/test_services.py tests/cli/test_card_files.py

swapped: $(STAMP)  ## the suite room by room, quick readers and writers off, then on; ROOMS="wire session" for some; an hour
	$(BIN)/python -m tests.swapped $(ROOMS)

mutants: $(STAMP)  ## change the code in every small way, does a test notice?  NAMES="acl uri" for some; takes an hour
	nice $(BIN)/python -m bench.mutants $(NAMES)

nightly: $(STAMP)  ## fuzzing, at least 50 000 examples for each law
	$(BIN)/python -m pytest -n 2 --hypothesis-profile=nightly -m "nightly or not nightly" tests

pins: $(STAMP)  ## constraints.txt (all) and constraints-lab.txt (what the lab needs) anew from pyproject.toml
	$(BIN)/uv pip compile -q $(PINS) --extra test --extra build --extra docs -o constraints.txt pyproject.toml
	cp constraints.txt constraints-lab.txt
	$(BIN)/uv pip compile -q $(PINS) --extra lab --extra build -c constraints.txt -o constraints-lab.txt pyproject.toml

PINS := --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url

# an environment, uv in it where a wheel of it can be had, and the pins of one file: $(call install,FILE)
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "dmkit needs Python 3.11 or newer; this is $$($(PYTHON) --version). Set PYTHON=..."; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV) || \
	  { echo "Python lacks venv: install it (Debian, Ubuntu: apt-get install python3-venv)"; rm -rf $(VENV); exit 1; }
	@echo "setting up $(VENV) from $(1); the first time takes a minute or more"
	@sed -n '/^uv==/,/[^\]$$/p' $(1) > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt || \
	  echo "no uv here; pip does it, and takes longer"
	@if [ -x $(BIN)/uv ]; then add="$(BIN)/uv pip install --quiet --python $(BIN)/python"; \
	  else add="$(BIN)/python -m pip install --quiet --disable-pip-version-check"; fi; set -e; \
	  $$add --require-hashes -r $(1); $$add --no-deps --no-build-isolation -e .
	@mkdir -p $(SETTINGS) && printf '%s\n' '$(NO_NEWS)' > $(SETTINGS)/overrides.json
	@touch $@
endef

# a lab that is nothing else keeps no installer (the next one fetches uv again), no tests of libraries, no maps of scripts,
# and of JupyterLab's scripts, which come twice, one copy
define slim
	@[ -e $(STAMP) ] || { $(BIN)/python -m pip uninstall --quiet --yes uv setuptools 2>/dev/null; \
	  find $(VENV)/lib -path '*/site-packages/*' -type d \( -name tests -o -name test -o -name galata \) -prune \
	  -exec rm -rf {} +; find $(VENV) -name '*.js.map' -delete; \
	  cp -lf $(VENV)/lib/python*/site-packages/jupyterlab/static/* $(VENV)/share/jupyter/lab/static/ || true; }
endef

$(LAB): pyproject.toml constraints-lab.txt
	$(call install,constraints-lab.txt)
	$(call slim)

$(STAMP): pyproject.toml constraints.txt
	$(call install,constraints.txt)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis docs/_build docs/made docs/notebooks build dist *.egg-info
	find . \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -prune -exec rm -rf {} +
