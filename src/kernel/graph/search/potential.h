/*
 * potential.h: what is left to one destination, exactly, from any node, asked of a
 * hierarchy only where it is wanted (Strasser and Zeitz, "A Fast and Tight
 * Heuristic for A* in Road Networks", SEA 2021: CH-Potentials).
 *
 * The distances from the destination's ancestors in the elimination tree to it are
 * found once for a destination.  A node's is the least over the arcs that lead up
 * from it, whose heads are ancestors of its own; each is found once, so a
 * search pays for the part of the tree above what it comes to.
 *
 * As a bound of A* it is consistent but for rounding, of which searches allow for
 * a billionth.
 */
#ifndef TVM_POTENTIAL_H
#define TVM_POTENTIAL_H

#include "kernel/graph/hierarchy/cch.h"

/* Scratch of one search at a time; borrowed is the metric. */
typedef struct TvmPotential
{
	const TvmCchMetric *metric;
	TvmCchLabel to_dest;		/* from the ancestors of the destination to it, by depth */
	double	   *left;			/* by rank, where `run` is the current one */
	uint32_t   *run;
	uint32_t	current;
	uint32_t   *climb;			/* ranks, as many as the tree is high */
} TvmPotential;

extern size_t tvm_potential_bytes(const TvmCch *cch);

/* TVM_NOMEM; nothing is owned then.  tvm_potential_free() is allowed after it, and twice. */
extern TvmStatus tvm_potential_init(TvmEnv *env, TvmPotential *potential, const TvmCchMetric *metric);
extern void tvm_potential_free(TvmEnv *env, TvmPotential *potential);

/* From now on what is left is to this node.  Does not allocate. */
extern void tvm_potential_aim(TvmPotential *potential, uint32_t dest);

/* INFINITY: no way leads there, or sums overflow. */
extern double tvm_potential_at(TvmPotential *potential, uint32_t node);

#endif							/* TVM_POTENTIAL_H */
