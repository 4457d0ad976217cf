/*
 * test_pairs.c: a hundred thousand random pairs, by the hierarchy and by an
 * overlay, against Dijkstra's algorithm on the same graphs: oneways and none,
 * parallel segments, loops, weights from 0 over 1e-300 to 1e300, parts that nothing
 * joins, changes in between.  Every path is walked again over the segments, and adds up,
 * also as sums of shortcuts that are remembered.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/random.h"
#include "kernel/graph/search/astar.h"
#include "kernel/graph/search/dijkstra.h"
#include "kernel/graph/hierarchy/order.h"
#include "kernel/graph/search/overlay.h"
#include "kernel/graph/hierarchy/sums.h"

#define MAX_NODES 250
#define MAX_SEGMENTS (5 * MAX_NODES / 2)
#define LAYERS 2				/* of one topology, with weights of their own */
#define MAX_LINKS 12

typedef struct Pairs
{
	TvmTopology topology;
	double		weight[LAYERS][MAX_SEGMENTS];
	TvmGateway	link[MAX_LINKS];
	uint32_t	link_count;
	TvmLayer	layer[LAYERS];
	TvmGraph	graph;
	TvmQuery	dijkstra;
	TvmCch		cch;
	TvmCchMetric metric[LAYERS];
	TvmCchQuery query;
	TvmOverlay	overlay;
	TvmSums		sums;
	uint64_t	version[LAYERS];
} Pairs;

/* What a path is made of: sums that its order does not change. */
typedef struct Content
{
	uint64_t	segments;
	uint64_t	mark;
	double		weight;
} Content;

/* How many segments were walked, and how many of them a sum asked for. */
static size_t walked;
static size_t weighed;

typedef enum Range
{
	EIGHTHS,					/* sums are exact, ties are many */
	FRACTIONS,
	FROM_TINY_TO_HUGE,
	RANGES
} Range;

static double
any_weight(TvmRng *rng, Range range)
{
	switch (random_below(rng, 12))
	{
		case 0:
			return 0;
		case 1:
			return INFINITY;
		default:
			return range == EIGHTHS ? random_below(rng, 40) / 8.0
				: range == FRACTIONS ? random_between(rng, 1e-3, 10)
				: pow(10, random_between(rng, -300, 300));
	}
}

/* Two halves of a grid that only a few segments join, in some graphs none. */
static void
make_topology(TvmEnv *env, TvmRng *rng, TvmTopology *topology)
{
	uint32_t	nodes = 2 + random_below(rng, MAX_NODES - 2);
	uint32_t	segments = nodes / 2 + random_below(rng, 2 * nodes);
	uint32_t	width = (uint32_t) sqrt(nodes) + 1;
	double		oneway = random_chance(rng, 0.4) ? 0 : random_between(rng, 0, 0.6);
	double		joined = random_chance(rng, 0.3) ? 0 : 0.05;

	CHECK(tvm_topology_alloc(env, topology, nodes, segments) == TVM_OK);
	for (uint32_t v = 0; v < nodes; v++)
	{
		topology->lat[v] = (v / width) * 0.01 + random_between(rng, 0, 0.004);
		topology->lon[v] = (v % width) * 0.01 + random_between(rng, 0, 0.004);
	}
	for (uint32_t s = 0; s < segments; s++)
	{
		uint32_t	a = random_below(rng, nodes);
		uint32_t	b = random_chance(rng, joined) ? random_below(rng, nodes)
			: random_chance(rng, 0.1) ? a : random_chance(rng, 0.5) ? a + 1 : a + width;

		/* Some of the time parallel to another segment, or back along it. */
		if (s > 0 && random_chance(rng, 0.1))
		{
			uint32_t	twin = random_below(rng, s);

			a = topology->b[twin];
			b = topology->a[twin];
		}
		if (b >= nodes || (joined == 0 && (a < nodes / 2) != (b < nodes / 2)))
			b = a;
		topology->a[s] = a;
		topology->b[s] = b;
		topology->oneway[s] = random_chance(rng, oneway);
	}
	CHECK(tvm_topology_build(env, topology) == TVM_OK);
}

