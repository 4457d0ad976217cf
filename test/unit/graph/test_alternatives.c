/*
 * test_alternatives.c: alternatives against the criterion, part by part of
 * each path, and on graphs without ties against an enumeration of all via points.
 * The oracle has the distances of all pairs, by Bellman-Ford, and no search.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/random.h"
#include "graph/verify.h"
#include "kernel/graph/search/alternatives.h"

#define ROOM 4
#define MAX_STEPS (2 * RANDOM_STATES + 1)
#define TOLERANCE 1e-9

/* A path as the oracle sees it: states, and the number of the way between them. */
typedef struct Walk
{
	size_t		count;
	uint32_t	states[MAX_STEPS];
	uint32_t	ways[MAX_STEPS];	/* kind, index, direction; of steps[i] from states[i - 1] */
	double		cost[MAX_STEPS];
} Walk;

static double distances[RANDOM_STATES][RANDOM_STATES];

static void
fill_distances(const RandomGraph *random)
{
	uint32_t	states = tvm_graph_states(&random->graph);
	bool		reached[RANDOM_STATES];

	for (uint32_t s = 0; s < states; s++)
		oracle_costs(random, tvm_graph_point(&random->graph, s), distances[s], reached);
}

static Walk
walk_of(const TvmGraph *graph, const TvmPath *path)
{
	Walk		walk = {.count = path->count};

	for (size_t i = 0; i < path->count; i++)
	{
		walk.states[i] = tvm_graph_state(graph, path->steps[i].point);
		walk.ways[i] = (uint32_t) path->steps[i].kind << 30 | path->steps[i].index << 1 | path->steps[i].reverse;
		walk.cost[i] = path->steps[i].cost;
	}
	return walk;
}

static bool
has_step(const Walk *walk, uint32_t tail, uint32_t head, uint32_t way)
{
	for (size_t i = 1; i < walk->count; i++)
		if (walk->states[i - 1] == tail && walk->states[i] == head && walk->ways[i] == way)
			return true;
	return false;
}

/* What a walk shares with the others together. */
static double
shared_with(const Walk *walk, const Walk *others, size_t count)
{
	double		shared = 0;

	for (size_t i = 1; i < walk->count; i++)
		for (size_t o = 0; o < count; o++)
			if (has_step(&others[o], walk->states[i - 1], walk->states[i], walk->ways[i]))
			{
				shared += walk->cost[i] - walk->cost[i - 1];
				break;
			}
	return shared;
}

static bool
is_simple(const Walk *walk)
{
	for (size_t i = 0; i < walk->count; i++)
		for (size_t j = 0; j < i; j++)
			if (walk->states[i] == walk->states[j])
				return false;
	return true;
}

/* Every part that costs at most `length` is best. */
static bool
is_locally_best(const Walk *walk, double length)
{
	double		total = walk->cost[walk->count - 1];

	for (size_t i = 0; i < walk->count; i++)
		for (size_t j = i; j < walk->count; j++)
		{
			double		part = walk->cost[j] - walk->cost[i];

			if (part <= length && part > distances[walk->states[i]][walk->states[j]] + TOLERANCE * total)
				return false;
		}
	return true;
}

/* What the detour from the best path costs more, as a factor. */
static double
detour_stretch(const Walk *walk, const Walk *best)
{
	size_t		least = walk->count < best->count ? walk->count : best->count;
	size_t		first = 0;
	size_t		last = 0;

	while (first + 1 < least && walk->states[first + 1] == best->states[first + 1]
		   && walk->ways[first + 1] == best->ways[first + 1])
		first++;
	while (first + last + 1 < least
		   && walk->states[walk->count - 1 - last] == best->states[best->count - 1 - last]
		   && walk->ways[walk->count - 1 - last] == best->ways[best->count - 1 - last])
		last++;
	return (walk->cost[walk->count - 1 - last] - walk->cost[first])
		/ (best->cost[best->count - 1 - last] - best->cost[first]);
}

static TvmAlternativeLimits
random_limits(TvmRng *rng)
{
	return (TvmAlternativeLimits) {
		.stretch = random_between(rng, 1, 2.5),
		.sharing = random_chance(rng, 0.2) ? 1 : random_between(rng, 0.2, 1),
		.optimality = random_chance(rng, 0.1) ? 0 : random_between(rng, 0, 0.6)
	};
}

