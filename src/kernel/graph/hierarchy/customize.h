/*
 * customize.h: what customization as a whole (customize.c) and in part (recustomize.c) share.
 * Nobody else includes it.
 */
#ifndef TVM_CUSTOMIZE_H
#define TVM_CUSTOMIZE_H

#include <math.h>

#include "kernel/graph/hierarchy/cch.h"

/* An arc's weights and by way of what. */
typedef struct TvmWeighed
{
	double		up;
	double		down;
	uint32_t	up_via;
	uint32_t	down_via;
} TvmWeighed;

/*
 * How a way compares with the best so far, of this weight: 0 above it or not a way at all, 1
 * below it, 2 the same but for rounding.  Without ties a way of the same weight is above.
 */
static inline int
tvm_compare_way(double way, double best, bool ties)
{
	if (way < best)
		return ties && best <= way * (1 + TVM_TIE) ? 2 : 1;
	return ties && way <= best * (1 + TVM_TIE) && way < INFINITY ? 2 : 0;
}

/*
 * Whether a way of the same weight is worth less.  Not but for rounding: where one segment dwarfs all others, each
 * would count as equal that is longer by what is next to nothing of that one, arc upon arc.
 */
static inline bool
tvm_is_worth_less(double other, double best)
{
	return other < best;
}

/* The least weight of an arc's own segments, in both directions. */
extern TvmWeighed tvm_cch_arc_base(const TvmCch *cch, const TvmTopology *topology, const TvmWeights *weights,
								   const TvmCchOther *other, uint32_t arc, uint32_t tail);

/* What an arc's own segment is worth, or that it has none. */
extern double tvm_cch_via_worth(const TvmCchOther *other, uint32_t via);

/* Append the arcs of a rank as the metric has them; *at receives where. */
extern TvmStatus tvm_cch_rows_append(TvmEnv *env, TvmCchRows *rows, const TvmCchMetric *metric, uint32_t rank,
									 uint32_t *at);

#endif							/* TVM_CUSTOMIZE_H */
