/*
 * test_cch.c: the hierarchy against Bellman-Ford on random graphs: oneways,
 * loops, parallel segments, weights from 0 to huge, closed ones, parts that
 * nothing joins; its order, paths, partial customization and matrix.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/graph/hierarchy/cch.h"
#include "kernel/graph/hierarchy/order.h"
#include "kernel/rng.h"

typedef struct Case
{
	TvmTopology topology;
	double	   *weight;
	uint32_t   *order;
	TvmCch		cch;
	TvmCchMetric metric;
	TvmCchQuery query;
} Case;

static uint32_t
below(TvmRng *rng, uint32_t bound)
{
	return tvm_rng_u32(rng) % bound;
}

/* Multiples of 1/8, so that every sum is exact and costs can be compared with ==. */
static double
random_weight(TvmRng *rng)
{
	switch (below(rng, 10))
	{
		case 0:
			return 0;
		case 1:
			return INFINITY;
		case 2:
			return 1e9 + below(rng, 1000000);
		default:
			return below(rng, 800) / 8.0;
	}
}

/* Mostly local segments on a jittered grid, some at random. */
static void
random_topology(TvmEnv *env, TvmRng *rng, TvmTopology *topology, uint32_t nodes, uint32_t segments)
{
	uint32_t	width = (uint32_t) sqrt(nodes) + 1;

	CHECK(tvm_topology_alloc(env, topology, nodes, segments) == TVM_OK);
	for (uint32_t v = 0; v < nodes; v++)
	{
		topology->lat[v] = (v / width) * 0.01 + tvm_rng_double(rng) * 0.004;
		topology->lon[v] = (v % width) * 0.01 + tvm_rng_double(rng) * 0.004;
	}
	for (uint32_t s = 0; s < segments; s++)
	{
		uint32_t	a = below(rng, nodes);
		uint32_t	b = below(rng, 20) == 0 ? below(rng, nodes)
			: below(rng, 2) == 0 ? a + 1 : a + width;

		topology->a[s] = a;
		topology->b[s] = b < nodes ? b : a;
		topology->oneway[s] = below(rng, 3) == 0;
	}
	CHECK(tvm_topology_build(env, topology) == TVM_OK);
}

static TvmStatus
case_order(TvmEnv *env, const TvmTopology *topology, uint32_t *order)
{
	uint32_t	n = topology->node_count;
	uint32_t   *first = malloc((n + 1) * sizeof(uint32_t));
	uint32_t   *head = malloc((2 * (size_t) topology->segment_count + 1) * sizeof(uint32_t));
	uint32_t	arcs = 0;
	TvmStatus	status;

	for (uint32_t v = 0; v < n; v++)
	{
		first[v] = arcs;
		for (uint32_t s = 0; s < topology->segment_count; s++)
		{
			if (topology->a[s] == v)
				head[arcs++] = topology->b[s];
			if (topology->b[s] == v)
				head[arcs++] = topology->a[s];
		}
	}
	first[n] = arcs;
	status = tvm_order_dissect(env, n, first, head, topology->lat, topology->lon, order);
	free(first);
	free(head);
	return status;
}

static void
case_make(TvmEnv *env, TvmRng *rng, Case *c, uint32_t nodes, uint32_t segments)
{
	random_topology(env, rng, &c->topology, nodes, segments);
	c->weight = malloc((segments + 1) * sizeof(double));
	c->order = malloc(nodes * sizeof(uint32_t));
	for (uint32_t s = 0; s < segments; s++)
		c->weight[s] = random_weight(rng);
	CHECK(case_order(env, &c->topology, c->order) == TVM_OK);
	CHECK(tvm_cch_build(env, &c->cch, &c->topology, c->order) == TVM_OK);
	CHECK(tvm_cch_customize(env, &c->metric, &c->cch, &c->topology, c->weight, NULL) == TVM_OK);
	CHECK(tvm_cch_query_init(env, &c->query, &c->cch) == TVM_OK);
}

static void
case_free(TvmEnv *env, Case *c)
{
	tvm_cch_query_free(env, &c->query);
	tvm_cch_metric_free(env, &c->metric);
	tvm_cch_free(env, &c->cch);
	tvm_topology_free(env, &c->topology);
	free(c->weight);
	free(c->order);
}

