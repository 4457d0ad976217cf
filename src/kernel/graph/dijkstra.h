/*
 * dijkstra.h: Dijkstra's algorithm on (layer, node): the plain search that the
 * faster ones are compared with.
 */
#ifndef TVM_DIJKSTRA_H
#define TVM_DIJKSTRA_H

#include "kernel/graph/query.h"

/*
 * Search from `from` until `to` is settled, or, where `to` is NULL, until all
 * that can be reached is.  Unreachable is an answer: tvm_query_cost() is
 * INFINITY then.  TVM_INVALID: no such point ("from.layer", "to.node");
 * TVM_CANCELLED; TVM_DOMAIN: `to` can be reached, but only at a cost beyond
 * the range of a double.  (With `to` NULL such points count as unreached.)
 */
extern TvmStatus tvm_dijkstra_run(TvmEnv *env, TvmQuery *query, TvmPoint from, const TvmPoint *to);

#endif							/* TVM_DIJKSTRA_H */
