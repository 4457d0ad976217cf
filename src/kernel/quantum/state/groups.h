/*
 * groups.h: walking over the indices of a state whose bits `fixed` have the
 * values `value`: the one loop beneath all gates and measurements.
 *
 * With the target's bit among the fixed ones, each index is the first of a group
 * (i, i | bit) that a gate mixes; with the controls' bits there too, only groups
 * that the controls select are visited.  Indices come in ascending order, in
 * runs of neighbours as long as the lowest fixed bit allows.
 */
#ifndef TVM_STATE_GROUPS_H
#define TVM_STATE_GROUPS_H

#include "kernel/quantum/state/state.h"

typedef struct TvmGroups
{
	uint64_t	fixed;
	uint64_t	value;			/* a part of fixed */
	uint64_t	total;			/* groups in the state */
	uint64_t	next;			/* groups before the piece after this one */
	uint64_t	count;			/* groups in this piece */
	uint64_t	run;			/* neighbours in a run; divides count */
	uint64_t	base;			/* the piece's first index, fixed bits 0 */
} TvmGroups;

/* Spread the bits of `compact` over the places that `fixed` leaves free. */
static inline uint64_t
tvm_groups_index(uint64_t compact, uint64_t fixed)
{
	while (fixed != 0)
	{
		uint64_t	bit = fixed & (~fixed + 1);

		compact = (compact & (bit - 1)) | ((compact & ~(bit - 1)) << 1);
		fixed ^= bit;
	}
	return compact;
}

/* In pieces of at most `piece` groups, a power of two. */
static inline void
tvm_groups_start(TvmGroups *groups, const TvmState *state, uint64_t fixed, uint64_t value,
				 uint64_t piece)
{
	uint64_t	lowest = fixed & (~fixed + 1);

	groups->fixed = fixed;
	groups->value = value;
	groups->total = state->count >> __builtin_popcountll(fixed);
	groups->next = 0;
	groups->count = groups->total < piece ? groups->total : piece;
	groups->run = lowest != 0 && lowest < groups->count ? lowest : groups->count;
	groups->base = 0;
}

/* Go to the next piece; false after the last.  Both counts are powers of two. */
static inline bool
tvm_groups_piece(TvmGroups *groups)
{
	if (groups->next >= groups->total)
		return false;
	groups->base = tvm_groups_index(groups->next, groups->fixed);
	groups->next += groups->count;
	return true;
}

/* The index after a run that starts at `base`: carries pass over the fixed bits. */
static inline uint64_t
tvm_groups_after(const TvmGroups *groups, uint64_t base)
{
	return (((base + groups->run - 1) | groups->fixed) + 1) & ~groups->fixed;
}

/* Visit each index `i` of the piece. */
#define TVM_FOR_GROUPS(groups, i) \
	for (uint64_t done_ = 0, base_ = (groups)->base; done_ < (groups)->count; \
		 done_ += (groups)->run, base_ = tvm_groups_after(groups, base_)) \
		for (uint64_t i = base_ | (groups)->value, end_ = i + (groups)->run; i < end_; i++)

#endif							/* TVM_STATE_GROUPS_H */
