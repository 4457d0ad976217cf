/*
 * heap.c: a 4-ary heap with decrease-key; see heap.h.
 *
 * Four children to a node: half the levels of a binary heap, and a node's
 * children are next to each other in memory.
 */
#include "kernel/graph/heap.h"

#include <string.h>

#define ARITY 4

size_t
tvm_heap_bytes(size_t capacity)
{
	return capacity * (sizeof(TvmHeapEntry) + sizeof(uint32_t));
}

TvmStatus
tvm_heap_init(TvmEnv *env, TvmHeap *heap, uint32_t capacity)
{
	heap->count = 0;
	heap->capacity = capacity;
	heap->entries = tvm_alloc(env, capacity, sizeof(TvmHeapEntry));
	heap->position = tvm_alloc_zero(env, capacity, sizeof(uint32_t));
	if (heap->entries == NULL || heap->position == NULL)
	{
		tvm_heap_free(env, heap);
		return TVM_NOMEM;
	}
	return TVM_OK;
}

void
tvm_heap_free(TvmEnv *env, TvmHeap *heap)
{
	tvm_free(env, heap->entries);
	tvm_free(env, heap->position);
	memset(heap, 0, sizeof(*heap));
}

static bool
is_before(TvmHeapEntry left, TvmHeapEntry right)
{
	return left.key < right.key || (left.key == right.key && left.item < right.item);
}

static void
put(TvmHeap *heap, size_t at, TvmHeapEntry entry)
{
	heap->entries[at] = entry;
	heap->position[entry.item] = (uint32_t) at + 1;
}

static void
sift_up(TvmHeap *heap, size_t at, TvmHeapEntry entry)
{
	while (at > 0)
	{
		size_t		parent = (at - 1) / ARITY;

		if (!is_before(entry, heap->entries[parent]))
			break;
		put(heap, at, heap->entries[parent]);
		at = parent;
	}
	put(heap, at, entry);
}

static void
sift_down(TvmHeap *heap, size_t at, TvmHeapEntry entry)
{
	for (;;)
	{
		size_t		child = at * ARITY + 1;
		size_t		end = child + ARITY < heap->count ? child + ARITY : heap->count;
		size_t		least = child;

		if (child >= heap->count)
			break;
		while (++child < end)
		{
			if (is_before(heap->entries[child], heap->entries[least]))
				least = child;
		}
		if (!is_before(heap->entries[least], entry))
			break;
		put(heap, at, heap->entries[least]);
		at = least;
	}
	put(heap, at, entry);
}

void
tvm_heap_push(TvmHeap *heap, uint32_t item, double key)
{
	TvmHeapEntry entry = {key, item};
	uint32_t	at = heap->position[item];

	if (at == 0)
		sift_up(heap, heap->count++, entry);
	else if (key < heap->entries[at - 1].key)
		sift_up(heap, at - 1, entry);
}

TvmHeapEntry
tvm_heap_pop(TvmHeap *heap)
{
	TvmHeapEntry least = heap->entries[0];

	heap->position[least.item] = 0;
	if (--heap->count > 0)
		sift_down(heap, 0, heap->entries[heap->count]);
	return least;
}

void
tvm_heap_clear(TvmHeap *heap)
{
	for (uint32_t i = 0; i < heap->count; i++)
		heap->position[heap->entries[i].item] = 0;
	heap->count = 0;
}
