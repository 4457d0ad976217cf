/*
 * order.h: an elimination order of a road network by nested dissection.
 *
 * A customizable contraction hierarchy is as good as its order (Dibbelt, Strasser,
 * Wagner, "Customizable Contraction Hierarchies", JEA 2016).  Separators come
 * from inertial flow (Schild, Sommer, "On balanced separators in road networks",
 * SEA 2015): nodes are sorted along a line, a part at each end is source and sink,
 * and the smallest *vertex* cut between them is a separator.
 *
 * The order is a function of the input alone.
 */
#ifndef TVM_ORDER_H
#define TVM_ORDER_H

#include "kernel/tvm.h"

/*
 * Order the nodes of an undirected graph in adjacency-array form: the neighbours
 * of v are head[first[v]] .. head[first[v + 1] - 1], each edge listed from both
 * ends; loops and parallel edges are allowed.  lat and lon are degrees.
 * order[i] is the node that is eliminated i-th; the last ones are the top.
 */
extern TvmStatus tvm_order_dissect(TvmEnv *env, uint32_t nodes, const uint32_t *first,
								   const uint32_t *head, const double *lat,
								   const double *lon, uint32_t *order);

#endif							/* TVM_ORDER_H */
