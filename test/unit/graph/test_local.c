/*
 * test_local.c: searches of what is near against relaxing everything, and their paths walked again.
 */
#include "unit.h"

#include <math.h>

#include "graph/random.h"
#include "kernel/graph/search/local.h"

#define NODES 40
#define SEGMENTS 70
#define EXTRAS 8

typedef struct World
{
	TvmTopology topology;
	double		weight[SEGMENTS];
	double		closed[SEGMENTS];	/* the length of one that is closed */
	TvmLocalExtra extras[EXTRAS];
	TvmLocalGraph graph;
} World;

static double
closed_length(void *context, uint32_t segment)
{
	const World *world = context;

	return world->closed[segment];
}

static double
pace_of(void *context, uint32_t segment)
{
	(void) context;
	return 1 + segment % 3;
}

static void
random_world(TvmEnv *env, TvmRng *rng, World *world, bool drive_closed, size_t extra_count)
{
	random_topology(env, rng, PLACES_IN_A_TOWN, NODES, SEGMENTS, &world->topology);
	for (int s = 0; s < SEGMENTS; s++)
	{
		bool		closed = random_chance(rng, 0.3);
		double		length = random_below(rng, 20);

		world->weight[s] = closed ? INFINITY : length;
		world->closed[s] = closed && random_chance(rng, 0.8) ? length : INFINITY;
	}
	for (size_t i = 0; i < extra_count; i++)
		world->extras[i] = (TvmLocalExtra) {
			.from = (uint32_t) (i == 0 ? 0 : world->extras[i - 1].from + random_below(rng, NODES / EXTRAS)),
			.to = random_below(rng, NODES),
			.arc = TVM_ARC(SEGMENTS + i, 0),
			.length = random_below(rng, 9),
			.factor = 1
		};
	world->graph = (TvmLocalGraph) {
		.topology = &world->topology,
		.weights = {.all = world->weight},
		.extra_count = extra_count,
		.extras = world->extras,
		.closed = drive_closed ? closed_length : NULL,
		.context = world,
		.closed_factor = 1.5,
		.pace = random_chance(rng, 0.5) ? pace_of : NULL
	};
}

/* What an arc costs and how long it is; INFINITY where it cannot be driven. */
static double
cost_of(const World *world, uint32_t arc, double *length)
{
	uint32_t	segment = TVM_ARC_SEGMENT(arc);
	double		pace = world->graph.pace != NULL ? 1 + segment % 3 : 1;

	if (segment >= SEGMENTS)
		return pace * (*length = world->extras[segment - SEGMENTS].length);
	*length = world->weight[segment];
	if (*length == INFINITY && world->graph.closed != NULL)
		return 1.5 * pace * (*length = world->closed[segment]);
	return pace * *length;
}

static void
relax(double *costs, uint32_t from, uint32_t to, double cost, bool *changed)
{
	if (costs[from] + cost < costs[to])
	{
		costs[to] = costs[from] + cost;
		*changed = true;
	}
}

static void
relax_everything(const World *world, uint32_t from, double *costs)
{
	const TvmTopology *topology = &world->topology;
	bool		changed = true;
	double		length;

	for (int v = 0; v < NODES; v++)
		costs[v] = INFINITY;
	costs[from] = 0;
	while (changed)
	{
		changed = false;
		for (uint32_t s = 0; s < SEGMENTS; s++)
		{
			relax(costs, topology->a[s], topology->b[s], cost_of(world, TVM_ARC(s, 0), &length), &changed);
			if (!topology->oneway[s])
				relax(costs, topology->b[s], topology->a[s], cost_of(world, TVM_ARC(s, 1), &length), &changed);
		}
		for (size_t i = 0; i < world->graph.extra_count; i++)
			relax(costs, world->extras[i].from, world->extras[i].to, cost_of(world, world->extras[i].arc, &length), &changed);
	}
}

static void
check_path(const World *world, const TvmLocal *local, const TvmLocalLabel *label, uint32_t from)
{
	uint32_t	arcs[NODES];
	size_t		count = tvm_local_path(local, label, arcs, NODES);
	uint32_t	at = from;
	double		cost = 0;
	double		length = 0;

	CHECK(count < NODES);
	for (size_t i = count; i-- > 0;)
	{
		uint32_t	segment = TVM_ARC_SEGMENT(arcs[i]);
		bool		reverse = TVM_ARC_REVERSE(arcs[i]);
		double		one;

		CHECK((segment >= SEGMENTS ? world->extras[segment - SEGMENTS].from
			   : (reverse ? world->topology.b : world->topology.a)[segment]) == at);
		CHECK(segment >= SEGMENTS || !reverse || !world->topology.oneway[segment]);
		cost += cost_of(world, arcs[i], &one);
		length += one;
		at = segment >= SEGMENTS ? world->extras[segment - SEGMENTS].to
			: (reverse ? world->topology.a : world->topology.b)[segment];
	}
	CHECK(at == label->node);
	CHECK_NEAR(label->cost, cost, 1e-9);
	CHECK_NEAR(label->length, length, 1e-9);
}

