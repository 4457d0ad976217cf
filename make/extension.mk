# The extension, built by PostgreSQL's own rules (PGXS).

MODULE_big := timevmaps
OBJS       := $(patsubst %.c,%.o,$(sort $(shell find src -name '*.c')))
DATA       := $(wildcard sql/updates/timevmaps--*--*.sql)
DATA_built := sql/timevmaps--$(EXTVERSION).sql
SHLIB_LINK := $(BLAS_LIBS)
EXTRA_CLEAN := build

# A changed header rebuilds what includes it.
PG_CPPFLAGS := -Isrc -DTIMEVMAPS_VERSION='"$(EXTVERSION)"' $(addprefix -I,$(BLAS_INCLUDE)) -MMD -MP
# Double-double arithmetic (kernel/relativity/dd.h) needs a*b+c rounded twice.
# Who adds to an enum is told of each switch that has no case for it.
PG_CFLAGS   := -O2 -ffp-contract=off -Werror=switch

# Bitcode would let JIT inline our functions; building it needs the server's own clang.
override with_llvm := no
include $(PGXS)

-include $(OBJS:.o=.d)

$(OBJS): build/built-for
build/built-for: check-needs
	$(call say-built-for,"$$($(PG_CONFIG) --version)" $(call quoted,$(COMPILE.c)) $(call quoted,$(pkglibdir) $(SHLIB_LINK)))

sql/timevmaps--$(EXTVERSION).sql: scripts/make-install-sql.sh $(sort $(wildcard sql/install/*.sql sql/tables/*.sql))
	bash scripts/make-install-sql.sh > $@.tmp && mv $@.tmp $@
