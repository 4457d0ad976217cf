/*
 * counts.h: how often each bit string was seen.
 *
 * A key is `words` 64-bit words, bit 0 of word 0 being q[0] or c[0].  The table
 * owns its memory, which grows with the number of different keys.
 *
 * Samples of a state come in ascending order, and as long as keys do they are a sorted
 * list; the first one that does not makes a hash table of it.
 */
#ifndef TVM_STATE_COUNTS_H
#define TVM_STATE_COUNTS_H

#include "kernel/tvm.h"

typedef struct TvmCounts
{
	uint32_t	bits;			/* the length of a bit string */
	uint32_t	words;
	size_t		count;			/* different keys */
	size_t		capacity;		/* of keys and times */
	uint64_t   *keys;			/* count * words, in order of first appearance */
	uint64_t   *times;
	size_t		slots;			/* the hash table's size, a power of two */
	size_t	   *slot;			/* 1 + position among the keys; 0: free; NULL: the keys ascend */
} TvmCounts;

extern TvmStatus tvm_counts_init(TvmEnv *env, TvmCounts *counts, uint32_t bits);
extern void tvm_counts_free(TvmEnv *env, TvmCounts *counts);
extern TvmStatus tvm_counts_add(TvmEnv *env, TvmCounts *counts, const uint64_t *key,
								uint64_t times);

/* Order the keys ascending as numbers, in place. */
extern TvmStatus tvm_counts_sort(TvmEnv *env, TvmCounts *counts);

/* An upper bound on the bytes that `shots` additions take. */
extern uint64_t tvm_counts_bytes(uint32_t bits, uint64_t shots);

/* "q[n-1]...q[0]" of a key: writes `bits` digits and a NUL. */
extern void tvm_bits_format(const uint64_t *key, uint32_t bits, char *out);

#endif							/* TVM_STATE_COUNTS_H */
