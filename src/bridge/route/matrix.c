/*
 * matrix.c: the least costs from places to places; see matrix.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/route/matrix.h"
#include "bridge/route/prepared/prepared_overlay.h"
#include "bridge/server/compat.h"
#include "kernel/graph/search/dijkstra.h"

typedef struct Matrix
{
	TvQuestion	question;
	uint32		origin_count;
	const int64 *origins;
	uint32		dest_count;
	const int64 *dests;
	uint32	   *from;			/* nodes */
	uint32	   *to;
	double	   *costs;			/* [origins * dests] */
} Matrix;

/* No gateways lead from the one timeline to the other. */
static void
no_way(Matrix *matrix)
{
	const TvRouteRequest *request = &matrix->question.request;

	for (uint32 o = 0; o < matrix->origin_count; o++)
		tv_load_require_place(request->timeline_id, matrix->origins[o]);
	for (uint32 d = 0; d < matrix->dest_count; d++)
		tv_load_require_place(request->dest_timeline_id, matrix->dests[d]);
	for (Size i = 0; i < (Size) matrix->origin_count * matrix->dest_count; i++)
		matrix->costs[i] = INFINITY;
}

static bool
begin(TvQuestion *question)
{
	Matrix	   *matrix = (Matrix *) question;
	MemoryContext context = question->env->context;

	matrix->costs = tv_load_grow(question->rows, NULL, sizeof(double) * Max(matrix->dest_count, 1),
								 0, Max(matrix->origin_count, 1));
	matrix->from = MemoryContextAllocHuge(context, sizeof(uint32) * Max(matrix->origin_count, 1));
	matrix->to = MemoryContextAllocHuge(context, sizeof(uint32) * Max(matrix->dest_count, 1));
	if (question->rows->layer_count == 0)
		no_way(matrix);
	return true;
}

/* Prepared graphs ----------------------------------------------------------- */

static bool
all_finite(const double *costs, Size count)
{
	for (Size i = 0; i < count; i++)
		if (!(costs[i] < INFINITY))
			return false;
	return true;
}

static void
ask_overlay(Matrix *matrix)
{
	TvQuestion *question = &matrix->question;
	TvEnv	   *env = question->env;
	TvmOverlayNodes from = {.layer = 0, .count = matrix->origin_count, .nodes = matrix->from};
	TvmOverlayNodes to = {.layer = question->rows->dest_layer, .count = matrix->dest_count, .nodes = matrix->to};

	tv_check(env, tvm_overlay_matrix(&env->tvm, tv_prepared_overlay(question->prepared), &from, &to, matrix->costs));
}

static bool
ask_hierarchies(TvQuestion *question)
{
	Matrix	   *matrix = (Matrix *) question;
	TvEnv	   *env = question->env;
	TvPrepared *prepared = question->prepared;
	uint32		dest_world = question->rows->layers[question->rows->dest_layer].world;

	for (uint32 o = 0; o < matrix->origin_count; o++)
	{
		tv_interrupts_at(o);
		if (!tv_prepared_find_node(prepared, 0, matrix->origins[o], &matrix->from[o]))
			return false;
	}
	for (uint32 d = 0; d < matrix->dest_count; d++)
	{
		tv_interrupts_at(d);
		if (!tv_prepared_find_node(prepared, dest_world, matrix->dests[d], &matrix->to[d]))
			return false;
		matrix->to[d] = tv_graph_end(prepared->graphs[dest_world], matrix->to[d]);
	}
	if (prepared->link_count > 0)
		ask_overlay(matrix);
	else
		tv_check(env, tvm_cch_matrix(&env->tvm, &prepared->layers[0]->hierarchy, matrix->from, matrix->origin_count,
									 matrix->to, matrix->dest_count, matrix->costs));
	return all_finite(matrix->costs, (Size) matrix->origin_count * matrix->dest_count) ||
		!tv_prepared_may_overflow(prepared);
}

/* Rows ---------------------------------------------------------------------- */

static bool
find_places(TvQuestion *question)
{
	Matrix	   *matrix = (Matrix *) question;
	const TvRows *rows = question->rows;
	const TvWorldRows *dest_world = &rows->worlds[rows->layers[rows->dest_layer].world];

	for (uint32 d = 0; d < matrix->dest_count; d++)
	{
		tv_interrupts_at(d);
		matrix->to[d] = tv_route_require_place(dest_world, matrix->dests[d]);
	}
	for (uint32 o = 0; o < matrix->origin_count; o++)
	{
		tv_interrupts_at(o);
		matrix->from[o] = tv_route_require_place(&rows->worlds[0], matrix->origins[o]);
	}
	return true;
}

static bool
search(TvQuestion *question)
{
	Matrix	   *matrix = (Matrix *) question;
	TvEnv	   *env = question->env;
	uint32		dest_layer = question->rows->dest_layer;
	const TvmSplit *split = tv_question_split(question, dest_layer);
	TvmQuery	query;

	tv_check(env, tvm_query_init(&env->tvm, &query, question->graph));
	for (uint32 o = 0; o < matrix->origin_count && matrix->dest_count > 0; o++)
	{
		TvmPoint	from = {.layer = 0, .node = matrix->from[o]};

		tv_check(env, tvm_dijkstra_run(&env->tvm, &query, from, NULL));
		for (uint32 d = 0; d < matrix->dest_count; d++)
		{
			TvmPoint	to = {.layer = dest_layer, .node = tvm_split_end(split, matrix->to[d])};

			tv_interrupts_at(d);
			tv_check(env, tvm_query_finish(&env->tvm, &query, &to));
			matrix->costs[(Size) o * matrix->dest_count + d] = tvm_query_cost(&query, to);
		}
	}
	return true;
}

static const TvQuestionKind cost_matrix = {
	.ends = TV_ENDS_OWN,
	.begin = begin,
	.ask_hierarchies = ask_hierarchies,
	.load = find_places,
	.search = search
};

double *
tv_route_matrix(TvEnv *env, const TvRouteRequest *request,
				const int64 *origins, uint32 origin_count, const int64 *dests, uint32 dest_count)
{
	Matrix		matrix = {
		.question = {
			.kind = &cost_matrix,
			.env = env,
			.request = *request
		},
		.origin_count = origin_count,
		.origins = origins,
		.dest_count = dest_count,
		.dests = dests
	};

	tv_question_ask(&matrix.question);
	return matrix.costs;
}
