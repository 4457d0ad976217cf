/*
 * turning.h: small random worlds with rules about turns, and their oracle: what turns cost by
 * going through all rules for each, and ways found among the ways along
 * segments themselves (edge-based), without ports, resolved arrays, heaps or hierarchies.
 */
#ifndef GRAPH_TURNING_H
#define GRAPH_TURNING_H

#include "graph/random.h"
#include "kernel/graph/split.h"
#include "kernel/graph/turns.h"

#define TURNING_NODES 9
#define TURNING_SEGMENTS 22
#define TURNING_TIMELINES 3
#define TURNING_RULES 40
#define TURNING_GATEWAYS 6
#define TURNING_STATES (TURNING_TIMELINES * (2 * TURNING_SEGMENTS + TURNING_NODES))

typedef struct Turning
{
	TvmTopology plain;
	uint32_t	timelines;
	uint32_t	parents[TURNING_TIMELINES];
	double		weight[TURNING_TIMELINES][TURNING_SEGMENTS];
	TvmTurnRule rules[TURNING_RULES];
	size_t		rule_count;
	double		u_turn_s;
	TvmGateway	gateways[TURNING_GATEWAYS]; /* between places, a layer being a timeline */
	uint32_t	gateway_count;
} Turning;

/* Weights and penalties are eighths, so that all sums are exact. */
extern void turning_make(TvmEnv *env, TvmRng *rng, Turning *turning);
extern void turning_rules(TvmRng *rng, Turning *turning);
extern void turning_free(TvmEnv *env, Turning *turning);

/* Whether an arc comes in at a place, or goes out of it. */
extern bool turning_comes_in(const Turning *turning, uint32_t arc, uint32_t place);
extern bool turning_goes_out(const Turning *turning, uint32_t arc, uint32_t place);

/* What a turn costs on a timeline, by the text of turns.h: from one arc into another, at a place where both meet. */
extern double turning_penalty(const Turning *turning, uint32_t timeline, uint32_t from, uint32_t place, uint32_t to);

/* Least costs from a place to all places, costs[timeline * TURNING_NODES + place]. */
extern void turning_costs(const Turning *turning, TvmPoint from, double *costs);

#endif							/* GRAPH_TURNING_H */
