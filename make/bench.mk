# Programs of the timings (test/bench): the kernel alone, compiled as for the server, and a client.

BENCH_FLAGS := -std=c11 -O2 -fPIC -ffp-contract=off -Wall -Wextra -Werror -Wno-format-truncation -Isrc $(addprefix -I,$(BLAS_INCLUDE))
BENCH_KERNEL := $(patsubst %.c,build/bench/%.o,$(KERNEL_SRC) test/bench/bench.c test/bench/network.c test/bench/kernel.c)

build/bench/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_FLAGS) -MMD -MP -c -o $@ $<

build/bench/kernel: $(BENCH_KERNEL)
	$(CC) -o $@ $^ $(BLAS_LIBS)

build/bench/client: test/bench/client.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -Wall -Wextra -Werror -I$(shell $(PG_CONFIG) --includedir) -o $@ $< -L$(shell $(PG_CONFIG) --libdir) -lpq -lm

-include $(BENCH_KERNEL:.o=.d)
