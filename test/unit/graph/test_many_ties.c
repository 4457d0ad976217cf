/*
 * test_many_ties.c: a grid whose segments all weigh the same, so that nearly all ways tie: how
 * often segments are asked what they are worth, that a choice can be cancelled, and
 * that a change which reaches most arcs is given up in favour of customizing all, and that beside
 * a segment which dwarfs all others, so that all ways to its end tie, a route is no longer than it need be.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "kernel/graph/hierarchy/cch.h"
#include "kernel/graph/hierarchy/order.h"

#define SIDE 60
#define NODES (SIDE * SIDE)
#define SEGMENTS (2 * SIDE * (SIDE - 1))

typedef struct Grid
{
	TvmTopology topology;
	double		weight[SEGMENTS];
	double		worth[SEGMENTS];
	TvmCch		cch;
	TvmCchMetric metric;
	TvmCchOther other;
	size_t		asked;			/* how often what a segment is worth */
} Grid;

static double
worth_of_segment(void *context, uint32_t segment)
{
	Grid	   *grid = context;

	grid->asked++;
	return grid->worth[segment];
}

static void
order_grid(TvmEnv *env, Grid *grid, uint32_t *order)
{
	static uint32_t first[NODES + 1];
	static uint32_t head[2 * SEGMENTS];
	uint32_t	count = 0;

	for (uint32_t v = 0; v < NODES; v++)
	{
		first[v] = count;
		if (v % SIDE > 0)
			head[count++] = v - 1;
		if (v % SIDE < SIDE - 1)
			head[count++] = v + 1;
		if (v >= SIDE)
			head[count++] = v - SIDE;
		if (v < NODES - SIDE)
			head[count++] = v + SIDE;
	}
	first[NODES] = count;
	CHECK(tvm_order_dissect(env, NODES, first, head, grid->topology.lat, grid->topology.lon, order) == TVM_OK);
}

static void
grid_make(TvmEnv *env, Grid *grid)
{
	static uint32_t order[NODES];
	uint32_t	count = 0;

	memset(grid, 0, sizeof(*grid));
	CHECK(tvm_topology_alloc(env, &grid->topology, NODES, SEGMENTS) == TVM_OK);
	for (uint32_t v = 0; v < NODES; v++)
	{
		grid->topology.lat[v] = 50 + v / SIDE * 1e-3;
		grid->topology.lon[v] = 10 + v % SIDE * 1e-3;
		for (int across = 0; across < 2; across++)
		{
			if (across ? v % SIDE == SIDE - 1 : v >= NODES - SIDE)
				continue;
			grid->topology.a[count] = v;
			grid->topology.b[count] = across ? v + 1 : v + SIDE;
			grid->topology.oneway[count] = false;
			grid->weight[count] = 1;
			grid->worth[count] = 1 + count % 3;
			count++;
		}
	}
	CHECK_EQ(count, SEGMENTS);
	CHECK(tvm_topology_build(env, &grid->topology) == TVM_OK);
	order_grid(env, grid, order);
	grid->other = (TvmCchOther) {worth_of_segment, grid};
	CHECK(tvm_cch_build(env, &grid->cch, &grid->topology, order) == TVM_OK);
	CHECK(tvm_cch_customize(env, &grid->metric, &grid->cch, &grid->topology, grid->weight, &grid->other) == TVM_OK);
	grid->asked = 0;
}

static void
grid_free(TvmEnv *env, Grid *grid)
{
	tvm_cch_metric_free(env, &grid->metric);
	tvm_cch_free(env, &grid->cch);
	tvm_topology_free(env, &grid->topology);
}

TEST(a_choice_among_many_ways_asks_no_segment_often_and_is_cancelled)
{
	static Grid grid;
	TvmEnv	   *env = unit_env();
	TvmCchQuery query;
	uint32_t   *arcs;
	size_t		count;

	grid_make(env, &grid);
	CHECK(tvm_cch_query_init(env, &query, &grid.cch) == TVM_OK);
	query.other = &grid.other;
	CHECK_EQ(tvm_cch_distance(&query, &grid.metric, 0, NODES - 1), 2.0 * (SIDE - 1));
	CHECK(tvm_cch_path(env, &query, &grid.metric, &arcs, &count) == TVM_OK);
	CHECK_EQ(count, 2 * (SIDE - 1));
	CHECK(grid.asked > 0 && grid.asked <= 2 * SEGMENTS);
	tvm_free(env, arcs);

	tvm_cch_distance(&query, &grid.metric, 0, NODES - 1);
	unit_env_cancel_after(3);
	CHECK(tvm_cch_path(env, &query, &grid.metric, &arcs, &count) == TVM_CANCELLED);
	unit_env_cancel_after(-1);
	tvm_cch_query_free(env, &query);
	grid_free(env, &grid);
	CHECK_EQ(unit_env_live(), 0);
}