/* Bellman-Ford: relax every segment until nothing changes. */
static void
oracle(const Case *c, uint32_t origin, double *cost)
{
	bool		changed = true;

	for (uint32_t v = 0; v < c->topology.node_count; v++)
		cost[v] = INFINITY;
	cost[origin] = 0;
	while (changed)
	{
		changed = false;
		for (uint32_t s = 0; s < c->topology.segment_count; s++)
		{
			uint32_t	a = c->topology.a[s];
			uint32_t	b = c->topology.b[s];

			if (cost[a] + c->weight[s] < cost[b])
			{
				cost[b] = cost[a] + c->weight[s];
				changed = true;
			}
			if (!c->topology.oneway[s] && cost[b] + c->weight[s] < cost[a])
			{
				cost[a] = cost[b] + c->weight[s];
				changed = true;
			}
		}
	}
}

/* Walk the path over the segments and add its weights. */
static void
check_path(TvmEnv *env, Case *c, uint32_t origin, uint32_t dest, double cost)
{
	uint32_t   *arcs;
	size_t		count;
	uint32_t	at = origin;
	double		sum = 0;

	CHECK(tvm_cch_path(env, &c->query, &c->metric, &arcs, &count) == TVM_OK);
	for (size_t i = 0; i < count; i++)
	{
		uint32_t	s = TVM_ARC_SEGMENT(arcs[i]);
		bool		reverse = TVM_ARC_REVERSE(arcs[i]);

		CHECK(at == (reverse ? c->topology.b[s] : c->topology.a[s]));
		CHECK(!reverse || !c->topology.oneway[s]);
		at = reverse ? c->topology.a[s] : c->topology.b[s];
		sum += c->weight[s];
	}
	if (cost < INFINITY)
	{
		CHECK(at == dest);
		CHECK_EQ(sum, cost);
	}
	else
		CHECK_EQ(count, 0);
	tvm_free(env, arcs);
}

static void
check_all_pairs(TvmEnv *env, Case *c)
{
	uint32_t	n = c->topology.node_count;
	double	   *cost = malloc(n * sizeof(double));

	for (uint32_t origin = 0; origin < n; origin++)
	{
		oracle(c, origin, cost);
		for (uint32_t dest = 0; dest < n; dest++)
		{
			double		got = tvm_cch_distance(&c->query, &c->metric, origin, dest);

			CHECK_EQ(got, cost[dest]);
			check_path(env, c, origin, dest, got);
		}
	}
	free(cost);
}

TEST(hierarchy_distances_and_paths_are_those_of_bellman_ford)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 3, 0);
	for (int round = 0; round < 150; round++)
	{
		TvmEnv	   *env = unit_env();
		uint32_t	nodes = 1 + below(&rng, round < 100 ? 12 : 60);
		Case		c;

		case_make(env, &rng, &c, nodes, below(&rng, 4 * nodes));
		check_all_pairs(env, &c);
		case_free(env, &c);
		CHECK_EQ(unit_env_live(), 0);
	}
}

TEST(order_is_a_permutation_and_the_same_each_time)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 4, 0);
	for (int round = 0; round < 20; round++)
	{
		TvmEnv	   *env = unit_env();
		uint32_t	nodes = 1 + below(&rng, 400);
		TvmTopology topology;
		uint32_t   *order = malloc(nodes * sizeof(uint32_t));
		uint32_t   *again = malloc(nodes * sizeof(uint32_t));
		uint8_t    *seen = calloc(nodes, 1);

		random_topology(env, &rng, &topology, nodes, below(&rng, 3 * nodes));
		CHECK(case_order(env, &topology, order) == TVM_OK);
		CHECK(case_order(env, &topology, again) == TVM_OK);
		CHECK(memcmp(order, again, nodes * sizeof(uint32_t)) == 0);
		for (uint32_t i = 0; i < nodes; i++)
		{
			CHECK(order[i] < nodes && !seen[order[i]]);
			seen[order[i]] = 1;
		}
		tvm_topology_free(env, &topology);
		free(order);
		free(again);
		free(seen);
	}
}

