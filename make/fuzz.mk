# Fuzzers: the harnesses of test/fuzz under clang's libFuzzer, from the corpora there.
# What they find beyond the corpora stays in build/fuzz.

FUZZ_SECONDS ?= 60
FUZZ_CLANG   ?= clang
FUZZ_FLAGS   := -std=c11 -ffp-contract=off -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	-Isrc $(addprefix -I,$(BLAS_INCLUDE)) -Itest/unit

build/fuzz/%: test/fuzz/fuzz_%.c test/fuzz/libfuzzer.c $(KERNEL_SRC)
	@mkdir -p $(@D)
	$(FUZZ_CLANG) $(FUZZ_FLAGS) -DFUZZ=fuzz_$* -o $@ $^ $(BLAS_LIBS) -lm

#: make fuzz [FUZZ_SECONDS=60] the fuzzers, each so long; needs clang and libclang-rt-14-dev or its like
fuzz: build/fuzz/qasm build/fuzz/frame build/fuzz/motion
	@for target in qasm frame motion; do \
		mkdir -p build/fuzz/found-$$target; \
		build/fuzz/$$target -max_total_time=$(FUZZ_SECONDS) -timeout=20 -max_len=4096 -print_final_stats=1 -verbosity=1 \
			$$([ ! -e test/fuzz/$$target.dict ] || echo -dict=test/fuzz/$$target.dict) -artifact_prefix=build/fuzz/ \
			build/fuzz/found-$$target test/fuzz/corpus/$$target || exit 1; \
	done

.PHONY: fuzz