/* Whatever the graph: paths, by cost, within the limits. */
static size_t
check_criterion(TvmEnv *env, const RandomGraph *random, TvmPoint from, TvmPoint to,
				const TvmAlternativeLimits *limits)
{
	TvmAlternative found[ROOM];
	Walk		walks[ROOM];
	size_t		count = 99;
	double		least = distances[tvm_graph_state(&random->graph, from)][tvm_graph_state(&random->graph, to)];
	long		live = unit_env_live();
	TvmStatus	status = tvm_alternatives_find(env, &random->graph, from, to, limits, NULL, ROOM, found, &count);

	if (status == TVM_DOMAIN)
	{
		CHECK(least == INFINITY && count == 0);
		CHECK_EQ(unit_env_live(), live);
		return 0;
	}
	CHECK(status == TVM_OK);
	CHECK((count == 0) == (least == INFINITY));
	for (size_t i = 0; i < count; i++)
	{
		double		cost = found[i].path.cost;

		CHECK(verify_path(env, &random->graph, &found[i].path, from, to) == TVM_OK);
		walks[i] = walk_of(&random->graph, &found[i].path);
		CHECK(is_simple(&walks[i]));
		CHECK(is_locally_best(&walks[i], limits->optimality * least * (1 - TOLERANCE)));
		if (i == 0)
		{
			CHECK(cost >= least && cost <= least * (1 + 1.01 * TVM_TIE));
			CHECK_EQ(found[i].shared, 0);
			continue;
		}
		CHECK(cost >= found[i - 1].path.cost * (1 - TOLERANCE));
		CHECK(cost <= limits->stretch * least * (1 + 2 * TOLERANCE));
		CHECK_NEAR(found[i].shared, shared_with(&walks[i], walks, i), TOLERANCE * cost);
		CHECK(found[i].shared <= limits->sharing * least * (1 + 2 * TOLERANCE));
		CHECK(!(detour_stretch(&walks[i], &walks[0]) > limits->stretch * (1 + 2 * TOLERANCE)));
		for (size_t j = 0; j < i; j++)
			CHECK(walks[i].count != walks[j].count
				  || memcmp(walks[i].states, walks[j].states, walks[i].count * sizeof(uint32_t)) != 0
				  || memcmp(walks[i].ways, walks[j].ways, walks[i].count * sizeof(uint32_t)) != 0);
	}
	for (size_t i = 0; i < count; i++)
		tvm_path_free(env, &found[i].path);
	CHECK_EQ(unit_env_live(), live);
	return count;
}

TEST(alternatives_keep_their_limits_on_any_graph)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	size_t		alternatives = 0;

	tvm_rng_init(&rng, 31, 0);
	for (int i = 0; i < 4000; i++)
	{
		RandomGraph random;

		random_graph(env, &rng, &random);
		fill_distances(&random);
		for (int j = 0; j < 3; j++)
		{
			TvmAlternativeLimits limits = random_limits(&rng);
			size_t		count = check_criterion(env, &random, random_point(&rng, &random.graph),
												random_point(&rng, &random.graph), &limits);

			alternatives += count > 1 ? count - 1 : 0;
		}
		random_graph_free(env, &random);
	}
	CHECK(alternatives > 300);
}

/* Graphs without ties ----------------------------------------------------- */

#define COLUMNS 7
#define ROWS 2

/*
 * Two layers of a ladder with crossings, oneways and shortcuts, joined by gateways;
 * no two paths cost the same.
 */