/* A grid of n x n: a good order has a tree of a few times n, a bad one of n squared. */
TEST(order_of_a_grid_is_flat)
{
	enum
	{
		SIDE = 64
	};
	TvmEnv	   *env = unit_env();
	TvmTopology topology;
	TvmCch		cch;
	uint32_t	s = 0;
	uint32_t   *order = malloc(SIDE * SIDE * sizeof(uint32_t));

	CHECK(tvm_topology_alloc(env, &topology, SIDE * SIDE, 2 * SIDE * (SIDE - 1)) == TVM_OK);
	for (uint32_t v = 0; v < SIDE * SIDE; v++)
	{
		topology.lat[v] = v / SIDE * 0.01;
		topology.lon[v] = v % SIDE * 0.01;
		if (v % SIDE + 1 < SIDE)
		{
			topology.a[s] = v;
			topology.b[s++] = v + 1;
		}
		if (v + SIDE < SIDE * SIDE)
		{
			topology.a[s] = v;
			topology.b[s++] = v + SIDE;
		}
	}
	CHECK(tvm_topology_build(env, &topology) == TVM_OK);
	CHECK(case_order(env, &topology, order) == TVM_OK);
	CHECK(tvm_cch_build(env, &cch, &topology, order) == TVM_OK);
	CHECK(cch.height < 4 * SIDE);
	tvm_cch_free(env, &cch);
	tvm_topology_free(env, &topology);
	free(order);
}

static bool
same_vias(const TvmCchWeights *a, const TvmCchWeights *b, uint32_t count)
{
	size_t		size = count * sizeof(uint32_t);

	return count == 0 || (memcmp(a->up_via, b->up_via, size) == 0 && memcmp(a->down_via, b->down_via, size) == 0);
}

/* Each arc's weights in both directions, bit for bit, and by way of what. */
static bool
same_weights(const TvmCchMetric *a, const TvmCchMetric *b)
{
	const TvmCch *cch = a->cch;

	for (uint32_t v = 0; v < cch->node_count; v++)
	{
		size_t		size = (cch->up_first[v + 1] - cch->up_first[v]) * sizeof(double);
		TvmCchWeights x = tvm_cch_row(a, v);
		TvmCchWeights y = tvm_cch_row(b, v);

		if (size > 0 && (memcmp(x.up, y.up, size) != 0 || memcmp(x.down, y.down, size) != 0))
			return false;
		if (!same_vias(&x, &y, cch->up_first[v + 1] - cch->up_first[v]))
			return false;
	}
	return true;
}

/* Against a full customization, after some segments have got other weights. */
static void
change_some(TvmEnv *env, TvmRng *rng, Case *c, TvmCchMetric *metric, uint32_t most)
{
	TvmWeights	weights = {.all = c->weight};
	uint32_t	changed[8];
	size_t		count = 1 + below(rng, most);
	TvmCchMetric full;

	for (size_t i = 0; i < count; i++)
	{
		changed[i] = below(rng, c->topology.segment_count);
		c->weight[changed[i]] = random_weight(rng);
	}
	CHECK(tvm_cch_recustomize(env, metric, &c->topology, &weights, NULL, changed, count, NULL, NULL) == TVM_OK);
	CHECK(tvm_cch_customize(env, &full, &c->cch, &c->topology, c->weight, NULL) == TVM_OK);
	CHECK(same_weights(&full, metric));
	tvm_cch_metric_free(env, &full);
}

TEST(partial_customization_equals_a_full_one)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 5, 0);
	for (int round = 0; round < 60; round++)
	{
		TvmEnv	   *env = unit_env();
		uint32_t	nodes = 2 + below(&rng, 80);
		uint32_t	segments = 1 + below(&rng, 3 * nodes);
		Case		c;

		case_make(env, &rng, &c, nodes, segments);
		for (int change = 0; change < 20; change++)
			change_some(env, &rng, &c, &c.metric, 8);
		case_free(env, &c);
	}
}

/* Its arcs weigh what a full customization of the lesser weights says, bit for bit; what weighs more is not heard of. */
static void
lower_some(TvmEnv *env, TvmRng *rng, Case *c, TvmCchMetric *metric)
{
	TvmWeights	weights = {.all = c->weight};
	uint32_t	segments = c->topology.segment_count;
	double	   *least = tvm_alloc(env, segments, sizeof(double));
	uint32_t	changed[8];
	size_t		count = 1 + below(rng, 8);
	TvmCchMetric full;

	memcpy(least, c->weight, segments * sizeof(double));
	for (size_t i = 0; i < count; i++)
	{
		changed[i] = below(rng, segments);
		c->weight[changed[i]] = random_weight(rng);
	}
	for (uint32_t i = 0; i < segments; i++)
		least[i] = fmin(least[i], c->weight[i]);
	CHECK(tvm_cch_lower(env, metric, &c->topology, &weights, changed, count) == TVM_OK);
	CHECK(tvm_cch_customize(env, &full, &c->cch, &c->topology, least, NULL) == TVM_OK);
	for (uint32_t v = 0; v < c->cch.node_count; v++)
	{
		size_t		size = (c->cch.up_first[v + 1] - c->cch.up_first[v]) * sizeof(double);
		TvmCchWeights x = tvm_cch_row(&full, v);
		TvmCchWeights y = tvm_cch_row(metric, v);

		CHECK(size == 0 || (memcmp(x.up, y.up, size) == 0 && memcmp(x.down, y.down, size) == 0));
	}
	memcpy(c->weight, least, segments * sizeof(double));
	tvm_free(env, least);
	tvm_cch_metric_free(env, &full);
}

