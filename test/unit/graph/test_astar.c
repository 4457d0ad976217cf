/*
 * test_astar.c: the bound of A*: that it saves work, that shortcuts and
 * segments shorter than the straight line cap it, what happens beyond its limits,
 * and larger networks against Dijkstra.
 */
#include "unit.h"

#include <math.h>

#include "graph/random.h"
#include "graph/verify.h"
#include "kernel/graph/search/astar.h"
#include "kernel/graph/search/dijkstra.h"
#include "kernel/graph/sphere.h"

/*
 * A town of streets: side x side places about 0.001 degrees of latitude apart, each
 * joined to its neighbours east and north.
 */
typedef struct Town
{
	uint32_t	side;
	TvmTopology topology;
	double	   *weights;
	TvmLayer	layers[2];
	TvmGraph	graph;
	TvmQuery	query;
} Town;

/* `spread`: a segment weighs 1 to 1 + spread times its angle. */
static void
town_make(TvmEnv *env, TvmRng *rng, Town *town, uint32_t side, double lat, double lon, double spread)
{
	TvmTopology *t = &town->topology;
	uint32_t	s = 0;
	double		east = 1 / cos(lat * 3.14159265358979 / 180);

	town->side = side;
	CHECK(tvm_topology_alloc(env, t, side * side, 2 * side * (side - 1)) == TVM_OK);
	for (uint32_t v = 0; v < side * side; v++)
	{
		t->lat[v] = lat + 0.001 * (v / side) + random_between(rng, 0, 0.0005);
		t->lon[v] = lon + east * (0.001 * (v % side) + random_between(rng, 0, 0.0005));
		if (t->lon[v] > 180)
			t->lon[v] -= 360;
	}
	for (uint32_t v = 0; v < side * side; v++)
	{
		if (v % side + 1 < side)
		{
			t->a[s] = v;
			t->b[s++] = v + 1;
		}
		if (v / side + 1 < side)
		{
			t->a[s] = v;
			t->b[s++] = v + side;
		}
	}
	CHECK(tvm_topology_build(env, t) == TVM_OK);
	town->weights = tvm_alloc(env, t->segment_count, sizeof(double));
	for (s = 0; s < t->segment_count; s++)
		town->weights[s] = t->angle[s] * random_between(rng, 1, 1 + spread);
	town->layers[0] = town->layers[1] = (TvmLayer) {t, {.all = town->weights}};
}

static void
town_open(TvmEnv *env, Town *town, const TvmGateway *gateways, size_t gateway_count)
{
	CHECK(tvm_graph_init(env, &town->graph, town->layers, 2, gateways, gateway_count) == TVM_OK);
	CHECK(tvm_query_init(env, &town->query, &town->graph) == TVM_OK);
}

static void
town_close(TvmEnv *env, Town *town)
{
	tvm_query_free(env, &town->query);
	tvm_graph_free(env, &town->graph);
}

static void
town_free(TvmEnv *env, Town *town)
{
	tvm_free(env, town->weights);
	tvm_topology_free(env, &town->topology);
}

/* Both searches agree; points settled by Dijkstra over points settled by A*. */
static double
compare(TvmEnv *env, Town *town, TvmPoint from, TvmPoint to)
{
	TvmPath		path;
	double		cost;
	double		settled;

	CHECK(tvm_dijkstra_run(env, &town->query, from, &to) == TVM_OK);
	cost = tvm_query_cost(&town->query, to);
	settled = town->query.settled;
	CHECK(tvm_astar_run(env, &town->query, from, to) == TVM_OK);
	CHECK_EQ(tvm_query_cost(&town->query, to), cost);
	CHECK(tvm_query_path(env, &town->query, to, &path) == TVM_OK);
	CHECK_EQ(path.cost, cost);
	CHECK(path.count == 0 || verify_path(env, &town->graph, &path, from, to) == TVM_OK);
	tvm_path_free(env, &path);
	return settled / town->query.settled;
}

static TvmPoint
corner(const Town *town, uint32_t layer, uint32_t row, uint32_t column)
{
	return (TvmPoint) {layer, row * town->side + column};
}

TEST(bound_spares_most_of_a_town)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	static const double places[3][2] = {{57.7, 11.9}, {-17, 179.97}, {-89.95, 0}};

	tvm_rng_init(&rng, 31, 0);
	for (int i = 0; i < 3; i++)
	{
		Town		town;

		town_make(env, &rng, &town, 60, places[i][0], places[i][1], 0.1);
		town_open(env, &town, NULL, 0);
		/* From the middle to the middle of a side: Dijkstra settles a diamond or more. */
		CHECK(compare(env, &town, corner(&town, 0, 30, 30), corner(&town, 0, 30, 59)) > 3);
		CHECK(compare(env, &town, corner(&town, 0, 30, 30), corner(&town, 0, 30, 30)) >= 0.5);
		CHECK_EQ(tvm_query_cost(&town.query, corner(&town, 0, 30, 30)), 0);
		town_close(env, &town);
		town_free(env, &town);
	}
}