static void
ladder_graph(TvmEnv *env, TvmRng *rng, RandomGraph *random)
{
	TvmTopology *world = &random->worlds[0];
	uint32_t	s = 0;

	memset(random, 0, sizeof(*random));
	CHECK(tvm_topology_alloc(env, world, COLUMNS * ROWS, RANDOM_SEGMENTS) == TVM_OK);
	for (uint32_t v = 0; v < COLUMNS * ROWS; v++)
	{
		world->lat[v] = 57 + 0.01 * (v / COLUMNS);
		world->lon[v] = 11 + 0.01 * (v % COLUMNS);
	}
	for (uint32_t v = 0; v < COLUMNS * ROWS; v++)
	{
		if (v % COLUMNS + 1 < COLUMNS)
		{
			world->a[s] = v;
			world->b[s++] = v + 1;
		}
		if (v + COLUMNS < COLUMNS * ROWS)
		{
			world->a[s] = v + COLUMNS;
			world->b[s++] = v;
		}
	}
	for (; s < RANDOM_SEGMENTS; s++)
	{
		world->a[s] = random_below(rng, COLUMNS * ROWS);
		world->b[s] = random_below(rng, COLUMNS * ROWS);
	}
	for (s = 0; s < RANDOM_SEGMENTS; s++)
		world->oneway[s] = random_chance(rng, 0.15);
	CHECK(tvm_topology_build(env, world) == TVM_OK);

	random->layer_count = 2;
	for (uint32_t l = 0; l < 2; l++)
	{
		for (s = 0; s < RANDOM_SEGMENTS; s++)
			random->weights[l][s] = random_chance(rng, 0.05) ? INFINITY
				: random_between(rng, 1, 1.4)
				* (1 + 3 * labs((long) (world->a[s] % COLUMNS) - (long) (world->b[s] % COLUMNS)));
		random->layers[l] = (TvmLayer) {.topology = world, .weights = {.all = random->weights[l]}};
	}
	random->gateway_count = 6;
	for (uint32_t g = 0; g < random->gateway_count; g++)
	{
		uint32_t	node = random_below(rng, COLUMNS * ROWS);

		random->gateways[g] = (TvmGateway) {
			.from = {g % 2, node}, .to = {1 - g % 2, node}, .cost = random_between(rng, 0.1, 2)
		};
	}
	CHECK(tvm_graph_init(env, &random->graph, random->layers, random->layer_count,
						 random->gateways, random->gateway_count) == TVM_OK);
}

static void
ladder_graph_free(TvmEnv *env, RandomGraph *random)
{
	tvm_graph_free(env, &random->graph);
	tvm_topology_free(env, &random->worlds[0]);
}

/* The only way on from a state that is on a best path to `to`. */
static bool
next_step(const RandomGraph *random, uint32_t at, uint32_t to, uint32_t *head, uint32_t *way, double *cost)
{
	const TvmTopology *world = &random->worlds[0];
	uint32_t	layer = at / world->node_count;
	uint32_t	node = at % world->node_count;
	double		least = INFINITY;

	for (uint32_t i = 0; i < 2 * RANDOM_SEGMENTS + random->gateway_count; i++)
	{
		uint32_t	s = i / 2;
		uint32_t	end;
		double		weight;

		if (i < 2 * RANDOM_SEGMENTS)
		{
			if ((i % 2 == 1 && world->oneway[s]) || (i % 2 == 0 ? world->a[s] : world->b[s]) != node)
				continue;
			end = layer * world->node_count + (i % 2 == 0 ? world->b[s] : world->a[s]);
			weight = random->weights[layer][s];
			if (weight + distances[end][to] < least)
				*way = (uint32_t) TVM_STEP_SEGMENT << 30 | s << 1 | i % 2;
		}
		else
		{
			const TvmGateway *gateway = &random->gateways[i - 2 * RANDOM_SEGMENTS];

			if (gateway->from.layer != layer || gateway->from.node != node)
				continue;
			end = gateway->to.layer * world->node_count + gateway->to.node;
			weight = gateway->cost;
			if (weight + distances[end][to] < least)
				*way = (uint32_t) TVM_STEP_GATEWAY << 30 | (i - 2 * RANDOM_SEGMENTS) << 1;
		}
		if (weight + distances[end][to] < least)
		{
			least = weight + distances[end][to];
			*head = end;
			*cost = weight;
		}
	}
	return least < INFINITY;
}

static void
extend(const RandomGraph *random, Walk *walk, uint32_t to)
{
	while (walk->states[walk->count - 1] != to)
	{
		uint32_t	head = 0;
		uint32_t	way = 0;
		double		cost = 0;

		CHECK(next_step(random, walk->states[walk->count - 1], to, &head, &way, &cost));
		walk->states[walk->count] = head;
		walk->ways[walk->count] = way;
		walk->cost[walk->count] = walk->cost[walk->count - 1] + cost;
		walk->count++;
	}
}

