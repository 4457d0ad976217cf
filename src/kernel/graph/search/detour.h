/*
 * detour.h: what the best way costs if one step of it is closed, for each of many steps.
 *
 * What is left from every point to the destination is found once, by Dijkstra's algorithm from there; that is a lower bound for
 * every graph from which something is taken, and the exact one until a way leaves the best: so a
 * search for one step looks at points that are on ways hardly dearer than its answer.
 */
#ifndef TVM_DETOUR_H
#define TVM_DETOUR_H

#include "kernel/graph/search/graph.h"

#define TVM_DETOUR_NONE UINT32_MAX

/* What is closed at once: segments of a layer both ways, or gateways, by their indices; NONE: no such. */
typedef struct TvmClosing
{
	uint32_t	layer;
	uint32_t	segments[2];
	uint32_t	gateways[2];
} TvmClosing;

/* What tvm_detours() takes at most. */
extern size_t tvm_detour_bytes(const TvmGraph *graph);

/*
 * costs[i]: the least cost from `from` to `to` without closings[i], INFINITY where no way leads there or its sum is beyond a
 * double.  TVM_INVALID: no such point; TVM_NOMEM, TVM_CANCELLED.
 */
extern TvmStatus tvm_detours(TvmEnv *env, const TvmGraph *graph, TvmPoint from, TvmPoint to,
							 const TvmClosing *closings, size_t count, double *costs);

#endif							/* TVM_DETOUR_H */
