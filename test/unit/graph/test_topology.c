/*
 * test_topology.c: adjacencies against the list of segments, the order of
 * departures, and what is refused.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "graph/random.h"
#include "kernel/graph/sphere.h"

/* Every arc that segments yield, in the order of numbers, is what the rows hold. */
static void
check_adjacency(const TvmTopology *t, bool incoming)
{
	const uint32_t *first = incoming ? t->in_first : t->out_first;
	const TvmArcEnd *ends = incoming ? t->in : t->out;
	uint32_t	at = 0;

	CHECK_EQ(first[0], 0);
	for (uint32_t v = 0; v < t->node_count; v++)
	{
		for (uint32_t arc = 0; arc < 2 * t->segment_count; arc++)
		{
			bool		reverse = arc % 2 == 1;
			uint32_t	tail = reverse ? t->b[arc / 2] : t->a[arc / 2];
			uint32_t	head = reverse ? t->a[arc / 2] : t->b[arc / 2];

			if ((reverse && t->oneway[arc / 2]) || (incoming ? head : tail) != v)
				continue;
			CHECK_EQ(ends[at].node, incoming ? tail : head);
			CHECK_EQ(ends[at].arc, arc);
			CHECK_EQ(TVM_ARC(TVM_ARC_SEGMENT(arc), TVM_ARC_REVERSE(arc)), arc);
			at++;
		}
		CHECK_EQ(first[v + 1], at);
	}
}

TEST(adjacencies_hold_every_arc_once)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 11, 0);
	for (int i = 0; i < 500; i++)
	{
		uint32_t	nodes = random_below(&rng, 20);
		TvmTopology t;

		random_topology(env, &rng, PLACES_ANYWHERE, nodes, nodes == 0 ? 0 : random_below(&rng, 60), &t);
		check_adjacency(&t, false);
		check_adjacency(&t, true);
		for (uint32_t s = 0; s < t.segment_count; s++)
			CHECK_EQ(t.angle[s], tvm_sphere_angle(t.lat[t.a[s]], t.lon[t.a[s]], t.lat[t.b[s]], t.lon[t.b[s]]));
		tvm_topology_free(env, &t);
	}
}

TEST(departures_are_all_gateways_of_a_point_in_order)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;

	tvm_rng_init(&rng, 12, 0);
	for (int i = 0; i < 500; i++)
	{
		RandomGraph random;
		uint32_t	all = 0;

		random_graph(env, &rng, &random);
		for (uint32_t v = 0; v < tvm_graph_states(&random.graph); v++)
		{
			TvmPoint	point = tvm_graph_point(&random.graph, v);
			uint32_t	count;
			const uint32_t *departures = tvm_graph_departures(&random.graph, point, &count);

			CHECK_EQ(tvm_graph_state(&random.graph, point), v);
			CHECK(point.node < random.layers[point.layer].topology->node_count);
			for (uint32_t d = 0; d < count; d++)
			{
				CHECK_EQ(random.gateways[departures[d]].from.layer, point.layer);
				CHECK_EQ(random.gateways[departures[d]].from.node, point.node);
				CHECK(d == 0 || departures[d - 1] < departures[d]);
			}
			all += count;
		}
		CHECK_EQ(all, random.gateway_count);
		random_graph_free(env, &random);
	}
}

TEST(layers_without_nodes_have_no_points)
{
	TvmEnv	   *env = unit_env();
	TvmTopology none;
	TvmTopology one;
	TvmGraph	graph;
	TvmLayer	layers[5];

	CHECK(tvm_topology_alloc(env, &none, 0, 0) == TVM_OK);
	CHECK(tvm_topology_build(env, &none) == TVM_OK);
	CHECK(tvm_topology_alloc(env, &one, 1, 0) == TVM_OK);
	one.lat[0] = one.lon[0] = 0;
	CHECK(tvm_topology_build(env, &one) == TVM_OK);
	for (int l = 0; l < 5; l++)
		layers[l] = (TvmLayer) {l % 2 == 1 ? &one : &none, {.all = NULL}};
	CHECK(tvm_graph_init(env, &graph, layers, 5, NULL, 0) == TVM_OK);
	CHECK_EQ(tvm_graph_states(&graph), 2);
	CHECK_EQ(tvm_graph_point(&graph, 0).layer, 1);
	CHECK_EQ(tvm_graph_point(&graph, 1).layer, 3);
	CHECK(tvm_graph_check_point(env, &graph, (TvmPoint) {0, 0}, "to") == TVM_INVALID);
	CHECK(strcmp(env->error.path, "to.node") == 0);
	CHECK(tvm_graph_check_point(env, &graph, (TvmPoint) {5, 0}, "to") == TVM_INVALID);
	CHECK(strcmp(env->error.path, "to.layer") == 0);
	tvm_graph_free(env, &graph);
	tvm_graph_free(env, &graph);
	tvm_topology_free(env, &none);
	tvm_topology_free(env, &one);
	tvm_topology_free(env, &one);
}

