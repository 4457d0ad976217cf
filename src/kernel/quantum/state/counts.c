/*
 * counts.c: a sorted list, or a hash table, from bit strings to how often they were seen;
 * see counts.h.
 */
#include "kernel/quantum/state/counts.h"

#include <string.h>

#define FIRST_CAPACITY 16
#define CANCEL_INTERVAL 16384	/* keys, each a miss or two of the cache */
#define SORT_INTERVAL 2048		/* of which one goes down the heap by up to 30 exchanges */

TvmStatus
tvm_counts_init(TvmEnv *env, TvmCounts *counts, uint32_t bits)
{
	(void) env;
	memset(counts, 0, sizeof(*counts));
	counts->bits = bits;
	counts->words = bits == 0 ? 1 : (bits + 63) / 64;
	return TVM_OK;
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

/* Make the hash table of the keys; after a failure there is none.  Millions of keys can be cancelled. */
static TvmStatus
index_keys(TvmEnv *env, TvmCounts *counts)
{
	size_t		slots = 2 * counts->capacity;
	size_t	   *slot = tvm_alloc_zero(env, slots, sizeof(size_t));

	if (slot == NULL)
		return TVM_NOMEM;
	counts->slots = slots;
	counts->slot = slot;
	for (size_t i = 0; i < counts->count; i++)
	{
		if (i % CANCEL_INTERVAL == 0 && tvm_cancelled(env))
		{
			tvm_free(env, slot);
			counts->slot = NULL;
			return TVM_CANCELLED;
		}
		slot[slot_of(counts, counts->keys + i * counts->words)] = i + 1;
	}
	return TVM_OK;
}

static TvmStatus
copy_keys(TvmEnv *env, const TvmCounts *from, TvmCounts *to)
{
	size_t		words = from->words;

	for (size_t first = 0; first < from->count; first += CANCEL_INTERVAL)
	{
		size_t		count = from->count - first < CANCEL_INTERVAL ? from->count - first : CANCEL_INTERVAL;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		memcpy(to->keys + first * words, from->keys + first * words,
			   count * words * sizeof(uint64_t));
		memcpy(to->times + first, from->times + first, count * sizeof(uint64_t));
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
	larger.keys = tvm_alloc(env, larger.capacity, counts->words * sizeof(uint64_t));
	larger.times = tvm_alloc(env, larger.capacity, sizeof(uint64_t));
	larger.slot = NULL;
	if (larger.keys != NULL && larger.times != NULL)
		status = copy_keys(env, counts, &larger);
	if (status == TVM_OK && counts->slot != NULL)
		status = index_keys(env, &larger);
	unused = status == TVM_OK ? *counts : larger;
	if (status == TVM_OK)
		*counts = larger;
	tvm_counts_free(env, &unused);
	return status;
}

static int
compare_keys(const uint64_t *left, const uint64_t *right, uint32_t words)
{
	for (uint32_t word = words; word-- > 0;)
		if (left[word] != right[word])
			return left[word] < right[word] ? -1 : 1;
	return 0;
}

static int
compare(const TvmCounts *counts, size_t a, size_t b)
{
	return compare_keys(counts->keys + a * counts->words, counts->keys + b * counts->words,
						counts->words);
}

/* A key that is not there, at the end. */
static TvmStatus
append(TvmEnv *env, TvmCounts *counts, const uint64_t *key, uint64_t times)
{
	if (counts->count == counts->capacity)
	{
		TvmStatus	status = grow(env, counts);

		if (status != TVM_OK)
			return status;
	}
	memcpy(counts->keys + counts->count * counts->words, key, counts->words * sizeof(uint64_t));
	counts->times[counts->count++] = times;
	if (counts->slot != NULL)
		counts->slot[slot_of(counts, key)] = counts->count;
	return TVM_OK;
}

TvmStatus
tvm_counts_add(TvmEnv *env, TvmCounts *counts, const uint64_t *key, uint64_t times)
{
	size_t		at;

	if (counts->slot == NULL)
	{
		size_t		last = counts->count - 1;
		int			order = counts->count == 0 ? -1 :
			compare_keys(counts->keys + last * counts->words, key, counts->words);
		TvmStatus	status;

		if (order < 0)
			return append(env, counts, key, times);
		if (order == 0)
		{
			counts->times[last] += times;
			return TVM_OK;
		}
		status = index_keys(env, counts);
		if (status != TVM_OK)
			return status;
	}
	at = counts->slot[slot_of(counts, key)];
	if (at == 0)
		return append(env, counts, key, times);
	counts->times[at - 1] += times;
	return TVM_OK;
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

TvmStatus
tvm_counts_sort(TvmEnv *env, TvmCounts *counts)
{
	if (counts->slot == NULL)
		return TVM_OK;
	for (size_t i = counts->count / 2; i-- > 0;)
	{
		if (i % SORT_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		sift_down(counts, counts->count, i);
	}
	for (size_t last = counts->count; last > 1;)
	{
		if (last % SORT_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		exchange(counts, 0, --last);
		sift_down(counts, last, 0);
	}
	tvm_free(env, counts->slot);
	counts->slot = NULL;
	counts->slots = 0;
	return TVM_OK;
}

void
tvm_bits_format(const uint64_t *key, uint32_t bits, char *out)
{
	for (uint32_t i = 0; i < bits; i++)
		out[bits - 1 - i] = (char) ('0' + (key[i / 64] >> i % 64 & 1));
	out[bits] = '\0';
}
