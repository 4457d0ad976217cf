/*
 * components.h: the largest strongly connected component of a network: places each of which leads to
 * each other one.
 */
#ifndef TVM_COMPONENTS_H
#define TVM_COMPONENTS_H

#include "kernel/graph/split.h"
#include "kernel/graph/weights.h"

/* A way that the topology does not have. */
typedef struct TvmWay
{
	uint32_t	from;			/* nodes */
	uint32_t	to;
} TvmWay;

/*
 * Which nodes are in the largest component, by open segments (of finite weight) and `ways`, which
 * are sorted here by `from`: is_member[v] is 1 or 0.  Of two components of as many places it is the
 * one with the least node.  *size is how many, 0 where no component has two.  Where places are split their ports are
 * members or not, each of them (no way within the topology leads to where ways begin, or on from where they end), and a place
 * may have ports in several components; `split` is NULL, or all zero, where none is.  Tarjan's algorithm (SIAM
 * J. Comput. 1, 1972) without recursion: time for nodes and arcs, five numbers a node.
 * Of the topology only the arcs out of nodes are read.  TVM_NOMEM, TVM_CANCELLED.
 */
extern TvmStatus tvm_components_largest(TvmEnv *env, const TvmTopology *topology, const TvmWeights *weights, const TvmSplit *split,
										TvmWay *ways, size_t way_count, uint8_t *is_member, uint32_t *size);

#endif							/* TVM_COMPONENTS_H */
