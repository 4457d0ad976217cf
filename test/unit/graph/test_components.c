/*
 * test_components.c: the largest strongly connected component against who reaches whom
 * (Warshall's algorithm), on random networks with closed segments and ways beside.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/random.h"
#include "graph/turning.h"
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
		CHECK_EQ(tvm_components_largest(env, &topology, &(TvmWeights) {.all = weight}, NULL, ways, way_count, got, &size), TVM_OK);
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
	CHECK_EQ(tvm_components_largest(env, &topology, &(TvmWeights) {.all = weight}, NULL, NULL, 0, got, &size), TVM_OK);
	CHECK_EQ(size, ring);
	CHECK(got[0] && got[ring - 1] && !got[ring] && !got[nodes - 1]);
	unit_env_cancel_after(2);
	CHECK_EQ(tvm_components_largest(env, &topology, &(TvmWeights) {.all = weight}, NULL, NULL, 0, got, &size), TVM_CANCELLED);
	unit_env_cancel_after(-1);
	unit_env_fail_at(1);
	CHECK_EQ(tvm_components_largest(env, &topology, &(TvmWeights) {.all = weight}, NULL, NULL, 0, got, &size), TVM_NOMEM);
	unit_env_fail_at(0);
	tvm_topology_free(env, &topology);
	CHECK_EQ(unit_env_live(), 0);
	free(weight);
	free(got);
}

#define ARCS (2 * TURNING_SEGMENTS)

/* From which way along a segment to which one can get, by one turn or more, on the first timeline: until nothing is added. */
static void
reach_by_turns(const Turning *turning, bool reached[ARCS][ARCS])
{
	uint32_t	arcs = 2 * turning->plain.segment_count;

	for (uint32_t e = 0; e < arcs; e++)
		for (uint32_t f = 0; f < arcs; f++)
		{
			uint32_t	place = e % 2 == 0 ? turning->plain.b[e / 2] : turning->plain.a[e / 2];

			reached[e][f] = turning_comes_in(turning, e, place) && turning_goes_out(turning, f, place)
				&& turning->weight[0][e / 2] < INFINITY && turning->weight[0][f / 2] < INFINITY
				&& turning_penalty(turning, 0, e, place, f) < INFINITY;
		}
	for (uint32_t k = 0; k < arcs; k++)
		for (uint32_t e = 0; e < arcs; e++)
			for (uint32_t f = 0; f < arcs; f++)
				reached[e][f] |= reached[e][k] && reached[k][f];
}

/* The most places that ways lead to from each of which one gets to each other. */
static uint32_t
most_places(const Turning *turning, bool reached[ARCS][ARCS])
{
	uint32_t	most = 0;

	for (uint32_t e = 0; e < 2 * turning->plain.segment_count; e++)
	{
		bool		seen[TURNING_NODES] = {false};
		uint32_t	count = 0;

		for (uint32_t f = 0; reached[e][e] && f < 2 * turning->plain.segment_count; f++)
		{
			uint32_t	place = f % 2 == 0 ? turning->plain.b[f / 2] : turning->plain.a[f / 2];

			if (!reached[e][f] || !reached[f][e])
				continue;
			count += !seen[place];
			seen[place] = true;
		}
		if (count > most)
			most = count;
	}
	return most > 1 ? most : 0;
}

/* Whether one can leave, or come to, a segment by the component. */
static bool
is_joined(const Turning *turning, const TvmSplit *split, const TvmTopology *expanded, const uint8_t *member, uint32_t segment, bool leave)
{
	for (int reverse = 0; reverse <= (turning->plain.oneway[segment] ? 0 : 1); reverse++)
	{
		uint32_t	arc = tvm_split_passage(split, segment, reverse);

		if (member[(leave == TVM_ARC_REVERSE(arc) ? expanded->a : expanded->b)[TVM_ARC_SEGMENT(arc)]])
			return true;
	}
	return false;
}

TEST(components_with_turns_join_any_two_segments)
{
	TvmRng		rng;
	int			pairs = 0;

	tvm_rng_init(&rng, 73, 0);
	for (int round = 0; round < 1500; round++)
	{
		static bool reached[ARCS][ARCS];
		static double weight[65536];
		TvmEnv	   *env = unit_env();
		Turning		turning;
		TvmSplit	split;
		TvmTopology expanded;
		uint32_t   *junctions;
		uint8_t    *member;
		size_t		count;
		uint32_t	size;
		uint32_t	joined = 0;

		turning_make(env, &rng, &turning);
		CHECK(tvm_turns_junctions(env, &turning.plain, turning.rules, turning.rule_count, turning.u_turn_s, &junctions, &count) == TVM_OK);
		CHECK(tvm_split_topology(env, &turning.plain, junctions, count, &split, &expanded) == TVM_OK);
		CHECK(expanded.segment_count <= 65536);
		memcpy(weight, turning.weight[0], turning.plain.segment_count * sizeof(double));
		for (uint32_t i = 0; i < split.back_count; i++)
			weight[turning.plain.segment_count + i] = weight[split.back_segment[i]];
		CHECK(tvm_turns_resolve(env, &split, &expanded, turning.parents, turning.timelines, turning.rules, turning.rule_count, 0,
								turning.u_turn_s, weight + turning.plain.segment_count + split.back_count, NULL) == TVM_OK);
		member = tvm_alloc(env, expanded.node_count, 1);
		CHECK_EQ(tvm_components_largest(env, &expanded, &(TvmWeights) {.all = weight}, &split, NULL, 0, member, &size), TVM_OK);
		reach_by_turns(&turning, reached);
		CHECK_EQ(size, most_places(&turning, reached));
		for (uint32_t s = 0; s < turning.plain.segment_count; s++)
			for (uint32_t t = 0; t < turning.plain.segment_count; t++)
			{
				if (weight[s] == INFINITY || weight[t] == INFINITY || s == t || !is_joined(&turning, &split, &expanded, member, s, true)
					|| !is_joined(&turning, &split, &expanded, member, t, false))
					continue;
				CHECK(reached[2 * s][2 * t] || reached[2 * s][2 * t + 1] || reached[2 * s + 1][2 * t] || reached[2 * s + 1][2 * t + 1]);
				joined++;
			}
		pairs += joined;
		tvm_free(env, member);
		tvm_free(env, junctions);
		tvm_split_free(env, &split);
		tvm_topology_free(env, &expanded);
		turning_free(env, &turning);
		CHECK_EQ(unit_env_live(), 0);
	}
	CHECK(pairs > 10000);
}
