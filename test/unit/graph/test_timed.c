/*
 * test_timed.c: the earliest arrival on random graphs with gateways,
 * against Bellman-Ford on arrival times; paths travelled again by the clock;
 * and the plain searches, where nothing depends on time.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "graph/random.h"
#include "kernel/graph/search/astar.h"
#include "kernel/graph/search/timed.h"

/* The shortest time at any moment, to rounding: that of the fastest hour. */
static double
profile_least(const TvmProfile *profile, TvmPace pace)
{
	return tvm_profile_whole(profile, pace, tvm_profile_fastest(profile));
}

#define PROFILES 3

/* A random graph of which some segments follow profiles. */
typedef struct TimedGraph
{
	RandomGraph random;
	TvmProfile	profiles[PROFILES];
	uint32_t	slots[RANDOM_LAYERS][RANDOM_SEGMENTS];
	TvmTimedSegment segments[RANDOM_LAYERS][RANDOM_SEGMENTS];
	TvmTimedLayer layers[RANDOM_LAYERS];
	TvmTimed	timed;
} TimedGraph;

static void
random_timed(TvmEnv *env, TvmRng *rng, TimedGraph *graph)
{
	RandomGraph *random = &graph->random;
	double		extent = random_chance(rng, 0.5) ? 0.3 : 1.5;
	double		share = random_between(rng, 0, 1);
	bool		by_angle = random_chance(rng, 0.5);

	random_graph(env, rng, random);
	for (int p = 0; p < PROFILES; p++)
		for (int h = 0; h < TVM_WEEK_HOURS; h++)
			graph->profiles[p].factor[h] = pow(10, random_between(rng, -extent, extent));
	for (uint32_t l = 0; l < random->layer_count; l++)
	{
		const TvmTopology *topology = random->layers[l].topology;

		graph->layers[l] = (TvmTimedLayer) {graph->slots[l], graph->segments[l]};
		if (random_chance(rng, 0.1))
			graph->layers[l].slots = NULL;
		for (uint32_t s = 0; s < topology->segment_count; s++)
		{
			double		seconds = by_angle ? topology->angle[s] * random_between(rng, 1e5, 2e5)
				: pow(10, random_between(rng, 0, 5));

			bool		closed = random->weights[l][s] == INFINITY;

			graph->slots[l][s] = TVM_NO_PROFILE;
			if (!closed)
				random->weights[l][s] = seconds;
			if (graph->layers[l].slots == NULL || !random_chance(rng, share))
				continue;
			/* Slots in the order of segments, turned round. */
			graph->slots[l][s] = topology->segment_count - 1 - s;
			graph->segments[l][graph->slots[l][s]] = (TvmTimedSegment) {
				.pace = {seconds, random_chance(rng, 0.2) ? seconds : 0},
				.profile = random_below(rng, PROFILES)
			};
			if (!closed)
				random->weights[l][s] = profile_least(&graph->profiles[graph->segments[l][graph->slots[l][s]].profile],
														  graph->segments[l][graph->slots[l][s]].pace);
		}
	}
	for (uint32_t g = 0; g < random->gateway_count; g++)
		if (random->gateways[g].cost < INFINITY)
			random->gateways[g].cost = random_chance(rng, 0.3) ? 0 : pow(10, random_between(rng, 0, 5));
	graph->timed = (TvmTimed) {graph->profiles, graph->layers, 1};
	tvm_graph_free(env, &random->graph);
	CHECK(tvm_graph_init(env, &random->graph, random->layers, random->layer_count,
						 random->gateways, random->gateway_count) == TVM_OK);
}

/* When one who enters at `at` leaves, hour by hour of the calendar. */
static double
oracle_leave(const TimedGraph *graph, uint32_t layer, uint32_t segment, double at)
{
	uint32_t	slot = graph->slots[layer][segment];
	const TvmTimedSegment *timed;
	double		done = 0;

	if (slot == TVM_NO_PROFILE)
		return at + graph->random.weights[layer][segment];
	timed = &graph->segments[layer][slot];
	for (long hour = (long) floor(at / 3600);; hour++)
	{
		double		begin = fmax(at, hour * 3600.0);
		double		end = (hour + 1) * 3600.0;
		double		speed = graph->profiles[timed->profile].factor[hour % 168] / timed->pace.seconds;

		if (timed->pace.least > 0 && speed > 1 / timed->pace.least)
			speed = 1 / timed->pace.least;
		if (done + (end - begin) * speed >= 1)
			return begin + (1 - done) / speed;
		done += (end - begin) * speed;
	}
}

