/*
 * patch.h: which of many numbered things differ from what is known of all of them,
 * and a number for each that does, such as where its own version is kept.
 *
 * Whether a thing differs is one bit, so asking costs a look at a small table that
 * stays in the cache.  The arrays may be in a file that others share: then the
 * patch is only asked.  Its memory is the caller's until tvm_patch_free().
 */
#ifndef TVM_PATCH_H
#define TVM_PATCH_H

#include "kernel/tvm.h"

#define TVM_PATCH_NONE UINT32_MAX

/* 32 things: which differ, and where their numbers begin. */
typedef struct TvmPatchGroup
{
	uint32_t	bits;
	uint32_t	first;
} TvmPatchGroup;

typedef struct TvmPatch
{
	uint32_t	group_count;
	uint32_t	slot_count;
	uint32_t	slot_capacity;
	TvmPatchGroup *group;		/* NULL: nothing differs */
	uint32_t   *slot;
} TvmPatch;

#define TVM_PATCH_GROUPS(things) ((things) / 32 + 1)

/* Without the instruction for it, which not every machine has. */
static inline uint32_t
tvm_patch_count_bits(uint32_t bits)
{
	bits -= (bits >> 1) & 0x55555555;
	bits = (bits & 0x33333333) + ((bits >> 2) & 0x33333333);
	bits = (bits + (bits >> 4)) & 0x0f0f0f0f;
	return (bits * 0x01010101) >> 24;
}

/* The number of a thing, or TVM_PATCH_NONE.  The patch must not be empty. */
static inline uint32_t
tvm_patch_find(const TvmPatch *patch, uint32_t thing)
{
	const TvmPatchGroup *group = &patch->group[thing / 32];
	uint32_t	bit = UINT32_C(1) << thing % 32;

	if ((group->bits & bit) == 0)
		return TVM_PATCH_NONE;
	return patch->slot[group->first + tvm_patch_count_bits(group->bits & (bit - 1))];
}

/* An empty patch of things below `things`; TVM_NOMEM. */
extern TvmStatus tvm_patch_init(TvmEnv *env, TvmPatch *patch, uint32_t things);
extern void tvm_patch_free(TvmEnv *env, TvmPatch *patch);

/* Give a thing a number, in place of the one that it has; TVM_NOMEM leaves it as it is. */
extern TvmStatus tvm_patch_set(TvmEnv *env, TvmPatch *patch, uint32_t thing, uint32_t number);

#endif							/* TVM_PATCH_H */
