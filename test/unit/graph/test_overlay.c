/*
 * test_overlay.c: routes over linked hierarchies against Bellman-Ford on
 * the same layers and gateways, each leg re-walked over the segments.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/random.h"
#include "kernel/graph/hierarchy/order.h"
#include "kernel/graph/search/overlay.h"

typedef struct Linked
{
	RandomGraph random;
	TvmCch		cch[2];			/* of each world */
	TvmCchMetric metric[RANDOM_LAYERS];
	const TvmCchMetric *metrics[RANDOM_LAYERS];
	TvmOverlay	overlay;
} Linked;

/* Any order is right: a random one also tests what a good one would not. */
static TvmStatus
build_hierarchy(TvmEnv *env, TvmRng *rng, TvmCch *cch, const TvmTopology *topology)
{
	uint32_t	order[RANDOM_NODES];

	for (uint32_t i = 0; i < topology->node_count; i++)
	{
		uint32_t	j = random_below(rng, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	return tvm_cch_build(env, cch, topology, order);
}

static void
linked_make(TvmEnv *env, TvmRng *rng, Linked *linked)
{
	RandomGraph *random = &linked->random;

	random_graph(env, rng, random);
	for (int w = 0; w < 2; w++)
		CHECK(build_hierarchy(env, rng, &linked->cch[w], &random->worlds[w]) == TVM_OK);
	for (uint32_t l = 0; l < random->layer_count; l++)
	{
		int			world = random->layers[l].topology == &random->worlds[1];

		CHECK(tvm_cch_customize(env, &linked->metric[l], &linked->cch[world], &random->worlds[world],
								random->layers[l].weights.all, NULL) == TVM_OK);
		linked->metrics[l] = &linked->metric[l];
	}
	CHECK(tvm_overlay_init(env, &linked->overlay, linked->metrics, random->layer_count,
						   random->gateways, random->gateway_count) == TVM_OK);
}

static void
linked_free(TvmEnv *env, Linked *linked)
{
	tvm_overlay_free(env, &linked->overlay);
	for (uint32_t l = 0; l < linked->random.layer_count; l++)
		tvm_cch_metric_free(env, &linked->metric[l]);
	for (int w = 0; w < 2; w++)
		tvm_cch_free(env, &linked->cch[w]);
	random_graph_free(env, &linked->random);
}

/* Walk the legs over segments and links, and add up. */
static double
walk(TvmEnv *env, Linked *linked, TvmPoint from, TvmPoint to, const TvmOverlayRoute *route)
{
	TvmPoint	at = from;
	double		sum = 0;

	for (size_t i = 0; i < route->count; i++)
	{
		const TvmLeg *leg = &route->legs[i];
		const TvmLayer *layer = &linked->random.layers[leg->layer];
		TvmCchQuery query;
		uint32_t   *arcs;
		size_t		count;

		CHECK(leg->layer == at.layer && leg->from == at.node);
		CHECK(tvm_cch_query_init(env, &query, linked->metrics[leg->layer]->cch) == TVM_OK);
		tvm_cch_distance(&query, linked->metrics[leg->layer], leg->from, leg->to);
		CHECK(tvm_cch_path(env, &query, linked->metrics[leg->layer], &arcs, &count) == TVM_OK);
		for (size_t j = 0; j < count; j++)
		{
			uint32_t	segment = TVM_ARC_SEGMENT(arcs[j]);
			bool		reverse = TVM_ARC_REVERSE(arcs[j]);

			CHECK(at.node == (reverse ? layer->topology->b[segment] : layer->topology->a[segment]));
			CHECK(!reverse || !layer->topology->oneway[segment]);
			at.node = reverse ? layer->topology->a[segment] : layer->topology->b[segment];
			sum += layer->weights.all[segment];
		}
		CHECK(at.node == leg->to);
		tvm_free(env, arcs);
		tvm_cch_query_free(env, &query);
		if (i + 1 < route->count)
		{
			const TvmGateway *link = &linked->random.gateways[leg->link];

			CHECK(link->from.layer == at.layer && link->from.node == at.node);
			at = link->to;
			sum += link->cost;
		}
		else
			CHECK(leg->link == TVM_CCH_NONE);
	}
	CHECK(at.layer == to.layer && at.node == to.node);
	return sum;
}

TEST(overlay_costs_and_legs_are_those_of_bellman_ford)
{
	TvmRng		rng;
	int			crossed = 0;

	tvm_rng_init(&rng, 21, 0);
	for (int round = 0; round < 400; round++)
	{
		TvmEnv	   *env = unit_env();
		Linked		linked;
		double		costs[RANDOM_STATES];
		bool		reached[RANDOM_STATES];

		linked_make(env, &rng, &linked);
		for (int q = 0; q < 6; q++)
		{
			TvmPoint	from = random_point(&rng, &linked.random.graph);

			oracle_costs(&linked.random, from, costs, reached);
			for (int p = 0; p < 10; p++)
			{
				TvmPoint	to = random_point(&rng, &linked.random.graph);
				double		wanted = costs[tvm_graph_state(&linked.random.graph, to)];
				TvmOverlayRoute route;

				CHECK(tvm_overlay_route(env, &linked.overlay, from, to, NULL, &route) == TVM_OK);
				if (wanted < INFINITY)
				{
					/* The same sums, added in another order. */
					CHECK_NEAR(route.cost, wanted, 1e-12 * wanted);
					CHECK_NEAR(walk(env, &linked, from, to, &route), wanted, 1e-12 * wanted);
				}
				else
				{
					CHECK_EQ(route.cost, INFINITY);
					CHECK_EQ(route.count, 0);
				}
				crossed += route.count > 1;
				tvm_free(env, route.legs);
			}
		}
		linked_free(env, &linked);
		CHECK_EQ(unit_env_live(), 0);
	}
	CHECK(crossed > 1000);
}

TEST(overlay_refuses_what_it_cannot_know)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	Linked		linked;
	TvmOverlay	overlay;
	TvmGateway	wrong = {{0, 0}, {0, 99}, 1};

	tvm_rng_init(&rng, 22, 0);
	linked_make(env, &rng, &linked);
	CHECK(tvm_overlay_init(env, &overlay, linked.metrics, linked.random.layer_count, &wrong, 1) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "links[0].to") == 0);
	wrong.to.node = 0;
	wrong.from.layer = 7;
	CHECK(tvm_overlay_init(env, &overlay, linked.metrics, linked.random.layer_count, &wrong, 1) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "links[0].from") == 0);
	wrong.from.layer = 0;
	wrong.cost = NAN;
	CHECK(tvm_overlay_init(env, &overlay, linked.metrics, linked.random.layer_count, &wrong, 1) == TVM_INVALID);
	CHECK(strcmp(env->error.path, "links[0].cost") == 0);
	wrong.cost = -1;
	CHECK(tvm_overlay_init(env, &overlay, linked.metrics, linked.random.layer_count, &wrong, 1) == TVM_INVALID);
	linked_free(env, &linked);
}