/* The earliest arrivals, by trying everything until nothing gets earlier. */
static void
oracle_arrivals(const TimedGraph *graph, double start, TvmPoint from, double *arrivals)
{
	const RandomGraph *random = &graph->random;
	uint32_t	first[RANDOM_LAYERS + 1] = {0};
	bool		changed = true;

	for (uint32_t l = 0; l < random->layer_count; l++)
		first[l + 1] = first[l] + random->layers[l].topology->node_count;
	for (uint32_t v = 0; v < first[random->layer_count]; v++)
		arrivals[v] = INFINITY;
	arrivals[first[from.layer] + from.node] = start;
	while (changed)
	{
		changed = false;
		for (uint32_t l = 0; l < random->layer_count; l++)
		{
			const TvmTopology *t = random->layers[l].topology;

			for (uint32_t s = 0; s < t->segment_count; s++)
			{
				double	   *a = &arrivals[first[l] + t->a[s]];
				double	   *b = &arrivals[first[l] + t->b[s]];

				if (random->weights[l][s] == INFINITY)
					continue;
				/* A second's billionth earlier is no news, or rounding would go on for ever. */
				if (*a < INFINITY && oracle_leave(graph, l, s, *a) < *b - 1e-9)
				{
					*b = oracle_leave(graph, l, s, *a);
					changed = true;
				}
				if (!t->oneway[s] && *b < INFINITY && oracle_leave(graph, l, s, *b) < *a - 1e-9)
				{
					*a = oracle_leave(graph, l, s, *b);
					changed = true;
				}
			}
		}
		for (uint32_t g = 0; g < random->gateway_count; g++)
		{
			const TvmGateway *gateway = &random->gateways[g];
			double	   *exit = &arrivals[first[gateway->to.layer] + gateway->to.node];
			double		entrance = arrivals[first[gateway->from.layer] + gateway->from.node];

			if (entrance + gateway->cost < *exit - 1e-9)
			{
				*exit = entrance + gateway->cost;
				changed = true;
			}
		}
	}
}

/* Travel along the path by the clock; every step must be there, and the end be reached in time. */
static void
check_path(const TimedGraph *graph, const TvmPath *path, double start, TvmPoint from, TvmPoint to)
{
	const RandomGraph *random = &graph->random;
	TvmPoint	at = from;
	double		clock = start;

	CHECK(path->count > 0 && path->steps[0].kind == TVM_STEP_ORIGIN);
	for (size_t i = 1; i < path->count; i++)
	{
		const TvmStep *step = &path->steps[i];

		if (step->kind == TVM_STEP_GATEWAY)
		{
			const TvmGateway *gateway = &random->gateways[step->index];

			CHECK(gateway->from.layer == at.layer && gateway->from.node == at.node);
			CHECK(gateway->to.layer == step->point.layer && gateway->to.node == step->point.node);
			clock += gateway->cost;
		}
		else
		{
			const TvmTopology *t = random->layers[at.layer].topology;

			CHECK(step->kind == TVM_STEP_SEGMENT && step->point.layer == at.layer);
			CHECK((step->reverse ? t->b : t->a)[step->index] == at.node);
			CHECK((step->reverse ? t->a : t->b)[step->index] == step->point.node);
			CHECK(!step->reverse || !t->oneway[step->index]);
			clock = oracle_leave(graph, at.layer, step->index, clock);
		}
		CHECK_NEAR(start + step->cost, clock, 1e-9 * clock + 1e-6);
		at = step->point;
	}
	CHECK(at.layer == to.layer && at.node == to.node);
	CHECK_NEAR(start + path->cost, clock, 1e-9 * clock + 1e-6);
}

static void
check_pair(TvmEnv *env, const TimedGraph *graph, TvmQuery *query, double start,
		   TvmPoint from, TvmPoint to, double arrival)
{
	TvmPath		path;

	CHECK(tvm_timed_run(env, query, &graph->timed, start, from, &to) == TVM_OK);
	CHECK(tvm_query_path(env, query, to, &path) == TVM_OK);
	if (arrival < INFINITY)
	{
		CHECK_NEAR(start + path.cost, arrival, 1e-9 * arrival + 1e-6);
		check_path(graph, &path, start, from, to);
	}
	else
		CHECK(path.count == 0);
	tvm_path_free(env, &path);
}

TEST(earliest_arrivals_equal_bellman_ford)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 70, 0);
	for (int i = 0; i < 1200; i++)
	{
		static TimedGraph graph;
		TvmQuery	query;
		double		arrivals[RANDOM_STATES];
		double		start = random_between(&rng, 0, TVM_WEEK_S);
		TvmPoint	from;

		random_timed(env, &rng, &graph);
		CHECK(tvm_query_init(env, &query, &graph.random.graph) == TVM_OK);
		from = random_point(&rng, &graph.random.graph);
		oracle_arrivals(&graph, start, from, arrivals);
		CHECK(tvm_timed_run(env, &query, &graph.timed, start, from, NULL) == TVM_OK);
		for (uint32_t v = 0; v < tvm_graph_states(&graph.random.graph); v++)
		{
			double		cost = tvm_query_cost(&query, tvm_graph_point(&graph.random.graph, v));

			if (arrivals[v] == INFINITY || cost == INFINITY)
				CHECK(cost == arrivals[v]);
			else
				CHECK_NEAR(start + cost, arrivals[v], 1e-9 * arrivals[v] + 1e-6);
		}
		for (int j = 0; j < 6; j++)
		{
			TvmPoint	to = random_point(&rng, &graph.random.graph);

			check_pair(env, &graph, &query, start, from, to, arrivals[tvm_graph_state(&graph.random.graph, to)]);
		}
		tvm_query_free(env, &query);
		random_graph_free(env, &graph.random);
	}
	CHECK_EQ(unit_env_live(), 0);
}

