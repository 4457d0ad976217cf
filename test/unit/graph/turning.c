/*
 * turning.c: random worlds with rules about turns; see turning.h.
 */
#include "graph/turning.h"

#include <math.h>

#include "unit.h"

void
turning_rules(TvmRng *rng, Turning *turning)
{
	const TvmTopology *plain = &turning->plain;

	turning->rule_count = plain->segment_count == 0 ? 0 : random_below(rng, TURNING_RULES + 1);
	for (size_t i = 0; i < turning->rule_count; i++)
	{
		TvmTurnRule *rule = &turning->rules[i];

		rule->kind = (uint8_t) random_below(rng, 3);
		rule->penalty_s = rule->kind != TVM_TURN_COST ? NAN : random_chance(rng, 0.3) ? 0 : random_below(rng, 40) / 8.0;
		rule->timeline = random_chance(rng, 0.3) ? TVM_NO_TIMELINE : random_below(rng, turning->timelines);
		rule->from = random_below(rng, plain->segment_count);
		rule->via = random_chance(rng, 0.5) ? plain->a[rule->from] : plain->b[rule->from];
		if (random_chance(rng, 0.05))
			rule->via = random_below(rng, plain->node_count);
		rule->to = random_chance(rng, 0.2) ? rule->from : random_below(rng, plain->segment_count);
		/* Mostly one that touches. */
		for (int tries = 0; tries < 20 && plain->a[rule->to] != rule->via && plain->b[rule->to] != rule->via; tries++)
			rule->to = random_below(rng, plain->segment_count);
		/* Often what another rule is about too. */
		if (i > 0 && random_chance(rng, 0.3))
		{
			const TvmTurnRule *other = &turning->rules[random_below(rng, (uint32_t) i)];

			rule->from = other->from;
			rule->via = other->via;
			if (random_chance(rng, 0.6))
				rule->to = other->to;
		}
	}
}

static void
make_gateways(TvmRng *rng, Turning *turning)
{
	turning->gateway_count = random_below(rng, TURNING_GATEWAYS + 1);
	for (uint32_t i = 0; i < turning->gateway_count; i++)
	{
		TvmGateway *gateway = &turning->gateways[i];

		gateway->from.layer = random_below(rng, turning->timelines);
		gateway->from.node = random_below(rng, turning->plain.node_count);
		gateway->to.layer = random_below(rng, turning->timelines);
		gateway->to.node = random_chance(rng, 0.5) ? gateway->from.node : random_below(rng, turning->plain.node_count);
		gateway->cost = random_chance(rng, 0.1) ? INFINITY : random_below(rng, 40) / 8.0;
	}
}

void
turning_make(TvmEnv *env, TvmRng *rng, Turning *turning)
{
	uint32_t	nodes = 1 + random_below(rng, TURNING_NODES);

	random_topology(env, rng, random_below(rng, PLACES_KINDS), nodes, random_below(rng, TURNING_SEGMENTS + 1), &turning->plain);
	turning->timelines = 1 + random_below(rng, TURNING_TIMELINES);
	for (uint32_t t = 0; t < turning->timelines; t++)
	{
		turning->parents[t] = t == 0 || random_chance(rng, 0.3) ? TVM_NO_TIMELINE : random_below(rng, t);
		for (uint32_t s = 0; s < turning->plain.segment_count; s++)
			turning->weight[t][s] = random_chance(rng, 0.1) ? INFINITY : random_below(rng, 60) / 8.0;
	}
	turning->u_turn_s = random_chance(rng, 0.4) ? 0 : random_chance(rng, 0.4) ? INFINITY : random_below(rng, 40) / 8.0;
	turning_rules(rng, turning);
	make_gateways(rng, turning);
}

void
turning_free(TvmEnv *env, Turning *turning)
{
	tvm_topology_free(env, &turning->plain);
}

bool
turning_comes_in(const Turning *turning, uint32_t arc, uint32_t place)
{
	const TvmTopology *plain = &turning->plain;

	return arc % 2 == 0 ? plain->b[arc / 2] == place : !plain->oneway[arc / 2] && plain->a[arc / 2] == place;
}

bool
turning_goes_out(const Turning *turning, uint32_t arc, uint32_t place)
{
	const TvmTopology *plain = &turning->plain;

	return arc % 2 == 0 ? plain->a[arc / 2] == place : !plain->oneway[arc / 2] && plain->b[arc / 2] == place;
}

/* How far above a timeline another is; 99 for every timeline, -1 for one that is not above. */
static int
steps_up(const Turning *turning, uint32_t timeline, uint32_t ancestor)
{
	int			steps = 0;

	if (ancestor == TVM_NO_TIMELINE)
		return 99;
	for (; timeline != ancestor; timeline = turning->parents[timeline], steps++)
		if (turning->parents[timeline] == TVM_NO_TIMELINE)
			return -1;
	return steps;
}

/* The rule that holds for (from, via, to), all three given; NULL: none. */
static const TvmTurnRule *
rule_for(const Turning *turning, uint32_t timeline, uint32_t from, uint32_t via, uint32_t to)
{
	const TvmTurnRule *best = NULL;

	for (size_t i = 0; i < turning->rule_count; i++)
	{
		const TvmTurnRule *rule = &turning->rules[i];
		int			up = steps_up(turning, timeline, rule->timeline);

		if (up >= 0 && rule->from == from && rule->via == via && rule->to == to
			&& (best == NULL || up <= steps_up(turning, timeline, best->timeline)))
			best = rule;
	}
	return best;
}

