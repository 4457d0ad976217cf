/*
 * question.c: how the network is asked; see question.h.
 */
#include "postgres.h"

#include "executor/spi.h"

#include "bridge/graph/counts.h"
#include "bridge/graph/layer_refresh.h"
#include "bridge/network/load.h"
#include "bridge/network/profile.h"
#include "bridge/network/scope.h"
#include "bridge/network/ties.h"
#include "bridge/route/prepared/prepared_links.h"
#include "bridge/route/prepared/prepared_ties.h"
#include "bridge/route/prepared/prepared_view.h"
#include "bridge/route/question.h"
#include "bridge/server/compat.h"

/*
 * A search that is guided by lower bounds takes as much longer than one of a hierarchy as customizing for so many segments
 * does (New York: 1 ms, 25).
 */
#define SEGMENTS_A_SEARCH 25

/* Prepared graphs ----------------------------------------------------------- */

static bool
find_in_graphs(TvQuestion *question)
{
	const TvRouteRequest *request = &question->request;
	TvQuestionEnds ends = question->kind->ends;

	return (ends == TV_ENDS_OWN ||
			tv_prepared_point(question->prepared, 0, request->origin_place_id, &question->from)) &&
		(ends != TV_ENDS_PLACES ||
		 tv_prepared_dest(question->prepared, question->rows->dest_layer, request->dest_place_id, &question->to));
}

static bool
search_view(TvQuestion *question)
{
	const TvQuestionKind *kind = question->kind;
	TvmGraph	view;
	bool		found;

	if (kind->load != NULL && !kind->load(question))
		return false;
	tv_prepared_view(question->prepared, &view);
	if (kind->ends == TV_ENDS_ORIGIN)
		view.metric = NULL;		/* there is no destination to be guided to */
	question->graph = &view;
	found = kind->search(question);
	tvm_graph_free(&question->env->tvm, &view);
	return found || !tv_prepared_may_overflow(question->prepared);
}

/*
 * Whether hierarchies answer, which then are up to date.  Where one has not heard of what is supposed, it is asked for
 * lower bounds at first: bringing it up to date takes as long as many searches.
 */
static bool
asks_hierarchies(TvQuestion *question)
{
	const TvQuestionKind *kind = question->kind;
	TvPrepared *prepared = question->prepared;
	TvLayer    *layer = prepared->layers[0];

	if (kind->ask_hierarchies == NULL)
		return false;
	if (layer->loose && kind->searches_views && question->rows->layer_count == 1 && prepared->link_count == 0 &&
		++layer->searches * SEGMENTS_A_SEARCH < layer->pending.count)
		return false;
	for (uint32 l = 0; l < question->rows->layer_count; l++)
		tv_layer_tighten(prepared->layers[l]);
	return true;
}

static bool
ask_graphs(TvPrepared *prepared, void *context)
{
	TvQuestion *question = context;
	const TvQuestionKind *kind = question->kind;

	question->prepared = prepared;
	prepared->takes_fresh = kind->ask_fresh != NULL;
	if (!tv_prepared_layers(prepared) || !tv_prepared_links(prepared) || !find_in_graphs(question))
		return false;
	if (prepared->is_fresh)
		return kind->ask_fresh(question);
	return (asks_hierarchies(question) ? kind->ask_hierarchies(question) : search_view(question));
}

/* Rows ---------------------------------------------------------------------- */

static void
load_rows(TvQuestion *question)
{
	const TvQuestionKind *kind = question->kind;
	const TvRouteRequest *request = &question->request;

	if (kind->ends != TV_ENDS_OWN)
		tv_load_require_place(request->timeline_id, request->origin_place_id);
	if (kind->ends == TV_ENDS_PLACES)
		tv_load_require_place(request->dest_timeline_id, request->dest_place_id);
	if (question->rows->layer_count == 0)
		return;
	tv_load_network(question->rows);
	if (kind->load != NULL)
		(void) kind->load(question);
}

static TvmPoint
point_in_rows(const TvRows *rows, uint32 layer, int64 place_id)
{
	return (TvmPoint) {.layer = layer, .node = tv_route_require_place(&rows->worlds[rows->layers[layer].world], place_id)};
}

static void
search_rows(TvQuestion *question)
{
	const TvQuestionKind *kind = question->kind;
	TvRows	   *rows = question->rows;

	question->network = tv_network_build(rows, question->metric);
	question->graph = &question->network->graph;
	if (kind->ends != TV_ENDS_OWN)
		question->from = point_in_rows(rows, 0, question->request.origin_place_id);
	if (kind->ends == TV_ENDS_PLACES)
	{
		question->to = point_in_rows(rows, rows->dest_layer, question->request.dest_place_id);
		question->to.node = tv_network_end(question->network, rows->dest_layer, question->to.node);
	}
	(void) kind->search(question);
}

/* The whole ----------------------------------------------------------------- */

void
tv_question_ask(TvQuestion *question)
{
	const TvQuestionKind *kind = question->kind;
	const TvRouteRequest *request = &question->request;
	TvRows	   *rows;
	bool		done;

	if (request->metric != NULL)
		tv_metric_parse(request->metric);	/* before any row is read */
	SPI_connect();
	question->rows = rows = kind->ends == TV_ENDS_ORIGIN
		? tv_load_reach(question->env, request->world_id, request->timeline_id, request->what_if)
		: tv_load_scope(question->env, request->world_id, request->timeline_id, request->dest_timeline_id, request->what_if);
	tv_profiles_load(rows, request->timeline_id, request->profile, request->otherwise);
	question->metric = tv_metric_choose(request->metric, &rows->worlds[0].rules);
	done = kind->begin != NULL && !kind->begin(question);
	if (!done && rows->layer_count > 0)
	{
		done = tv_prepared_ask(question->env, rows, question->metric, ask_graphs, question);
		tv_graph_count_answer(done);
	}
	question->prepared = NULL;
	if (!done)
		load_rows(question);
	SPI_finish();

	if (!done && rows->layer_count > 0)
		search_rows(question);
	if (question->route != NULL)
		tv_route_total(question->route, rows, question->metric);
}

const TvmSplit *
tv_question_split(const TvQuestion *question, uint32 layer)
{
	return question->prepared != NULL ? &question->prepared->layers[layer]->graph->split
		: &question->network->splits[question->rows->layers[layer].world];
}

TvRoute *
tv_question_describe(const TvQuestion *question, const TvmPath *path)
{
	return question->prepared != NULL ? tv_prepared_describe(question->prepared, path)
		: tv_route_describe(question->network, path);
}

TvmTies
tv_question_ties(const TvQuestion *question)
{
	return question->prepared != NULL ? tv_ties_of_prepared(question->prepared)
		: tv_ties_of_network(question->network);
}
