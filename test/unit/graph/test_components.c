/*
 * test_components.c: the largest strongly connected component against who reaches whom
 * (Warshall's algorithm), on random networks with closed segments and ways beside.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/random.h"
#include "kernel/graph/components.h"

#define NODES 24
#define SEGMENTS 60
#define WAYS 8

/* The component by definition. */
static uint32_t
plain_largest(uint32_t nodes, const bool leads[NODES][NODES], uint8_t *is_member)
{
	bool		reaches[NODES][NODES];
	uint32_t	best = 0;
	uint32_t	best_size = 1;

	for (uint32_t i = 0; i < nodes; i++)
		for (uint32_t j = 0; j < nodes; j++)
			reaches[i][j] = i == j || leads[i][j];
	for (uint32_t k = 0; k < nodes; k++)
		for (uint32_t i = 0; i < nodes; i++)
			for (uint32_t j = 0; j < nodes; j++)
				reaches[i][j] = reaches[i][j] || (reaches[i][k] && reaches[k][j]);
	for (uint32_t i = 0; i < nodes; i++)
	{
		uint32_t	size = 0;

		for (uint32_t j = 0; j < nodes; j++)
			size += reaches[i][j] && reaches[j][i];
		if (size > best_size)
		{
			best = i;
			best_size = size;
		}
	}
	for (uint32_t j = 0; j < nodes; j++)
		is_member[j] = best_size > 1 && reaches[best][j] && reaches[j][best];
	return best_size > 1 ? best_size : 0;
}

TEST(largest_components_are_those_of_who_reaches_whom)
{
	TvmRng		rng;
	int			several = 0;
	int			nothing = 0;

	tvm_rng_init(&rng, 17, 0);
	for (int round = 0; round < 4000; round++)
	{
		TvmEnv	   *env = unit_env();
		TvmTopology topology;
		uint32_t	nodes = 1 + random_below(&rng, NODES);
		uint32_t	segments = random_below(&rng, SEGMENTS);
		size_t		way_count = round % 3 == 0 ? random_below(&rng, WAYS) : 0;
		TvmWay		ways[WAYS];
		double		weight[SEGMENTS];
		bool		leads[NODES][NODES] = {{false}};
		uint8_t		got[NODES];
		uint8_t		wanted[NODES];
		uint32_t	size;

		CHECK_EQ(tvm_topology_alloc(env, &topology, nodes, segments), TVM_OK);
		for (uint32_t v = 0; v < nodes; v++)
			topology.lat[v] = topology.lon[v] = 0;
		for (uint32_t s = 0; s < segments; s++)
		{
			uint32_t	a = topology.a[s] = random_below(&rng, nodes);
			uint32_t	b = topology.b[s] = random_below(&rng, nodes);

			topology.oneway[s] = random_below(&rng, 10) < 6;
			weight[s] = random_below(&rng, 4) == 0 ? INFINITY : random_below(&rng, 3);
			if (weight[s] == INFINITY)
				continue;
			leads[a][b] = true;
			leads[b][a] = leads[b][a] || !topology.oneway[s];
		}
		for (size_t w = 0; w < way_count; w++)
		{
			ways[w] = (TvmWay) {random_below(&rng, nodes), random_below(&rng, nodes)};
			leads[ways[w].from][ways[w].to] = true;
		}
		CHECK_EQ(tvm_topology_build(env, &topology), TVM_OK);
		CHECK_EQ(tvm_components_largest(env, &topology, &(TvmWeights) {.all = weight}, ways, way_count, got, &size), TVM_OK);
		CHECK_EQ(size, plain_largest(nodes, leads, wanted));
		CHECK(memcmp(got, wanted, nodes) == 0);
		several += size > 3;
		nothing += size == 0;
		tvm_topology_free(env, &topology);
		CHECK_EQ(unit_env_live(), 0);
	}
	CHECK(several > 1000);
	CHECK(nothing > 50);
}

/* A ring of a million places, which recursion would not survive, and a tail that leads away. */
TEST(long_components_are_found_and_can_be_cancelled)
{
	uint32_t	nodes = 1000000;
	uint32_t	ring = 900000;
	TvmEnv	   *env = unit_env();
	TvmTopology topology;
	double	   *weight = calloc(nodes, sizeof(double));
	uint8_t    *got = malloc(nodes);
	uint32_t	size = 0;

	CHECK_EQ(tvm_topology_alloc(env, &topology, nodes, nodes - 1), TVM_OK);
	for (uint32_t v = 0; v < nodes; v++)
		topology.lat[v] = topology.lon[v] = 0;
	for (uint32_t s = 0; s + 1 < nodes; s++)
	{
		topology.a[s] = s;
		topology.b[s] = s + 1 == ring ? 0 : s + 1;
		topology.oneway[s] = 1;
	}
	CHECK_EQ(tvm_topology_build(env, &topology), TVM_OK);
	CHECK_EQ(tvm_components_largest(env, &topology, &(TvmWeights) {.all = weight}, NULL, 0, got, &size), TVM_OK);
	CHECK_EQ(size, ring);
	CHECK(got[0] && got[ring - 1] && !got[ring] && !got[nodes - 1]);
	unit_env_cancel_after(2);
	CHECK_EQ(tvm_components_largest(env, &topology, &(TvmWeights) {.all = weight}, NULL, 0, got, &size), TVM_CANCELLED);
	unit_env_cancel_after(-1);
	unit_env_fail_at(1);
	CHECK_EQ(tvm_components_largest(env, &topology, &(TvmWeights) {.all = weight}, NULL, 0, got, &size), TVM_NOMEM);
	unit_env_fail_at(0);
	tvm_topology_free(env, &topology);
	CHECK_EQ(unit_env_live(), 0);
	free(weight);
	free(got);
}
