/*
 * prepared_point.c: routes from and to points between places, from prepared graphs;
 * see point.h.
 *
 * A point's segments lead on to the places at their ends: the route is the least
 * of what leads from the origin's ends to the destination's, with the parts of
 * segments before and after, or a part of one segment that both points are on.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "utils/memutils.h"

#include "bridge/compat.h"
#include "bridge/point.h"
#include "bridge/prepared_parts.h"

/* A segment at a point, as it is on the point's timeline. */
typedef struct Cut
{
	const TvSnap *snap;
	uint32		a;				/* nodes */
	uint32		b;
	TvmSegment	attributes;
} Cut;

/* A part of a segment between a point and an end of it, or between two points. */
typedef struct Part
{
	const Cut  *cut;
	uint32		node;			/* the end */
	double		from;			/* fractions, from a to b */
	double		to;
	bool		reverse;		/* passed from b to a */
	TvCost		cost;
	double		worth;			/* of the cost, in the metric */
} Part;

typedef struct End
{
	uint32		layer;
	uint32		cut_count;
	Cut			cuts[TV_MAX_SNAPS];
	uint32		part_count;
	Part		parts[2 * TV_MAX_SNAPS];	/* one for each place that it leads to */
} End;

typedef struct Choice
{
	double		worth;
	const Part *first;
	const Part *last;			/* NULL: `first` leads all the way */
} Choice;

/* Cuts and parts ------------------------------------------------------------ */

/* False where the layer does not know the segment as it was read. */
static bool
find_cut(const TvLayer *layer, const TvSnap *snap, Cut *cut)
{
	const TvWorldGraph *graph = layer->graph;
	uint32		segment = tv_load_find(graph->segment_ids, sizeof(int64), graph->cch.segment_count, snap->segment_id);
	bool		known = false;

	cut->snap = snap;
	for (uint32 i = 0; i < layer->extra_count && !known; i++)
	{
		const TvExtra *extra = &layer->extras[i];

		known = extra->segment_id == snap->segment_id;
		cut->a = extra->a;
		cut->b = extra->b;
		cut->attributes = extra->attributes;
	}
	if (!known && segment != TV_NONE)
	{
		known = true;
		cut->a = graph->topology.a[segment];
		cut->b = graph->topology.b[segment];
		cut->attributes = tv_layer_segment(layer, segment);
	}
	return known && cut->attributes.presence == TVM_SEGMENT_OPEN &&
		graph->place_ids[cut->a] == snap->a_place_id && graph->place_ids[cut->b] == snap->b_place_id;
}

static Part
measure_part(TvPrepared *prepared, uint32 layer_index, const Cut *cut, double from, double to)
{
	TvEnv	   *env = prepared->env;
	const TvLayer *layer = prepared->layers[layer_index];
	Part		part = {.cut = cut, .from = from, .to = to};

	part.cost.distance_m = cut->attributes.length_m * (to - from);
	tv_check(env, tvm_clocks_segment(&env->tvm, &layer->rules, part.cost.distance_m,
									 cut->attributes.speed_kph, cut->attributes.drag, &part.cost.clocks));
	part.worth = tv_cost_read(&part.cost, prepared->metric);
	return part;
}

/* The best part to a place counts. */
static void
add_part(End *end, Part part, uint32 node, bool reverse)
{
	part.node = node;
	part.reverse = reverse;
	for (uint32 i = 0; i < end->part_count; i++)
		if (end->parts[i].node == node)
		{
			if (part.worth < end->parts[i].worth)
				end->parts[i] = part;
			return;
		}
	end->parts[end->part_count++] = part;
}

static bool
find_end(TvPrepared *prepared, uint32 layer, const TvSnap *snaps, uint32 count, bool is_to, End *end)
{
	end->layer = layer;
	end->cut_count = count;
	end->part_count = 0;
	for (uint32 i = 0; i < count; i++)
	{
		Cut		   *cut = &end->cuts[i];
		double		at = snaps[i].fraction;

		if (!find_cut(prepared->layers[layer], &snaps[i], cut))
			return false;
		/* Ahead from a to b, and back where that is allowed. */
		if (is_to)
			add_part(end, measure_part(prepared, layer, cut, 0, at), cut->a, false);
		else
			add_part(end, measure_part(prepared, layer, cut, at, 1), cut->b, false);
		if (snaps[i].oneway)
			continue;
		if (is_to)
			add_part(end, measure_part(prepared, layer, cut, at, 1), cut->b, true);
		else
			add_part(end, measure_part(prepared, layer, cut, 0, at), cut->a, true);
	}
	return true;
}

/* Choosing ------------------------------------------------------------------ */