TEST(larger_towns_agree_with_dijkstra)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	Town		town;
	TvmGateway	gateways[40];

	tvm_rng_init(&rng, 32, 0);
	town_make(env, &rng, &town, 120, 57.7, 11.9, 2);
	/* A tenth closed; gateways to the other layer at the spot, and three that jump. */
	for (uint32_t s = 0; s < town.topology.segment_count; s++)
	{
		if (random_chance(&rng, 0.1))
			town.weights[s] = INFINITY;
	}
	for (int g = 0; g < 40; g++)
	{
		uint32_t	node = random_below(&rng, town.topology.node_count);

		gateways[g] = (TvmGateway) {{g % 2, node}, {1 - g % 2, node}, random_between(&rng, 0, 1e-3)};
		if (g < 3)
		{
			gateways[g].to.node = random_below(&rng, town.topology.node_count);
			gateways[g].cost = 1e-6;
		}
	}
	town_open(env, &town, gateways, 40);
	CHECK(town.graph.shortcut_count > 0 && town.graph.shortcut_count <= 3);
	for (int i = 0; i < 40; i++)
		compare(env, &town, random_point(&rng, &town.graph), random_point(&rng, &town.graph));
	town_close(env, &town);
	town_free(env, &town);
}

/* A jump across the town, worth a detour away from the destination. */
TEST(shortcuts_cap_the_bound_and_do_not_void_it)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	Town		town;
	TvmGateway	gateways[TVM_MAX_SHORTCUTS + 1];
	TvmPoint	from;
	TvmPoint	to;

	tvm_rng_init(&rng, 33, 0);
	town_make(env, &rng, &town, 60, 57.7, 11.9, 0.1);
	from = corner(&town, 0, 30, 10);
	to = corner(&town, 1, 30, 59);
	for (uint32_t g = 0; g <= TVM_MAX_SHORTCUTS; g++)
		gateways[g] = (TvmGateway) {corner(&town, 0, 30, g), corner(&town, 1, 30, 59 - g), 1e-7};
	town_open(env, &town, gateways, 1);
	CHECK_EQ(town.graph.shortcut_count, 1);
	CHECK(compare(env, &town, from, to) > 1.5);
	CHECK(tvm_query_cost(&town.query, to) < 12 * 0.0015 * 3.15 / 180);
	town_close(env, &town);

	town_open(env, &town, gateways, TVM_MAX_SHORTCUTS);
	CHECK_EQ(town.graph.shortcut_count, TVM_MAX_SHORTCUTS);
	CHECK(town.graph.weight_per_radian > 0);
	compare(env, &town, from, to);
	town_close(env, &town);

	town_open(env, &town, gateways, TVM_MAX_SHORTCUTS + 1);
	CHECK_EQ(town.graph.shortcut_count, 0);
	CHECK_EQ(town.graph.weight_per_radian, 0);
	compare(env, &town, from, to);
	town_close(env, &town);
	town_free(env, &town);
}

/* Two jumps in a row, the first of which leads away from the destination. */
TEST(chains_of_shortcuts_are_found)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	Town		town;
	TvmGateway	gateways[3];
	TvmPoint	from;
	TvmPoint	to;

	tvm_rng_init(&rng, 34, 0);
	town_make(env, &rng, &town, 40, 57.7, 11.9, 0.1);
	from = corner(&town, 0, 20, 20);
	to = corner(&town, 1, 20, 39);
	gateways[0] = (TvmGateway) {corner(&town, 1, 0, 0), corner(&town, 1, 20, 38), 1e-7};
	gateways[1] = (TvmGateway) {corner(&town, 0, 39, 0), corner(&town, 1, 0, 1), 1e-7};
	gateways[2] = (TvmGateway) {corner(&town, 0, 20, 19), corner(&town, 0, 39, 1), 1e-7};
	town_open(env, &town, gateways, 3);
	CHECK_EQ(town.graph.shortcut_count, 3);
	compare(env, &town, from, to);
	/* Four segments and the gateways, rather than twenty. */
	CHECK(tvm_query_cost(&town.query, to) < 4 * 1.1 * 0.0018 * 3.15 / 180);
	town_close(env, &town);
	town_free(env, &town);
}

