/*
 * verify.c: walk a path again; see verify.h.
 */
#include "graph/verify.h"

#include <math.h>

static bool
is_same(TvmPoint left, TvmPoint right)
{
	return left.layer == right.layer && left.node == right.node;
}

/* What is wrong with the step from `at`, or NULL; *weight is what it costs. */
static const char *
check_step(const TvmGraph *graph, TvmPoint at, const TvmStep *step, double *weight)
{
	if (step->kind == TVM_STEP_GATEWAY)
	{
		if (step->index >= graph->gateway_count)
			return "there is no such gateway";
		*weight = graph->gateways[step->index].cost;
		if (!is_same(graph->gateways[step->index].from, at))
			return "the gateway is not entered from here";
		if (!is_same(graph->gateways[step->index].to, step->point))
			return "the gateway does not lead there";
	}
	else if (step->kind == TVM_STEP_SEGMENT)
	{
		const TvmTopology *topology = graph->layers[at.layer].topology;
		uint32_t	s = step->index;

		if (s >= topology->segment_count)
			return "there is no such segment";
		*weight = tvm_weight(&graph->layers[at.layer].weights, s);
		if (step->reverse && topology->oneway[s])
			return "the segment is oneway";
		if ((step->reverse ? topology->b[s] : topology->a[s]) != at.node)
			return "the segment is not entered from here";
		if ((step->reverse ? topology->a[s] : topology->b[s]) != step->point.node
			|| step->point.layer != at.layer)
			return "the segment does not lead there";
	}
	else
		return "only the first step is the origin";
	return *weight < INFINITY ? NULL : "it is closed";
}

static const char *
check_origin(const TvmPath *path, TvmPoint from)
{
	if (path->steps[0].kind != TVM_STEP_ORIGIN)
		return "the first step is not the origin";
	if (!is_same(path->steps[0].point, from))
		return "the path begins elsewhere";
	return path->steps[0].cost == 0 ? NULL : "the cost is not the sum";
}

TvmStatus
verify_path(TvmEnv *env, const TvmGraph *graph, const TvmPath *path, TvmPoint from, TvmPoint to)
{
	const char *wrong;
	double		cost = 0;
	size_t		i = 0;

	if (path->count == 0)
		wrong = "there are no steps";
	else
		wrong = check_origin(path, from);
	while (wrong == NULL && ++i < path->count)
	{
		const TvmStep *step = &path->steps[i];
		double		weight;

		wrong = check_step(graph, path->steps[i - 1].point, step, &weight);
		if (wrong != NULL)
			break;
		cost += weight;
		if (step->cost != cost)
			wrong = "the cost is not the sum";
	}
	if (wrong == NULL && !is_same(path->steps[path->count - 1].point, to))
		wrong = "the path ends elsewhere";
	if (wrong == NULL && path->cost != cost)
		wrong = "the path's cost is not the sum";
	if (wrong == NULL)
		return TVM_OK;
	tvm_fail(env, TVM_INVALID, "not a path", NULL, "%s", wrong);
	tvm_fail_path(env, "steps[%zu]", i);
	return TVM_INVALID;
}
