# The kernel compiled a second time, alone: no server include path, every warning an
# error, sanitizers on.  A stray postgres.h fails here.

KERNEL_SRC   := $(sort $(shell find src/kernel -name '*.c'))
UNIT_SRC     := $(sort $(shell find test/unit -name '*.c') $(wildcard test/fuzz/fuzz_*.c))
KERNEL_FLAGS := -std=c11 -ffp-contract=off -Wall -Wextra -Werror -Wno-format-truncation -Wno-unknown-warning-option -Isrc $(addprefix -I,$(BLAS_INCLUDE))
SANITIZE     := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

build/unit/built-for: always
	$(call say-built-for,$(call quoted,$(KERNEL_FLAGS) $(SANITIZE) $(BLAS_LIBS)))

build/unit/%.o: %.c build/unit/built-for
	@mkdir -p $(@D)
	$(CC) $(KERNEL_FLAGS) $(SANITIZE) -Itest/unit -MMD -MP -c -o $@ $<

build/unit/unit: $(patsubst %.c,build/unit/%.o,$(KERNEL_SRC) $(UNIT_SRC))
	$(CC) $(SANITIZE) -o $@ $^ $(BLAS_LIBS) -lmpfr

unit: build/unit/unit
	build/unit/unit

-include $(patsubst %.c,build/unit/%.d,$(KERNEL_SRC) $(UNIT_SRC))
.PHONY: unit
