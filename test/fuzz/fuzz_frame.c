/*
 * fuzz_frame.c: any bytes as a frame's payload: refused, or all its entries can be read.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/quantum/state/frame.h"

#define ENTRIES 65536

static void *
lent_alloc(void *ctx, size_t size)
{
	(void) ctx;
	return malloc(size);
}

static void
lent_free(void *ctx, void *block)
{
	(void) ctx;
	free(block);
}

int
fuzz_frame(const uint8_t *data, size_t size)
{
	TvmEnv		env = {.alloc = lent_alloc, .free = lent_free};
	TvmFrame	frame;
	unsigned char *bytes = malloc(size > 0 ? size : 1);
	TvmStatus	status;

	if (size > 0)
		memcpy(bytes, data, size);
	status = tvm_frame_decode(&env, bytes, size, &frame);
	if (status == TVM_OK)
		for (uint64_t i = 0; i < frame.count && i < ENTRIES; i++)
		{
			TvmFrameEntry entry;

			tvm_frame_entry(&frame, i, &entry);
			if (entry.probability != entry.probability || tvm_frame_kind_name(frame.kind) == NULL)
				abort();
		}
	else if (status != TVM_INVALID || strcmp(env.error.path, "payload") != 0)
		abort();
	free(bytes);
	return 0;
}