/* The T-test, on the longest beginning and the longest end of the walk that are best. */
static bool
passes_test(const Walk *walk, double length)
{
	size_t		end = walk->count - 1;
	size_t		u = end;
	size_t		w = 0;
	size_t		x;
	size_t		y;

	for (size_t i = 0; i <= end; i++)
	{
		if (walk->cost[i] <= distances[walk->states[0]][walk->states[i]] + TOLERANCE)
			w = i;
		if (walk->cost[end] - walk->cost[end - i] <= distances[walk->states[end - i]][walk->states[end]] + TOLERANCE)
			u = end - i;
	}
	for (x = 0; walk->cost[x] < walk->cost[w] - length;)
		x++;
	for (y = end; walk->cost[y] > walk->cost[u] + length;)
		y--;
	return x >= u || y <= w
		|| walk->cost[y] - walk->cost[x] <= distances[walk->states[x]][walk->states[y]] + TOLERANCE;
}

/* All via points, cheapest first, each held against those that passed. */
static size_t
enumerate(const RandomGraph *random, uint32_t from, uint32_t to, const TvmAlternativeLimits *limits, Walk *walks)
{
	static Walk all[RANDOM_STATES];
	uint32_t	states = tvm_graph_states(&random->graph);
	double		least = distances[from][to];
	size_t		total = 0;
	size_t		count = 0;

	if (least == INFINITY)
		return 0;
	for (uint32_t v = 0; v < states; v++)
		if (distances[from][v] + distances[v][to] <= limits->stretch * least)
		{
			all[total] = (Walk) {.count = 1, .states = {from}};
			extend(random, &all[total], v);
			extend(random, &all[total++], to);
		}
	while (count < (from == to ? 1 : ROOM))
	{
		Walk	   *next = NULL;

		for (size_t i = 0; i < total; i++)
		{
			Walk	   *walk = &all[i];
			double		cost = walk->cost[walk->count - 1];

			if (next != NULL && cost >= next->cost[next->count - 1])
				continue;
			if (count == 0 ? cost > least + TOLERANCE : !is_simple(walk)
				|| shared_with(walk, walks, count) > limits->sharing * least
				|| detour_stretch(walk, &walks[0]) > limits->stretch
				|| !passes_test(walk, limits->optimality * least))
				continue;
			next = walk;
		}
		if (next == NULL)
			break;
		walks[count++] = *next;
	}
	return count;
}

TEST(alternatives_are_those_of_an_enumeration)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	size_t		alternatives = 0;

	tvm_rng_init(&rng, 32, 0);
	for (int i = 0; i < 1500; i++)
	{
		RandomGraph random;

		ladder_graph(env, &rng, &random);
		fill_distances(&random);
		for (int j = 0; j < 4; j++)
		{
			TvmAlternativeLimits limits = random_limits(&rng);
			TvmPoint	from = random_point(&rng, &random.graph);
			TvmPoint	to = random_point(&rng, &random.graph);
			TvmAlternative found[ROOM];
			static Walk walks[ROOM];
			size_t		wanted;
			size_t		count;

			/* Sharing all is not sharing too much, but then ways may be pieced together of those before. */
			limits.sharing = random_between(&rng, 0.2, 0.95);
			limits.optimality = random_between(&rng, 0.02, 0.6);
			check_criterion(env, &random, from, to, &limits);
			wanted = enumerate(&random, tvm_graph_state(&random.graph, from),
							   tvm_graph_state(&random.graph, to), &limits, walks);
			CHECK(tvm_alternatives_find(env, &random.graph, from, to, &limits, NULL, ROOM, found, &count) == TVM_OK);
			CHECK_EQ(count, wanted);
			for (size_t a = 0; a < count && a < wanted; a++)
				CHECK_NEAR(found[a].path.cost, walks[a].cost[walks[a].count - 1], TOLERANCE);
			for (size_t a = 0; a < count; a++)
				tvm_path_free(env, &found[a].path);
			alternatives += count > 1 ? count - 1 : 0;
		}
		ladder_graph_free(env, &random);
	}
	CHECK(alternatives > 1000);
}