TEST(what_weighs_less_is_a_lower_bound_of_all_arcs)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 21, 0);
	for (int round = 0; round < 60; round++)
	{
		TvmEnv	   *env = unit_env();
		uint32_t	nodes = 2 + below(&rng, 80);
		Case		c;

		case_make(env, &rng, &c, nodes, 1 + below(&rng, 3 * nodes));
		for (int change = 0; change < 20; change++)
			lower_some(env, &rng, &c, &c.metric);
		case_free(env, &c);
	}
}

/* With weights of 1 to 3 most arcs have more than one least way: the lowest middle counts, as ever. */
TEST(partial_customization_keeps_the_lowest_of_equal_ways)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 9, 0);
	for (int round = 0; round < 60; round++)
	{
		TvmEnv	   *env = unit_env();
		uint32_t	nodes = 5 + below(&rng, 60);
		TvmWeights	weights;
		TvmCchMetric full;
		Case		c;

		case_make(env, &rng, &c, nodes, 2 * nodes);
		weights = (TvmWeights) {.all = c.weight};
		for (int change = 0; change < 40; change++)
		{
			uint32_t	all[128];
			uint32_t	count = change == 0 ? c.topology.segment_count : 1 + below(&rng, 3);

			for (uint32_t i = 0; i < count; i++)
			{
				all[i] = change == 0 ? i : below(&rng, c.topology.segment_count);
				c.weight[all[i]] = 1 + below(&rng, 3);
			}
			CHECK(tvm_cch_recustomize(env, &c.metric, &c.topology, &weights, NULL, all, count, NULL, NULL) == TVM_OK);
			CHECK(tvm_cch_customize(env, &full, &c.cch, &c.topology, c.weight, NULL) == TVM_OK);
			CHECK(same_weights(&full, &c.metric));
			tvm_cch_metric_free(env, &full);
		}
		case_free(env, &c);
	}
}

/*
 * A branch over a branch over a root, as files have them: each has what was merged of
 * those below it, and rows of its own.  What is below must stay as it was.
 */
TEST(metrics_that_share_weights_are_each_right)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 8, 0);
	for (int round = 0; round < 40; round++)
	{
		TvmEnv	   *env = unit_env();
		uint32_t	nodes = 2 + below(&rng, 60);
		TvmCchMetric branch[3];
		TvmCchMetric root;
		TvmCchRows	rows[3];
		double	   *before;
		double	   *written;
		size_t		size;
		Case		c;

		case_make(env, &rng, &c, nodes, 1 + below(&rng, 3 * nodes));
		size = c.topology.segment_count * sizeof(double);
		before = malloc(size);
		written = malloc(size);
		memcpy(before, c.weight, size);
		root = c.metric;
		for (int depth = 0; depth < 3; depth++)
		{
			branch[depth] = (TvmCchMetric) {.cch = &c.cch, .all = root.all};
			branch[depth].shared = depth == 0 || rows[depth - 1].of.group == NULL ? NULL : &rows[depth - 1];
			change_some(env, &rng, &c, &branch[depth], 4);
			CHECK(tvm_cch_rows_merge(env, &branch[depth], &rows[depth]) == TVM_OK);
			tvm_cch_rows_free(env, &branch[depth].own);
			branch[depth].shared = rows[depth].of.group == NULL ? NULL : &rows[depth];
			/* Changes that no file has in it yet, and that the next does not have. */
			memcpy(written, c.weight, size);
			change_some(env, &rng, &c, &branch[depth], 4);
			c.metric = branch[depth];
			check_all_pairs(env, &c);
			tvm_cch_rows_free(env, &branch[depth].own);
			memcpy(c.weight, written, size);
			for (uint32_t v = 0; v < nodes && rows[depth].of.group != NULL; v++)
			{
				uint32_t	at = tvm_patch_find(&rows[depth].of, v);

				CHECK(at == TVM_PATCH_NONE ||
					  at + c.cch.up_first[v + 1] - c.cch.up_first[v] <= rows[depth].count);
			}
		}
		memcpy(c.weight, before, size);
		c.metric = root;
		check_all_pairs(env, &c);
		for (int depth = 0; depth < 3; depth++)
			tvm_cch_rows_free(env, &rows[depth]);
		free(before);
		free(written);
		case_free(env, &c);
		CHECK_EQ(unit_env_live(), 0);
	}
}

