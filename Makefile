# timevmaps: build, install, demo, tests, benchmarks.  `make help` lists the targets.
#
# Nothing here needs PostgreSQL until something is compiled: `make demo` and `make test`
# install what is missing first, then call this file again with what they installed.

SHELL := /bin/bash
.DEFAULT_GOAL := all

PG_CONFIG ?= pg_config
export PG_CONFIG
PGXS := $(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null))
AGAIN := @$(MAKE) --no-print-directory

EXTENSION  := timevmaps
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" timevmaps.control)

include make/blas.mk
ifneq ($(PGXS),)
include make/extension.mk
else
all install:
	@echo "make: PostgreSQL's development files are missing ($(PG_CONFIG) --pgxs); 'make deps' installs them." >&2
	@exit 1
clean:
	rm -rf build sql/timevmaps--$(EXTVERSION).sql
endif
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
	@bash scripts/install-deps.sh demo
	@[ -e $(EXTENSION).so ] || echo "compiling $(EXTENSION), which takes about half a minute"
	$(AGAIN) -s all
	$(AGAIN) run-demo

run-demo:
	@KEEP="$(KEEP)" bash demo/run $(MAP)

#: make test           all tests, on private servers;  test/run SUITE [FILE...] runs some
test:
	@bash scripts/install-deps.sh test
	$(AGAIN) -s all
	$(AGAIN) run-test

run-test:
	@test/run

#: make unit           only the kernel's tests, without a server
#: make check-layers   only the rule of who may include whom
check-layers:
	@perl test/lint/layers.pl

#: make bench [WRITE=1] timings of this machine; WRITE=1 keeps them as docs/benchmarks.md; ROADS=dir has New York
bench:
	@bash scripts/install-deps.sh test
	$(AGAIN) -s all
	$(AGAIN) run-bench

run-bench: build/bench/kernel build/bench/circuits build/bench/client
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

.PHONY: help deps demo run-demo test run-test check-layers bench run-bench bench-growth docs format format-check