static void
make_hierarchy(TvmEnv *env, const TvmTopology *topology, TvmCch *cch)
{
	uint32_t	first[MAX_NODES + 1];
	uint32_t	head[2 * MAX_SEGMENTS];
	uint32_t	order[MAX_NODES];
	uint32_t	count = 0;

	for (uint32_t v = 0; v < topology->node_count; v++)
	{
		first[v] = count;
		for (uint32_t i = topology->out_first[v]; i < topology->out_first[v + 1]; i++)
			head[count++] = topology->out[i].node;
		/* Of a oneway segment only one end knows so far. */
		for (uint32_t i = topology->in_first[v]; i < topology->in_first[v + 1]; i++)
			if (topology->oneway[TVM_ARC_SEGMENT(topology->in[i].arc)])
				head[count++] = topology->in[i].node;
	}
	first[topology->node_count] = count;
	CHECK(tvm_order_dissect(env, topology->node_count, first, head, topology->lat, topology->lon,
							order) == TVM_OK);
	CHECK(tvm_cch_build(env, cch, topology, order) == TVM_OK);
}

static void
pairs_make(TvmEnv *env, TvmRng *rng, Range range, Pairs *pairs)
{
	const TvmCchMetric *metrics[LAYERS];

	make_topology(env, rng, &pairs->topology);
	make_hierarchy(env, &pairs->topology, &pairs->cch);
	for (int l = 0; l < LAYERS; l++)
	{
		for (uint32_t s = 0; s < pairs->topology.segment_count; s++)
			pairs->weight[l][s] = any_weight(rng, range);
		pairs->layer[l] = (TvmLayer) {&pairs->topology, {.all = pairs->weight[l]}};
		CHECK(tvm_cch_customize(env, &pairs->metric[l], &pairs->cch, &pairs->topology,
								pairs->weight[l], NULL) == TVM_OK);
		metrics[l] = &pairs->metric[l];
		pairs->version[l] = 1 + (uint64_t) l;
	}
	/* From a table that forgets nearly all to one that grows. */
	tvm_sums_init(&pairs->sums, sizeof(Content), 1u << pairs->topology.segment_count % 13);
	pairs->link_count = random_below(rng, MAX_LINKS + 1);
	for (uint32_t i = 0; i < pairs->link_count; i++)
	{
		pairs->link[i].from = (TvmPoint) {random_below(rng, LAYERS), random_below(rng, pairs->topology.node_count)};
		pairs->link[i].to = (TvmPoint) {random_below(rng, LAYERS), random_below(rng, pairs->topology.node_count)};
		pairs->link[i].cost = any_weight(rng, range);
	}
	CHECK(tvm_graph_init(env, &pairs->graph, pairs->layer, LAYERS, pairs->link, pairs->link_count) == TVM_OK);
	CHECK(tvm_query_init(env, &pairs->dijkstra, &pairs->graph) == TVM_OK);
	CHECK(tvm_cch_query_init(env, &pairs->query, &pairs->cch) == TVM_OK);
	CHECK(tvm_overlay_init(env, &pairs->overlay, metrics, LAYERS, pairs->link, pairs->link_count) == TVM_OK);
}

static void
pairs_free(TvmEnv *env, Pairs *pairs)
{
	tvm_sums_free(env, &pairs->sums);
	tvm_overlay_free(env, &pairs->overlay);
	tvm_cch_query_free(env, &pairs->query);
	tvm_query_free(env, &pairs->dijkstra);
	tvm_graph_free(env, &pairs->graph);
	for (int l = 0; l < LAYERS; l++)
		tvm_cch_metric_free(env, &pairs->metric[l]);
	tvm_cch_free(env, &pairs->cch);
	tvm_topology_free(env, &pairs->topology);
}

static void
check_cost(double got, double wanted, Range range)
{
	if (range == EIGHTHS || wanted == INFINITY)
		CHECK_EQ(got, wanted);
	else
		CHECK_NEAR(got, wanted, 1e-12 * wanted);	/* the same sums, added in another order */
}

