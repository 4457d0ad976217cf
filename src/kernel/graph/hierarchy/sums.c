/*
 * sums.c: the sums of shortcuts that are remembered; see sums.h.
 */
#include "kernel/graph/hierarchy/sums.h"

#include <string.h>

#define FIRST_CAPACITY 512
#define KEPT_TO_GROW 2			/* sums for each place */

void
tvm_sums_init(TvmSums *sums, size_t size, uint32_t most)
{
	memset(sums, 0, sizeof(*sums));
	sums->size = size;
	sums->most = most;
}

void
tvm_sums_free(TvmEnv *env, TvmSums *sums)
{
	tvm_free(env, sums->key);
	tvm_free(env, sums->value);
	tvm_sums_init(sums, sums->size, sums->most);
}

/* Multiplicative hashing (Knuth, "The Art of Computer Programming" 3, 6.4): the upper bits count. */
static uint32_t
place_of(const TvmSums *sums, TvmSumKey key)
{
	uint64_t	hash = (key.arc ^ key.version << 40) * UINT64_C(0x9e3779b97f4a7c15);

	hash ^= key.version * UINT64_C(0xd1b54a32d192ed03);
	return (uint32_t) (hash >> 32) & (sums->capacity - 1);
}

static TvmSumKey
key_of(uint64_t version, uint32_t arc, bool upward)
{
	return (TvmSumKey) {version, (uint64_t) arc << 1 | upward};
}

uint32_t
tvm_sums_find(const TvmSums *sums, uint64_t version, uint32_t arc, bool upward)
{
	TvmSumKey	key = key_of(version, arc, upward);
	uint32_t	place;

	if (sums->capacity == 0)
		return TVM_CCH_NONE;
	place = place_of(sums, key);
	return sums->key[place].version == version && sums->key[place].arc == key.arc ? place : TVM_CCH_NONE;
}

void
tvm_sums_keep(TvmSums *sums, uint64_t version, uint32_t arc, bool upward, const void *value)
{
	TvmSumKey	key = key_of(version, arc, upward);
	uint32_t	place;

	if (sums->capacity == 0)
		return;
	place = place_of(sums, key);
	sums->key[place] = key;
	memcpy(sums->value + place * sums->size, value, sums->size);
	sums->kept++;
}

void
tvm_sums_grow(TvmEnv *env, TvmSums *sums)
{
	TvmSums		larger = *sums;

	if (sums->capacity >= sums->most || sums->kept < (uint64_t) KEPT_TO_GROW * sums->capacity)
		return;
	larger.capacity = sums->capacity == 0 ? FIRST_CAPACITY : 2 * sums->capacity;
	if (larger.capacity > sums->most)
		larger.capacity = sums->most;
	larger.key = tvm_alloc_zero(env, larger.capacity, sizeof(TvmSumKey));
	larger.value = tvm_alloc(env, larger.capacity, sums->size);
	if (larger.key == NULL || larger.value == NULL)
	{
		tvm_free(env, larger.key);
		tvm_free(env, larger.value);
		return;
	}
	for (uint32_t i = 0; i < sums->capacity; i++)
	{
		uint32_t	place = place_of(&larger, sums->key[i]);

		if (sums->key[i].version == 0)
			continue;
		larger.key[place] = sums->key[i];
		memcpy(larger.value + place * sums->size, sums->value + i * sums->size, sums->size);
	}
	larger.kept = 0;
	tvm_free(env, sums->key);
	tvm_free(env, sums->value);
	*sums = larger;
}
