# Programs of the timings (test/bench): the kernel alone, compiled as for the server, and a client.

BENCH_FLAGS := -std=c11 -O2 -fPIC -ffp-contract=off -Wall -Wextra -Werror -Wno-format-truncation -Wno-unknown-warning-option -Isrc $(addprefix -I,$(BLAS_INCLUDE))
BENCH_SHARED := $(patsubst %.c,build/bench/%.o,$(KERNEL_SRC) test/bench/bench.c test/bench/network.c)
BENCH_KERNEL := $(BENCH_SHARED) build/bench/test/bench/kernel.o
BENCH_CIRCUITS := $(BENCH_SHARED) build/bench/test/bench/circuits.o

build/bench/built-for: always
	$(call say-built-for,"$$($(PG_CONFIG) --version)" $(call quoted,$(BENCH_FLAGS) $(BLAS_LIBS)))

build/bench/%.o: %.c build/bench/built-for
	@mkdir -p $(@D)
	$(CC) $(BENCH_FLAGS) -MMD -MP -c -o $@ $<

build/bench/kernel: $(BENCH_KERNEL)
	$(CC) -o $@ $^ $(BLAS_LIBS)

build/bench/circuits: $(BENCH_CIRCUITS)
	$(CC) -o $@ $^ $(BLAS_LIBS)

build/bench/client build/bench/queue build/bench/positions build/bench/turns: build/bench/%: test/bench/%.c build/bench/built-for
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -Wall -Wextra -Werror -I$(shell $(PG_CONFIG) --includedir) -o $@ $< -L$(shell $(PG_CONFIG) --libdir) -lpq -lm

-include $(BENCH_KERNEL:.o=.d) $(BENCH_CIRCUITS:.o=.d)
