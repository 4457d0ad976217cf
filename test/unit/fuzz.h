/*
 * fuzz.h: the harnesses.  Each takes any bytes and returns 0, or aborts where a promise
 * is broken; sanitizers see to the rest.  libfuzzer.c runs one of them under clang's
 * libFuzzer (make fuzz), test/unit/test_fuzz.c all of them on mutated corpora.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

extern int	fuzz_qasm(const uint8_t *data, size_t size);
extern int	fuzz_motion(const uint8_t *data, size_t size);
extern int	fuzz_frame(const uint8_t *data, size_t size);

#endif							/* FUZZ_H */
