/*
 * counts.c: a hash table from bit strings to how often they were seen; see counts.h.
 */
#include "kernel/quantum/counts.h"

#include <string.h>

#define FIRST_CAPACITY 16
#define CANCEL_INTERVAL 16384	/* keys, each a miss or two of the cache */

TvmStatus
tvm_counts_init(TvmEnv *env, TvmCounts *counts, uint32_t bits)
{
	memset(counts, 0, sizeof(*counts));
	counts->bits = bits;
	counts->words = bits == 0 ? 1 : (bits + 63) / 64;
	counts->slots = 2 * FIRST_CAPACITY;
	counts->slot = tvm_alloc_zero(env, counts->slots, sizeof(size_t));
	return counts->slot == NULL ? TVM_NOMEM : TVM_OK;
}

void
tvm_counts_free(TvmEnv *env, TvmCounts *counts)
{
	tvm_free(env, counts->keys);
	tvm_free(env, counts->times);
	tvm_free(env, counts->slot);
	memset(counts, 0, sizeof(*counts));
}

uint64_t
tvm_counts_bytes(uint32_t bits, uint64_t shots)
{
	uint64_t	words = bits == 0 ? 1 : ((uint64_t) bits + 63) / 64;
	uint64_t	keys = shots;

	if (bits < 63 && keys > (uint64_t) 1 << bits)
		keys = (uint64_t) 1 << bits;
	if (keys < FIRST_CAPACITY)
		keys = FIRST_CAPACITY;

	/* Arrays double: up to twice the keys, and as much again while they are copied. */
	return keys * 3 * ((words + 1) * sizeof(uint64_t) + 2 * sizeof(size_t));
}

/* The finalizer of splitmix64, over the words. */
static uint64_t
hash_of(const uint64_t *key, uint32_t words)
{
	uint64_t	hash = 0x9E3779B97F4A7C15u;

	for (uint32_t i = 0; i < words; i++)
	{
		hash ^= key[i];
		hash = (hash ^ hash >> 30) * 0xBF58476D1CE4E5B9u;
		hash = (hash ^ hash >> 27) * 0x94D049BB133111EBu;
		hash ^= hash >> 31;
	}
	return hash;
}

/* The slot that holds `key`, or the free one where it belongs. */
static size_t
slot_of(const TvmCounts *counts, const uint64_t *key)
{
	size_t		at = (size_t) hash_of(key, counts->words) & (counts->slots - 1);

	while (counts->slot[at] != 0 &&
		   memcmp(counts->keys + (counts->slot[at] - 1) * counts->words, key,
				  counts->words * sizeof(uint64_t)) != 0)
		at = (at + 1) & (counts->slots - 1);
	return at;
}

