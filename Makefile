# Each target makes the environment it needs in .venv. `make help` lists them.

.DEFAULT_GOAL := help
.PHONY: demo dev lint test attacks mutants mixtures kills faults siege canaries interop differential fuzz mutation golden bench clean help FORCE

VENV := .venv
BIN := $(VENV)/bin
CODE := $(wildcard src tests bench)

# PYTHON=/path/to/python chooses one. A name is tried by running it: a version manager's
# shim may exist for a version that does not. Without uv, venv and ensurepip must be there.
UV := $(shell command -v uv 2>/dev/null)
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.version_info < (3, 11) and sys.exit(1)$(if $(UV),,; import venv, ensurepip)' \
	2>/dev/null && echo $$p && break; done)

# The stamp names the folder it was made in and needs its interpreter: a moved or broken
# environment is made again.
STAMP := $(VENV)/made-run
DEV_STAMP := $(VENV)/made-dev
FUZZ_STAMP := $(VENV)/made-fuzz
ifneq ($(shell cat $(STAMP) 2>/dev/null; $(BIN)/python -c '' 2>/dev/null && echo works),$(CURDIR) works)
STALE := FORCE
endif

# The files of requirements/ list every package, so nothing is left to resolve: pip 23 takes the newest
# release for a name with an extra that stands there without it, and then misses its hash.
ifneq ($(UV),)
INSTALL = $(UV) pip install --quiet --no-deps --python $(BIN)/python
else
INSTALL = $(BIN)/python -m pip install --quiet --no-deps --disable-pip-version-check
endif

# An installed package has bytecode and an editable one has not: without it each start of the command
# compiles everything, wherever the environment forbids Python to write it.
COMPILE = $(BIN)/python -m compileall -q src/crosstrust

# Processes of the long runs.
JOBS ?= 2

# Processes that run tests, one more than cores, since they wait for servers a part of their time.
# WORKERS=0: in this one, which --pdb needs.
WORKERS ?= 3

# Tests in a network namespace of their own, their files in memory; ALL_TESTS are those that need no lab.
PYTEST = $(BIN)/python tests/house/in_memory.py $(BIN)/python tests/house/offline.py \
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal
ALL_TESTS := tests --ignore=tests/interop
# They reach every branch of the pure packages. To trace all tests took 200 s of 520.
TRACED := tests/unit tests/golden

# For each target of fuzzing. TARGET=name: that one alone.
SECONDS ?= 60
TARGET ?=

# Mutants, chosen by chance; 0 is all. ARGS="--seed N" repeats a choice.
SAMPLE ?= 0

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 14

demo: $(STAMP) ## sign, verify and attack a release on this machine, without a network
	@$(COMPILE)
	@$(BIN)/crosstrust demo

dev: $(DEV_STAMP) ## make .venv with everything that lint and test need

lint: $(DEV_STAMP) ## style, types and import contracts
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports --no-cache

test: $(DEV_STAMP) ## all tests but interop: random order, no network, coverage gates
	@rm -f .coverage .coverage.* coverage.json attacks.json canaries.json
	@$(COMPILE)
	CANARY_LEDGER=canaries.json $(PYTEST) $(TRACED) \
		-m "not long" --cov --cov-report=json:coverage.json $(ARGS)
	ATTACK_LEDGER=attacks.json CANARY_LEDGER=canaries.json $(PYTEST) $(ALL_TESTS) \
		$(addprefix --ignore=,$(TRACED)) -m "not long" $(ARGS)
	$(BIN)/python tests/house/coverage_gate.py coverage.json
	$(BIN)/python tests/attacks/gate.py attacks.json
	$(BIN)/python -m tests.canaries.gate canaries.json

mutants: $(DEV_STAMP) ## every flipped bit and every changed member of five genuine chains
	$(BIN)/python -m tests.attacks.mutants --jobs $(JOBS)

mixtures: $(DEV_STAMP) ## every mixture of the files of three states of a repository
	$(BIN)/python -m tests.attacks.mixtures --jobs $(JOBS)

kills: N ?= 1000
kills: $(DEV_STAMP) ## kill N=1000 verifications, each at another step into the file system
	$(BIN)/python -m tests.attacks.kills --kills $(N) --jobs $(JOBS)