TEST(leaving_later_never_arrives_earlier)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 71, 0);
	for (int i = 0; i < 400; i++)
	{
		static TimedGraph graph;
		TvmQuery	early;
		TvmQuery	late;
		double		start = random_between(&rng, 0, TVM_WEEK_S);
		double		wait = pow(10, random_between(&rng, -2, 5));
		TvmPoint	from;

		random_timed(env, &rng, &graph);
		from = random_point(&rng, &graph.random.graph);
		CHECK(tvm_query_init(env, &early, &graph.random.graph) == TVM_OK);
		CHECK(tvm_query_init(env, &late, &graph.random.graph) == TVM_OK);
		CHECK(tvm_timed_run(env, &early, &graph.timed, start, from, NULL) == TVM_OK);
		CHECK(tvm_timed_run(env, &late, &graph.timed, start + wait, from, NULL) == TVM_OK);
		for (uint32_t v = 0; v < tvm_graph_states(&graph.random.graph); v++)
		{
			TvmPoint	to = tvm_graph_point(&graph.random.graph, v);
			double		arrival = tvm_query_cost(&early, to);

			CHECK(wait + tvm_query_cost(&late, to) >= arrival * (1 - 1e-9) - 1e-6);
		}
		tvm_query_free(env, &early);
		tvm_query_free(env, &late);
		random_graph_free(env, &graph.random);
	}
}

TEST(without_profiles_it_is_the_plain_search)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 72, 0);
	for (int i = 0; i < 600; i++)
	{
		RandomGraph random;
		TvmTimedLayer layers[RANDOM_LAYERS] = {{0}};
		TvmTimed	timed = {NULL, layers, 1};
		TvmQuery	plain;
		TvmQuery	query;

		random_graph(env, &rng, &random);
		CHECK(tvm_query_init(env, &plain, &random.graph) == TVM_OK);
		CHECK(tvm_query_init(env, &query, &random.graph) == TVM_OK);
		for (int j = 0; j < 8; j++)
		{
			TvmPoint	from = random_point(&rng, &random.graph);
			TvmPoint	to = random_point(&rng, &random.graph);
			TvmStatus	status = tvm_astar_run(env, &plain, from, to);

			CHECK(tvm_timed_run(env, &query, &timed, random_between(&rng, 0, 1e6), from, &to) == status);
			CHECK_EQ(query.settled, plain.settled);
			if (status == TVM_OK)
				CHECK_EQ(tvm_query_cost(&query, to), tvm_query_cost(&plain, to));
		}
		tvm_query_free(env, &plain);
		tvm_query_free(env, &query);
		random_graph_free(env, &random);
	}
}

TEST(a_timed_search_is_cancelled_and_refuses_what_is_not_there)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	static TimedGraph graph;
	TvmQuery	query;
	TvmPoint	from = {0, 0};
	TvmPoint	bad = {99, 0};
	long		before;

	tvm_rng_init(&rng, 73, 0);
	random_timed(env, &rng, &graph);
	CHECK(tvm_query_init(env, &query, &graph.random.graph) == TVM_OK);
	before = unit_env_allocations();
	unit_env_cancel_after(0);
	CHECK(tvm_timed_run(env, &query, &graph.timed, 0, from, NULL) == TVM_CANCELLED);
	unit_env_cancel_after(-1);
	CHECK(tvm_timed_run(env, &query, &graph.timed, 0, from, NULL) == TVM_OK);
	CHECK(tvm_timed_run(env, &query, &graph.timed, 0, bad, NULL) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "from.layer") == 0);
	CHECK(tvm_timed_run(env, &query, &graph.timed, 0, from, &bad) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "to.layer") == 0);
	CHECK(tvm_timed_run(env, &query, &graph.timed, -1, from, &from) == TVM_INVALID);
	CHECK(tvm_timed_run(env, &query, &graph.timed, NAN, from, &from) == TVM_INVALID);
	CHECK(tvm_timed_run(env, &query, &graph.timed, INFINITY, from, &from) == TVM_INVALID);
	CHECK_EQ(unit_env_allocations(), before);
	tvm_query_free(env, &query);
	random_graph_free(env, &graph.random);
	CHECK_EQ(unit_env_live(), 0);
}
