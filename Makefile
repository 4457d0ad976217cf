# timevmaps: build, install, demo, tests, benchmarks.  `make help` lists the targets.

EXTENSION  := timevmaps
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" timevmaps.control)

MODULE_big := timevmaps
OBJS       := $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c src/*/*/*.c)))
DATA       := $(wildcard sql/updates/timevmaps--*--*.sql)
DATA_built := sql/timevmaps--$(EXTVERSION).sql

comma := ,
BLAS_INCLUDE := $(firstword $(wildcard /usr/include/*/openblas-serial /usr/include/*/openblas-pthread))

# A serial OpenBLAS keeps server processes single-threaded; any other CBLAS is held to one thread.
BLAS_DIR   := $(firstword $(wildcard /usr/lib/*/openblas-serial))
SHLIB_LINK := $(if $(BLAS_DIR),-L$(BLAS_DIR) -Wl$(comma)-rpath$(comma)$(BLAS_DIR)) -lopenblas -lm

PG_CPPFLAGS := -Isrc $(addprefix -I,$(BLAS_INCLUDE))
PG_CFLAGS   := -O2 -ffp-contract=off

PG_CONFIG ?= pg_config
# Bitcode would let JIT inline our functions; building it needs the server's own clang.
override with_llvm := no
PGXS      := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

sql/timevmaps--$(EXTVERSION).sql: scripts/make-install-sql.sh $(sort $(wildcard sql/install/*.sql sql/tables/*.sql))
	bash scripts/make-install-sql.sh > $@.tmp && mv $@.tmp $@

# The kernel compiled a second time, alone: no server include path, every warning an
# error, sanitizers on.  A stray postgres.h fails here.
KERNEL_SRC   := $(sort $(wildcard src/kernel/*.c src/kernel/*/*.c))
UNIT_SRC     := $(sort $(wildcard test/unit/*.c))
KERNEL_FLAGS := -std=c11 -ffp-contract=off -Wall -Wextra -Werror -Wno-format-truncation -Isrc $(addprefix -I,$(BLAS_INCLUDE))
SANITIZE     := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
KERNEL_LIBS  := $(SHLIB_LINK)

build/unit/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(KERNEL_FLAGS) $(SANITIZE) -Itest/unit -MMD -c -o $@ $<

build/unit/unit: $(patsubst %.c,build/unit/%.o,$(KERNEL_SRC) $(UNIT_SRC))
	$(CC) $(SANITIZE) -o $@ $^ $(KERNEL_LIBS) -lmpfr

unit: build/unit/unit
	build/unit/unit

-include $(patsubst %.c,build/unit/%.d,$(KERNEL_SRC) $(UNIT_SRC))
.PHONY: unit

test: all
	test/run
.PHONY: test
