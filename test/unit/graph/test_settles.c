/*
 * test_settles.c: how often searches settle points, on networks made to have them
 * do it again and again: chains of diamonds and ladders whose points are numbered against the
 * direction of travel, with a destination that no way leads to, or one so far away that what
 * the diamonds cost is lost in the rounding of what is left.  Their costs are Dijkstra's.
 */
#include "unit.h"

#include <math.h>

#include "graph/random.h"
#include "kernel/graph/search/alternatives.h"
#include "kernel/graph/search/astar.h"
#include "kernel/graph/search/dijkstra.h"
#include "kernel/graph/hierarchy/order.h"
#include "kernel/graph/search/overlay.h"
#include "kernel/graph/search/timed.h"

#define DIAMONDS 40
#define CHAIN_NODES (3 * DIAMONDS + 3)
#define PATIENCE 400			/* looks at cancellation, at least 256 points each: as many as no search may need */

/* What lies at the end of the chain. */
typedef enum ChainEnd
{
	END_ISLAND,					/* a place that nothing leads to */
	END_FAR,					/* one behind a segment that dwarfs all others */
	END_CLOSED,					/* one behind a closed segment */
	END_NEAR,
	ENDS
} ChainEnd;

typedef struct Chain
{
	TvmTopology topology;
	double	   *weight;
	TvmLayer	layer;
	TvmGraph	sphere;			/* guided by angles */
	TvmGraph	hierarchy;		/* guided by the hierarchy */
	TvmCch		cch;
	TvmCchMetric metric;
	TvmPoint	from;
	TvmPoint	to;
	bool		leads;
} Chain;

static void
add_segment(Chain *chain, uint32_t *count, uint32_t a, uint32_t b, double weight, bool oneway)
{
	chain->topology.a[*count] = a;
	chain->topology.b[*count] = b;
	chain->topology.oneway[*count] = oneway;
	chain->weight[(*count)++] = weight;
}

/*
 * Diamonds from node `last` down: v, then by way of v - 2 (dear) or v - 1 (cheap, or with
 * `rungs` the same joined across) to v - 3.  Detours cost 2^k units, so that each combination has a sum of its own.
 */
static void
chain_make(TvmEnv *env, Chain *chain, double unit, double cheap, ChainEnd end, bool rungs, bool oneway)
{
	uint32_t	count = 0;
	uint32_t	v = CHAIN_NODES - 1;

	*chain = (Chain) {0};
	CHECK(tvm_topology_alloc(env, &chain->topology, CHAIN_NODES, (rungs ? 5 : 4) * DIAMONDS + 1) == TVM_OK);
	chain->weight = tvm_alloc(env, chain->topology.segment_count, sizeof(double));
	for (uint32_t i = 0; i < CHAIN_NODES; i++)
	{
		chain->topology.lat[i] = 57.7;
		chain->topology.lon[i] = 11.9;
	}
	for (uint32_t d = 0; d < DIAMONDS; d++, v -= 3)
	{
		add_segment(chain, &count, v, v - 2, ldexp(unit, DIAMONDS - (int) d), oneway);
		add_segment(chain, &count, v - 2, v - 3, cheap, oneway);
		add_segment(chain, &count, v, v - 1, cheap, oneway);
		add_segment(chain, &count, v - 1, v - 3, cheap, oneway);
		if (rungs)
			add_segment(chain, &count, v - 2, v - 1, cheap, oneway);
	}
	/* v is 2, the destination 0, the island's 1. */
	chain->topology.lon[0] = 12.9;
	chain->topology.lon[1] = 12.8;
	add_segment(chain, &count, end == END_ISLAND ? 1 : v, 0, end == END_CLOSED ? INFINITY : end == END_FAR ? 1e6 : unit, oneway);
	CHECK_EQ(count, chain->topology.segment_count);
	CHECK(tvm_topology_build(env, &chain->topology) == TVM_OK);
	chain->layer = (TvmLayer) {&chain->topology, {.all = chain->weight}};
	CHECK(tvm_graph_init(env, &chain->sphere, &chain->layer, 1, NULL, 0) == TVM_OK);
	CHECK(tvm_graph_view(env, &chain->hierarchy, &chain->layer, 1, NULL, 0) == TVM_OK);
	chain->from = (TvmPoint) {0, CHAIN_NODES - 1};
	chain->to = (TvmPoint) {0, 0};
	chain->leads = end == END_FAR || end == END_NEAR;
}

