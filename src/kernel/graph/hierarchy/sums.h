/*
 * sums.h: what a path costs in values that the hierarchy does not keep, such as other
 * clocks: their sum over its segments.
 *
 * The sum of a shortcut is that of its two parts, however it was come by; so the sums
 * of shortcuts can be remembered, and a path is unpacked only where they are not known.
 * What is remembered decides how long that takes, and not one bit of the answer.
 *
 * The memory is a table in which a shortcut has one place: who comes later takes it.
 * It begins small and is doubled as it is used, up to a limit.  It may hold
 * any number of metrics, or states of one, told apart by a version that is never used
 * again once a weight or a value of it has changed.
 */
#ifndef TVM_SUMS_H
#define TVM_SUMS_H

#include "kernel/graph/hierarchy/cch.h"

/* A value of `size` bytes; all zeroes is none, and adding two of them is commutative. */
typedef struct TvmSumKind
{
	size_t		size;
	TvmStatus	(*weigh) (TvmEnv *env, void *context, uint32_t segment, void *value);
	void		(*add) (void *sum, const void *value);
	void		(*prefetch) (void *context, uint32_t segment);	/* it is weighed soon; or NULL */
} TvmSumKind;

/* Whose sum a place of the table holds; version 0: nobody's. */
typedef struct TvmSumKey
{
	uint64_t	version;
	uint64_t	arc;			/* of the hierarchy, and its direction */
} TvmSumKey;

typedef struct TvmSums
{
	size_t		size;			/* of a value */
	uint32_t	most;			/* places, a power of two */
	uint32_t	capacity;		/* places there are: 0, or a power of two */
	uint64_t	kept;			/* sums since it has as many */
	TvmSumKey  *key;
	char	   *value;
} TvmSums;

/* Does not allocate. */
extern void tvm_sums_init(TvmSums *sums, size_t size, uint32_t most);
extern void tvm_sums_free(TvmEnv *env, TvmSums *sums);

/* The place of a shortcut's sum, or TVM_CCH_NONE where it is not known. */
extern uint32_t tvm_sums_find(const TvmSums *sums, uint64_t version, uint32_t arc, bool upward);
extern void tvm_sums_keep(TvmSums *sums, uint64_t version, uint32_t arc, bool upward, const void *value);

/* More room, if it was used enough; where there is no memory all is as it was. */
extern void tvm_sums_grow(TvmEnv *env, TvmSums *sums);

/*
 * Add to *sum what the segments of the path found last are worth, and say whether it has
 * any.  `sums` may be NULL; it is of kind->size.  TVM_NOMEM, or what weigh() fails with.
 */
extern TvmStatus tvm_cch_sum(TvmEnv *env, TvmCchQuery *query, const TvmCchMetric *metric,
							 const TvmSumKind *kind, void *context, TvmSums *sums, uint64_t version,
							 void *sum, bool *any);

#endif							/* TVM_SUMS_H */
