/*
 * test_turning.c: ways in worlds with rules about turns, against an edge-based oracle (turning.h): by
 * Dijkstra's algorithm, A*, hierarchies (as customized and as brought up to date after other rules), matrices and
 * overlays whose gateways stand at split junctions; each path walked again along segments.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "graph/turning.h"
#include "kernel/graph/search/astar.h"
#include "kernel/graph/search/dijkstra.h"
#include "kernel/graph/search/overlay.h"
#include "kernel/graph/search/ties.h"

#define MOST_ARCS 2048
#define ROUNDS 1300
#define ORIGINS 10
#define DESTS 9
#define FINISHED 0.5				/* of the pairs at least have a way */

/* A world with rules, expanded, and all that searches want. */
typedef struct Expanded
{
	Turning		turning;
	TvmSplit	split;
	TvmTopology topology;
	double		weight[TURNING_TIMELINES][MOST_ARCS];
	TvmGateway	gateways[TURNING_GATEWAYS];
	TvmLayer	layers[TURNING_TIMELINES];
	TvmCch		cch;
	TvmCchMetric metrics[TURNING_TIMELINES];
	const TvmCchMetric *metric[TURNING_TIMELINES];
} Expanded;

static void
weigh(TvmEnv *env, Expanded *made, uint32_t timeline, double *weight)
{
	const Turning *turning = &made->turning;
	const TvmSplit *split = &made->split;
	uint32_t	segments = turning->plain.segment_count;

	CHECK(made->topology.segment_count <= MOST_ARCS);
	memcpy(weight, turning->weight[timeline], segments * sizeof(double));
	for (uint32_t i = 0; i < split->back_count; i++)
		weight[segments + i] = weight[split->back_segment[i]];
	CHECK(tvm_turns_resolve(env, split, &made->topology, turning->parents, turning->timelines, turning->rules,
							turning->rule_count, timeline, turning->u_turn_s, weight + segments + split->back_count, NULL) == TVM_OK);
}

