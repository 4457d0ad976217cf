/*
 * isochrone.c: what can be reached from a place within a cost; see isochrone.h.
 *
 * Every timeline that gateways lead to is in scope, for which of them are near
 * enough is known only after the search.  The search is Dijkstra's, over prepared
 * graphs where they may be used, else over the rows.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "bridge/route/isochrone.h"
#include "bridge/route/prepared/prepared_steps.h"
#include "bridge/route/question.h"
#include "bridge/server/compat.h"
#include "kernel/graph/search/dijkstra.h"

typedef struct Isochrone
{
	TvQuestion	question;
	double		limit;
	TvIsochrone *found;
} Isochrone;

static void
name_in_rows(const TvRows *rows, TvmPoint point, TvReached *reached)
{
	const TvLayerRow *layer = &rows->layers[point.layer];
	const TvPlaceRow *place = &rows->worlds[layer->world].places[point.node];

	reached->place_id = place->id;
	reached->timeline_id = layer->timeline_id;
	reached->lat = place->lat;
	reached->lon = place->lon;
}

static void
name_in_layer(const TvLayer *layer, TvmPoint point, TvReached *reached)
{
	reached->place_id = tv_graph_place_id(layer->graph, point.node);
	reached->timeline_id = layer->timeline_id;
	reached->lat = layer->graph->topology.lat[point.node];
	reached->lon = layer->graph->topology.lon[point.node];
}

static void
move_places(TvPrepared *prepared, TvIsochrone *isochrone)
{
	uint32		count;
	TvMoved    *moved = tv_prepared_moved(prepared, &count);

	for (uint32 i = 0; count > 0 && i < isochrone->count; i++)
	{
		TvReached  *reached = &isochrone->reached[i];
		uint32		at = tv_load_find(moved, sizeof(TvMoved), count, reached->place_id);

		if (at == TV_NONE)
			continue;
		reached->lat = moved[at].lat;
		reached->lon = moved[at].lon;
	}
}

/* A place that was reached. */
typedef struct Reached
{
	double		cost;
	TvmPoint	point;			/* of its place, split or not */
} Reached;

/* Whether ways to a place end at a point, which then is the place's. */
static bool
is_end(const TvQuestion *question, TvmPoint *point)
{
	const TvmSplit *split = tv_question_split(question, point->layer);

	if (!tvm_split_is_end(split, point->node))
		return false;
	point->node = tvm_split_place(split, point->node);
	return true;
}

static int
compare_reached(const void *a, const void *b)
{
	const Reached *x = a;
	const Reached *y = b;

	if (x->cost != y->cost)
		return x->cost < y->cost ? -1 : 1;
	if (x->point.layer != y->point.layer)
		return x->point.layer < y->point.layer ? -1 : 1;
	return x->point.node < y->point.node ? -1 : x->point.node > y->point.node;
}

/* The places among the states that were reached, nearest first, and of those equally near the first. */
static Reached *
take_places(const TvQuestion *question, const TvmQuery *query, const uint32 *states, uint32 *count)
{
	Reached    *reached = tv_load_grow(question->rows, NULL, sizeof(Reached), 0, Max(*count, 1));
	uint32		places = 0;

	for (uint32 i = 0; i < *count; i++)
	{
		TvmPoint	point = tvm_graph_point(question->graph, states[i]);
		double		cost = tvm_query_cost(query, point);

		tv_interrupts_at(i);
		if (is_end(question, &point))
			reached[places++] = (Reached) {.cost = cost, .point = point};
	}
	/* A split place comes by its last node. */
	if (places < *count)
		qsort(reached, places, sizeof(Reached), compare_reached);
	*count = places;
	return reached;
}

static bool
search(TvQuestion *question)
{
	TvEnv	   *env = question->env;
	TvRows	   *rows = question->rows;
	TvPrepared *prepared = question->prepared;
	Isochrone  *own = (Isochrone *) question;
	TvIsochrone *found = own->found;
	TvmQuery	query;
	uint32	   *states = tv_load_grow(rows, NULL, sizeof(uint32), 0, tvm_graph_states(question->graph));
	Reached    *reached;

	tv_check(env, tvm_query_init(&env->tvm, &query, question->graph));
	tv_check(env, tvm_dijkstra_within(&env->tvm, &query, question->from, own->limit, states, &found->count));
	reached = take_places(question, &query, states, &found->count);
	tvm_query_free(&env->tvm, &query);
	pfree(states);
	found->reached = tv_load_grow(rows, NULL, sizeof(TvReached), 0, Max(found->count, 1));
	for (uint32 i = 0; i < found->count; i++)
	{
		tv_interrupts_at(i);
		found->reached[i].cost = reached[i].cost;
		if (prepared != NULL)
			name_in_layer(prepared->layers[reached[i].point.layer], reached[i].point, &found->reached[i]);
		else
			name_in_rows(rows, reached[i].point, &found->reached[i]);
	}
	pfree(reached);
	if (prepared != NULL)
		move_places(prepared, found);
	return true;
}

static const TvQuestionKind isochrone = {
	.ends = TV_ENDS_ORIGIN,
	.search = search
};

TvIsochrone *
tv_isochrone_find(TvEnv *env, const TvRouteRequest *request, double limit)
{
	Isochrone	own = {
		.question = {
			.kind = &isochrone,
			.env = env,
			.request = *request
		},
		.limit = limit,
		.found = MemoryContextAllocZero(env->context, sizeof(TvIsochrone))
	};

	tv_question_ask(&own.question);
	own.found->metric = own.question.metric;
	return own.found;
}
