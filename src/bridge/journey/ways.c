/*
 * ways.c: many ways at once between spots on the segments of one timeline; see ways.h.
 *
 * From a spot within a segment lead parts of it to the places at its ends, ahead and, where it is no oneway, back; a
 * spot at an end is that place, from which any way may be taken.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/journey/ways.h"
#include "bridge/network/load.h"
#include "bridge/network/network.h"
#include "bridge/network/scope.h"
#include "bridge/route/prepared/prepared_links.h"
#include "bridge/route/prepared_point_route.h"
#include "bridge/server/compat.h"
#include "kernel/graph/search/astar.h"

typedef struct Asked
{
	uint32		count;
	TvWay	   *ways;
} Asked;

TvRows *
tv_ways_scope(TvEnv *env, int64 world_id, int64 timeline_id)
{
	TvRows	   *rows = tv_load_scope(env, world_id, timeline_id, timeline_id, NULL);

	rows->world_count = rows->layer_count = 1;
	rows->dest_layer = 0;
	rows->gateway_count = rows->set_count = 0;
	return rows;
}

/* The place that a spot is at, or 0. */
static int64
place_of(const TvSpot *spot)
{
	return spot->fraction <= 0 ? spot->a_place_id : spot->fraction >= 1 ? spot->b_place_id : 0;
}

static void
begin_legs(TvEnv *env, TvWay *way, uint32 room)
{
	way->found = true;
	way->seconds = 0;
	way->count = 0;
	way->legs = MemoryContextAllocHuge(env->context, sizeof(TvWayLeg) * ((Size) room + 2));
}

static void
add_leg(TvWay *way, int64 segment_id, double from, double to, double seconds)
{
	way->legs[way->count++] = (TvWayLeg) {.segment_id = segment_id, .from = from, .to = to};
	way->seconds += seconds;
}

/* The steps of a route after its first, which is where it begins. */
static void
add_steps(TvWay *way, const TvRoute *route)
{
	for (uint32 i = 1; i < route->step_count; i++)
	{
		const TvRouteStep *step = &route->steps[i];
		double		low = step->part ? step->from_fraction : 0;
		double		high = step->part ? step->to_fraction : 1;

		tv_interrupts_at(i);
		add_leg(way, step->segment_id, step->reverse ? high : low, step->reverse ? low : high, step->step.clocks.local_s);
	}
}

/* Prepared graphs ----------------------------------------------------------- */

static void
put_end(const TvSpot *spot, int64 *place_id, TvSnap *snap, TvSnaps *found)
{
	*place_id = place_of(spot);
	*snap = (TvSnap) {
		.segment_id = spot->segment_id,
		.a_place_id = spot->a_place_id,
		.b_place_id = spot->b_place_id,
		.oneway = spot->oneway,
		.fraction = spot->fraction
	};
	*found = (TvSnaps) {.count = *place_id == 0, .snaps = snap};
}

static bool
find_in_graphs(TvPrepared *prepared, void *context)
{
	Asked	   *asked = context;

	if (!tv_prepared_layers(prepared) || !tv_prepared_links(prepared))
		return false;
	for (uint32 i = 0; i < asked->count; i++)
	{
		TvWay	   *way = &asked->ways[i];
		TvQuestion	question = {.env = prepared->env, .prepared = prepared};
		TvSnap		snaps[2];
		TvSnappedEnds ends;

		CHECK_FOR_INTERRUPTS();
		put_end(&way->from, &ends.from_place, &snaps[0], &ends.from);
		put_end(&way->to, &ends.to_place, &snaps[1], &ends.to);
		if (!tv_prepared_point_route(&question, &ends))
			return false;
		way->found = false;
		if (question.route == NULL)
			continue;
		begin_legs(prepared->env, way, question.route->step_count);
		add_steps(way, question.route);
		pfree(question.route->steps);
		pfree(question.route);
	}
	return true;
}

/* Rows ---------------------------------------------------------------------- */

/* A part of a segment between a spot and a place at one of its ends; of no length at a place. */
typedef struct Part
{
	uint32		node;			/* of that place, or its port for the segment where it is split */
	double		from;
	double		to;
	double		worth;
	double		seconds;
} Part;

typedef struct RowSearch
{
	TvNetwork  *network;
	TvmQuery	query;
} RowSearch;

