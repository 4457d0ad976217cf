/*
 * test_query.c: a query used again and again, its memory, its failures,
 * and that verify refuses paths that were tampered with.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/random.h"
#include "graph/verify.h"
#include "kernel/graph/search/astar.h"
#include "kernel/graph/search/dijkstra.h"

TEST(same_input_gives_the_same_path_however_often)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 41, 0);
	for (int i = 0; i < 300; i++)
	{
		RandomGraph random;
		TvmQuery	used;

		random_graph(env, &rng, &random);
		CHECK(tvm_query_init(env, &used, &random.graph) == TVM_OK);
		for (int j = 0; j < 20; j++)
		{
			TvmPoint	from = random_point(&rng, &random.graph);
			TvmPoint	to = random_point(&rng, &random.graph);
			TvmQuery	fresh;
			TvmPath		paths[2];
			TvmStatus	status;

			/* The count of runs starts again, and meets the labels of the first runs. */
			if (j == 5)
				used.run = UINT32_MAX - 3;
			CHECK(tvm_query_init(env, &fresh, &random.graph) == TVM_OK);
			CHECK_EQ(tvm_query_cost(&fresh, from), INFINITY);
			status = j % 2 == 0 ? tvm_astar_run(env, &fresh, from, to) : tvm_dijkstra_run(env, &fresh, from, &to);
			CHECK(status == (j % 2 == 0 ? tvm_astar_run(env, &used, from, to)
							 : tvm_dijkstra_run(env, &used, from, &to)));
			CHECK_EQ(fresh.settled, used.settled);
			if (status == TVM_OK)
			{
				CHECK(tvm_query_path(env, &fresh, to, &paths[0]) == TVM_OK);
				CHECK(tvm_query_path(env, &used, to, &paths[1]) == TVM_OK);
				CHECK_EQ(paths[0].count, paths[1].count);
				for (size_t k = 0; k < paths[0].count && k < paths[1].count; k++)
				{
					CHECK_EQ(paths[0].steps[k].kind, paths[1].steps[k].kind);
					CHECK_EQ(paths[0].steps[k].index, paths[1].steps[k].index);
					CHECK_EQ(paths[0].steps[k].reverse, paths[1].steps[k].reverse);
					CHECK_EQ(paths[0].steps[k].cost, paths[1].steps[k].cost);
				}
				tvm_path_free(env, &paths[0]);
				tvm_path_free(env, &paths[1]);
			}
			tvm_query_free(env, &fresh);
		}
		tvm_query_free(env, &used);
		random_graph_free(env, &random);
	}
}

/* Two ways of cost 2; the one over the arc of the lower number came first. */
TEST(ties_go_to_the_arc_that_is_first)
{
	TvmEnv	   *env = unit_env();
	TvmTopology t;
	TvmGraph	graph;
	TvmQuery	query;
	TvmPath		path;
	uint32_t	ends[6][2] = {{2, 3}, {0, 2}, {0, 1}, {1, 3}, {0, 1}, {1, 3}};
	double		weights[6] = {1, 1, 1, 1, 1, 1};
	TvmLayer	layer = {&t, {.all = weights}};

	CHECK(tvm_topology_alloc(env, &t, 4, 6) == TVM_OK);
	for (int i = 0; i < 6; i++)
	{
		t.lat[i % 4] = t.lon[i % 4] = 0;
		t.a[i] = ends[i][0];
		t.b[i] = ends[i][1];
	}
	CHECK(tvm_topology_build(env, &t) == TVM_OK);
	CHECK(tvm_graph_init(env, &graph, &layer, 1, NULL, 0) == TVM_OK);
	CHECK(tvm_query_init(env, &query, &graph) == TVM_OK);
	CHECK(tvm_dijkstra_run(env, &query, (TvmPoint) {0, 0}, NULL) == TVM_OK);
	CHECK(tvm_query_path(env, &query, (TvmPoint) {0, 3}, &path) == TVM_OK);
	/* Points 1 and 2 leave the heap in this order, so 1 reaches 3 first, by segment 3 before 5. */
	CHECK_EQ(path.count, 3);
	CHECK_EQ(path.steps[1].index, 2);
	CHECK_EQ(path.steps[2].index, 3);
	tvm_path_free(env, &path);
	tvm_query_free(env, &query);
	tvm_graph_free(env, &graph);
	tvm_topology_free(env, &t);
}

