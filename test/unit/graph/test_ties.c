/*
 * test_ties.c: which of the ways of equal cost is taken, on random graphs full of
 * ties: by plain searches, by hierarchies and by overlays over them, whole and changed in part, against
 * Bellman-Ford on (cost, gateways, other measure) in whole numbers.  Weights are tenths, which doubles are
 * not, so that sums in another order differ.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "graph/random.h"
#include "kernel/graph/search/astar.h"
#include "kernel/graph/search/dijkstra.h"
#include "kernel/graph/search/overlay.h"
#include "kernel/graph/hierarchy/sums.h"
#include "kernel/graph/search/ties.h"
#include "kernel/graph/search/timed.h"

/* What a way costs, in tenths, over how many gateways, and what it is worth otherwise, in thirds. */
typedef struct Whole
{
	long		cost;
	long		gateways;
	long		other;
} Whole;

#define CLOSED 1000000L

typedef struct Tied
{
	RandomGraph random;
	long		cost[RANDOM_LAYERS][RANDOM_SEGMENTS];
	long		other[RANDOM_LAYERS][RANDOM_SEGMENTS];
	long		link_cost[RANDOM_GATEWAYS];
	long		link_other[RANDOM_GATEWAYS];
	bool		link_counts[RANDOM_GATEWAYS];	/* else it is a segment that the hierarchy does not know */
	TvmCch		cch[2];
	TvmCchMetric metric[RANDOM_LAYERS];
	TvmCchOther measure[RANDOM_LAYERS];
	const TvmCchMetric *metrics[RANDOM_LAYERS];
	TvmOverlay	overlay;
	Whole		best[RANDOM_STATES];	/* from the origin, by the oracle */
} Tied;

static double
other_of_segment(void *context, uint32_t segment)
{
	return ((long *) context)[segment] / 3.0;
}

static bool
counts(void *context, uint32_t link)
{
	return ((Tied *) context)->link_counts[link];
}

static TvmStatus
other_of_step(TvmEnv *env, void *context, const TvmStep *step, double *other)
{
	Tied	   *tied = context;

	(void) env;
	*other = (step->kind == TVM_STEP_GATEWAY ? tied->link_other[step->index] : tied->other[step->point.layer][step->index]) / 3.0;
	return TVM_OK;
}

static TvmStatus
other_of_link(TvmEnv *env, void *context, uint32_t link, double *other)
{
	(void) env;
	*other = ((Tied *) context)->link_other[link] / 3.0;
	return TVM_OK;
}

static TvmStatus
other_of_leg(TvmEnv *env, void *context, const TvmLeg *leg, double *other)
{
	Tied	   *tied = context;
	const TvmCchMetric *metric = tied->metrics[leg->layer];
	TvmCchQuery query;
	uint32_t   *arcs;
	size_t		count;
	long		sum = 0;
	TvmStatus	status = tvm_cch_query_init(env, &query, metric->cch);

	if (status != TVM_OK)
		return status;
	query.other = &tied->measure[leg->layer];
	CHECK(tvm_cch_distance(&query, metric, leg->from, leg->to) < INFINITY);
	status = tvm_cch_path(env, &query, metric, &arcs, &count);
	for (size_t i = 0; status == TVM_OK && i < count; i++)
		sum += tied->other[leg->layer][TVM_ARC_SEGMENT(arcs[i])];
	if (status == TVM_OK)
		tvm_free(env, arcs);
	tvm_cch_query_free(env, &query);
	*other = sum / 3.0;
	return status;
}

static long
any_of(TvmRng *rng, long most, double none)
{
	return random_chance(rng, none) ? 0 : 1 + random_below(rng, (uint32_t) most);
}

static void
set_segment(TvmRng *rng, Tied *tied, uint32_t layer, uint32_t segment)
{
	tied->cost[layer][segment] = random_chance(rng, 0.08) ? CLOSED : any_of(rng, 4, 0.1);
	tied->other[layer][segment] = any_of(rng, 4, 0.1);
	tied->random.weights[layer][segment] = tied->cost[layer][segment] == CLOSED ? INFINITY : tied->cost[layer][segment] / 10.0;
}

