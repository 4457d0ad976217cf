/*
 * random.h: random graphs for the tests of kernel/graph: several layers
 * in two worlds, gateways, and every kind of oddity that a graph may have.
 */
#ifndef GRAPH_RANDOM_H
#define GRAPH_RANDOM_H

#include "kernel/graph/search/graph.h"
#include "kernel/rng.h"

#define RANDOM_LAYERS 4
#define RANDOM_NODES 14
#define RANDOM_SEGMENTS 40
#define RANDOM_GATEWAYS 24
#define RANDOM_STATES (RANDOM_LAYERS * RANDOM_NODES)

/* Where places lie. */
typedef enum RandomPlaces
{
	PLACES_ANYWHERE,
	PLACES_IN_A_TOWN,
	PLACES_AT_THE_ANTIMERIDIAN,
	PLACES_AT_A_POLE,
	PLACES_ON_A_LATTICE,		/* many of them at the same spot */
	PLACES_NEARLY_ONE,			/* nanometres and less apart */
	PLACES_KINDS
} RandomPlaces;

/* What segments weigh. */
typedef enum RandomWeights
{
	WEIGHTS_ANY,
	WEIGHTS_OF_ANGLE,			/* 1 to 2 times the straight line */
	WEIGHTS_STRAIGHT,			/* exactly the straight line, so that the bound is tight */
	WEIGHTS_LYING,				/* some much shorter than the straight line */
	WEIGHTS_SMALL_INTEGERS,		/* many ties, and 0 */
	WEIGHTS_TINY,
	WEIGHTS_HUGE,				/* sums overflow */
	WEIGHTS_KINDS
} RandomWeights;

typedef struct RandomGraph
{
	TvmTopology worlds[2];
	TvmLayer	layers[RANDOM_LAYERS];
	double		weights[RANDOM_LAYERS][RANDOM_SEGMENTS];
	TvmGateway	gateways[RANDOM_GATEWAYS];
	uint32_t	layer_count;
	uint32_t	gateway_count;
	TvmGraph	graph;
} RandomGraph;

extern uint32_t random_below(TvmRng *rng, uint32_t bound);
extern bool random_chance(TvmRng *rng, double probability);
extern double random_between(TvmRng *rng, double low, double high);

extern void random_place(TvmRng *rng, RandomPlaces kind, double *lat, double *lon);
extern void random_topology(TvmEnv *env, TvmRng *rng, RandomPlaces kind, uint32_t nodes,
							uint32_t segments, TvmTopology *topology);

/* Checks that everything succeeds; freed with random_graph_free(). */
extern void random_graph(TvmEnv *env, TvmRng *rng, RandomGraph *random);
extern void random_graph_free(TvmEnv *env, RandomGraph *random);
extern TvmPoint random_point(TvmRng *rng, const TvmGraph *graph);

/*
 * The oracle: costs from `from` to every state by relaxing every segment and
 * gateway until nothing changes (Bellman-Ford), and what can be reached at all,
 * overflow or not.  It reads the lists as given, not the index.
 */
extern void oracle_costs(const RandomGraph *random, TvmPoint from, double *costs, bool *reached);

#endif							/* GRAPH_RANDOM_H */