faults: $(DEV_STAMP) ## every fault of a server, at every request of a verification
	$(BIN)/python tests/house/offline.py $(BIN)/python -m pytest tests/attacks/test_fault.py \
		--numprocesses $(JOBS) --dist worksteal $(ARGS)

siege: N ?= 25
siege: $(DEV_STAMP) ## N=25 games of an author and a client against an attacker who has one stolen key
	SIEGES=$(N) $(BIN)/python tests/house/offline.py $(BIN)/python -m pytest tests/attacks/test_siege.py $(ARGS)

interop: ## against the real docker, notary and registries (Debian, as root)
	@test -f /etc/debian_version || { echo "make interop: this is not Debian, which it needs for its packages" >&2; exit 1; }
	@test "$$(id -u)" = 0 || { echo "make interop: needs root, to install packages and start registries" >&2; exit 1; }
	@$(MAKE) --no-print-directory dev
	bash tests/interop/run.sh

differential: $(DEV_STAMP) ## N=2000 random repositories before the real docker and notary, and before us
	bash tests/interop/differential.sh --repositories $(or $(N),2000) $(ARGS)

fuzz: $(FUZZ_STAMP) ## look for inputs that a parser reads wrongly (Python 3.11 to 3.13)
	$(BIN)/python -m tests.fuzz.run --seconds $(SECONDS) --jobs $(JOBS) $(TARGET)

mutation: $(DEV_STAMP) ## change the rules in each place and see whether a test notices; SAMPLE=N tries N places
	$(BIN)/python -m tests.mutation.run --sample $(SAMPLE) --jobs $(JOBS) $(ARGS)

golden: $(DEV_STAMP) ## rewrite the expected outputs; look at the diff before you commit it
	$(BIN)/python -m pytest tests/golden --rewrite-golden -p no:randomly $(ARGS)

attacks: $(DEV_STAMP) ## try every row of the attack catalogue; WRITE=1 writes its page anew
	@rm -f attacks.json
	@$(COMPILE)
	ATTACKS=all ATTACK_LEDGER=attacks.json $(PYTEST) $(ALL_TESTS) -m attack $(ARGS); code=$$?; \
		$(BIN)/python tests/attacks/gate.py attacks.json $(if $(WRITE),--write) && exit $$code

canaries: $(DEV_STAMP) ## all tests but interop, searched for secrets where none may be
	@rm -f canaries.json
	@$(COMPILE)
	ATTACKS=all CANARY_LEDGER=canaries.json $(PYTEST) $(ALL_TESTS) $(ARGS); code=$$?; \
		$(BIN)/python -m tests.canaries.gate canaries.json && exit $$code

bench: $(DEV_STAMP) ## measure, beside the peers
	@$(COMPILE)
	$(BIN)/python bench/run.py $(ARGS)

clean: ## remove everything that make made
	rm -rf $(VENV) .coverage .coverage.* coverage.json attacks.json canaries.json htmlcov dist build
	rm -rf .fuzz .hypothesis .import_linter_cache .mutation .mypy_cache .pytest_cache .ruff_cache
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml requirements/run.txt $(STALE)
	@test -z "$(STALE)" || test -n "$(PYTHON)" || { echo "make: no Python >= 3.11 with venv found; install it (Debian: apt-get install python3-venv) or set PYTHON=" >&2; exit 1; }
ifneq ($(STALE),)
ifneq ($(UV),)
	@$(UV) venv --quiet --clear --python "$(PYTHON)" $(VENV)
else
	@"$(PYTHON)" -m venv --clear $(VENV)
endif
endif
	@echo "make: installing the pinned packages into $(VENV)"
	@$(INSTALL) --require-hashes -r requirements/run.txt
	@$(INSTALL) --no-build-isolation -e .
	@$(COMPILE)
	@echo "$(CURDIR)" > $@

$(DEV_STAMP): requirements/dev.txt $(STAMP)
	@echo "make: adding the packages for lint and test"
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

$(FUZZ_STAMP): requirements/fuzz.txt $(STAMP)
	@echo "make: adding the packages for fuzzing"
	@$(INSTALL) --require-hashes -r requirements/fuzz.txt
	@touch $@