static void
tied_make(TvmEnv *env, TvmRng *rng, Tied *tied)
{
	RandomGraph *random = &tied->random;
	uint32_t	order[RANDOM_NODES];

	random_graph(env, rng, random);
	for (uint32_t l = 0; l < random->layer_count; l++)
		for (uint32_t s = 0; s < random->layers[l].topology->segment_count; s++)
			set_segment(rng, tied, l, s);
	for (uint32_t g = 0; g < random->gateway_count; g++)
	{
		tied->link_counts[g] = random_chance(rng, 0.8);
		tied->link_cost[g] = random_chance(rng, 0.1) ? CLOSED : any_of(rng, 3, 0.5);
		tied->link_other[g] = any_of(rng, 4, 0.3);
		random->gateways[g].cost = tied->link_cost[g] == CLOSED ? INFINITY : tied->link_cost[g] / 10.0;
		/* Back at once, and to where it comes from. */
		if (g > 0 && random_chance(rng, 0.3))
		{
			random->gateways[g].from = random->gateways[g - 1].to;
			random->gateways[g].to = random->gateways[g - 1].from;
		}
		else if (random_chance(rng, 0.1))
			random->gateways[g].to = random->gateways[g].from;
	}
	tvm_graph_free(env, &random->graph);
	CHECK(tvm_graph_init(env, &random->graph, random->layers, random->layer_count, random->gateways, random->gateway_count) == TVM_OK);
	for (int w = 0; w < 2; w++)
	{
		for (uint32_t i = 0; i < random->worlds[w].node_count; i++)
		{
			uint32_t	j = random_below(rng, i + 1);

			order[i] = order[j];
			order[j] = i;
		}
		CHECK(tvm_cch_build(env, &tied->cch[w], &random->worlds[w], order) == TVM_OK);
	}
	for (uint32_t l = 0; l < random->layer_count; l++)
	{
		int			world = random->layers[l].topology == &random->worlds[1];

		tied->measure[l] = (TvmCchOther) {other_of_segment, tied->other[l]};
		CHECK(tvm_cch_customize(env, &tied->metric[l], &tied->cch[world], &random->worlds[world], random->weights[l],
								&tied->measure[l]) == TVM_OK);
		tied->metrics[l] = &tied->metric[l];
	}
}

static void
tied_free(TvmEnv *env, Tied *tied)
{
	for (uint32_t l = 0; l < tied->random.layer_count; l++)
		tvm_cch_metric_free(env, &tied->metric[l]);
	for (int w = 0; w < 2; w++)
		tvm_cch_free(env, &tied->cch[w]);
	random_graph_free(env, &tied->random);
}

/* Some segments change, in weight or only in the other measure, and their hierarchies hear of it. */
static void
tied_change(TvmEnv *env, TvmRng *rng, Tied *tied)
{
	for (uint32_t l = 0; l < tied->random.layer_count; l++)
	{
		const TvmTopology *topology = tied->random.layers[l].topology;
		TvmWeights	weights = {.all = tied->random.weights[l]};
		uint32_t	changed[5];
		TvmCchMetric full;

		if (topology->segment_count == 0)
			continue;
		for (int i = 0; i < 5; i++)
		{
			long		cost;
			uint32_t	s = changed[i] = random_below(rng, topology->segment_count);

			cost = tied->cost[l][s];
			if (random_chance(rng, 0.5) || cost == CLOSED)
				set_segment(rng, tied, l, s);
			else
				tied->other[l][s] = any_of(rng, 4, 0.1);
		}
		CHECK(tvm_cch_recustomize(env, &tied->metric[l], topology, &weights, &tied->measure[l], changed, 5, NULL, NULL) == TVM_OK);
		CHECK(tvm_cch_customize(env, &full, tied->metric[l].cch, topology, tied->random.weights[l], &tied->measure[l]) == TVM_OK);
		for (uint32_t v = 0; v < full.cch->node_count; v++)
		{
			uint32_t	count = full.cch->up_first[v + 1] - full.cch->up_first[v];
			TvmCchWeights x = tvm_cch_row(&full, v);
			TvmCchWeights y = tvm_cch_row(&tied->metric[l], v);

			if (count > 0)
				CHECK(memcmp(x.up, y.up, count * sizeof(double)) == 0 && memcmp(x.down, y.down, count * sizeof(double)) == 0 &&
					  memcmp(x.up_via, y.up_via, count * sizeof(uint32_t)) == 0 && memcmp(x.down_via, y.down_via, count * sizeof(uint32_t)) == 0);
		}
		tvm_cch_metric_free(env, &full);
	}
}

/* The oracle ---------------------------------------------------------------- */

static bool
is_less(Whole x, Whole y)
{
	return x.cost != y.cost ? x.cost < y.cost : x.gateways != y.gateways ? x.gateways < y.gateways : x.other < y.other;
}