/* One segment across the town that claims a thousandth of its length. */
TEST(segment_shorter_than_the_straight_line_is_used)
{
	TvmEnv	   *env = unit_env();
	TvmTopology t;
	TvmGraph	graph;
	TvmQuery	query;
	TvmLayer	layer;
	/* 0 -1- 2 go straight east; 3 is west of 0, and a liar leads from it to 2. */
	double		lons[4] = {0, 1, 2, -1};
	double		weights[4] = {1, 1, 0.5, 0.003};
	uint32_t	ends[4][2] = {{0, 1}, {1, 2}, {0, 3}, {3, 2}};

	CHECK(tvm_topology_alloc(env, &t, 4, 4) == TVM_OK);
	for (int i = 0; i < 4; i++)
	{
		t.lat[i] = 0;
		t.lon[i] = lons[i];
		t.a[i] = ends[i][0];
		t.b[i] = ends[i][1];
	}
	CHECK(tvm_topology_build(env, &t) == TVM_OK);
	layer = (TvmLayer) {&t, {.all = weights}};
	CHECK(tvm_graph_init(env, &graph, &layer, 1, NULL, 0) == TVM_OK);
	CHECK_NEAR(graph.weight_per_radian, 0.001 * 180 / 3.14159265358979, 1e-12);
	CHECK(tvm_query_init(env, &query, &graph) == TVM_OK);
	CHECK(tvm_astar_run(env, &query, (TvmPoint) {0, 0}, (TvmPoint) {0, 2}) == TVM_OK);
	CHECK_EQ(tvm_query_cost(&query, (TvmPoint) {0, 2}), 0.503);
	tvm_query_free(env, &query);
	tvm_graph_free(env, &graph);
	tvm_topology_free(env, &t);
}

/*
 * Costs are rounded sums: after a great weight, steps of less than half its last
 * digit cost nothing, so a long way round can be cheaper than its bound says.
 */
TEST(rounding_of_sums_does_not_stop_the_search_early)
{
	enum
	{
		TURN = 1000,
		COUNT = 2050
	};
	TvmEnv	   *env = unit_env();
	TvmTopology t;
	TvmGraph	graph;
	TvmQuery	query;
	TvmLayer	layer;
	double	   *weights = tvm_alloc(env, COUNT, sizeof(double));
	TvmPoint	from = {0, 0};
	TvmPoint	to = {0, COUNT - 1};

	/* 0 leads far away to 1; from there in small steps west and back to the end, which is east. */
	CHECK(tvm_topology_alloc(env, &t, COUNT, COUNT) == TVM_OK);
	for (uint32_t v = 0; v < COUNT; v++)
	{
		int			east = v <= TURN ? 1 - (int) v : (int) v + 1 - 2 * TURN;

		t.lat[v] = 0;
		t.lon[v] = v == 0 ? 0 : 100 + east * 1e-10;
		t.a[v] = v;
		t.b[v] = v + 1;
	}
	/* And one segment from 1 to the end, which is shorter but for the rounding. */
	t.a[COUNT - 1] = 1;
	t.b[COUNT - 1] = COUNT - 1;
	CHECK(tvm_topology_build(env, &t) == TVM_OK);
	for (uint32_t s = 1; s < COUNT; s++)
		weights[s] = t.angle[s];
	weights[0] = 1e5 * t.angle[0];
	layer = (TvmLayer) {&t, {.all = weights}};
	CHECK(tvm_graph_init(env, &graph, &layer, 1, NULL, 0) == TVM_OK);
	CHECK(tvm_query_init(env, &query, &graph) == TVM_OK);
	CHECK(tvm_dijkstra_run(env, &query, from, &to) == TVM_OK);
	CHECK_EQ(tvm_query_cost(&query, to), weights[0]);
	CHECK(weights[0] + weights[COUNT - 1] > weights[0]);
	CHECK(tvm_astar_run(env, &query, from, to) == TVM_OK);
	CHECK_EQ(tvm_query_cost(&query, to), weights[0]);
	tvm_query_free(env, &query);
	tvm_graph_free(env, &graph);
	tvm_topology_free(env, &t);
	tvm_free(env, weights);
}

/* Free gateways over hardly any extent: four of them, the first away from the destination. */
TEST(gateways_of_hardly_any_extent_are_allowed_for)
{
	TvmEnv	   *env = unit_env();
	TvmTopology t;
	TvmGraph	graph;
	TvmQuery	query;
	TvmLayer	layer;
	TvmPoint	from = {0, 0};
	TvmPoint	to = {0, 1};
	double		radians[5] = {0, 1.5e-13, -0.9e-13, 0, 0.9e-13};
	double		weight = 1.5e-13;
	TvmGateway	gateways[4] = {{{0, 0}, {0, 2}, 0}, {{0, 2}, {0, 3}, 0}, {{0, 3}, {0, 4}, 0}, {{0, 4}, {0, 1}, 0}};

	CHECK(tvm_topology_alloc(env, &t, 5, 1) == TVM_OK);
	for (int v = 0; v < 5; v++)
	{
		t.lat[v] = 0;
		t.lon[v] = radians[v] * 180 / 3.14159265358979;
	}
	t.a[0] = 0;
	t.b[0] = 1;
	CHECK(tvm_topology_build(env, &t) == TVM_OK);
	layer = (TvmLayer) {&t, {.all = &weight}};
	CHECK(tvm_graph_init(env, &graph, &layer, 1, gateways, 4) == TVM_OK);
	CHECK_NEAR(graph.weight_per_radian, 1, 1e-9);
	CHECK(tvm_query_init(env, &query, &graph) == TVM_OK);
	CHECK(tvm_astar_run(env, &query, from, to) == TVM_OK);
	CHECK_EQ(tvm_query_cost(&query, to), 0);
	tvm_query_free(env, &query);
	tvm_graph_free(env, &graph);
	tvm_topology_free(env, &t);
}
