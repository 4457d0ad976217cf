/*
 * heap.h: a 4-ary heap of numbered items with decrease-key.
 *
 * Ordered by (key, item), so the order in which items leave does not depend on
 * how they came in.  All memory is taken by tvm_heap_init(); no other
 * call allocates or fails.  Keys are not NaN; INFINITY is a key like any other.
 */
#ifndef TVM_HEAP_H
#define TVM_HEAP_H

#include "kernel/tvm.h"

typedef struct TvmHeapEntry
{
	double		key;
	uint32_t	item;
} TvmHeapEntry;

typedef struct TvmHeap
{
	uint32_t	count;
	uint32_t	capacity;		/* items are 0..capacity-1, each at most once */
	TvmHeapEntry *entries;
	uint32_t   *position;		/* of each item in entries, from 1; 0: it is not there */
} TvmHeap;

extern size_t tvm_heap_bytes(size_t capacity);
extern TvmStatus tvm_heap_init(TvmEnv *env, TvmHeap *heap, uint32_t capacity);
extern void tvm_heap_free(TvmEnv *env, TvmHeap *heap);

/* Insert, or lower the key of an item that is there; a higher key changes nothing. */
extern void tvm_heap_push(TvmHeap *heap, uint32_t item, double key);

/* The least entry; the heap must not be empty. */
extern TvmHeapEntry tvm_heap_pop(TvmHeap *heap);

/* Takes time for what is in it, not for its capacity. */
extern void tvm_heap_clear(TvmHeap *heap);

#endif							/* TVM_HEAP_H */
