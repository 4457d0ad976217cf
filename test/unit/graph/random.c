/*
 * random.c: random graphs and their oracle; see random.h.
 */
#include "graph/random.h"

#include <math.h>

#include "kernel/graph/sphere.h"
#include "unit.h"

uint32_t
random_below(TvmRng *rng, uint32_t bound)
{
	return (uint32_t) (tvm_rng_double(rng) * bound);
}

bool
random_chance(TvmRng *rng, double probability)
{
	return tvm_rng_double(rng) < probability;
}

double
random_between(TvmRng *rng, double low, double high)
{
	return low + (high - low) * tvm_rng_double(rng);
}

void
random_place(TvmRng *rng, RandomPlaces kind, double *lat, double *lon)
{
	switch (kind)
	{
		case PLACES_IN_A_TOWN:
			*lat = random_between(rng, 57.6, 57.8);
			*lon = random_between(rng, 11.8, 12.1);
			break;
		case PLACES_AT_THE_ANTIMERIDIAN:
			*lat = random_between(rng, -17, -16);
			*lon = random_chance(rng, 0.5) ? random_between(rng, 179, 180) : random_between(rng, -180, -179);
			break;
		case PLACES_AT_A_POLE:
			*lat = random_chance(rng, 0.2) ? -90 : random_between(rng, -90, -89.9);
			*lon = random_between(rng, -180, 180);
			break;
		case PLACES_ON_A_LATTICE:
			*lat = random_below(rng, 3);
			*lon = 179 + random_below(rng, 2);
			break;
		case PLACES_NEARLY_ONE:
			*lat = random_between(rng, -1, 1) * pow(10, random_between(rng, -18, -9));
			*lon = random_between(rng, -1, 1) * pow(10, random_between(rng, -18, -9));
			break;
		default:
			*lat = random_between(rng, -90, 90);
			*lon = random_between(rng, -180, 180);
			break;
	}
}

void
random_topology(TvmEnv *env, TvmRng *rng, RandomPlaces kind, uint32_t nodes, uint32_t segments,
				TvmTopology *topology)
{
	CHECK(tvm_topology_alloc(env, topology, nodes, segments) == TVM_OK);
	for (uint32_t v = 0; v < nodes; v++)
		random_place(rng, kind, &topology->lat[v], &topology->lon[v]);
	for (uint32_t s = 0; s < segments; s++)
	{
		/* Some of the time parallel to another segment; loops come by themselves. */
		uint32_t	twin = s > 0 && random_chance(rng, 0.1) ? random_below(rng, s) : s;

		topology->a[s] = twin < s ? topology->a[twin] : random_below(rng, nodes);
		topology->b[s] = twin < s ? topology->b[twin] : random_below(rng, nodes);
		topology->oneway[s] = random_chance(rng, 0.3);
	}
	CHECK(tvm_topology_build(env, topology) == TVM_OK);
}

static double
random_weight(TvmRng *rng, RandomWeights kind, double angle)
{
	if (random_chance(rng, 0.1))
		return INFINITY;
	switch (kind)
	{
		case WEIGHTS_OF_ANGLE:
			return angle * random_between(rng, 1, 2);
		case WEIGHTS_STRAIGHT:
			return angle;
		case WEIGHTS_LYING:
			return angle * (random_chance(rng, 0.2) ? random_between(rng, 0, 0.1) : 1.5);
		case WEIGHTS_SMALL_INTEGERS:
			return random_below(rng, 4);
		case WEIGHTS_TINY:
			return random_chance(rng, 0.3) ? 0 : pow(10, random_between(rng, -320, -290));
		case WEIGHTS_HUGE:
			return random_chance(rng, 0.5) ? 1.2e308 : pow(10, random_between(rng, 290, 308));
		default:
			return tvm_rng_double(rng);
	}
}

