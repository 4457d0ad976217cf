/*
 * patch.c: sparse differences; see patch.h.
 */
#include "kernel/graph/patch.h"

#include <string.h>

TvmStatus
tvm_patch_init(TvmEnv *env, TvmPatch *patch, uint32_t things)
{
	memset(patch, 0, sizeof(*patch));
	patch->group_count = TVM_PATCH_GROUPS(things);
	patch->group = tvm_alloc(env, patch->group_count, sizeof(TvmPatchGroup));
	if (patch->group == NULL)
		return TVM_NOMEM;
	memset(patch->group, 0, patch->group_count * sizeof(TvmPatchGroup));
	return TVM_OK;
}

void
tvm_patch_free(TvmEnv *env, TvmPatch *patch)
{
	tvm_free(env, patch->group);
	tvm_free(env, patch->slot);
	memset(patch, 0, sizeof(*patch));
}

static TvmStatus
reserve_slots(TvmEnv *env, TvmPatch *patch, uint32_t more)
{
	uint32_t	capacity = patch->slot_capacity + patch->slot_capacity / 2 + more + 64;
	uint32_t   *slot;

	if (patch->slot_count + more <= patch->slot_capacity)
		return TVM_OK;
	slot = tvm_alloc(env, capacity, sizeof(uint32_t));
	if (slot == NULL)
		return TVM_NOMEM;
	if (patch->slot_count > 0)
		memcpy(slot, patch->slot, patch->slot_count * sizeof(uint32_t));
	tvm_free(env, patch->slot);
	patch->slot = slot;
	patch->slot_capacity = capacity;
	return TVM_OK;
}

/*
 * A group that grows moves to the end of the slots, unless it is there.  What it
 * leaves behind stays unused: 16 slots for each of its things at most.
 */
TvmStatus
tvm_patch_set(TvmEnv *env, TvmPatch *patch, uint32_t thing, uint32_t number)
{
	TvmPatchGroup *group = &patch->group[thing / 32];
	uint32_t	bit = UINT32_C(1) << thing % 32;
	uint32_t	before = tvm_patch_count_bits(group->bits & (bit - 1));
	uint32_t	count = tvm_patch_count_bits(group->bits);
	uint32_t   *slot;

	if (group->bits & bit)
	{
		patch->slot[group->first + before] = number;
		return TVM_OK;
	}
	if (reserve_slots(env, patch, count + 1) != TVM_OK)
		return TVM_NOMEM;
	if (group->first + count != patch->slot_count)
	{
		memcpy(patch->slot + patch->slot_count, patch->slot + group->first, count * sizeof(uint32_t));
		group->first = patch->slot_count;
		patch->slot_count += count;
	}
	slot = patch->slot + group->first;
	memmove(slot + before + 1, slot + before, (count - before) * sizeof(uint32_t));
	slot[before] = number;
	group->bits |= bit;
	patch->slot_count++;
	return TVM_OK;
}