static void
make(TvmEnv *env, TvmRng *rng, Expanded *made)
{
	Turning    *turning = &made->turning;
	uint32_t   *junctions;
	size_t		count;
	uint32_t   *order;

	do
	{
		turning_make(env, rng, turning);
		CHECK(tvm_turns_junctions(env, &turning->plain, turning->rules, turning->rule_count, turning->u_turn_s, &junctions, &count) == TVM_OK);
		CHECK(tvm_split_topology(env, &turning->plain, junctions, count, &made->split, &made->topology) == TVM_OK);
		tvm_free(env, junctions);
		if (made->topology.segment_count <= MOST_ARCS)
			break;
		tvm_split_free(env, &made->split);
		tvm_topology_free(env, &made->topology);
		turning_free(env, turning);
	} while (true);
	order = tvm_alloc(env, made->topology.node_count, sizeof(uint32_t));
	for (uint32_t i = 0; i < made->topology.node_count; i++)
	{
		uint32_t	j = random_below(rng, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	CHECK(tvm_cch_build(env, &made->cch, &made->topology, order) == TVM_OK);
	tvm_free(env, order);
	for (uint32_t t = 0; t < turning->timelines; t++)
	{
		weigh(env, made, t, made->weight[t]);
		made->layers[t] = (TvmLayer) {.topology = &made->topology, .weights = {.all = made->weight[t]}};
		CHECK(tvm_cch_customize(env, &made->metrics[t], &made->cch, &made->topology, made->weight[t], NULL) == TVM_OK);
		made->metric[t] = &made->metrics[t];
	}
	for (uint32_t i = 0; i < turning->gateway_count; i++)
	{
		made->gateways[i] = turning->gateways[i];
		made->gateways[i].from.node = tvm_split_end(&made->split, turning->gateways[i].from.node);
	}
}

static void
unmake(TvmEnv *env, Expanded *made)
{
	for (uint32_t t = 0; t < made->turning.timelines; t++)
		tvm_cch_metric_free(env, &made->metrics[t]);
	tvm_cch_free(env, &made->cch);
	tvm_split_free(env, &made->split);
	tvm_topology_free(env, &made->topology);
	turning_free(env, &made->turning);
}

/* Follow arcs of the expanded topology along segments from a place; what they cost there. */
typedef struct Walk
{
	const Expanded *made;
	TvmPoint	at;				/* a place */
	uint32_t	came;			/* by this arc, or TVM_TURN_NONE */
	double		cost;
} Walk;

static void
walk_arc(Walk *walk, uint32_t arc)
{
	const Turning *turning = &walk->made->turning;
	const TvmTopology *plain = &turning->plain;
	uint32_t	segment;
	bool		reverse;

	if (tvm_split_arc(&walk->made->split, arc, &segment, &reverse) == TVM_SPLIT_TURN)
		return;
	CHECK(walk->at.node == (reverse ? plain->b : plain->a)[segment]);
	CHECK(!reverse || !plain->oneway[segment]);
	if (walk->came != TVM_TURN_NONE)
		walk->cost += turning_penalty(turning, walk->at.layer, walk->came, walk->at.node, TVM_ARC(segment, reverse));
	walk->cost += turning->weight[walk->at.layer][segment];
	walk->at.node = (reverse ? plain->a : plain->b)[segment];
	walk->came = TVM_ARC(segment, reverse);
}

static void
walk_path(const Expanded *made, const TvmPath *path, TvmPoint from, TvmPoint to)
{
	Walk		walk = {made, from, TVM_TURN_NONE, 0};

	for (size_t i = 1; i < path->count; i++)
	{
		const TvmStep *step = &path->steps[i];

		if (step->kind == TVM_STEP_SEGMENT)
		{
			walk_arc(&walk, TVM_ARC(step->index, step->reverse));
			continue;
		}
		CHECK(walk.at.layer == made->turning.gateways[step->index].from.layer && walk.at.node == made->turning.gateways[step->index].from.node);
		walk.at = made->turning.gateways[step->index].to;
		walk.cost += made->turning.gateways[step->index].cost;
		walk.came = TVM_TURN_NONE;
	}
	CHECK(walk.at.layer == to.layer && walk.at.node == to.node);
	CHECK_EQ(walk.cost, path->cost);
}

/* Places stand for all that is split off them. */
static TvmPoint
end_of(const Expanded *made, TvmPoint place)
{
	return (TvmPoint) {place.layer, tvm_split_end(&made->split, place.node)};
}

static TvmPoint
random_place_of(TvmRng *rng, const Turning *turning)
{
	return (TvmPoint) {random_below(rng, turning->timelines), random_below(rng, turning->plain.node_count)};
}

TEST(turning_searches_equal_an_edge_based_oracle)
{
	static Expanded made;
	TvmRng		rng;
	long		pairs = 0;
	long		found = 0;

	tvm_rng_init(&rng, 71, 0);
	for (int round = 0; round < ROUNDS; round++)
	{
		TvmEnv	   *env = unit_env();
		TvmGraph	graph;
		TvmQuery	query;
		TvmOverlay	overlay;

		make(env, &rng, &made);
		CHECK(tvm_graph_init(env, &graph, made.layers, made.turning.timelines, made.gateways, made.turning.gateway_count) == TVM_OK);
		CHECK(tvm_query_init(env, &query, &graph) == TVM_OK);
		CHECK(tvm_overlay_init(env, &overlay, made.metric, made.turning.timelines, made.gateways, made.turning.gateway_count) == TVM_OK);
		for (int q = 0; q < ORIGINS; q++)
		{
			TvmPoint	from = random_place_of(&rng, &made.turning);
			double		costs[TURNING_TIMELINES * TURNING_NODES];

			turning_costs(&made.turning, from, costs);
			for (int p = 0; p < DESTS; p++)
			{
				TvmPoint	to = random_place_of(&rng, &made.turning);
				TvmPoint	end = end_of(&made, to);
				double		wanted = costs[to.layer * TURNING_NODES + to.node];
				TvmOverlayRoute route;
				TvmPath		path;

				CHECK(tvm_dijkstra_run(env, &query, from, &end) == TVM_OK);
				CHECK_EQ(tvm_query_cost(&query, end), wanted);
				CHECK(tvm_query_path(env, &query, end, &path) == TVM_OK);
				if (wanted < INFINITY)
					walk_path(&made, &path, from, to);
				tvm_path_free(env, &path);
				CHECK(tvm_astar_run(env, &query, from, end) == TVM_OK);
				CHECK_EQ(tvm_query_cost(&query, end), wanted);
				CHECK(tvm_ties_path(env, &query, NULL, NULL, end, &path) == TVM_OK);
				if (wanted < INFINITY)
					walk_path(&made, &path, from, to);
				tvm_path_free(env, &path);
				CHECK(tvm_overlay_route(env, &overlay, from, end, NULL, &route) == TVM_OK);
				CHECK_EQ(route.cost, wanted);
				tvm_free(env, route.legs);
				pairs++;
				found += wanted < INFINITY;
			}
		}
		tvm_overlay_free(env, &overlay);
		tvm_query_free(env, &query);
		tvm_graph_free(env, &graph);
		unmake(env, &made);
		CHECK_EQ(unit_env_live(), 0);
	}
	CHECK(pairs > 100000);
	CHECK(found > pairs * FINISHED);
}

/* Costs within one timeline, by its hierarchy: without gateways. */
static void
check_hierarchy(TvmEnv *env, TvmRng *rng, Expanded *made, const TvmCchMetric *metric, uint32_t timeline)
{
	uint32_t	places = made->turning.plain.node_count;
	uint32_t	origins[TURNING_NODES];
	uint32_t	ends[TURNING_NODES];
	double		wanted[TURNING_NODES][TURNING_TIMELINES * TURNING_NODES];
	double		matrix[TURNING_NODES * TURNING_NODES];
	TvmCchQuery query;

	CHECK(tvm_cch_query_init(env, &query, &made->cch) == TVM_OK);
	for (uint32_t v = 0; v < places; v++)
	{
		origins[v] = v;
		ends[v] = tvm_split_end(&made->split, v);
		turning_costs(&made->turning, (TvmPoint) {timeline, v}, wanted[v]);
	}
	CHECK(tvm_cch_matrix(env, metric, origins, places, ends, places, matrix) == TVM_OK);
	for (uint32_t v = 0; v < places; v++)
		for (uint32_t w = 0; w < places; w++)
		{
			double		cost = wanted[v][timeline * TURNING_NODES + w];
			Walk		walk = {made, {timeline, v}, TVM_TURN_NONE, 0};
			uint32_t   *arcs;
			size_t		count;

			CHECK_EQ(matrix[v * places + w], cost);
			CHECK_EQ(tvm_cch_distance(&query, metric, v, ends[w]), cost);
			if (cost == INFINITY || random_chance(rng, 0.5))
				continue;
			CHECK(tvm_cch_path(env, &query, metric, &arcs, &count) == TVM_OK);
			for (size_t i = 0; i < count; i++)
				walk_arc(&walk, arcs[i]);
			CHECK(walk.at.node == w);
			CHECK_EQ(walk.cost, cost);
			tvm_free(env, arcs);
		}
	tvm_cch_query_free(env, &query);
}

/* Other rules at the same junctions. */
static void
change_rules(TvmRng *rng, Turning *turning)
{
	for (size_t i = 0; i < turning->rule_count; i++)
	{
		TvmTurnRule *rule = &turning->rules[i];

		if (random_chance(rng, 0.5))
			continue;
		rule->kind = (uint8_t) random_below(rng, 3);
		rule->penalty_s = random_below(rng, 40) / 8.0;
		rule->timeline = random_chance(rng, 0.3) ? TVM_NO_TIMELINE : random_below(rng, turning->timelines);
	}
}

TEST(turning_hierarchies_equal_it_before_and_after_other_rules)
{
	static Expanded made;
	static double changed[MOST_ARCS];
	TvmRng		rng;
	long		changes = 0;

	tvm_rng_init(&rng, 72, 0);
	for (int round = 0; round < 500; round++)
	{
		TvmEnv	   *env = unit_env();
		uint32_t	segments[MOST_ARCS];
		size_t		count = 0;
		uint32_t	timeline;

		make(env, &rng, &made);
		made.turning.gateway_count = 0;
		timeline = random_below(&rng, made.turning.timelines);
		check_hierarchy(env, &rng, &made, &made.metrics[timeline], timeline);
		change_rules(&rng, &made.turning);
		weigh(env, &made, timeline, changed);
		for (uint32_t s = 0; s < made.topology.segment_count; s++)
			if (changed[s] != made.weight[timeline][s])
				segments[count++] = s;
		CHECK(tvm_cch_recustomize(env, &made.metrics[timeline], &made.topology, &(TvmWeights) {.all = changed}, NULL,
								  segments, count, NULL, NULL) == TVM_OK);
		check_hierarchy(env, &rng, &made, &made.metrics[timeline], timeline);
		changes += count > 0;
		unmake(env, &made);
		CHECK_EQ(unit_env_live(), 0);
	}
	CHECK(changes > 200);
}