TEST(overlay_survives_every_failed_allocation_and_cancellation)
{
	TvmEnv	   *env = unit_env();
	TvmRng		rng;
	Linked		linked;
	TvmOverlay	overlay;
	TvmOverlayRoute route;
	TvmPoint	from;
	TvmPoint	to;
	TvmStatus	status;
	long		before;

	tvm_rng_init(&rng, 23, 0);
	do
	{
		env = unit_env();
		linked_make(env, &rng, &linked);
		from = random_point(&rng, &linked.random.graph);
		to = random_point(&rng, &linked.random.graph);
		CHECK(tvm_overlay_route(env, &linked.overlay, from, to, NULL, &route) == TVM_OK);
		tvm_free(env, route.legs);
		if (route.count < 3)
			linked_free(env, &linked);
	} while (route.count < 3);
	before = unit_env_live();
	for (int cancel = 0; cancel <= 1; cancel++)
	{
		status = TVM_NOMEM;
		for (long n = 1; status != TVM_OK; n++)
		{
			if (cancel)
				unit_env_cancel_after(n - 1);
			else
				unit_env_fail_at(n);
			status = tvm_overlay_init(env, &overlay, linked.metrics, linked.random.layer_count,
									  linked.random.gateways, linked.random.gateway_count);
			if (status == TVM_OK)
			{
				status = tvm_overlay_route(env, &overlay, from, to, NULL, &route);
				if (status == TVM_OK)
					tvm_free(env, route.legs);
				tvm_overlay_free(env, &overlay);
			}
			CHECK(status == TVM_OK || status == (cancel ? TVM_CANCELLED : TVM_NOMEM));
			CHECK_EQ(unit_env_live(), before);
		}
		unit_env_fail_at(0);
		unit_env_cancel_after(-1);
	}
	linked_free(env, &linked);
}

TEST(overlay_matrices_are_those_of_bellman_ford)
{
	TvmRng		rng;
	int			crossed = 0;

	tvm_rng_init(&rng, 24, 0);
	for (int round = 0; round < 300; round++)
	{
		TvmEnv	   *env = unit_env();
		Linked		linked;
		uint32_t	nodes[2][7];
		TvmOverlayNodes from = {.nodes = nodes[0], .count = 1 + random_below(&rng, 7)};
		TvmOverlayNodes to = {.nodes = nodes[1], .count = 1 + random_below(&rng, 7)};
		double		matrix[7 * 7];

		linked_make(env, &rng, &linked);
		from.layer = random_below(&rng, linked.random.layer_count);
		to.layer = random_below(&rng, linked.random.layer_count);
		for (size_t i = 0; i < 7; i++)
		{
			nodes[0][i] = random_below(&rng, linked.random.layers[from.layer].topology->node_count);
			nodes[1][i] = random_below(&rng, linked.random.layers[to.layer].topology->node_count);
		}
		CHECK(tvm_overlay_matrix(env, &linked.overlay, &from, &to, matrix) == TVM_OK);
		for (size_t o = 0; o < from.count; o++)
		{
			double		costs[RANDOM_STATES];
			bool		reached[RANDOM_STATES];

			oracle_costs(&linked.random, (TvmPoint) {.layer = from.layer, .node = nodes[0][o]}, costs, reached);
			for (size_t d = 0; d < to.count; d++)
			{
				TvmPoint	at = {.layer = to.layer, .node = nodes[1][d]};
				uint32_t	state = tvm_graph_state(&linked.random.graph, at);
				double		wanted = reached[state] ? costs[state] : INFINITY;

				CHECK((matrix[o * to.count + d] < INFINITY) == (wanted < INFINITY));
				if (wanted < INFINITY)
					CHECK_NEAR(matrix[o * to.count + d], wanted, 1e-9 * (1 + wanted));
				crossed += from.layer != to.layer && wanted < INFINITY;
			}
		}
		linked_free(env, &linked);
		CHECK(unit_env_live() == 0);
	}
	CHECK(crossed > 300);
}
