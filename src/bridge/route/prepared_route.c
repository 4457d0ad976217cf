/*
 * prepared_route.c: routes from prepared graphs: one hierarchy search, or an
 * overlay where gateways, or segments that no hierarchy knows, join more than one;
 * then the steps along its legs.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "utils/memutils.h"

#include "bridge/graph/layer_segment.h"
#include "bridge/server/compat.h"
#include "bridge/route/prepared/prepared_links.h"
#include "bridge/route/prepared/prepared_overlay.h"
#include "bridge/route/prepared_route.h"
#include "bridge/route/prepared/prepared_ties.h"
#include "bridge/network/ties.h"
#include "kernel/graph/hierarchy/sums.h"

/* A way's segments lie anywhere in the file: ask for each so many steps before it is read. */
#define AHEAD 8

/* Sums of shortcuts that a backend remembers at most, in 0.9 MB. */
#define MAX_SUMS 8192

static void
ask_for_segment(void *context, uint32_t segment)
{
	const TvLayer *layer = context;

	if (segment < layer->graph->segment_count)
		__builtin_prefetch(&layer->graph->base[segment]);
}

/* The leg of the search that was last. */
static void
walk_leg(TvSteps *steps, const TvmLeg *leg, TvmCchQuery *query)
{
	TvEnv	   *env = steps->prepared->env;
	TvLayer    *layer = steps->prepared->layers[leg->layer];
	uint32_t   *arcs;
	size_t		count;

	tv_check(env, tvm_cch_path(&env->tvm, query, &layer->hierarchy, &arcs, &count));
	for (size_t i = 0; i < count; i++)
	{
		if (i + AHEAD < count)
			ask_for_segment(layer, TVM_ARC_SEGMENT(arcs[i + AHEAD]));
		tv_steps_arc(steps, leg->layer, TVM_ARC_SEGMENT(arcs[i]), TVM_ARC_REVERSE(arcs[i]));
	}
	tvm_free(&env->tvm, arcs);
}

/* Totals -------------------------------------------------------------------- */

static TvmStatus
weigh_for_sum(TvmEnv *env, void *context, uint32_t segment, void *value)
{
	const TvLayer *layer = context;
	TvmSegment	attributes;

	if (tv_layer_is_turn(layer, segment))
	{
		memset(value, 0, sizeof(TvCost));
		tv_cost_penalty(value, tv_layer_turn_s(layer, segment));
		return TVM_OK;
	}
	attributes = tv_layer_segment(layer, segment);
	return tv_steps_weigh(env, layer, &attributes, value);
}

static void
add_to_sum(void *sum, const void *value)
{
	tv_cost_join(sum, value);
}

static const TvmSumKind costs = {
	.size = sizeof(TvCost), .weigh = weigh_for_sum, .add = add_to_sum, .prefetch = ask_for_segment
};

/* This backend's sums of shortcuts, on all layers. */
static TvmSums *
get_sums(void)
{
	static TvEnv *env = NULL;
	static TvmSums sums;

	if (env == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

		env = tv_env_create("sums of shortcuts");
		MemoryContextSwitchTo(caller);
		tvm_sums_init(&sums, sizeof(TvCost), MAX_SUMS);
	}
	tvm_sums_grow(&env->tvm, &sums);
	return &sums;
}

/* The leg of the search that was last. */
static void
sum_leg(TvSteps *steps, const TvmLeg *leg, TvmCchQuery *query)
{
	TvEnv	   *env = steps->prepared->env;
	TvLayer    *layer = steps->prepared->layers[leg->layer];
	bool		any;

	tv_check(env, tvm_cch_sum(&env->tvm, query, &layer->hierarchy, &costs, layer, get_sums(),
							  layer->version, steps->sum, &any));
	tv_cost_check(steps->sum);
	if (!any)
		return;
	steps->at = (TvmPoint) {.layer = leg->layer, .node = leg->to};
	steps->moved = true;
}

/* Legs --------------------------------------------------------------------- */

static bool
is_gateway(void *context, uint32_t link)
{
	const TvPrepared *prepared = context;

	return prepared->link_gateway[link] != TV_NONE;
}

static TvmStatus
weigh_link(TvmEnv *env, void *context, uint32_t link, double *other)
{
	TvPrepared *prepared = context;
	TvmTies		ties = tv_ties_of_prepared(prepared);
	TvmStep		step = {.point = prepared->links[link].to, .index = link, .kind = TVM_STEP_GATEWAY};

	return ties.other(env, ties.context, &step, other);
}

static TvmStatus
weigh_leg(TvmEnv *env, void *context, const TvmLeg *leg, double *other)
{
	TvPrepared *prepared = context;
	TvLayer    *layer = prepared->layers[leg->layer];
	TvCost		sum = {0};
	TvmCchOther measure = tv_layer_other(layer);
	TvmCchQuery query;
	TvmStatus	status;
	bool		any;

	status = tvm_cch_query_init(env, &query, &layer->graph->cch);
	if (status != TVM_OK)
		return status;
	query.other = &measure;
	tvm_cch_distance(&query, &layer->hierarchy, leg->from, leg->to);
	status = tvm_cch_sum(env, &query, &layer->hierarchy, &costs, layer, get_sums(), layer->version, &sum, &any);
	tvm_cch_query_free(env, &query);
	*other = tv_ties_worth(&sum);
	return status;
}