static Part
measure_part(RowSearch *search, uint32 segment, uint32 node, double from, double to)
{
	TvNetwork  *network = search->network;
	TvmClocks	clocks;

	tv_network_clocks(network, 0, segment, &clocks);
	return (Part) {
		.node = node, .from = from, .to = to,
		.worth = tvm_weight(&network->layers[0].weights, segment) * fabs(to - from),
		.seconds = clocks.local_s * fabs(to - from)
	};
}

/* Where passing a segment in a direction begins, or ends. */
static uint32
end_of(const RowSearch *search, uint32 segment, bool reverse, bool at_end)
{
	const TvNetwork *network = search->network;

	return (at_end ? tvm_split_head : tvm_split_tail)(&network->splits[0], &network->topologies[0], segment, reverse);
}

/* The parts that lead from or to a spot, at most two. */
static uint32
find_parts(RowSearch *search, const TvSpot *spot, bool is_to, Part *parts)
{
	const TvNetwork *network = search->network;
	const TvWorldRows *world = &network->rows->worlds[0];
	uint32		segment = tv_load_find(world->segments, sizeof(TvSegmentRow), world->segment_count, spot->segment_id);
	double		at = spot->fraction;
	const TvSegmentRow *row;
	uint32		count = 0;

	if (segment == TV_NONE || isinf(tvm_weight(&network->layers[0].weights, segment)))
		return 0;
	row = &world->segments[segment];
	if (place_of(spot) != 0)
	{
		uint32		place = at <= 0 ? row->a : row->b;

		parts[count++] = (Part) {.node = is_to ? tv_network_end(network, 0, place) : place, .from = at, .to = at};
	}
	else
	{
		/* Ahead, and back. */
		parts[count++] = is_to ? measure_part(search, segment, end_of(search, segment, false, false), 0, at)
			: measure_part(search, segment, end_of(search, segment, false, true), at, 1);
		if (!row->oneway)
			parts[count++] = is_to ? measure_part(search, segment, end_of(search, segment, true, false), 1, at)
				: measure_part(search, segment, end_of(search, segment, true, true), at, 0);
	}
	return count;
}

static double
search_between(RowSearch *search, TvEnv *env, const Part *first, const Part *last)
{
	TvmPoint	to = {.node = last->node};

	tv_check(env, tvm_astar_run(&env->tvm, &search->query, (TvmPoint) {.node = first->node}, to));
	return first->worth + tvm_query_cost(&search->query, to) + last->worth;
}

static void
find_in_network(RowSearch *search, TvEnv *env, TvWay *way)
{
	Part		from[2];
	Part		to[2];
	uint32		from_count = find_parts(search, &way->from, false, from);
	uint32		to_count = find_parts(search, &way->to, true, to);
	const Part *first = NULL;
	const Part *last = NULL;
	double		least = INFINITY;
	TvmPath		path;
	TvRoute    *route;

	way->found = false;
	for (uint32 i = 0; i < from_count; i++)
		for (uint32 j = 0; j < to_count; j++)
		{
			double		worth = search_between(search, env, &from[i], &to[j]);

			if (worth < least)
			{
				least = worth;
				first = &from[i];
				last = &to[j];
			}
		}
	if (first == NULL)
		return;
	search_between(search, env, first, last);
	tv_check(env, tvm_query_path(&env->tvm, &search->query, (TvmPoint) {.node = last->node}, &path));
	route = tv_route_describe(search->network, &path);
	begin_legs(env, way, route->step_count);
	if (first->from != first->to)
		add_leg(way, way->from.segment_id, first->from, first->to, first->seconds);
	add_steps(way, route);
	if (last->from != last->to)
		add_leg(way, way->to.segment_id, last->from, last->to, last->seconds + route->ahead_s);
	tvm_path_free(&env->tvm, &path);
}

static void
find_in_rows(TvRows *rows, TvMetric metric, Asked *asked)
{
	TvEnv	   *env = rows->env;
	RowSearch	search;

	tv_load_network(rows);
	search.network = tv_network_build(rows, metric);
	tv_check(env, tvm_query_init(&env->tvm, &search.query, &search.network->graph));
	for (uint32 i = 0; i < asked->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		find_in_network(&search, env, &asked->ways[i]);
	}
	tvm_query_free(&env->tvm, &search.query);
}

void
tv_ways_find(TvRows *rows, uint32 count, TvWay *ways)
{
	TvMetric	metric = tv_metric_choose(NULL, &rows->worlds[0].rules);
	Asked		asked = {.count = count, .ways = ways};

	if (count > 0 && !tv_prepared_ask(rows->env, rows, metric, find_in_graphs, &asked))
		find_in_rows(rows, metric, &asked);
}