static void
chain_customize(TvmEnv *env, Chain *chain)
{
	const TvmTopology *t = &chain->topology;
	uint32_t	first[CHAIN_NODES + 1];
	uint32_t	head[10 * CHAIN_NODES];
	uint32_t	order[CHAIN_NODES];
	uint32_t	count = 0;

	for (uint32_t v = 0; v < t->node_count; v++)
	{
		first[v] = count;
		for (uint32_t s = 0; s < t->segment_count; s++)
			if (t->a[s] == v || t->b[s] == v)
				head[count++] = t->a[s] == v ? t->b[s] : t->a[s];
	}
	first[t->node_count] = count;
	CHECK(tvm_order_dissect(env, t->node_count, first, head, t->lat, t->lon, order) == TVM_OK);
	CHECK(tvm_cch_build(env, &chain->cch, t, order) == TVM_OK);
	CHECK(tvm_cch_customize(env, &chain->metric, &chain->cch, t, chain->weight, NULL) == TVM_OK);
	chain->hierarchy.metric = &chain->metric;
}

static void
chain_free(TvmEnv *env, Chain *chain)
{
	tvm_cch_metric_free(env, &chain->metric);
	tvm_cch_free(env, &chain->cch);
	tvm_graph_free(env, &chain->hierarchy);
	tvm_graph_free(env, &chain->sphere);
	tvm_free(env, chain->weight);
	tvm_topology_free(env, &chain->topology);
}

/* The earliest arrival, every other segment by a profile of odd factors, up to a third of the speed or thrice. */
static void
check_timed(TvmEnv *env, Chain *chain, const TvmGraph *graph, double speedup, size_t most)
{
	TvmProfile	profile;
	TvmTimedSegment segments[5 * DIAMONDS + 1];
	uint32_t	slots[5 * DIAMONDS + 1];
	TvmTimedLayer layer = {slots, segments};
	TvmTimed	timed = {&profile, &layer, speedup};
	TvmQuery	query;
	double		guided;

	for (int h = 0; h < TVM_WEEK_HOURS; h++)
		profile.factor[h] = (1 + h % 9) / 9.0 * speedup;
	for (uint32_t s = 0; s < chain->topology.segment_count; s++)
	{
		slots[s] = s % 2 == 0 ? s : TVM_NO_PROFILE;
		segments[s] = (TvmTimedSegment) {.pace = {.seconds = chain->weight[s]}};
	}
	CHECK(tvm_query_init(env, &query, graph) == TVM_OK);
	CHECK(tvm_timed_run(env, &query, &timed, 3599, chain->from, &chain->to) == TVM_OK);
	CHECK(query.settled <= most);
	guided = tvm_query_cost(&query, chain->to);
	CHECK(tvm_timed_run(env, &query, &timed, 3599, chain->from, NULL) == TVM_OK);
	CHECK(query.settled <= CHAIN_NODES);
	CHECK_EQ(guided, tvm_query_cost(&query, chain->to));
	CHECK_EQ(guided < INFINITY, chain->leads);
	tvm_query_free(env, &query);
}

static void
check_alternatives(TvmEnv *env, Chain *chain, const TvmGraph *graph)
{
	static TvmAlternative found[100];
	TvmAlternativeLimits limits = {1e9, 1, 0};
	size_t		count;

	unit_env_cancel_after(PATIENCE);
	CHECK_EQ(tvm_alternatives_find(env, graph, chain->from, chain->to, &limits, NULL, 100, found, &count), TVM_OK);
	CHECK_EQ(count > 0, chain->leads);
	while (count > 0)
		tvm_path_free(env, &found[--count].path);
}

