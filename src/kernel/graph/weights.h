/*
 * weights.h: a weight for each segment, where few differ from an array that others
 * share.  It owns nothing.
 */
#ifndef TVM_WEIGHTS_H
#define TVM_WEIGHTS_H

#include "kernel/graph/patch.h"

/* Weights in place of others: the patch's number of a segment is an index of `weight`. */
typedef struct TvmWeightPatch
{
	const TvmPatch *of;			/* NULL: none */
	const double *weight;
} TvmWeightPatch;

/* Alone, `all` is just that array. */
typedef struct TvmWeights
{
	const double *all;
	TvmWeightPatch shared;		/* before all */
	TvmWeightPatch own;			/* before both */
} TvmWeights;

static inline double
tvm_weight(const TvmWeights *weights, uint32_t segment)
{
	uint32_t	at;

	if (weights->own.of != NULL &&
		(at = tvm_patch_find(weights->own.of, segment)) != TVM_PATCH_NONE)
		return weights->own.weight[at];
	if (weights->shared.of != NULL &&
		(at = tvm_patch_find(weights->shared.of, segment)) != TVM_PATCH_NONE)
		return weights->shared.weight[at];
	return weights->all[segment];
}

#endif							/* TVM_WEIGHTS_H */