static bool
touches(const Turning *turning, uint32_t segment, uint32_t place)
{
	return turning->plain.a[segment] == place || turning->plain.b[segment] == place;
}

/* Whether a segment other than this one leads out of the place. */
static bool
leads_on(const Turning *turning, uint32_t segment, uint32_t place)
{
	for (uint32_t arc = 0; arc < 2 * turning->plain.segment_count; arc++)
		if (arc / 2 != segment && turning_goes_out(turning, arc, place))
			return true;
	return false;
}

double
turning_penalty(const Turning *turning, uint32_t timeline, uint32_t from, uint32_t place, uint32_t to)
{
	bool		is_u_turn = from / 2 == to / 2 && from != to;
	bool		is_round = from == to;	/* a loop once more: no rule names it */
	const TvmTurnRule *own = is_round ? NULL : rule_for(turning, timeline, from / 2, place, to / 2);

	for (uint32_t target = 0; target < turning->plain.segment_count; target++)
	{
		const TvmTurnRule *rule = rule_for(turning, timeline, from / 2, place, target);

		if (rule != NULL && rule->kind == TVM_TURN_ONLY && touches(turning, target, place))
			return own != NULL && own->kind == TVM_TURN_ONLY ? 0 : INFINITY;
	}
	if (own != NULL)
		return own->kind == TVM_TURN_NO ? INFINITY : own->penalty_s;
	if (is_u_turn && turning->rule_count > 0)
		return turning->u_turn_s == INFINITY && !leads_on(turning, from / 2, place) ? 0 : turning->u_turn_s;
	return 0;
}

typedef struct Edge
{
	uint32_t	tail;
	uint32_t	head;
	double		cost;
} Edge;

typedef struct Edges
{
	Edge		edge[TURNING_TIMELINES * 2 * TURNING_SEGMENTS * (2 * TURNING_SEGMENTS + TURNING_NODES + TURNING_GATEWAYS)];
	size_t		count;
} Edges;

/* A state: having come along an arc, or (without) standing at a place. */
static uint32_t
arc_state(uint32_t timeline, uint32_t arc)
{
	return timeline * (2 * TURNING_SEGMENTS + TURNING_NODES) + arc;
}

static uint32_t
place_state(TvmPoint point)
{
	return arc_state(point.layer, 2 * TURNING_SEGMENTS + point.node);
}

static void
add_edge(Edges *edges, uint32_t tail, uint32_t head, double cost)
{
	if (cost < INFINITY)
		edges->edge[edges->count++] = (Edge) {tail, head, cost};
}

static void
list_edges(const Turning *turning, Edges *edges)
{
	uint32_t	arcs = 2 * turning->plain.segment_count;

	edges->count = 0;
	for (uint32_t t = 0; t < turning->timelines; t++)
		for (uint32_t v = 0; v < turning->plain.node_count; v++)
		{
			for (uint32_t to = 0; to < arcs; to++)
			{
				if (!turning_goes_out(turning, to, v))
					continue;
				add_edge(edges, place_state((TvmPoint) {t, v}), arc_state(t, to), turning->weight[t][to / 2]);
				for (uint32_t from = 0; from < arcs; from++)
					if (turning_comes_in(turning, from, v))
						add_edge(edges, arc_state(t, from), arc_state(t, to),
								 turning_penalty(turning, t, from, v, to) + turning->weight[t][to / 2]);
			}
			for (uint32_t g = 0; g < turning->gateway_count; g++)
			{
				const TvmGateway *gateway = &turning->gateways[g];

				if (gateway->from.layer != t || gateway->from.node != v)
					continue;
				add_edge(edges, place_state(gateway->from), place_state(gateway->to), gateway->cost);
				for (uint32_t from = 0; from < arcs; from++)
					if (turning_comes_in(turning, from, v))
						add_edge(edges, arc_state(t, from), place_state(gateway->to), gateway->cost);
			}
		}
}

void
turning_costs(const Turning *turning, TvmPoint from, double *costs)
{
	static Edges edges;
	double		best[TURNING_STATES];
	bool		changed = true;

	list_edges(turning, &edges);
	for (uint32_t i = 0; i < TURNING_STATES; i++)
		best[i] = INFINITY;
	best[place_state(from)] = 0;
	while (changed)
	{
		changed = false;
		for (size_t i = 0; i < edges.count; i++)
		{
			const Edge *edge = &edges.edge[i];

			if (best[edge->tail] + edge->cost < best[edge->head])
			{
				best[edge->head] = best[edge->tail] + edge->cost;
				changed = true;
			}
		}
	}
	for (uint32_t t = 0; t < turning->timelines; t++)
		for (uint32_t v = 0; v < turning->plain.node_count; v++)
		{
			double		cost = best[place_state((TvmPoint) {t, v})];

			for (uint32_t arc = 0; arc < 2 * turning->plain.segment_count; arc++)
				if (turning_comes_in(turning, arc, v))
					cost = fmin(cost, best[arc_state(t, arc)]);
			costs[t * TURNING_NODES + v] = cost;
		}
}
