/*
 * parts.h: the largest strongly connected part of a network: places each of which leads to
 * each other one.
 */
#ifndef TVM_PARTS_H
#define TVM_PARTS_H

#include "kernel/graph/topology.h"
#include "kernel/graph/weights.h"

/* A way that the topology does not have. */
typedef struct TvmWay
{
	uint32_t	from;			/* nodes */
	uint32_t	to;
} TvmWay;

/*
 * Which nodes are in the largest part, by open segments (of finite weight) and `ways`, which
 * are sorted here by `from`: in_part[v] is 1 or 0.  Of two parts of as many nodes it is the
 * one with the least node.  *size is 0 where no part has two nodes.  Tarjan's algorithm (SIAM
 * J. Comput. 1, 1972) without recursion: time for nodes and arcs, five numbers a node.
 * Of the topology only the arcs out of nodes are read.  TVM_NOMEM, TVM_CANCELLED.
 */
extern TvmStatus tvm_parts_largest(TvmEnv *env, const TvmTopology *topology, const TvmWeights *weights,
								   TvmWay *ways, size_t way_count, uint8_t *in_part, uint32_t *size);

#endif							/* TVM_PARTS_H */
