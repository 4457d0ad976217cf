/*
 * query.c: a search's memory and its answer; see query.h.
 */
#include "kernel/graph/search/query.h"

#include <math.h>
#include <string.h>

size_t
tvm_query_bytes(const TvmGraph *graph)
{
	size_t		states = tvm_graph_states(graph);

	return states * sizeof(TvmLabel) + tvm_heap_bytes(states)
		+ (graph->metric == NULL ? 0 : tvm_potential_bytes(graph->metric->cch));
}

TvmStatus
tvm_query_init(TvmEnv *env, TvmQuery *query, const TvmGraph *graph)
{
	memset(query, 0, sizeof(*query));
	query->graph = graph;
	query->labels = tvm_alloc_zero(env, tvm_graph_states(graph), sizeof(TvmLabel));
	if (query->labels == NULL
		|| tvm_heap_init(env, &query->heap, tvm_graph_states(graph)) != TVM_OK
		|| (graph->metric != NULL && tvm_potential_init(env, &query->potential, graph->metric) != TVM_OK))
	{
		tvm_query_free(env, query);
		return TVM_NOMEM;
	}
	/* Labels start with run 0, so that none holds before the first run. */
	query->run = 1;
	return TVM_OK;
}

void
tvm_query_free(TvmEnv *env, TvmQuery *query)
{
	tvm_free(env, query->labels);
	tvm_heap_free(env, &query->heap);
	tvm_potential_free(env, &query->potential);
	memset(query, 0, sizeof(*query));
}

void
tvm_query_begin(TvmQuery *query)
{
	query->settled = 0;
	tvm_heap_clear(&query->heap);
	if (++query->run == 0)
	{
		/* Every 4 thousand million runs. */
		memset(query->labels, 0, tvm_graph_states(query->graph) * sizeof(TvmLabel));
		query->run = 1;
	}
}

TvmStatus
tvm_query_finish(TvmEnv *env, TvmQuery *query, const TvmPoint *to)
{
	tvm_heap_clear(&query->heap);
	if (to != NULL && tvm_query_is_labelled(query, tvm_graph_state(query->graph, *to))
		&& tvm_query_cost(query, *to) == INFINITY)
		return tvm_fail(env, TVM_DOMAIN, "the cost of the path is too large",
						"Sums of weights must be within the range of double precision.", NULL);
	return TVM_OK;
}

double
tvm_query_cost(const TvmQuery *query, TvmPoint point)
{
	uint32_t	state = tvm_graph_state(query->graph, point);

	return tvm_query_is_labelled(query, state) ? query->labels[state].cost : INFINITY;
}

/* The step that led to the point, and the point before it; false at the origin. */
static bool
step_back(const TvmQuery *query, TvmPoint point, TvmStep *step, TvmPoint *before)
{
	const TvmGraph *graph = query->graph;
	const TvmLabel *label = &query->labels[tvm_graph_state(graph, point)];
	uint32_t	via = label->via;

	*step = (TvmStep) {.point = point, .cost = label->cost, .kind = TVM_STEP_ORIGIN};
	if (via == TVM_VIA_ORIGIN)
		return false;
	if (via & TVM_VIA_GATEWAY)
	{
		step->kind = TVM_STEP_GATEWAY;
		step->index = via & ~TVM_VIA_GATEWAY;
		*before = graph->gateways[step->index].from;
	}
	else
	{
		const TvmTopology *topology = graph->layers[point.layer].topology;

		step->kind = TVM_STEP_SEGMENT;
		step->index = TVM_ARC_SEGMENT(via);
		step->reverse = TVM_ARC_REVERSE(via);
		before->layer = point.layer;
		before->node = step->reverse ? topology->b[step->index] : topology->a[step->index];
	}
	return true;
}

TvmStatus
tvm_query_path(TvmEnv *env, const TvmQuery *query, TvmPoint point, TvmPath *path)
{
	TvmStep		step;
	TvmPoint	at = point;
	size_t		count = 1;

	path->cost = tvm_query_cost(query, point);
	path->count = 0;
	path->steps = NULL;
	if (path->cost == INFINITY)
		return TVM_OK;
	while (step_back(query, at, &step, &at))
		count++;
	path->steps = tvm_alloc(env, count, sizeof(TvmStep));
	if (path->steps == NULL)
	{
		path->cost = INFINITY;
		return TVM_NOMEM;
	}
	path->count = count;
	for (at = point; step_back(query, at, &path->steps[count - 1], &at);)
		count--;
	return TVM_OK;
}

void
tvm_path_free(TvmEnv *env, TvmPath *path)
{
	tvm_free(env, path->steps);
	path->steps = NULL;
	path->count = 0;
	path->cost = INFINITY;
}