static bool
improve(Tied *tied, uint32_t from, uint32_t to, Whole step)
{
	Whole		sum = tied->best[from];

	if (step.cost == CLOSED || sum.cost == CLOSED)
		return false;
	sum = (Whole) {sum.cost + step.cost, sum.gateways + step.gateways, sum.other + step.other};
	if (!is_less(sum, tied->best[to]))
		return false;
	tied->best[to] = sum;
	return true;
}

static void
ask_oracle(Tied *tied, TvmPoint from)
{
	const RandomGraph *random = &tied->random;
	const TvmGraph *graph = &random->graph;
	bool		changed = true;

	for (uint32_t v = 0; v < tvm_graph_states(graph); v++)
		tied->best[v] = (Whole) {.cost = CLOSED};
	tied->best[tvm_graph_state(graph, from)] = (Whole) {0, 0, 0};
	while (changed)
	{
		changed = false;
		for (uint32_t l = 0; l < random->layer_count; l++)
			for (uint32_t s = 0; s < random->layers[l].topology->segment_count; s++)
			{
				const TvmTopology *t = random->layers[l].topology;
				uint32_t	a = tvm_graph_state(graph, (TvmPoint) {l, t->a[s]});
				uint32_t	b = tvm_graph_state(graph, (TvmPoint) {l, t->b[s]});
				Whole		step = {tied->cost[l][s], 0, tied->other[l][s]};

				changed |= improve(tied, a, b, step);
				if (!t->oneway[s])
					changed |= improve(tied, b, a, step);
			}
		for (uint32_t g = 0; g < random->gateway_count; g++)
			changed |= improve(tied, tvm_graph_state(graph, random->gateways[g].from), tvm_graph_state(graph, random->gateways[g].to),
							   (Whole) {tied->link_cost[g], tied->link_counts[g], tied->link_other[g]});
	}
}

/* The searches -------------------------------------------------------------- */

typedef struct Sum
{
	Whole		whole;
	TvmPoint	at;
	bool		may_return;		/* legs may meet where all between costs nothing in any way; their caller cuts that out */
	uint64_t	visited[RANDOM_LAYERS];
} Sum;

static void
arrive(Sum *sum, TvmPoint at)
{
	CHECK(sum->may_return || (sum->visited[at.layer] >> at.node & 1) == 0); /* no point comes twice */
	sum->visited[at.layer] |= UINT64_C(1) << at.node;
	sum->at = at;
}

static void
pass_segment(const Tied *tied, Sum *sum, uint32_t layer, uint32_t segment, bool reverse)
{
	const TvmTopology *t = tied->random.layers[layer].topology;

	CHECK(sum->at.layer == layer && sum->at.node == (reverse ? t->b : t->a)[segment]);
	CHECK(tied->cost[layer][segment] < CLOSED && !(reverse && t->oneway[segment]));
	sum->whole.cost += tied->cost[layer][segment];
	sum->whole.other += tied->other[layer][segment];
	arrive(sum, (TvmPoint) {layer, (reverse ? t->a : t->b)[segment]});
}

static void
pass_link(const Tied *tied, Sum *sum, uint32_t link)
{
	const TvmGateway *gateway = &tied->random.gateways[link];

	CHECK(sum->at.layer == gateway->from.layer && sum->at.node == gateway->from.node && tied->link_cost[link] < CLOSED);
	sum->whole.cost += tied->link_cost[link];
	sum->whole.gateways += tied->link_counts[link];
	sum->whole.other += tied->link_other[link];
	arrive(sum, gateway->to);
}

static void
check_sum(const Tied *tied, const Sum *sum, TvmPoint to)
{
	Whole		wanted = tied->best[tvm_graph_state(&tied->random.graph, to)];

	CHECK(sum->at.layer == to.layer && sum->at.node == to.node);
	CHECK_EQ(sum->whole.cost, wanted.cost);
	CHECK_EQ(sum->whole.gateways, wanted.gateways);
	CHECK_EQ(sum->whole.other, wanted.other);
}

static void
check_path(Tied *tied, const TvmPath *path, TvmPoint from, TvmPoint to)
{
	Sum			sum = {0};

	CHECK_EQ(path->count > 0, tied->best[tvm_graph_state(&tied->random.graph, to)].cost < CLOSED);
	if (path->count == 0)
		return;
	arrive(&sum, from);
	for (size_t i = 1; i < path->count; i++)
		if (path->steps[i].kind == TVM_STEP_GATEWAY)
			pass_link(tied, &sum, path->steps[i].index);
		else
			pass_segment(tied, &sum, path->steps[i].point.layer, path->steps[i].index, path->steps[i].reverse);
	check_sum(tied, &sum, to);
	CHECK_NEAR(path->cost, sum.whole.cost / 10.0, 1e-12 * (1 + path->cost));
}