/* Failures ---------------------------------------------------------------- */

TEST(alternatives_survive_failed_allocations_and_cancellation)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	RandomGraph random;
	TvmAlternativeLimits limits = {.stretch = 2.5, .sharing = 0.8, .optimality = 0.05};
	TvmAlternative found[ROOM];
	TvmPoint	from = {0, 0};
	TvmPoint	to = {0, COLUMNS * ROWS - 1};
	size_t		count;
	size_t		most = 0;
	long		live;

	tvm_rng_init(&rng, 33, 0);
	for (;;)
	{
		ladder_graph(env, &rng, &random);
		CHECK(tvm_alternatives_find(env, &random.graph, from, to, &limits, NULL, ROOM, found, &most) == TVM_OK);
		for (size_t i = 0; i < most; i++)
			tvm_path_free(env, &found[i].path);
		if (most == ROOM)
			break;
		ladder_graph_free(env, &random);
	}
	live = unit_env_live();
	for (int cancel = 0; cancel < 2; cancel++)
	{
		TvmStatus	failure = cancel ? TVM_CANCELLED : TVM_NOMEM;
		TvmStatus	status = failure;

		for (long n = 1; status != TVM_OK; n++)
		{
			if (cancel)
				unit_env_cancel_after(n - 1);
			else
				unit_env_fail_at(n);
			status = tvm_alternatives_find(env, &random.graph, from, to, &limits, NULL, ROOM, found, &count);
			CHECK(status == failure || (status == TVM_OK && n > 10));
			CHECK(status == TVM_OK ? count == most : count == 0);
			for (size_t i = 0; i < count; i++)
				tvm_path_free(env, &found[i].path);
			CHECK_EQ(unit_env_live(), live);
		}
		unit_env_fail_at(0);
		unit_env_cancel_after(-1);
	}
	ladder_graph_free(env, &random);
}

TEST(alternatives_refuse_what_is_no_limit_or_point)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	RandomGraph random;
	TvmAlternative found[ROOM];
	TvmPoint	here = {0, 0};
	size_t		count = 99;
	const struct
	{
		TvmAlternativeLimits limits;
		const char *path;
	}			bad[] = {
		{{0.99, 0.8, 0.25}, "limits.stretch"},
		{{NAN, 0.8, 0.25}, "limits.stretch"},
		{{INFINITY, 0.8, 0.25}, "limits.stretch"},
		{{1.25, -0.1, 0.25}, "limits.sharing"},
		{{1.25, 1.1, 0.25}, "limits.sharing"},
		{{1.25, NAN, 0.25}, "limits.sharing"},
		{{1.25, 0.8, -1}, "limits.optimality"},
		{{1.25, 0.8, NAN}, "limits.optimality"},
	};
	const TvmAlternativeLimits good = {
		TVM_ALTERNATIVES_STRETCH, TVM_ALTERNATIVES_SHARING, TVM_ALTERNATIVES_OPTIMALITY
	};

	tvm_rng_init(&rng, 34, 0);
	ladder_graph(env, &rng, &random);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		CHECK(tvm_alternatives_find(env, &random.graph, here, here, &bad[i].limits, NULL, ROOM, found, &count) == TVM_INVALID);
		CHECK(strcmp(env->error.path, bad[i].path) == 0);
		CHECK(count == 0);
	}
	CHECK(tvm_alternatives_find(env, &random.graph, (TvmPoint) {9, 0}, here, &good, NULL, ROOM, found, &count) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "from.layer") == 0);
	CHECK(tvm_alternatives_find(env, &random.graph, here, (TvmPoint) {0, 99}, &good, NULL, ROOM, found, &count) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "to.node") == 0);

	/* From a point to itself there is one way, and with no room none. */
	CHECK(tvm_alternatives_find(env, &random.graph, here, here, &good, NULL, ROOM, found, &count) == TVM_OK);
	CHECK_EQ(count, 1);
	tvm_path_free(env, &found[0].path);
	CHECK(tvm_alternatives_find(env, &random.graph, here, here, &good, NULL, 0, found, &count) == TVM_OK);
	CHECK_EQ(count, 0);
	ladder_graph_free(env, &random);
}