/* Everything from the topology to the path, given the same lists. */
static TvmStatus
route(TvmEnv *env, const RandomGraph *random, bool astar, TvmPoint from, TvmPoint to)
{
	TvmTopology world;
	TvmLayer	layers[2];
	TvmGraph	graph = {0};
	TvmQuery	query = {0};
	TvmPath		path = {0};
	const TvmTopology *model = &random->worlds[0];
	TvmStatus	status = tvm_topology_alloc(env, &world, model->node_count, model->segment_count);

	if (status == TVM_OK)
	{
		memcpy(world.lat, model->lat, model->node_count * sizeof(double));
		memcpy(world.lon, model->lon, model->node_count * sizeof(double));
		memcpy(world.a, model->a, model->segment_count * sizeof(uint32_t));
		memcpy(world.b, model->b, model->segment_count * sizeof(uint32_t));
		status = tvm_topology_build(env, &world);
	}
	layers[0] = layers[1] = (TvmLayer) {&world, {.all = random->weights[0]}};
	if (status == TVM_OK)
	{
		TvmGateway	gateway = {{0, 0}, {1, 0}, 1};

		status = tvm_graph_init(env, &graph, layers, 2, &gateway, 1);
	}
	if (status == TVM_OK)
		status = tvm_query_init(env, &query, &graph);
	if (status == TVM_OK)
		status = astar ? tvm_astar_run(env, &query, from, to) : tvm_dijkstra_run(env, &query, from, &to);
	if (status == TVM_OK)
		status = tvm_query_path(env, &query, to, &path);
	if (status == TVM_OK)
		CHECK(path.count > 0 && verify_path(env, &graph, &path, from, to) == TVM_OK);
	else
		CHECK(path.count == 0);
	tvm_path_free(env, &path);
	tvm_query_free(env, &query);
	tvm_graph_free(env, &graph);
	tvm_topology_free(env, &world);
	return status;
}

TEST(routing_survives_failed_allocations_and_cancellation)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	RandomGraph random;
	TvmPoint	from = {0, 0};
	TvmPoint	to = {1, 0};
	long		live;

	tvm_rng_init(&rng, 42, 0);
	random_graph(env, &rng, &random);
	for (uint32_t s = 0; s < random.worlds[0].segment_count; s++)
		random.weights[0][s] = 1;
	live = unit_env_live();
	for (int astar = 0; astar < 2; astar++)
	{
		TvmStatus	status = TVM_NOMEM;

		for (long n = 1; status != TVM_OK; n++)
		{
			unit_env_fail_at(n);
			status = route(env, &random, astar, from, to);
			CHECK(status == TVM_NOMEM || (status == TVM_OK && n > 20));
			CHECK_EQ(unit_env_live(), live);
		}
		unit_env_fail_at(0);
		status = TVM_CANCELLED;
		for (long n = 0; status != TVM_OK; n++)
		{
			unit_env_cancel_after(n);
			status = route(env, &random, astar, from, to);
			CHECK(status == TVM_CANCELLED || (status == TVM_OK && n > 10));
			CHECK_EQ(unit_env_live(), live);
		}
		unit_env_cancel_after(-1);
	}
	random_graph_free(env, &random);
}

/* Blocks and bytes on malloc, for the functions that promise how much. */
static size_t counted;

static void *
counting_alloc(void *ctx, size_t size)
{
	(void) ctx;
	counted += size;
	return malloc(size);
}

static void
counting_free(void *ctx, void *block)
{
	(void) ctx;
	free(block);
}

TEST(memory_is_what_was_announced)
{
	TvmEnv		env = {.alloc = counting_alloc, .free = counting_free};
	TvmRng		rng;

	tvm_rng_init(&rng, 43, 0);
	for (int i = 0; i < 300; i++)
	{
		RandomGraph random;
		TvmQuery	query;
		size_t		announced = 0;

		counted = 0;
		random_graph(&env, &rng, &random);
		for (int w = 0; w < 2; w++)
			announced += tvm_topology_bytes(random.worlds[w].node_count, random.worlds[w].segment_count);
		announced += tvm_graph_bytes(random.layer_count, random.gateway_count);
		/* Empty lists take a byte each; oneways have no arc back. */
		CHECK(counted <= announced + 32);
		CHECK(counted + 32 >= announced / 2);
		counted = 0;
		CHECK(tvm_query_init(&env, &query, &random.graph) == TVM_OK);
		CHECK_EQ(counted, tvm_query_bytes(&random.graph));
		tvm_query_free(&env, &query);
		random_graph_free(&env, &random);
	}
	/* The largest there may be does not overflow. */
	CHECK(tvm_topology_bytes(TVM_MAX_NODES, TVM_MAX_SEGMENTS) > TVM_MAX_SEGMENTS * 40);
}