/* The best way as legs: one, where nothing joins layers. */
static bool
find_legs(TvPrepared *prepared, TvmPoint from, TvmPoint to, TvmOverlayRoute *best)
{
	TvEnv	   *env = prepared->env;

	if (prepared->link_count > 0)
	{
		TvmOverlayTies ties = {.is_gateway = is_gateway, .link = weigh_link, .leg = weigh_leg, .context = prepared};

		(void) get_sums();		/* makes them the first time, which may fail; within the kernel nothing may */
		tv_check(env, tvm_overlay_route(&env->tvm, tv_prepared_overlay(prepared), from, to, &ties, best));
		return best->cost < INFINITY;
	}
	if (from.layer != to.layer)
		return false;
	best->count = 1;
	best->legs = MemoryContextAlloc(env->context, sizeof(TvmLeg));
	best->legs[0] = (TvmLeg) {.layer = from.layer, .from = from.node, .to = to.node, .link = TVM_CCH_NONE};
	return true;
}

/* The whole ---------------------------------------------------------------- */

static void
add_leg(TvSteps *steps, const TvmLeg *leg)
{
	TvEnv	   *env = steps->prepared->env;
	TvLayer    *layer = steps->prepared->layers[leg->layer];
	TvmCchOther other = tv_layer_other(layer);
	TvmCchQuery query;

	tv_check(env, tvm_cch_query_init(&env->tvm, &query, &layer->graph->cch));
	query.other = &other;
	tvm_cch_distance(&query, &layer->hierarchy, leg->from, leg->to);
	if (steps->sum != NULL)
		sum_leg(steps, leg, &query);
	else
		walk_leg(steps, leg, &query);
	tvm_cch_query_free(&env->tvm, &query);
}

/* A step of a route, by where it ends. */
typedef struct Visit
{
	uint32		layer;
	uint32		node;			/* a place may be visited twice, to turn where one may not at first */
	uint32		step;
} Visit;

static int
compare_visits(const void *a, const void *b)
{
	const Visit *x = a;
	const Visit *y = b;

	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return x->step < y->step ? -1 : x->step > y->step;
}

/*
 * Leave out how a route comes back to where it was.  Legs are each a path, and one that comes back
 * costs no less; but what it costs more may be lost in rounding.
 */
static void
cut_circles(TvRoute *route)
{
	uint32		count = route->step_count;
	Visit	   *visits = palloc_extended(sizeof(Visit) * (Size) count, MCXT_ALLOC_HUGE);
	uint32	   *last = palloc_extended(sizeof(uint32) * (Size) count, MCXT_ALLOC_HUGE);

	for (uint32 i = 0; i < count; i++)
		visits[i] = (Visit) {route->steps[i].layer, route->steps[i].node, i};
	qsort(visits, count, sizeof(Visit), compare_visits);
	for (uint32 i = count; i-- > 0;)
	{
		bool		again = i + 1 < count && visits[i].layer == visits[i + 1].layer &&
			visits[i].node == visits[i + 1].node;

		last[visits[i].step] = again ? last[visits[i + 1].step] : visits[i].step;
	}
	route->step_count = 0;
	for (uint32 i = 0; i < count; i = last[i] + 1)
		route->steps[route->step_count++] = route->steps[i];
	pfree(last);
	pfree(visits);
}

bool
tv_prepared_way(TvPrepared *prepared, TvmPoint from, TvmPoint to, TvSteps *steps)
{
	TvmOverlayRoute best = {0};

	if (!find_legs(prepared, from, to, &best))
		return false;
	tv_steps_begin(steps, prepared, from);
	for (size_t i = 0; i < best.count; i++)
	{
		add_leg(steps, &best.legs[i]);
		if (best.legs[i].link != TVM_CCH_NONE)
			tv_steps_link(steps, best.legs[i].link);
	}
	steps->route->ahead_s = steps->turn_s;
	if (best.count > 1 && steps->sum == NULL)
		cut_circles(steps->route);
	/* One leg that finds no way has no arcs. */
	return steps->at.layer == to.layer && steps->at.node == to.node &&
		(prepared->link_count > 0 || steps->moved || from.node == to.node);
}

bool
tv_prepared_route(TvQuestion *question)
{
	TvPrepared *prepared = question->prepared;
	TvSteps		steps;

	prepared->total_only = question->request.total_only;
	if (!tv_prepared_way(prepared, question->from, question->to, &steps))
		return !tv_prepared_may_overflow(prepared);
	question->route = steps.route;
	if (!prepared->total_only)
		tv_prepared_move(prepared, question->route);
	return true;
}