static void
check_overlay(TvmEnv *env, Tied *tied, TvmPoint from, TvmPoint to)
{
	TvmOverlayTies ties = {counts, other_of_link, other_of_leg, tied};
	TvmOverlayRoute route;
	Sum			sum = {.may_return = true};

	CHECK(tvm_overlay_route(env, &tied->overlay, from, to, &ties, &route) == TVM_OK);
	CHECK_EQ(route.count > 0, tied->best[tvm_graph_state(&tied->random.graph, to)].cost < CLOSED);
	if (route.count == 0)
		return;
	arrive(&sum, from);
	for (size_t i = 0; i < route.count; i++)
	{
		const TvmLeg *leg = &route.legs[i];
		const TvmCchMetric *metric = tied->metrics[leg->layer];
		TvmCchQuery query;
		uint32_t   *arcs;
		size_t		count;

		CHECK(leg->layer == sum.at.layer && leg->from == sum.at.node);
		CHECK(tvm_cch_query_init(env, &query, metric->cch) == TVM_OK);
		query.other = &tied->measure[leg->layer];
		CHECK(tvm_cch_distance(&query, metric, leg->from, leg->to) < INFINITY);
		CHECK(tvm_cch_path(env, &query, metric, &arcs, &count) == TVM_OK);
		for (size_t k = 0; k < count; k++)
			pass_segment(tied, &sum, leg->layer, TVM_ARC_SEGMENT(arcs[k]), TVM_ARC_REVERSE(arcs[k]));
		tvm_free(env, arcs);
		tvm_cch_query_free(env, &query);
		if (leg->link != TVM_CCH_NONE)
			pass_link(tied, &sum, leg->link);
	}
	check_sum(tied, &sum, to);
	tvm_free(env, route.legs);
}

/* All of them from one point to another. */
static void
check_pair(TvmEnv *env, Tied *tied, TvmQuery *query, TvmPoint from, TvmPoint to)
{
	TvmTies		ties = {counts, other_of_step, tied};
	TvmTimedLayer layers[RANDOM_LAYERS] = {{0}};
	TvmTimed	timed = {NULL, layers, 1};
	TvmPath		path;

	CHECK(tvm_astar_run(env, query, from, to) == TVM_OK);
	CHECK(tvm_ties_path(env, query, &ties, NULL, to, &path) == TVM_OK);
	check_path(tied, &path, from, to);
	tvm_path_free(env, &path);
	CHECK(tvm_dijkstra_run(env, query, from, NULL) == TVM_OK);
	CHECK(tvm_ties_path(env, query, &ties, NULL, to, &path) == TVM_OK);
	check_path(tied, &path, from, to);
	tvm_path_free(env, &path);
	CHECK(tvm_timed_run(env, query, &timed, 0, from, &to) == TVM_OK);
	CHECK(tvm_timed_path(env, query, &timed, 0, &ties, to, &path) == TVM_OK);
	check_path(tied, &path, from, to);
	tvm_path_free(env, &path);
	check_overlay(env, tied, from, to);
}

TEST(ways_of_equal_cost_are_told_apart_alike)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 77, 0);
	for (int round = 0; round < 400; round++)
	{
		TvmEnv	   *env = unit_env();
		static Tied tied;
		TvmQuery	query;

		tied_make(env, &rng, &tied);
		for (int change = 0; change < 3; change++)
		{
			if (change > 0)
				tied_change(env, &rng, &tied);
			CHECK(tvm_overlay_init(env, &tied.overlay, tied.metrics, tied.random.layer_count, tied.random.gateways,
								   tied.random.gateway_count) == TVM_OK);
			tvm_graph_free(env, &tied.random.graph);
			CHECK(tvm_graph_init(env, &tied.random.graph, tied.random.layers, tied.random.layer_count, tied.random.gateways,
								 tied.random.gateway_count) == TVM_OK);
			CHECK(tvm_query_init(env, &query, &tied.random.graph) == TVM_OK);
			for (int o = 0; o < 3; o++)
			{
				TvmPoint	from = random_point(&rng, &tied.random.graph);

				ask_oracle(&tied, from);
				for (int d = 0; d < 8; d++)
					check_pair(env, &tied, &query, from, random_point(&rng, &tied.random.graph));
			}
			tvm_query_free(env, &query);
			tvm_overlay_free(env, &tied.overlay);
		}
		tied_free(env, &tied);
		CHECK_EQ(unit_env_live(), 0);
	}
}