static void
check_as_all(TvmEnv *env, const Grid *grid)
{
	TvmCchMetric all;

	CHECK(tvm_cch_customize(env, &all, &grid->cch, &grid->topology, grid->weight, &grid->other) == TVM_OK);
	for (uint32_t v = 0; v < NODES; v++)
	{
		uint32_t	count = grid->cch.up_first[v + 1] - grid->cch.up_first[v];
		TvmCchWeights x = tvm_cch_row(&all, v);
		TvmCchWeights y = tvm_cch_row(&grid->metric, v);

		if (count > 0)
			CHECK(memcmp(x.up, y.up, count * sizeof(double)) == 0 && memcmp(x.up_via, y.up_via, count * sizeof(uint32_t)) == 0);
	}
	tvm_cch_metric_free(env, &all);
}

TEST(a_change_where_most_ways_tie_asks_no_segment_often_or_gives_up)
{
	static Grid grid;
	TvmEnv	   *env = unit_env();
	TvmWeights	weights = {.all = grid.weight};
	uint32_t	changed[SEGMENTS];
	size_t		count = 0;
	bool		gave_up;

	grid_make(env, &grid);
	changed[0] = SEGMENTS / 2 + 7;
	grid.weight[changed[0]] = 1.5;
	CHECK(tvm_cch_recustomize(env, &grid.metric, &grid.topology, &weights, &grid.other, changed, 1, NULL, &gave_up) == TVM_OK);
	CHECK(!gave_up);
	CHECK(grid.asked > 0 && grid.asked <= 2 * SEGMENTS);
	check_as_all(env, &grid);

	for (uint32_t s = 7; s < SEGMENTS; s += 50)
		grid.weight[changed[count++] = s] = 2;
	CHECK(tvm_cch_recustomize(env, &grid.metric, &grid.topology, &weights, &grid.other, changed, count, NULL, &gave_up) == TVM_OK);
	CHECK(gave_up);
	grid_free(env, &grid);

	/* Not where nothing but weights counts. */
	grid_make(env, &grid);
	for (size_t i = 0; i < count; i++)
		grid.weight[changed[i]] = 2;
	CHECK(tvm_cch_recustomize(env, &grid.metric, &grid.topology, &weights, NULL, changed, count, NULL, &gave_up) == TVM_OK);
	CHECK(!gave_up);
	grid_free(env, &grid);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(ways_that_tie_beside_a_vast_segment_are_short_all_the_same)
{
	static Grid grid;
	TvmEnv	   *env = unit_env();
	TvmCchQuery query;
	uint32_t   *arcs;
	size_t		count;

	grid_make(env, &grid);
	tvm_cch_metric_free(env, &grid.metric);
	for (uint32_t s = 0; s < SEGMENTS; s++)
		grid.worth[s] = grid.weight[s] = 1 + s * 7919 % 97 / 10.0;
	/* The far corner is reached by the last segment, and no other. */
	for (uint32_t s = 0; s < SEGMENTS; s++)
		if (grid.topology.b[s] == NODES - 1)
			grid.worth[s] = grid.weight[s] = s == SEGMENTS - 1 ? 1e13 : INFINITY;
	CHECK(tvm_cch_customize(env, &grid.metric, &grid.cch, &grid.topology, grid.weight, &grid.other) == TVM_OK);
	CHECK(tvm_cch_query_init(env, &query, &grid.cch) == TVM_OK);
	query.other = &grid.other;
	for (uint32_t from = 0; from < SIDE; from++)
	{
		double		least = tvm_cch_distance(&query, &grid.metric, from, NODES - 2);
		double		sum = 0;

		CHECK(tvm_cch_distance(&query, &grid.metric, from, NODES - 1) >= 1e13);
		CHECK(tvm_cch_path(env, &query, &grid.metric, &arcs, &count) == TVM_OK);
		for (size_t i = 0; i < count; i++)
			sum += TVM_ARC_SEGMENT(arcs[i]) == SEGMENTS - 1 ? 0 : grid.weight[TVM_ARC_SEGMENT(arcs[i])];
		CHECK_NEAR(sum, least, 0.02);	/* sums of 1e13 have steps of 0.002 */
		tvm_free(env, arcs);
	}
	tvm_cch_query_free(env, &query);
	grid_free(env, &grid);
	CHECK_EQ(unit_env_live(), 0);
}
