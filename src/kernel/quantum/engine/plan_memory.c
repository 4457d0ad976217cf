/*
 * plan_memory.c: see plan_memory.h.
 */
#include "kernel/quantum/engine/plan_memory.h"

typedef struct TvmChunk
{
	struct TvmChunk *next;
	size_t		size;
	size_t		used;
} TvmChunk;

void *
tvm_plan_alloc(TvmEnv *env, TvmPlan *plan, size_t size)
{
	TvmChunk   *chunk = plan->chunks;
	char	   *start;

	size = (size + TVM_LANES_ALIGN - 1) & ~(size_t) (TVM_LANES_ALIGN - 1);
	if (chunk == NULL || chunk->size - chunk->used < size)
	{
		size_t		room = size + 2 * TVM_LANES_ALIGN > TVM_PLAN_CHUNK ?
			size + 2 * TVM_LANES_ALIGN : TVM_PLAN_CHUNK;

		chunk = tvm_alloc(env, room, 1);
		if (chunk == NULL)
			return NULL;
		chunk->next = plan->chunks;
		chunk->size = room;
		chunk->used = (size_t) ((-(uintptr_t) chunk - sizeof(TvmChunk)) % TVM_LANES_ALIGN) +
			sizeof(TvmChunk);
		plan->chunks = chunk;
		plan->bytes += room;
	}
	start = (char *) chunk + chunk->used;
	chunk->used += size;
	return start;
}

void
tvm_plan_free_memory(TvmEnv *env, TvmPlan *plan)
{
	while (plan->chunks != NULL)
	{
		TvmChunk   *next = plan->chunks->next;

		tvm_free(env, plan->chunks);
		plan->chunks = next;
	}
}