static void
random_gateway(TvmRng *rng, const RandomGraph *random, RandomWeights kind, TvmGateway *gateway)
{
	TvmPoint	ends[2];

	for (int i = 0; i < 2; i++)
	{
		ends[i].layer = random_below(rng, random->layer_count);
		ends[i].node = random_below(rng, random->layers[ends[i].layer].topology->node_count);
	}
	/* Half of them stay at their place, if it exists on the other side. */
	if (random_chance(rng, 0.5) && ends[0].node < random->layers[ends[1].layer].topology->node_count)
		ends[1].node = ends[0].node;
	gateway->from = ends[0];
	gateway->to = ends[1];
	gateway->cost = random_chance(rng, 0.2) ? 0 : random_weight(rng, kind, random_between(rng, 0, 0.01));
}

void
random_graph(TvmEnv *env, TvmRng *rng, RandomGraph *random)
{
	RandomPlaces places = random_below(rng, PLACES_KINDS);
	RandomWeights weights = random_below(rng, WEIGHTS_KINDS);

	for (int w = 0; w < 2; w++)
	{
		uint32_t	nodes = 1 + random_below(rng, RANDOM_NODES);

		random_topology(env, rng, places, nodes, random_below(rng, 1 + 3 * nodes) % RANDOM_SEGMENTS,
						&random->worlds[w]);
	}
	random->layer_count = 1 + random_below(rng, RANDOM_LAYERS);
	for (uint32_t l = 0; l < random->layer_count; l++)
	{
		const TvmTopology *topology = &random->worlds[random_chance(rng, 0.3)];

		for (uint32_t s = 0; s < topology->segment_count; s++)
			random->weights[l][s] = random_weight(rng, weights, topology->angle[s]);
		random->layers[l] = (TvmLayer) {topology, {.all = random->weights[l]}};
	}
	random->gateway_count = random_chance(rng, 0.2) ? 0 : random_below(rng, RANDOM_GATEWAYS);
	for (uint32_t g = 0; g < random->gateway_count; g++)
		random_gateway(rng, random, weights, &random->gateways[g]);
	CHECK(tvm_graph_init(env, &random->graph, random->layers, random->layer_count,
						 random->gateways, random->gateway_count) == TVM_OK);
}

void
random_graph_free(TvmEnv *env, RandomGraph *random)
{
	tvm_graph_free(env, &random->graph);
	tvm_topology_free(env, &random->worlds[0]);
	tvm_topology_free(env, &random->worlds[1]);
}

TvmPoint
random_point(TvmRng *rng, const TvmGraph *graph)
{
	return tvm_graph_point(graph, random_below(rng, tvm_graph_states(graph)));
}

static bool
oracle_relax(double *costs, bool *reached, uint32_t tail, uint32_t head, double weight)
{
	bool		changed = false;

	if (weight == INFINITY || !reached[tail])
		return false;
	if (!reached[head])
		changed = reached[head] = true;
	if (costs[tail] + weight < costs[head])
	{
		costs[head] = costs[tail] + weight;
		changed = true;
	}
	return changed;
}

void
oracle_costs(const RandomGraph *random, TvmPoint from, double *costs, bool *reached)
{
	uint32_t	first[RANDOM_LAYERS + 1] = {0};
	bool		changed = true;

	for (uint32_t l = 0; l < random->layer_count; l++)
		first[l + 1] = first[l] + random->layers[l].topology->node_count;
	for (uint32_t v = 0; v < first[random->layer_count]; v++)
	{
		costs[v] = INFINITY;
		reached[v] = false;
	}
	costs[first[from.layer] + from.node] = 0;
	reached[first[from.layer] + from.node] = true;
	while (changed)
	{
		changed = false;
		for (uint32_t l = 0; l < random->layer_count; l++)
		{
			const TvmTopology *t = random->layers[l].topology;

			for (uint32_t s = 0; s < t->segment_count; s++)
			{
				double		weight = random->weights[l][s];

				changed |= oracle_relax(costs, reached, first[l] + t->a[s], first[l] + t->b[s], weight);
				if (!t->oneway[s])
					changed |= oracle_relax(costs, reached, first[l] + t->b[s], first[l] + t->a[s], weight);
			}
		}
		for (uint32_t g = 0; g < random->gateway_count; g++)
		{
			const TvmGateway *gateway = &random->gateways[g];

			changed |= oracle_relax(costs, reached, first[gateway->from.layer] + gateway->from.node,
									first[gateway->to.layer] + gateway->to.node, gateway->cost);
		}
	}
}
