/*
 * libfuzzer.c: one harness, FUZZ, under clang's libFuzzer.
 */
#include "fuzz.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return FUZZ(data, size);
}