static uint64_t
mark_of(uint32_t segment)
{
	return (segment + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static TvmStatus
weigh(TvmEnv *env, void *context, uint32_t segment, void *value)
{
	const double *weight = context;
	Content		content = {1, mark_of(segment), weight[segment]};

	(void) env;
	memcpy(value, &content, sizeof(content));
	weighed++;
	return TVM_OK;
}

static void
add(void *sum, const void *value)
{
	Content    *to = sum;
	const Content *from = value;

	to->segments += from->segments;
	to->mark += from->mark;
	to->weight += from->weight;
}

/* The path found last has this content, by what is remembered and without that. */
static void
check_sum(TvmEnv *env, Pairs *pairs, uint32_t layer, const Content *wanted)
{
	static const TvmSumKind kind = {.size = sizeof(Content), .weigh = weigh, .add = add};
	double	   *weight = pairs->weight[layer];
	Content		remembered = {0};
	Content		plain = {0};
	bool		any[2];
	size_t		before;

	tvm_sums_grow(env, &pairs->sums);
	CHECK(tvm_cch_sum(env, &pairs->query, &pairs->metric[layer], &kind, weight, &pairs->sums,
					  pairs->version[layer], &remembered, &any[0]) == TVM_OK);
	before = weighed;
	CHECK(tvm_cch_sum(env, &pairs->query, &pairs->metric[layer], &kind, weight, NULL, 0, &plain, &any[1]) == TVM_OK);
	CHECK_EQ(weighed - before, wanted->segments);
	weighed = before;
	CHECK_EQ(remembered.segments, wanted->segments);
	CHECK_EQ(remembered.mark, wanted->mark);
	CHECK_EQ(plain.mark, wanted->mark);
	CHECK_EQ(remembered.weight, plain.weight);	/* to the bit */
	CHECK(any[0] == (wanted->segments > 0) && any[1] == any[0]);
	walked += wanted->segments;
}

/* Walk one layer's path from `at` and add it up; returns where it ends. */
static uint32_t
walk(TvmEnv *env, Pairs *pairs, uint32_t layer, uint32_t at, uint32_t to, double *sum)
{
	const TvmTopology *topology = &pairs->topology;
	Content		content = {0};
	uint32_t   *arcs;
	size_t		count;

	tvm_cch_distance(&pairs->query, &pairs->metric[layer], at, to);
	CHECK(tvm_cch_path(env, &pairs->query, &pairs->metric[layer], &arcs, &count) == TVM_OK);
	for (size_t i = 0; i < count; i++)
	{
		uint32_t	s = TVM_ARC_SEGMENT(arcs[i]);
		bool		reverse = TVM_ARC_REVERSE(arcs[i]);

		CHECK_EQ(at, reverse ? topology->b[s] : topology->a[s]);
		CHECK(!(reverse && topology->oneway[s]));
		at = reverse ? topology->a[s] : topology->b[s];
		*sum += pairs->weight[layer][s];
		content.segments++;
		content.mark += mark_of(s);
	}
	check_sum(env, pairs, layer, &content);
	tvm_free(env, arcs);
	return at;
}

/* From a point to a point of any layer, and by the hierarchy alone what it knows. */
static void
check_pair(TvmEnv *env, Pairs *pairs, Range range, TvmPoint from, TvmPoint to)
{
	double		wanted = tvm_query_cost(&pairs->dijkstra, to);
	TvmOverlayRoute route;
	TvmPoint	at = from;
	double		sum = 0;

	CHECK(tvm_overlay_route(env, &pairs->overlay, from, to, NULL, &route) == TVM_OK);
	check_cost(route.cost, wanted, range);
	CHECK_EQ(route.count > 0, wanted < INFINITY);
	for (size_t i = 0; i < route.count; i++)
	{
		const TvmLeg *leg = &route.legs[i];

		CHECK(leg->layer == at.layer && leg->from == at.node);
		at.node = walk(env, pairs, leg->layer, leg->from, leg->to, &sum);
		CHECK_EQ(at.node, leg->to);
		if (leg->link == TVM_CCH_NONE)
			continue;
		CHECK(i + 1 < route.count);
		CHECK(pairs->link[leg->link].from.layer == at.layer && pairs->link[leg->link].from.node == at.node);
		sum += pairs->link[leg->link].cost;
		at = pairs->link[leg->link].to;
	}
	if (wanted < INFINITY)
	{
		CHECK(at.layer == to.layer && at.node == to.node);
		check_cost(sum, wanted, range);
	}
	tvm_free(env, route.legs);
}

/* Without links a layer is alone, and the hierarchy's distance is all there is to it. */
static void
check_alone(TvmEnv *env, Pairs *pairs, TvmQuery *guided, Range range, uint32_t layer, uint32_t from, uint32_t to,
			size_t settled[2])
{
	double		wanted = tvm_query_cost(&pairs->dijkstra, (TvmPoint) {0, to});
	double		sum = 0;
	uint32_t	end;

	check_cost(tvm_cch_distance(&pairs->query, &pairs->metric[layer], from, to), wanted, range);
	end = walk(env, pairs, layer, from, to, &sum);
	if (wanted < INFINITY)
	{
		CHECK_EQ(end, to);
		check_cost(sum, wanted, range);
	}
	/* A* by what the hierarchy says is left: the least sum, to the last bit, and over fewer points. */
	CHECK(tvm_astar_run(env, guided, (TvmPoint) {0, from}, (TvmPoint) {0, to}) == TVM_OK);
	CHECK_EQ(tvm_query_cost(guided, (TvmPoint) {0, to}), wanted);
	if (wanted < INFINITY)
	{
		settled[0] += guided->settled;
		settled[1] += pairs->dijkstra.settled;
	}
}

/* Some segments of layer 1 cost something else, and the hierarchy hears of just these. */
static void
change_some(TvmEnv *env, TvmRng *rng, Range range, Pairs *pairs)
{
	uint32_t	changed[9];

	if (pairs->topology.segment_count == 0)
		return;
	for (int i = 0; i < 9; i++)
	{
		changed[i] = random_below(rng, pairs->topology.segment_count);
		pairs->weight[1][changed[i]] = any_weight(rng, range);
	}
	CHECK(tvm_cch_recustomize(env, &pairs->metric[1], &pairs->topology,
								  &(TvmWeights) {.all = pairs->weight[1]}, NULL, changed, 9, NULL, NULL) == TVM_OK);
	pairs->version[1] += LAYERS;
}

TEST(a_hundred_thousand_pairs_cost_what_dijkstra_says)
{
	TvmRng		rng;
	uint32_t	alone = 0;
	uint32_t	linked = 0;
	uint32_t	reached = 0;
	size_t		settled[2] = {0, 0};

	tvm_rng_init(&rng, 31, 0);
	for (int round = 0; round < 300; round++)
	{
		TvmEnv	   *env = unit_env();
		Range		range = round % RANGES;
		static Pairs pairs;
		TvmGraph	single;
		TvmGraph	view;
		TvmQuery	query;
		TvmQuery	guided;

		pairs_make(env, &rng, range, &pairs);
		for (int o = 0; o < 10; o++)
		{
			TvmPoint	from = random_point(&rng, &pairs.graph);

			CHECK(tvm_dijkstra_run(env, &pairs.dijkstra, from, NULL) == TVM_OK);
			for (int d = 0; d < 35; d++)
			{
				check_pair(env, &pairs, range, from, random_point(&rng, &pairs.graph));
				linked++;
			}
		}
		/* The same searches on one layer, which the links do not lead out of. */
		tvm_query_free(env, &pairs.dijkstra);
		CHECK(tvm_graph_init(env, &single, &pairs.layer[1], 1, NULL, 0) == TVM_OK);
		CHECK(tvm_query_init(env, &query, &single) == TVM_OK);
		pairs.dijkstra = query;
		CHECK(tvm_graph_view(env, &view, &pairs.layer[1], 1, NULL, 0) == TVM_OK);
		view.metric = &pairs.metric[1];
		CHECK(tvm_query_init(env, &guided, &view) == TVM_OK);
		for (int o = 0; o < 10; o++)
		{
			TvmPoint	from = random_point(&rng, &single);

			if (o > 4)
				change_some(env, &rng, range, &pairs);
			CHECK(tvm_dijkstra_run(env, &pairs.dijkstra, from, NULL) == TVM_OK);
			for (int d = 0; d < 35; d++)
			{
				TvmPoint	to = random_point(&rng, &single);

				check_alone(env, &pairs, &guided, range, 1, from.node, to.node, settled);
				reached += tvm_query_cost(&pairs.dijkstra, to) < INFINITY;
				alone++;
			}
		}
		tvm_query_free(env, &guided);
		tvm_graph_free(env, &view);
		tvm_graph_free(env, &single);
		pairs_free(env, &pairs);
		CHECK_EQ(unit_env_live(), 0);
	}
	CHECK(alone >= 100000 && linked >= 100000);
	CHECK(settled[0] < settled[1] / 2);
	CHECK(reached > alone / 4 && reached < alone / 2);
	CHECK(weighed > 0 && weighed < walked * 3 / 4);
}
