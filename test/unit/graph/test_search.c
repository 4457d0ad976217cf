/*
 * test_search.c: Dijkstra and A* against Bellman-Ford on random graphs;
 * equal to the last bit, and every path walked again.
 */
#include "unit.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/random.h"
#include "graph/verify.h"
#include "kernel/graph/search/astar.h"
#include "kernel/graph/search/dijkstra.h"

/* The run's answer at `to` against the oracle's, and its path. */
static void
check_answer(TvmEnv *env, const RandomGraph *random, const TvmQuery *query, TvmStatus status,
			 TvmPoint from, TvmPoint to, const double *costs, const bool *reached)
{
	uint32_t	state = tvm_graph_state(&random->graph, to);
	TvmPath		path;

	if (reached[state] && costs[state] == INFINITY)
	{
		CHECK(status == TVM_DOMAIN);
		return;
	}
	CHECK(status == TVM_OK);
	CHECK_EQ(tvm_query_cost(query, to), costs[state]);
	CHECK(tvm_query_path(env, query, to, &path) == TVM_OK);
	CHECK_EQ(path.cost, costs[state]);
	if (reached[state])
		CHECK(verify_path(env, &random->graph, &path, from, to) == TVM_OK);
	else
		CHECK(path.count == 0 && path.steps == NULL);
	tvm_path_free(env, &path);
}

static void
check_graph(TvmEnv *env, TvmRng *rng, const RandomGraph *random)
{
	TvmQuery	query;
	double		costs[RANDOM_STATES];
	bool		reached[RANDOM_STATES];

	CHECK(tvm_query_init(env, &query, &random->graph) == TVM_OK);
	for (int i = 0; i < 4; i++)
	{
		TvmPoint	from = random_point(rng, &random->graph);

		oracle_costs(random, from, costs, reached);
		CHECK(tvm_dijkstra_run(env, &query, from, NULL) == TVM_OK);
		for (uint32_t v = 0; v < tvm_graph_states(&random->graph); v++)
			CHECK_EQ(tvm_query_cost(&query, tvm_graph_point(&random->graph, v)), costs[v]);
		for (int j = 0; j < 4; j++)
		{
			TvmPoint	to = random_point(rng, &random->graph);
			TvmStatus	status = tvm_dijkstra_run(env, &query, from, &to);

			check_answer(env, random, &query, status, from, to, costs, reached);
			status = tvm_astar_run(env, &query, from, to);
			check_answer(env, random, &query, status, from, to, costs, reached);
		}
	}
	tvm_query_free(env, &query);
}

/* All that costs at most so much, nearest first, against the oracle's costs. */
static void
check_within(TvmEnv *env, TvmRng *rng, const RandomGraph *random)
{
	TvmQuery	query;
	double		costs[RANDOM_STATES];
	bool		reached[RANDOM_STATES];
	uint32_t	nearest[RANDOM_STATES];
	uint32_t	states = tvm_graph_states(&random->graph);
	TvmPoint	from = random_point(rng, &random->graph);
	bool		overflows = false;

	CHECK(tvm_query_init(env, &query, &random->graph) == TVM_OK);
	oracle_costs(random, from, costs, reached);
	for (uint32_t v = 0; v < states; v++)
		overflows = overflows || (reached[v] && costs[v] == INFINITY);
	for (int i = 0; i < 4; i++)
	{
		/* A limit that some point costs exactly, half of it, all, none. */
		double		cost = costs[random_below(rng, states)];
		double		limit = i == 0 ? cost : i == 1 ? cost / 2 : i == 2 ? INFINITY : 0;
		uint32_t	wanted = 0;
		uint32_t	count = 0;

		if (limit == INFINITY && overflows)
		{
			/* Not all that can be reached can be told. */
			CHECK(tvm_dijkstra_within(env, &query, from, limit, nearest, &count) == TVM_DOMAIN);
			limit = DBL_MAX;
		}
		CHECK(tvm_dijkstra_within(env, &query, from, limit, nearest, &count) == TVM_OK);
		for (uint32_t v = 0; v < states; v++)
			if (costs[v] < INFINITY && costs[v] <= limit)
			{
				wanted++;
				CHECK_EQ(tvm_query_cost(&query, tvm_graph_point(&random->graph, v)), costs[v]);
			}
			else
			{
				double		got = tvm_query_cost(&query, tvm_graph_point(&random->graph, v));

				CHECK(got > limit || got == INFINITY);
			}
		CHECK_EQ(count, wanted);
		for (uint32_t n = 0; n < count; n++)
		{
			CHECK(costs[nearest[n]] <= limit);
			/* By cost; points of one cost as they came within reach of each other. */
			if (n > 0)
				CHECK(costs[nearest[n - 1]] <= costs[nearest[n]]);
			for (uint32_t m = 0; m < n; m++)
				CHECK(nearest[m] != nearest[n]);
		}
	}
	CHECK(tvm_dijkstra_within(env, &query, from, -1, NULL, NULL) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "limit") == 0);
	CHECK(tvm_dijkstra_within(env, &query, from, NAN, NULL, NULL) == TVM_INVALID);
	CHECK(tvm_dijkstra_within(env, &query, (TvmPoint) {99, 0}, 1, NULL, NULL) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "from.layer") == 0);
	unit_env_cancel_after(0);
	CHECK(tvm_dijkstra_within(env, &query, from, 1, NULL, NULL) == TVM_CANCELLED);
	unit_env_cancel_after(-1);
	tvm_query_free(env, &query);
}

