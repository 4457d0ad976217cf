/*
 * dijkstra.h: Dijkstra's algorithm on (layer, node): the plain search that the
 * faster ones are compared with.
 */
#ifndef TVM_DIJKSTRA_H
#define TVM_DIJKSTRA_H

#include "kernel/graph/search/query.h"

/*
 * Search from `from` until `to` is settled, or, where `to` is NULL, until all
 * that can be reached is.  Unreachable is an answer: tvm_query_cost() is
 * INFINITY then.  TVM_INVALID: no such point ("from.layer", "to.node");
 * TVM_CANCELLED; TVM_DOMAIN: `to` can be reached, but only at a cost beyond
 * the range of a double.  (With `to` NULL such points count as unreached.)
 */
extern TvmStatus tvm_dijkstra_run(TvmEnv *env, TvmQuery *query, TvmPoint from, const TvmPoint *to);

/*
 * Search from `from` for all that costs at most `limit`, and nothing farther:
 * exactly the points whose tvm_query_cost() is finite and <= limit, and for
 * those it is final.  Where `nearest` is not NULL it is filled with their states
 * nearest first, and *count with how many there are; it has room
 * for all states of the graph.  INFINITY: no limit, and then TVM_DOMAIN where a point
 * can be reached, but only at a cost beyond the range of a double.  TVM_INVALID: no
 * such point ("from.layer"), or a limit that is negative or NaN ("limit"); TVM_CANCELLED.
 */
extern TvmStatus tvm_dijkstra_within(TvmEnv *env, TvmQuery *query, TvmPoint from, double limit,
									 uint32_t *nearest, uint32_t *count);

#endif							/* TVM_DIJKSTRA_H */
