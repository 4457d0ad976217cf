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
#include "bridge/route/prepared_steps.h"
#include "bridge/route/question.h"
#include "bridge/server/compat.h"
#include "kernel/graph/dijkstra.h"

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

static bool
search(TvQuestion *question)
{
	TvEnv	   *env = question->env;
	TvRows	   *rows = question->rows;
	TvPrepared *prepared = question->prepared;
	Isochrone  *own = (Isochrone *) question;
	TvIsochrone *found = own->found;
	TvmQuery	query;
	uint32		count;
	uint32	   *states = tv_load_grow(rows, NULL, sizeof(uint32), 0, tvm_graph_states(question->graph));

	tv_check(env, tvm_query_init(&env->tvm, &query, question->graph));
	tv_check(env, tvm_dijkstra_within(&env->tvm, &query, question->from, own->limit, states, &count));
	found->reached = tv_load_grow(rows, NULL, sizeof(TvReached), 0, Max(count, 1));
	found->count = 0;
	for (uint32 i = 0; i < count; i++)
	{
		TvmPoint	point = tvm_graph_point(question->graph, states[i]);
		TvReached  *reached = &found->reached[found->count];

		/* Of a split place, where ways to it end. */
		if (prepared != NULL && !tv_graph_is_end(prepared->layers[point.layer]->graph, point.node))
			continue;
		reached->cost = tvm_query_cost(&query, point);
		if (prepared != NULL)
			name_in_layer(prepared->layers[point.layer], point, reached);
		else
			name_in_rows(rows, point, reached);
		found->count++;
	}
	tvm_query_free(&env->tvm, &query);
	pfree(states);
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