/* Fill the larger arrays of `to`; a table of millions of keys can be cancelled. */
static TvmStatus
rehash(TvmEnv *env, const TvmCounts *from, TvmCounts *to)
{
	size_t		words = from->words;

	for (size_t i = 0; i < to->slots; i++)
	{
		if (i % CANCEL_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		to->slot[i] = 0;
	}
	for (size_t i = 0; i < from->count; i++)
	{
		if (i % CANCEL_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		memcpy(to->keys + i * words, from->keys + i * words, words * sizeof(uint64_t));
		to->times[i] = from->times[i];
		to->slot[slot_of(to, from->keys + i * words)] = i + 1;
	}
	return TVM_OK;
}

/* Double the arrays; after a failure the table is as it was. */
static TvmStatus
grow(TvmEnv *env, TvmCounts *counts)
{
	TvmCounts	larger = *counts;
	TvmCounts	unused;
	TvmStatus	status = TVM_NOMEM;

	larger.capacity = counts->capacity == 0 ? FIRST_CAPACITY : 2 * counts->capacity;
	larger.slots = 2 * larger.capacity;
	larger.keys = tvm_alloc(env, larger.capacity, counts->words * sizeof(uint64_t));
	larger.times = tvm_alloc(env, larger.capacity, sizeof(uint64_t));
	larger.slot = tvm_alloc(env, larger.slots, sizeof(size_t));
	if (larger.keys != NULL && larger.times != NULL && larger.slot != NULL)
		status = rehash(env, counts, &larger);
	unused = status == TVM_OK ? *counts : larger;
	if (status == TVM_OK)
		*counts = larger;
	tvm_counts_free(env, &unused);
	return status;
}

TvmStatus
tvm_counts_add(TvmEnv *env, TvmCounts *counts, const uint64_t *key, uint64_t times)
{
	size_t		at = slot_of(counts, key);

	if (counts->slot[at] != 0)
	{
		counts->times[counts->slot[at] - 1] += times;
		return TVM_OK;
	}
	if (counts->count == counts->capacity)
	{
		TvmStatus	status = grow(env, counts);

		if (status != TVM_OK)
			return status;
		at = slot_of(counts, key);
	}
	memcpy(counts->keys + counts->count * counts->words, key, counts->words * sizeof(uint64_t));
	counts->times[counts->count++] = times;
	counts->slot[at] = counts->count;
	return TVM_OK;
}

static int
compare(const TvmCounts *counts, size_t a, size_t b)
{
	const uint64_t *left = counts->keys + a * counts->words;
	const uint64_t *right = counts->keys + b * counts->words;

	for (uint32_t word = counts->words; word-- > 0;)
		if (left[word] != right[word])
			return left[word] < right[word] ? -1 : 1;
	return 0;
}

static void
exchange(TvmCounts *counts, size_t a, size_t b)
{
	uint64_t   *left = counts->keys + a * counts->words;
	uint64_t   *right = counts->keys + b * counts->words;
	uint64_t	times = counts->times[a];

	for (uint32_t word = 0; word < counts->words; word++)
	{
		uint64_t	kept = left[word];

		left[word] = right[word];
		right[word] = kept;
	}
	counts->times[a] = counts->times[b];
	counts->times[b] = times;
}

/* The heap's root is the greatest key; restore that below `at`. */
static void
sift_down(TvmCounts *counts, size_t count, size_t at)
{
	for (;;)
	{
		size_t		child = 2 * at + 1;

		if (child >= count)
			return;
		if (child + 1 < count && compare(counts, child, child + 1) < 0)
			child++;
		if (compare(counts, at, child) >= 0)
			return;
		exchange(counts, at, child);
		at = child;
	}
}

uint64_t
tvm_counts_of(const TvmCounts *counts, const uint64_t *key)
{
	size_t		low = 0;
	size_t		high = counts->count;

	if (counts->slot != NULL)
	{
		size_t		at = counts->slot[slot_of(counts, key)];

		return at == 0 ? 0 : counts->times[at - 1];
	}
	while (low < high)			/* sorted: the hash table is gone */
	{
		size_t		middle = low + (high - low) / 2;
		const uint64_t *found = counts->keys + middle * counts->words;
		int			order = 0;

		for (uint32_t word = counts->words; order == 0 && word-- > 0;)
			order = (found[word] > key[word]) - (found[word] < key[word]);
		if (order == 0)
			return counts->times[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

TvmStatus
tvm_counts_sort(TvmEnv *env, TvmCounts *counts)
{
	size_t		sorted = 1;

	tvm_free(env, counts->slot);
	counts->slot = NULL;
	counts->slots = 0;

	/* Samples of a state come in order; then there is nothing to do. */
	while (sorted < counts->count && compare(counts, sorted - 1, sorted) < 0)
		sorted++;
	if (sorted >= counts->count)
		return TVM_OK;
	for (size_t i = counts->count / 2; i-- > 0;)
	{
		if (i % CANCEL_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		sift_down(counts, counts->count, i);
	}
	for (size_t last = counts->count; last > 1;)
	{
		if (last % CANCEL_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		exchange(counts, 0, --last);
		sift_down(counts, last, 0);
	}
	return TVM_OK;
}

void
tvm_bits_format(const uint64_t *key, uint32_t bits, char *out)
{
	for (uint32_t i = 0; i < bits; i++)
		out[bits - 1 - i] = (char) ('0' + (key[i / 64] >> i % 64 & 1));
	out[bits] = '\0';
}