/* Both points on one segment. */
static void
choose_direct(TvPrepared *prepared, const End *from, const End *to, Part *direct, Choice *best)
{
	for (uint32 i = 0; i < from->cut_count && from->layer == to->layer; i++)
		for (uint32 j = 0; j < to->cut_count; j++)
		{
			const TvSnap *a = from->cuts[i].snap;
			const TvSnap *b = to->cuts[j].snap;
			bool		reverse = b->fraction < a->fraction;
			Part		part;

			if (a->segment_id != b->segment_id || (reverse && a->oneway))
				continue;
			part = measure_part(prepared, from->layer, &from->cuts[i],
								Min(a->fraction, b->fraction), Max(a->fraction, b->fraction));
			part.reverse = reverse;
			if (part.worth < best->worth)
			{
				*direct = part;
				*best = (Choice) {.worth = part.worth, .first = direct};
			}
		}
}

static void
choose_between(TvPrepared *prepared, const End *from, const End *to, Choice *best)
{
	TvEnv	   *env = prepared->env;
	TvmCchQuery query;

	if (prepared->link_count == 0 && from->layer != to->layer)
		return;
	if (prepared->link_count == 0)
		tv_check(env, tvm_cch_query_init(&env->tvm, &query, &prepared->layers[from->layer]->graph->cch));
	for (uint32 i = 0; i < from->part_count; i++)
		for (uint32 j = 0; j < to->part_count; j++)
		{
			const Part *first = &from->parts[i];
			const Part *last = &to->parts[j];
			TvmOverlayRoute route;
			double		worth = first->worth + last->worth;

			if (worth >= best->worth)
				continue;
			if (prepared->link_count == 0)
				worth += tvm_cch_distance(&query, &prepared->layers[from->layer]->hierarchy, first->node, last->node);
			else
			{
				tv_check(env, tvm_overlay_route(&env->tvm, tv_prepared_overlay(prepared),
												(TvmPoint) {from->layer, first->node},
												(TvmPoint) {to->layer, last->node}, &route));
				worth += route.cost;
				tvm_free(&env->tvm, route.legs);
			}
			if (worth < best->worth)
				*best = (Choice) {.worth = worth, .first = first, .last = last};
		}
	if (prepared->link_count == 0)
		tvm_cch_query_free(&env->tvm, &query);
}

/* Putting it together ------------------------------------------------------- */

static void
add_part_step(TvSteps *steps, uint32 layer, const Part *part)
{
	TvRouteStep *step = tv_steps_add(steps, layer, part->node);

	step->segment_id = part->cut->snap->segment_id;
	step->reverse = part->reverse;
	step->part = true;
	step->from_fraction = part->from;
	step->to_fraction = part->to;
	step->step = part->cost;
}

/* The last step leads to the point. */
static void
name_point(TvRouteStep *step, const TvSnap *snap)
{
	step->place_id = 0;
	step->lat = snap->position.lat;
	step->lon = snap->position.lon;
}

static TvRoute *
put_together(TvPrepared *prepared, const End *from, const End *to, const Choice *best)
{
	TvmPoint	first = {.layer = from->layer, .node = best->first->node};
	TvSteps		steps;
	TvSteps		between;

	tv_steps_begin(&steps, prepared, first);
	add_part_step(&steps, from->layer, best->first);
	if (best->last != NULL)
	{
		/* Its cost is finite. */
		if (!tv_prepared_way(prepared, first, (TvmPoint) {to->layer, best->last->node}, &between))
			elog(ERROR, "no way where the hierarchy has a cost");
		for (uint32 i = 1; i < between.route->step_count; i++)
			*tv_steps_add(&steps, to->layer, best->last->node) = between.route->steps[i];
		add_part_step(&steps, to->layer, best->last);
	}
	tv_prepared_move(prepared, steps.route);
	name_point(&steps.route->steps[0], from->cuts[0].snap);
	name_point(&steps.route->steps[steps.route->step_count - 1], to->cuts[0].snap);
	return steps.route;
}

static bool
find_route(TvPrepared *prepared, const TvPointEnds *ends, TvRoute **route)
{
	End		   *from = MemoryContextAlloc(prepared->env->context, sizeof(End));
	End		   *to = MemoryContextAlloc(prepared->env->context, sizeof(End));
	Choice		best = {.worth = INFINITY};
	Part		direct;

	*route = NULL;
	if (!tv_prepared_graphs(prepared) || !tv_prepared_layers(prepared) || !tv_prepared_links(prepared) ||
		!find_end(prepared, 0, ends->from, ends->from_count, false, from) ||
		!find_end(prepared, prepared->rows->dest_layer, ends->to, ends->to_count, true, to))
		return false;
	choose_direct(prepared, from, to, &direct, &best);
	choose_between(prepared, from, to, &best);
	if (best.first == NULL)
		return !tv_prepared_may_overflow(prepared);
	*route = put_together(prepared, from, to, &best);
	return true;
}

bool
tv_prepared_point_route(TvEnv *env, const TvRows *rows, TvMetric metric, const TvPointEnds *ends, TvRoute **route)
{
	TvPrepared	prepared;
	volatile bool done = false;

	if (!tv_prepared_begin(&prepared, env, rows, metric))
		return false;
	PG_TRY();
	{
		done = find_route(&prepared, ends, route);
	}
	PG_FINALLY();
	{
		tv_prepared_release(&prepared);
	}
	PG_END_TRY();
	return done;
}