/* A triangle with one thing wrong with it. */
static void
check_refused(const char *path, int what, double value)
{
	TvmEnv	   *env = unit_env();
	TvmTopology t;

	CHECK(tvm_topology_alloc(env, &t, 3, 3) == TVM_OK);
	for (uint32_t v = 0; v < 3; v++)
	{
		t.lat[v] = t.lon[v] = v;
		t.a[v] = v;
		t.b[v] = (v + 1) % 3;
	}
	if (what == 0)
		t.lat[1] = value;
	else if (what == 1)
		t.lon[2] = value;
	else if (what == 2)
		t.a[2] = (uint32_t) value;
	else
		t.b[0] = (uint32_t) value;
	CHECK(tvm_topology_build(env, &t) == TVM_INVALID);
	if (strcmp(env->error.path, path) != 0)
		unit_fail(__FILE__, __LINE__, "the path is %s, not %s", env->error.path, path);
	tvm_topology_free(env, &t);
}

TEST(bad_topologies_are_refused)
{
	TvmEnv	   *env = unit_env();
	TvmTopology t;

	check_refused("nodes[1].lat", 0, NAN);
	check_refused("nodes[1].lat", 0, 90.0000001);
	check_refused("nodes[1].lat", 0, -INFINITY);
	check_refused("nodes[2].lon", 1, NAN);
	check_refused("nodes[2].lon", 1, 180.0000001);
	check_refused("segments[2].a", 2, 3);
	check_refused("segments[0].b", 3, UINT32_MAX);
	CHECK(tvm_topology_alloc(env, &t, TVM_MAX_NODES + 1, 0) == TVM_INVALID);
	CHECK(tvm_topology_alloc(env, &t, 0, TVM_MAX_SEGMENTS + 1) == TVM_INVALID);
	tvm_topology_free(env, &t);
}

static void
check_graph_refused(const char *path, const TvmTopology *t, int what, double value)
{
	TvmEnv	   *env = unit_env();
	double		weights[2][3] = {{0, 1, INFINITY}, {0, 1, INFINITY}};
	TvmLayer	layers[2] = {{t, {.all = weights[0]}}, {t, {.all = weights[1]}}};
	TvmGateway	gateways[2] = {{{0, 1}, {1, 1}, 0}, {{1, 2}, {0, 2}, INFINITY}};
	TvmGraph	graph;

	if (what == 0)
		weights[1][2] = value;
	else if (what == 1)
		gateways[1].cost = value;
	else if (what == 2)
		gateways[1].from.layer = (uint32_t) value;
	else if (what == 3)
		gateways[0].to.node = (uint32_t) value;
	CHECK(tvm_graph_init(env, &graph, layers, 2, gateways, 2) == (path == NULL ? TVM_OK : TVM_INVALID));
	if (path != NULL && strcmp(env->error.path, path) != 0)
		unit_fail(__FILE__, __LINE__, "the path is %s, not %s", env->error.path, path);
	if (path == NULL)
		tvm_graph_free(env, &graph);
	CHECK_EQ(unit_env_live(), 0);
	tvm_graph_free(env, &graph);
}

TEST(bad_graphs_are_refused)
{
	/* The triangle is not counted among the blocks of the environments below. */
	double		place[3] = {0, 1, 2};
	double		angle[3] = {0.01, 0.01, 0.02};
	uint32_t	a[3] = {0, 1, 2};
	uint32_t	b[3] = {1, 2, 0};
	TvmTopology t = {.node_count = 3, .segment_count = 3, .lat = place, .lon = place,
	.a = a, .b = b, .angle = angle};

	check_graph_refused(NULL, &t, -1, 0);
	check_graph_refused("layers[1].weights[2]", &t, 0, NAN);
	check_graph_refused("layers[1].weights[2]", &t, 0, -1e-300);
	check_graph_refused("layers[1].weights[2]", &t, 0, -INFINITY);
	check_graph_refused(NULL, &t, 0, -0.0);
	check_graph_refused("gateways[1].cost", &t, 1, NAN);
	check_graph_refused("gateways[1].cost", &t, 1, -1);
	check_graph_refused("gateways[1].from.layer", &t, 2, 2);
	check_graph_refused("gateways[0].to.node", &t, 3, 3);
}
