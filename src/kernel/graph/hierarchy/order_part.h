/*
 * order_part.h: one part of a dissection at hand: its own copy of its edges, and
 * what a cut needs.  Shared by order.c, which dissects, and order_cut.c, which cuts.
 */
#ifndef TVM_ORDER_PART_H
#define TVM_ORDER_PART_H

#include "kernel/tvm.h"

typedef struct TvmDissection
{
	TvmEnv	   *env;
	uint32_t	nodes;			/* of the core */
	uint32_t   *first;			/* the core's adjacency */
	uint32_t   *degree;
	uint32_t   *head;
	float	   *x;				/* by core node: the plane in which cuts are sought */
	float	   *y;
	uint32_t   *members;		/* the order in the making: parts are ranges of it */
	uint32_t   *where;			/* core node -> its place in members */

	/* The part at hand, renumbered from 0. */
	uint32_t	count;
	uint32_t   *lfirst;
	uint32_t   *lhead;
	float	   *key;
	uint32_t   *sorted;
	uint8_t    *terminal;		/* 1: source, 2: sink */
	uint32_t   *next;			/* flow: vertex-disjoint paths */
	uint32_t   *prev;
	uint32_t   *level;			/* of state 2v (entering v) and 2v + 1 (leaving v) */
	uint32_t   *arc;			/* next neighbour to try, by state */
	uint32_t   *queue;
	uint32_t   *stack;
	uint8_t    *side;			/* 0: source's, 1: sink's, 2: separator */
	uint8_t    *best_side;
	uint32_t   *sorting;		/* scratch for the partition */
	bool		cancelled;		/* env has said so */
} TvmDissection;

/* Renumber the part members[low .. high) and copy its inner edges. */
extern void tvm_part_load(TvmDissection *d, uint32_t low, uint32_t high);

/*
 * Cut the part members[low .. high): afterwards its first `a` members are one
 * side, the next `b` the other, the rest the separator.
 */
extern TvmStatus tvm_part_cut(TvmDissection *d, uint32_t low, uint32_t high, uint32_t *a, uint32_t *b);

#endif							/* TVM_ORDER_PART_H */