TEST(points_that_do_not_exist_are_refused)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	RandomGraph random;
	TvmQuery	query;
	TvmPoint	good = {0, 0};
	TvmPoint	bad;

	tvm_rng_init(&rng, 44, 0);
	random_graph(env, &rng, &random);
	CHECK(tvm_query_init(env, &query, &random.graph) == TVM_OK);
	bad = (TvmPoint) {random.layer_count, 0};
	CHECK(tvm_dijkstra_run(env, &query, bad, &good) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "from.layer") == 0);
	CHECK(tvm_astar_run(env, &query, good, bad) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "to.layer") == 0);
	bad = (TvmPoint) {0, random.layers[0].topology->node_count};
	CHECK(tvm_astar_run(env, &query, bad, good) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "from.node") == 0);
	CHECK(tvm_dijkstra_run(env, &query, good, &bad) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "to.node") == 0);
	tvm_query_free(env, &query);
	random_graph_free(env, &random);
}

/* Change one thing of one step; each change is one that no correct path allows. */
static void
tamper(TvmRng *rng, const RandomGraph *random, TvmPath *path)
{
	TvmStep    *step = &path->steps[random_below(rng, (uint32_t) path->count)];

	switch (random_below(rng, 7))
	{
		case 0:
			step->cost = nextafter(step->cost, INFINITY);
			break;
		case 1:
			path->cost = nextafter(path->cost, INFINITY);
			break;
		case 2:
			step->kind = step->kind == TVM_STEP_ORIGIN ? TVM_STEP_SEGMENT : TVM_STEP_ORIGIN;
			break;
		case 3:
			step->point.layer ^= 1;
			break;
		case 4:
			step->point.node ^= 1;
			break;
		case 5:
			path->count--;
			break;
		default:
			if (step->kind == TVM_STEP_GATEWAY)
				step->index = random->gateway_count;
			else if (step->kind == TVM_STEP_SEGMENT)
				step->index = random->layers[step->point.layer].topology->segment_count;
			else
				step->cost = 1;
			break;
	}
}

TEST(tampered_paths_are_refused)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	int			tampered = 0;

	tvm_rng_init(&rng, 45, 0);
	for (int i = 0; i < 1500; i++)
	{
		RandomGraph random;
		TvmQuery	query;
		TvmPath		path;
		TvmPoint	from;
		TvmPoint	to;

		random_graph(env, &rng, &random);
		CHECK(tvm_query_init(env, &query, &random.graph) == TVM_OK);
		from = random_point(&rng, &random.graph);
		to = random_point(&rng, &random.graph);
		if (tvm_astar_run(env, &query, from, to) == TVM_OK
			&& tvm_query_cost(&query, to) < INFINITY)
		{
			CHECK(tvm_query_path(env, &query, to, &path) == TVM_OK);
			CHECK(verify_path(env, &random.graph, &path, from, to) == TVM_OK);
			tamper(&rng, &random, &path);
			CHECK(verify_path(env, &random.graph, &path, from, to) == TVM_INVALID);
			tampered++;
			tvm_path_free(env, &path);
		}
		tvm_query_free(env, &query);
		random_graph_free(env, &random);
	}
	CHECK(tampered > 500);
}

/* A loop or a parallel segment may be used only as it is; closed and oneway are kept. */
TEST(verify_knows_direction_and_closure)
{
	TvmEnv	   *env = unit_env();
	uint32_t	a[2] = {0, 0};
	uint32_t	b[2] = {1, 1};
	uint8_t		oneway[2] = {1, 0};
	double		weights[2] = {1, INFINITY};
	TvmTopology t = {.node_count = 2, .segment_count = 2, .a = a, .b = b, .oneway = oneway};
	TvmLayer	layer = {&t, {.all = weights}};
	uint32_t	first_state[2] = {0, 2};
	TvmGraph	graph = {.layer_count = 1, .layers = &layer, .first_state = first_state};
	TvmStep		steps[2] = {{.point = {0, 0}}, {.point = {0, 1}, .cost = 1, .kind = TVM_STEP_SEGMENT}};
	TvmPath		path = {1, 2, steps};
	TvmPoint	ends[2] = {{0, 0}, {0, 1}};

	CHECK(verify_path(env, &graph, &path, ends[0], ends[1]) == TVM_OK);
	steps[1].index = 1;
	CHECK(verify_path(env, &graph, &path, ends[0], ends[1]) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "steps[1]") == 0);
	path.cost = steps[1].cost = INFINITY;
	CHECK(verify_path(env, &graph, &path, ends[0], ends[1]) == TVM_INVALID);
	/* Backwards on the oneway. */
	path.cost = steps[1].cost = 1;
	steps[1].index = 0;
	steps[1].reverse = true;
	steps[0].point = ends[1];
	steps[1].point = ends[0];
	CHECK(verify_path(env, &graph, &path, ends[1], ends[0]) == TVM_INVALID);
	oneway[0] = 0;
	CHECK(verify_path(env, &graph, &path, ends[1], ends[0]) == TVM_OK);
	path.count = 0;
	CHECK(verify_path(env, &graph, &path, ends[0], ends[0]) == TVM_INVALID);
}
