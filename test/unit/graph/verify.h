/*
 * verify.h: walk a path again over the layers and gateways as they were given,
 * without the adjacencies, labels and heaps of a search.
 */
#ifndef GRAPH_VERIFY_H
#define GRAPH_VERIFY_H

#include "kernel/graph/search/query.h"

/*
 * Check that the path leads from `from` to `to` over open segments in allowed
 * directions and open gateways, and that each step's cost and the path's are
 * the sums of the weights in the order of travel, to the last bit.
 * TVM_INVALID with the path "steps[4]" and what is wrong with it.
 */
extern TvmStatus verify_path(TvmEnv *env, const TvmGraph *graph, const TvmPath *path,
								 TvmPoint from, TvmPoint to);

#endif							/* GRAPH_VERIFY_H */
