/*
 * test_graph_search.c: Dijkstra and A* against Bellman-Ford on random graphs;
 * equal to the last bit, and every path walked again.
 */
#include "unit.h"

#include <math.h>

#include "graph_random.h"
#include "kernel/graph/astar.h"
#include "kernel/graph/dijkstra.h"
#include "kernel/graph/verify.h"

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
		CHECK(tvm_path_verify(env, &random->graph, &path, from, to) == TVM_OK);
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
