/*
 * test_detour.c: what the best way costs without a segment or a gateway, against Bellman and Ford on a graph in which it is closed.
 */
#include "unit.h"

#include <math.h>

#include "graph/random.h"
#include "kernel/graph/search/detour.h"

static double
oracle_without(const RandomGraph *random, const TvmClosing *closing, TvmPoint from, TvmPoint to)
{
	static RandomGraph closed;
	double		costs[RANDOM_STATES];
	bool		reached[RANDOM_STATES];

	closed = *random;
	for (uint32_t l = 0; l < closed.layer_count; l++)
		closed.layers[l].weights.all = closed.weights[l];
	for (int i = 0; i < 2; i++)
	{
		if (closing->segments[i] != TVM_DETOUR_NONE)
			closed.weights[closing->layer][closing->segments[i]] = INFINITY;
		if (closing->gateways[i] != TVM_DETOUR_NONE)
			closed.gateways[closing->gateways[i]].cost = INFINITY;
	}
	oracle_costs(&closed, from, costs, reached);
	return costs[tvm_graph_state(&random->graph, to)];
}

TEST(detours_cost_what_they_do_where_the_step_is_closed)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	int			dearer = 0;
	int			none = 0;

	tvm_rng_init(&rng, 59, 0);
	for (int round = 0; round < 400; round++)
	{
		RandomGraph random;
		TvmClosing	closings[12];
		double		costs[12];
		TvmPoint	from;
		TvmPoint	to;

		random_graph(env, &rng, &random);
		from = random_point(&rng, &random.graph);
		to = random_point(&rng, &random.graph);
		for (int i = 0; i < 12; i++)
		{
			uint32_t	layer = random_below(&rng, random.layer_count);
			uint32_t	segments = random.layers[layer].topology->segment_count;

			closings[i] = (TvmClosing) {layer, {TVM_DETOUR_NONE, TVM_DETOUR_NONE}, {TVM_DETOUR_NONE, TVM_DETOUR_NONE}};
			for (int j = 0; j < 2; j++)
			{
				if (i < 8 && i > 0 && segments > 0)
					closings[i].segments[j] = random_below(&rng, segments);
				if (i >= 6 && random.gateway_count > 0)
					closings[i].gateways[j] = random_below(&rng, random.gateway_count);
			}
		}
		CHECK_EQ(tvm_detours(env, &random.graph, from, to, closings, 12, costs), TVM_OK);
		for (int i = 0; i < 12; i++)
		{
			double		wanted = oracle_without(&random, &closings[i], from, to);

			CHECK(costs[i] == wanted || fabs(costs[i] - wanted) <= 1e-12 * wanted);
			dearer += costs[i] > costs[0];
			none += isinf(costs[i]) && !isinf(costs[0]);
		}
		random_graph_free(env, &random);
	}
	CHECK(dearer > 200);
	CHECK(none > 20);
	CHECK_EQ(unit_env_live(), 0);
}

TEST(detours_without_memory_or_time_leave_nothing)
{
	TvmEnv	   *env = unit_env();
	TvmClosing	closing = {0, {0, TVM_DETOUR_NONE}, {TVM_DETOUR_NONE, TVM_DETOUR_NONE}};
	TvmRng		rng;
	RandomGraph random;
	double		cost;
	long		before;
	long		most;

	tvm_rng_init(&rng, 60, 0);
	random_graph(env, &rng, &random);
	before = unit_env_allocations();
	CHECK_EQ(tvm_detours(env, &random.graph, (TvmPoint) {0, 0}, (TvmPoint) {0, 1}, &closing, 1, &cost), TVM_OK);
	most = unit_env_allocations() - before;
	CHECK(most > 3);
	for (long i = 1; i <= most; i++)
	{
		unit_env_fail_at(i);
		CHECK_EQ(tvm_detours(env, &random.graph, (TvmPoint) {0, 0}, (TvmPoint) {0, 1}, &closing, 1, &cost), TVM_NOMEM);
	}
	unit_env_fail_at(0);
	unit_env_cancel_after(0);
	CHECK_EQ(tvm_detours(env, &random.graph, (TvmPoint) {0, 0}, (TvmPoint) {0, 1}, &closing, 1, &cost), TVM_CANCELLED);
	unit_env_cancel_after(-1);
	CHECK_EQ(tvm_detours(env, &random.graph, (TvmPoint) {9, 0}, (TvmPoint) {0, 1}, &closing, 1, &cost), TVM_INVALID);
	random_graph_free(env, &random);
	CHECK_EQ(unit_env_live(), 0);
}