TEST(local_searches_are_those_of_relaxing_everything)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 7521, 0);
	for (int round = 0; round < 200; round++)
	{
		TvmEnv	   *env = unit_env();
		World		world;
		TvmLocal	local;

		random_world(env, &rng, &world, round % 2 == 0, round % 3 == 0 ? EXTRAS : 0);
		CHECK(tvm_local_init(env, &local, &world.graph) == TVM_OK);
		local.run = round % 5 == 0 ? UINT32_MAX - 2 : 0;
		for (int k = 0; k < 10; k++)
		{
			uint32_t	from = random_below(&rng, NODES);
			uint32_t	to[4];
			double		bound = k % 2 == 0 ? INFINITY : random_between(&rng, 0, 60);
			double		costs[NODES];

			for (int i = 0; i < 4; i++)
				to[i] = random_below(&rng, NODES);
			relax_everything(&world, from, costs);
			CHECK(tvm_local_run(env, &local, from, to, 4, bound) == TVM_OK);
			for (int i = 0; i < 4; i++)
			{
				const TvmLocalLabel *label = tvm_local_label(&local, to[i]);

				if (costs[to[i]] > bound || costs[to[i]] == INFINITY)
					CHECK(label == NULL);
				else
				{
					CHECK(label != NULL);
					if (label == NULL)
						continue;
					CHECK_NEAR(label->cost, costs[to[i]], 1e-9);
					check_path(&world, &local, label, from);
				}
			}
		}
		tvm_local_free(env, &local);
		tvm_topology_free(env, &world.topology);
	}
}

TEST(dead_ends_are_where_one_arc_at_most_leads_on)
{
	TvmRng		rng;

	tvm_rng_init(&rng, 7523, 0);
	for (int round = 0; round < 50; round++)
	{
		TvmEnv	   *env = unit_env();
		World		world;
		double		length;

		random_world(env, &rng, &world, round % 2 == 0, round % 3 == 0 ? EXTRAS : 0);
		for (uint32_t v = 0; v < NODES; v++)
		{
			int			count = 0;

			for (uint32_t s = 0; s < SEGMENTS; s++)
			{
				if (cost_of(&world, TVM_ARC(s, 0), &length) == INFINITY)
					continue;
				count += world.topology.a[s] == v;
				count += world.topology.b[s] == v && !world.topology.oneway[s];
			}
			for (size_t i = 0; i < world.graph.extra_count; i++)
				count += world.extras[i].from == v;
			CHECK(tvm_local_leads_on(&world.graph, v, 2) == (size_t) (count < 2 ? count : 2));
		}
		tvm_topology_free(env, &world.topology);
	}
}

TEST(local_searches_look_no_farther_than_they_must)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	World		world;
	TvmLocal	local;
	uint32_t	self = 3;

	tvm_rng_init(&rng, 7522, 0);
	random_world(env, &rng, &world, false, 0);
	CHECK(tvm_local_init(env, &local, &world.graph) == TVM_OK);
	CHECK(tvm_local_run(env, &local, 3, &self, 1, INFINITY) == TVM_OK);
	CHECK_EQ(local.settled, 1);
	CHECK_EQ(tvm_local_label(&local, 3)->cost, 0);
	CHECK(tvm_local_run(env, &local, 3, NULL, 0, INFINITY) == TVM_OK);
	CHECK_EQ(local.settled, 1);
	tvm_local_free(env, &local);
	for (long fail_at = 1; fail_at < 12; fail_at++)
	{
		TvmStatus	status;
		uint32_t	none = NODES - 1;

		unit_env_fail_at(fail_at);
		status = tvm_local_init(env, &local, &world.graph);
		if (status == TVM_OK)
			status = tvm_local_run(env, &local, 0, &none, 1, INFINITY);
		CHECK(status == TVM_OK || status == TVM_NOMEM);
		tvm_local_free(env, &local);
	}
	unit_env_fail_at(0);
	tvm_topology_free(env, &world.topology);
}