TEST(matrix_is_the_distances)
{
	static uint32_t dests[2100];
	static double costs[15 * 2100];
	TvmRng		rng;

	tvm_rng_init(&rng, 6, 0);
	for (int round = 0; round < 20; round++)
	{
		TvmEnv	   *env = unit_env();
		uint32_t	nodes = 2 + below(&rng, 100);
		uint32_t	origins[15];
		uint32_t	count = round % 5 == 0 ? 2100 - (uint32_t) round : 10;	/* in one go, or not */
		Case		c;

		case_make(env, &rng, &c, nodes, 2 * nodes);
		for (int i = 0; i < 15; i++)
			origins[i] = below(&rng, nodes);
		for (uint32_t j = 0; j < count; j++)
			dests[j] = below(&rng, nodes);
		CHECK(tvm_cch_matrix(env, &c.metric, origins, 15, dests, count, costs) == TVM_OK);
		for (uint32_t i = 0; i < 15; i++)
			for (uint32_t j = 0; j < count; j++)
				CHECK_EQ(costs[count * i + j], tvm_cch_distance(&c.query, &c.metric, origins[i], dests[j]));
		case_free(env, &c);
	}
}

/* Build, customize, change and ask for a path, with what has been made freed at a failure. */
static TvmStatus
whole_run(TvmEnv *env, const TvmTopology *topology, double *weight, uint32_t *order)
{
	TvmCch		cch;
	TvmCchMetric metric;
	TvmCchQuery query;
	uint32_t   *arcs;
	size_t		count;
	uint32_t	changed = 0;
	TvmWeights	weights = {.all = weight};
	TvmCchRows	rows;
	uint32_t	ends[2] = {0, 1};
	double		costs[4];
	TvmStatus	status = case_order(env, topology, order);

	if (status != TVM_OK)
		return status;
	status = tvm_cch_build(env, &cch, topology, order);
	if (status != TVM_OK)
		return status;
	status = tvm_cch_customize(env, &metric, &cch, topology, weight, NULL);
	if (status == TVM_OK)
	{
		weight[0] = 1;
		status = tvm_cch_recustomize(env, &metric, topology, &weights, NULL, &changed, 1, NULL, NULL);
		if (status == TVM_OK)
			status = tvm_cch_rows_merge(env, &metric, &rows);
		if (status == TVM_OK)
			tvm_cch_rows_free(env, &rows);
		if (status == TVM_OK)
			status = tvm_cch_query_init(env, &query, &cch);
		if (status == TVM_OK)
		{
			tvm_cch_distance(&query, &metric, 0, 1);
			status = tvm_cch_path(env, &query, &metric, &arcs, &count);
			if (status == TVM_OK)
			{
				tvm_free(env, arcs);
				status = tvm_cch_matrix(env, &metric, ends, 2, ends, 2, costs);
			}
			tvm_cch_query_free(env, &query);
		}
		tvm_cch_metric_free(env, &metric);
	}
	tvm_cch_free(env, &cch);
	return status;
}

TEST(hierarchy_survives_every_failed_allocation_and_cancellation)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	TvmTopology topology;
	double		weight[200];
	uint32_t	order[80];
	long		before;
	TvmStatus	status = TVM_NOMEM;

	tvm_rng_init(&rng, 7, 0);
	random_topology(env, &rng, &topology, 80, 200);
	for (int s = 0; s < 200; s++)
		weight[s] = 1 + below(&rng, 100);
	before = unit_env_live();
	for (long n = 1; status == TVM_NOMEM; n++)
	{
		unit_env_fail_at(n);
		status = whole_run(env, &topology, weight, order);
		CHECK(status == TVM_NOMEM || status == TVM_OK);
		CHECK_EQ(unit_env_live(), before);
	}
	unit_env_fail_at(0);
	status = TVM_CANCELLED;
	for (long n = 0; status == TVM_CANCELLED; n++)
	{
		unit_env_cancel_after(n);
		status = whole_run(env, &topology, weight, order);
		CHECK(status == TVM_CANCELLED || status == TVM_OK);
		CHECK_EQ(unit_env_live(), before);
	}
	unit_env_cancel_after(-1);
	tvm_topology_free(env, &topology);
}
