# timevmaps: build, install, demo, tests, benchmarks.  `make help` lists the targets.
#
# Nothing here needs PostgreSQL until something is compiled: `make demo` and `make test`
# install what is missing first, then call this file again with what they installed.

SHELL := /bin/bash
.DEFAULT_GOAL := all

# Only one that was asked for goes on to others; else they choose among what is installed.
ifeq ($(PG_CONFIG),)
override PG_CONFIG := pg_config
unexport PG_CONFIG
else
export PG_CONFIG
endif
# PGXS takes the server's compiler, unless another is named here: make CC=...
export NEED_CC := $(if $(findstring command,$(origin CC)),$(CC))
PGXS := $(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null))
# After an installation, this file is read again with the PostgreSQL that has what PURPOSE ($1) needs.
AGAIN = @pg_config=$$(bash scripts/install-deps.sh which $1) && $(MAKE) --no-print-directory PG_CONFIG="$$pg_config"

EXTENSION  := timevmaps
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" timevmaps.control)

include make/blas.mk
include make/built-for.mk
ifneq ($(PGXS),)
include make/extension.mk
else
all install: check-needs
clean:
	rm -rf build sql/timevmaps--$(EXTVERSION).sql
endif
# Objects of sources that are gone, too: an older state may have been built here.
clean: clean-objects
clean-objects:
	find src -name '*.[od]' -delete
include make/kernel.mk
include make/fuzz.mk
include make/bench.mk

help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

#: make                build the extension
#: make install        install it into the PostgreSQL of PG_CONFIG (default: pg_config)
#: make deps           install what building and testing need, if it is missing (Debian packages)
deps:
	@bash scripts/install-deps.sh test

#: make demo [KEEP=1]  the demonstration, on a private server; KEEP=1 leaves it running, MAP=file.svg names the map
demo:
	@bash scripts/scratch.sh demo
	@bash scripts/install-deps.sh demo
	@[ -e $(EXTENSION).so ] || echo "compiling $(EXTENSION), which takes about half a minute"
	$(call AGAIN,demo) -s all
	$(call AGAIN,demo) run-demo

# As they were written, and not as words of the shell.
export KEEP MAP
run-demo:
	@bash demo/run $${MAP:+"$$MAP"}

#: make test           all tests, on private servers;  test/run SUITE [FILE...] runs some
test:
	@bash scripts/scratch.sh test
	@bash scripts/install-deps.sh test
	$(call AGAIN,test) -s all
	$(call AGAIN,test) run-test

run-test:
	@test/run

#: make test-matrix    the demo on Debians in each state (needs root, debootstrap, the network); STATES, RELEASES name some
test-matrix:
	@bash test/matrix/run $(STATES)

#: make unit           only the kernel's tests, without a server
#: make check-layers   only the rule of who may include whom
check-layers:
	@perl test/lint/layers.pl

#: make soak [MINUTES=30]   everything at once for half an hour: memory, tables, who listens, what must hold
#: make crashes         200 processes killed, the server down 20 times, a standby promoted; KILLS, STOPS, SEED
export MINUTES KILLS STOPS SEED
soak:
	@bash scripts/install-deps.sh test
	$(call AGAIN,test) -s all
	@test/run server test/soak/soak.pl

crashes:
	@bash scripts/install-deps.sh test
	$(call AGAIN,test) -s all
	@test/soak/crashes

#: make bench [WRITE=1] timings of this machine; WRITE=1 keeps them as docs/benchmarks.md; ROADS=dir has New York; PART=turns: some alone
bench:
	@bash scripts/install-deps.sh test
	$(call AGAIN,test) -s all
	$(call AGAIN,test) run-bench

run-bench: build/bench/kernel build/bench/circuits build/bench/client build/bench/queue build/bench/positions build/bench/turns
	@bash test/bench/run.sh $(if $(WRITE),--write)

#: make bench-growth   routing in the kernel against the network's size: docs/growth.md (needs ROADS)
bench-growth: build/bench/kernel
	@bash test/bench/run.sh --growth

#: make docs           write docs/api.md from the comments in the catalog
docs: all
	@bash scripts/make-api-docs.sh > docs/api.md.new && mv docs/api.md.new docs/api.md

#: make format         lay the C sources out;  make format-check only says what it would change
format:
	@perl scripts/format.pl

format-check:
	@perl scripts/format.pl --check

#: make clean          remove what was built

.PHONY: clean-objects help deps demo run-demo test run-test test-matrix soak crashes check-layers bench run-bench bench-growth docs format format-check