static void
check_chain(TvmEnv *env, Chain *chain)
{
	const TvmGraph *graphs[] = {&chain->sphere, &chain->hierarchy};
	TvmQuery	query;
	double		cost;

	chain_customize(env, chain);
	unit_env_cancel_after(PATIENCE);
	CHECK(tvm_query_init(env, &query, &chain->sphere) == TVM_OK);
	CHECK(tvm_dijkstra_run(env, &query, chain->from, NULL) == TVM_OK);
	CHECK(query.settled <= CHAIN_NODES);
	cost = tvm_query_cost(&query, chain->to);
	CHECK_EQ(cost < INFINITY, chain->leads);
	tvm_query_free(env, &query);
	for (int i = 0; i < 2; i++)
	{
		CHECK(tvm_query_init(env, &query, graphs[i]) == TVM_OK);
		CHECK(tvm_astar_run(env, &query, chain->from, chain->to) == TVM_OK);
		CHECK(query.settled <= (i == 0 ? 2 : 1) * CHAIN_NODES);
		if (i == 1 && !chain->leads)
			CHECK_EQ(query.settled, 0);
		CHECK_EQ(tvm_query_cost(&query, chain->to), cost);
		tvm_query_free(env, &query);
		check_timed(env, chain, graphs[i], 3, chain->leads ? 2 * CHAIN_NODES : i == 0 ? CHAIN_NODES : 0);
		check_timed(env, chain, graphs[i], 1, chain->leads ? 2 * CHAIN_NODES : i == 0 ? CHAIN_NODES : 0);
		check_alternatives(env, chain, graphs[i]);
	}
	unit_env_cancel_after(-1);
}

TEST(diamonds_and_ladders_are_settled_once_or_twice)
{
	static const double units[] = {1, 1e-30, 1e-12, 1e-3};
	static const double cheaps[] = {0, 1e-40, 1e-13, 1.0 / 3};

	for (int i = 0; i < ENDS * 4 * 4 * 4; i++)
	{
		TvmEnv	   *env = unit_env();
		Chain		chain;

		chain_make(env, &chain, units[i / ENDS % 4], cheaps[i / ENDS / 4 % 4], (ChainEnd) (i % ENDS), i / ENDS / 16 % 2, i / ENDS / 32 % 2);
		check_chain(env, &chain);
		chain_free(env, &chain);
		CHECK_EQ(unit_env_live(), 0);
	}
}

/* Random weights from nothing to far beyond what can be added to it, in random networks with gateways and without. */
TEST(random_networks_are_settled_once_or_twice)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 91, 0);
	for (int round = 0; round < 3000; round++)
	{
		TvmEnv	   *env = unit_env();
		RandomGraph random;
		TvmQuery	query;
		size_t		states;

		random_graph(env, &rng, &random);
		for (uint32_t l = 0; l < random.layer_count; l++)
			for (uint32_t s = 0; s < random.layers[l].topology->segment_count; s++)
				if (random_chance(&rng, 0.8))
					random.weights[l][s] = random_chance(&rng, 0.2) ? 0 : pow(10, random_between(&rng, -30, 6));
		tvm_graph_free(env, &random.graph);
		CHECK(tvm_graph_init(env, &random.graph, random.layers, random.layer_count, random.gateways,
							 random_chance(&rng, 0.5) ? 0 : random.gateway_count) == TVM_OK);
		states = tvm_graph_states(&random.graph);
		CHECK(tvm_query_init(env, &query, &random.graph) == TVM_OK);
		for (int pair = 0; pair < 10; pair++)
		{
			TvmPoint	from = random_point(&rng, &random.graph);
			TvmPoint	to = random_point(&rng, &random.graph);
			TvmStatus	status = tvm_dijkstra_run(env, &query, from, &to);
			double		cost = status == TVM_OK ? tvm_query_cost(&query, to) : INFINITY;

			CHECK(query.settled <= states);
			CHECK_EQ(tvm_astar_run(env, &query, from, to), status);
			CHECK(query.settled <= 2 * states);
			if (status == TVM_OK)
				CHECK_EQ(tvm_query_cost(&query, to), cost);
		}
		tvm_query_free(env, &query);
		random_graph_free(env, &random);
		CHECK_EQ(unit_env_live(), 0);
	}
}
