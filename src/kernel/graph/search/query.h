/*
 * query.h: a search's memory and its answer.
 *
 * A TvmQuery belongs to one graph and is reused for any number of searches on
 * it, one at a time: labels carry the number of the run that wrote them, so a
 * new run need not clear them.  Searches (dijkstra.h, astar.h) do not allocate.
 *
 *     tvm_query_init(env, &query, &graph);
 *     tvm_astar_run(env, &query, from, to);
 *     if (tvm_query_cost(&query, to) < INFINITY) tvm_query_path(env, &query, to, &path);
 *
 * Costs are added from the origin to the destination in the order of travel,
 * in double precision; all searches return the least of these sums, to the
 * last bit.  Among paths of equal cost the same input always gives the same
 * one: points leave the heap by (key, state), the arcs of a point are looked at
 * by number and then its gateways by index, and the first to reach a point at
 * its cost stays.  Dijkstra and A* may differ in which of the equal paths they give.
 */
#ifndef TVM_QUERY_H
#define TVM_QUERY_H

#include "kernel/graph/search/graph.h"
#include "kernel/graph/heap.h"
#include "kernel/graph/search/potential.h"

/* How a point was reached: an arc's number, a gateway's with the top bit, or the origin. */
#define TVM_VIA_GATEWAY ((uint32_t) 1 << 31)
#define TVM_VIA_ORIGIN UINT32_MAX

typedef struct TvmLabel
{
	double		cost;			/* from the origin; INFINITY: reached, but the sum overflowed */
	double		bound;			/* A*: at least this to the destination */
	uint32_t	via;
	uint32_t	run;			/* the label holds if this is the query's run */
} TvmLabel;

typedef struct TvmQuery
{
	const TvmGraph *graph;
	TvmLabel   *labels;			/* one a state */
	TvmHeap		heap;			/* of states */
	TvmPotential potential;		/* where the graph has a metric */
	uint32_t	run;
	size_t		settled;		/* points taken from the heap in the last run */
} TvmQuery;

typedef enum TvmStepKind
{
	TVM_STEP_ORIGIN,			/* the first step: index and reverse are 0 */
	TVM_STEP_SEGMENT,
	TVM_STEP_GATEWAY
} TvmStepKind;

typedef struct TvmStep
{
	TvmPoint	point;			/* where the step ends */
	double		cost;			/* from the origin to there */
	uint32_t	index;			/* the segment in the layer's topology, or the gateway */
	uint8_t		kind;			/* TvmStepKind */
	bool		reverse;		/* the segment is passed from b to a */
} TvmStep;

/* steps[0] is the origin; an unreached point has no steps and the cost INFINITY. */
typedef struct TvmPath
{
	double		cost;
	size_t		count;
	TvmStep    *steps;
} TvmPath;

extern size_t tvm_query_bytes(const TvmGraph *graph);

/* TVM_NOMEM; nothing is owned then.  tvm_query_free() is allowed after it, and twice. */
extern TvmStatus tvm_query_init(TvmEnv *env, TvmQuery *query, const TvmGraph *graph);
extern void tvm_query_free(TvmEnv *env, TvmQuery *query);

/*
 * What the last run found; INFINITY if it did not reach the point.  After a
 * one-to-one run only the cost of its destination is final; after a failed run
 * nothing may be asked.
 */
extern double tvm_query_cost(const TvmQuery *query, TvmPoint point);

/*
 * The path to the point, allocated here; an unreached point is an answer (no
 * steps), not an error.  TVM_NOMEM leaves an empty path.
 */
extern TvmStatus tvm_query_path(TvmEnv *env, const TvmQuery *query, TvmPoint point, TvmPath *path);
extern void tvm_path_free(TvmEnv *env, TvmPath *path);

/*
 * For searches: begin a run, label points, finish it.  finish() empties the heap,
 * and turns a destination (NULL: none) reached only at an infinite sum into TVM_DOMAIN.
 */
extern void tvm_query_begin(TvmQuery *query);
extern TvmStatus tvm_query_finish(TvmEnv *env, TvmQuery *query, const TvmPoint *to);

static inline bool
tvm_query_is_labelled(const TvmQuery *query, uint32_t state)
{
	return query->labels[state].run == query->run;
}

/* Label the state if it has no label in this run or one of a higher cost; whether it did. */
static inline bool
tvm_query_reach(TvmQuery *query, uint32_t state, double cost, uint32_t via)
{
	TvmLabel   *label = &query->labels[state];

	if (label->run == query->run && !(cost < label->cost))
		return false;
	label->cost = cost;
	label->via = via;
	label->run = query->run;
	return true;
}

#endif							/* TVM_QUERY_H */