/* Zeros that come by pages are zeros from elsewhere than alloc's memory. */
static void *
zero_pages(void *ctx, size_t size)
{
	(void) ctx;
	return calloc(1, size);
}

static void
free_pages(void *ctx, void *block)
{
	(void) ctx;
	free(block);
}

static void *
alloc_dirty(void *ctx, size_t size)
{
	void	   *block = malloc(size);

	(void) ctx;
	return block == NULL ? NULL : memset(block, 0xA5, size);
}

/* A view, whose topologies have no more than is searched, in an environment that has its own zeros. */
static void
check_view(TvmRng *rng, const RandomGraph *random)
{
	TvmEnv		env = {.alloc = alloc_dirty, .alloc_zero = zero_pages, .free = free_pages};
	TvmTopology worlds[RANDOM_LAYERS];
	TvmLayer	layers[RANDOM_LAYERS];
	TvmGraph	view;
	TvmQuery	query;
	double		costs[RANDOM_STATES];
	bool		reached[RANDOM_STATES];
	TvmPoint	from = random_point(rng, &random->graph);

	for (uint32_t l = 0; l < random->layer_count; l++)
	{
		worlds[l] = *random->layers[l].topology;
		worlds[l].angle = NULL;
		worlds[l].in_first = NULL;
		worlds[l].in = NULL;
		layers[l] = (TvmLayer) {.topology = &worlds[l], .weights = random->layers[l].weights};
	}
	CHECK(tvm_graph_view(&env, &view, layers, random->layer_count, random->gateways, random->gateway_count) == TVM_OK);
	CHECK_EQ(view.weight_per_radian, 0);
	CHECK(tvm_query_init(&env, &query, &view) == TVM_OK);
	oracle_costs(random, from, costs, reached);
	CHECK(tvm_dijkstra_run(&env, &query, from, NULL) == TVM_OK);
	for (uint32_t v = 0; v < tvm_graph_states(&view); v++)
		CHECK_EQ(tvm_query_cost(&query, tvm_graph_point(&view, v)), costs[v]);
	tvm_query_free(&env, &query);
	tvm_graph_free(&env, &view);
}

TEST(a_view_is_searched_like_the_graph)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	RandomGraph random;

	tvm_rng_init(&rng, 29, 0);
	for (int i = 0; i < 300; i++)
	{
		random_graph(env, &rng, &random);
		check_view(&rng, &random);
		random_graph_free(env, &random);
	}
	CHECK_EQ(unit_env_live(), 0);
}

TEST(a_limit_takes_what_is_within_it_and_nothing_else)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 2025, 0);
	for (int i = 0; i < 3000; i++)
	{
		RandomGraph random;

		random_graph(env, &rng, &random);
		check_within(env, &rng, &random);
		random_graph_free(env, &random);
	}
}

TEST(searches_equal_bellman_ford_on_random_graphs)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 2024, 0);
	for (int i = 0; i < 6000; i++)
	{
		RandomGraph random;

		random_graph(env, &rng, &random);
		check_graph(env, &rng, &random);
		random_graph_free(env, &random);
	}
}
