/*
 * prepared_point_route.c: routes from and to positions between places, from prepared graphs;
 * see prepared_point_route.h.
 *
 * The segments of an end lead on to the places at their ends: the route is the least
 * of what leads from the origin's ends to the destination's, with the parts of
 * segments before and after, or a part of one segment that both ends are on.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/graph/layer_segment.h"
#include "bridge/network/ties.h"
#include "bridge/server/limits.h"
#include "bridge/server/compat.h"
#include "bridge/route/prepared/prepared_overlay.h"
#include "bridge/route/prepared_point_route.h"
#include "bridge/route/prepared_route.h"

/* Pairs of parts that are asked for one by one; where there are more, all at once, or (over links) by the rows. */
#define FEW_PAIRS 256
#define FEW_PAIRS_OVER_LINKS 4096

/* A segment where the route may begin or end, as it is on that end's timeline. */
typedef struct Cut
{
	const TvSnap *snap;
	uint32		a;				/* places */
	uint32		b;
	uint32		segment;		/* of the graph; TV_NONE: it does not know it so */
	TvmSegment	attributes;
} Cut;

/* A part of a segment from where the route begins or ends to a place, or between both. */
typedef struct Part
{
	const Cut  *cut;			/* NULL: nothing, the end is the place */
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
	Cut		   *cuts;			/* by segment id */
	uint32		part_count;
	Part	   *parts;			/* the best to each place that it leads to, by place */
} End;

typedef struct Choice
{
	double		worth;
	const Part *first;
	const Part *last;			/* NULL: `first` leads all the way */
	bool		weighed;		/* only where it ties: */
	uint32		gateways;
	double		other;			/* in the other measure; see ties.h */
} Choice;

/* Cuts and parts ------------------------------------------------------------ */

/* False where the layer does not know the segment as it was read. */
static bool
find_cut(const TvLayer *layer, const TvSnap *snap, Cut *cut)
{
	const TvWorldGraph *graph = layer->graph;
	uint32		segment = tv_load_find(graph->segment_ids, sizeof(int64), graph->segment_count, snap->segment_id);
	bool		known = false;

	cut->snap = snap;
	cut->segment = TV_NONE;
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
		cut->segment = segment;
		cut->a = tv_graph_place(graph, graph->topology.a[segment]);
		cut->b = tv_graph_place(graph, graph->topology.b[segment]);
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

/* Where a way goes on that has passed the end of a segment, or comes from that passes its beginning next. */
static uint32
node_of_part(const TvLayer *layer, const Cut *cut, bool is_to, bool reverse)
{
	if (is_to)
		return cut->segment != TV_NONE ? tv_graph_tail(layer->graph, cut->segment, reverse)
			: tv_graph_end(layer->graph, reverse ? cut->b : cut->a);
	return cut->segment != TV_NONE ? tv_graph_head(layer->graph, cut->segment, reverse) : reverse ? cut->a : cut->b;
}

static void
add_part(End *end, Part part, uint32 node, bool reverse)
{
	part.node = node;
	part.reverse = reverse;
	end->parts[end->part_count++] = part;
}

/* By place; the best part first, and of equal ones that of the segment with the least id, ahead. */
static int
compare_parts(const void *a, const void *b)
{
	const Part *x = a;
	const Part *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	if (x->worth != y->worth)
		return x->worth < y->worth ? -1 : 1;
	if (x->cut != y->cut)
		return x->cut < y->cut ? -1 : 1;
	return (int) x->reverse - (int) y->reverse;
}

static void
keep_best_parts(End *end)
{
	uint32		kept = 0;

	qsort(end->parts, end->part_count, sizeof(Part), compare_parts);
	for (uint32 i = 0, least = 0; i < end->part_count; i++)
	{
		const Part *part = &end->parts[i];

		if (kept == 0 || part->node != end->parts[kept - 1].node)
		{
			end->parts[kept++] = *part;
			least = kept - 1;
		}
		else if (part->worth <= end->parts[least].worth * (1 + TVM_TIE) &&
				 tv_ties_worth(&part->cost) < tv_ties_worth(&end->parts[kept - 1].cost))
			end->parts[kept - 1] = *part;
	}
	end->part_count = kept;
}

/* False where the graphs do not know the place. */
static bool
find_place(TvPrepared *prepared, uint32 layer, int64 place_id, bool is_to, End *end)
{
	TvmPoint	point;

	if (!(is_to ? tv_prepared_dest : tv_prepared_point)(prepared, layer, place_id, &point))
		return false;
	*end = (End) {.layer = layer, .part_count = 1};
	end->parts = MemoryContextAllocZero(prepared->env->context, sizeof(Part));
	end->parts[0].node = point.node;
	return true;
}

static bool
find_end(TvPrepared *prepared, uint32 layer, int64 place_id, const TvSnaps *found, bool is_to, End *end)
{
	MemoryContext context = prepared->env->context;

	if (place_id != 0)
		return find_place(prepared, layer, place_id, is_to, end);

	tv_graph_require_memory((sizeof(Cut) + 2 * sizeof(Part)) * (Size) found->count);
	end->layer = layer;
	end->cut_count = found->count;
	end->cuts = MemoryContextAllocHuge(context, sizeof(Cut) * (Size) found->count);
	end->part_count = 0;
	end->parts = MemoryContextAllocHuge(context, 2 * sizeof(Part) * (Size) found->count);
	for (uint32 i = 0; i < found->count; i++)
	{
		Cut		   *cut = &end->cuts[i];
		double		at = found->snaps[i].fraction;

		tv_interrupts_at(i);
		if (!find_cut(prepared->layers[layer], &found->snaps[i], cut))
			return false;
		/* Ahead from a to b, and back where that is allowed. */
		add_part(end, is_to ? measure_part(prepared, layer, cut, 0, at) : measure_part(prepared, layer, cut, at, 1),
				 node_of_part(prepared->layers[layer], cut, is_to, false), false);
		if (found->snaps[i].oneway)
			continue;
		add_part(end, is_to ? measure_part(prepared, layer, cut, at, 1) : measure_part(prepared, layer, cut, 0, at),
				 node_of_part(prepared->layers[layer], cut, is_to, true), true);
	}
	keep_best_parts(end);
	return true;
}

/* Putting it together ------------------------------------------------------- */

/* `turn_s`: the penalty of the turn into it. */
static void
add_part_step(TvSteps *steps, uint32 layer, const Part *part, double turn_s)
{
	TvRouteStep *step;

	if (part->cut == NULL)
		return;
	step = tv_steps_add(steps, layer, part->node);
	step->segment_id = part->cut->snap->segment_id;
	step->reverse = part->reverse;
	step->part = true;
	step->from_fraction = part->from;
	step->to_fraction = part->to;
	step->turn_s = turn_s;
	step->step = part->cost;
	tv_cost_penalty(&step->step, turn_s);
}

/* The way of a choice, ends and all. */
static TvRoute *
go(TvPrepared *prepared, const End *from, const End *to, const Choice *choice)
{
	TvmPoint	first = {.layer = from->layer, .node = choice->first->node};
	TvSteps		steps;
	TvSteps		between;

	tv_steps_begin(&steps, prepared, first);
	add_part_step(&steps, from->layer, choice->first, 0);
	if (choice->last != NULL)
	{
		/* Its cost is finite. */
		if (!tv_prepared_way(prepared, first, (TvmPoint) {to->layer, choice->last->node}, &between))
			elog(ERROR, "no way where the hierarchy has a cost");
		for (uint32 i = 1; i < between.route->step_count; i++)
			*tv_steps_add(&steps, to->layer, choice->last->node) = between.route->steps[i];
		add_part_step(&steps, to->layer, choice->last, between.turn_s);
	}
	return steps.route;
}

/* Choosing ------------------------------------------------------------------ */

static bool
is_tie(const Choice *choice, const Choice *than)
{
	return choice->first != NULL && than->first != NULL &&
		fabs(choice->worth - than->worth) <= TVM_TIE * Min(choice->worth, than->worth);
}

/* What a choice has on the parts: the more, the fewer steps of no length, as the rows have it. */
static double
worth_of_parts(const Choice *choice)
{
	return choice->first->worth + (choice->last == NULL ? 0 : choice->last->worth);
}

static void
weigh(TvPrepared *prepared, const End *from, const End *to, Choice *choice)
{
	const TvRoute *route;

	if (choice->weighed)
		return;
	route = go(prepared, from, to, choice);
	choice->weighed = true;
	for (uint32 i = 1; i < route->step_count; i++)
	{
		choice->gateways += route->steps[i].gateway_id != 0;
		choice->other += tv_ties_worth(&route->steps[i].step);
	}
}

/* Take a choice that is better: that costs less; of those that only rounding tells apart, by the rule for ways of equal cost. */
static void
take_better(TvPrepared *prepared, const End *from, const End *to, Choice choice, Choice *best)
{
	double		slack;

	if (!is_tie(&choice, best))
	{
		if (choice.worth < best->worth)
			*best = choice;
		return;
	}
	weigh(prepared, from, to, &choice);
	weigh(prepared, from, to, best);
	slack = TVM_TIE * Min(choice.other, best->other);
	if (choice.gateways != best->gateways		   ? choice.gateways < best->gateways
		: fabs(choice.other - best->other) > slack ? choice.other < best->other
		: worth_of_parts(&choice) > worth_of_parts(best) + TVM_TIE * best->worth)
		*best = choice;
}

/* Both ends on one segment; cuts are by segment id. `direct`: room for two. */
static void
choose_direct(TvPrepared *prepared, const End *from, const End *to, Part *direct, Choice *best)
{
	uint32		j = 0;

	for (uint32 i = 0; i < from->cut_count && from->layer == to->layer; i++)
	{
		const TvSnap *a = from->cuts[i].snap;
		const TvSnap *b;
		bool		reverse;
		Part		part;

		while (j < to->cut_count && to->cuts[j].snap->segment_id < a->segment_id)
			j++;
		if (j == to->cut_count)
			return;
		b = to->cuts[j].snap;
		reverse = b->fraction < a->fraction;
		if (a->segment_id != b->segment_id || (reverse && a->oneway))
			continue;
		part = measure_part(prepared, from->layer, &from->cuts[i],
							Min(a->fraction, b->fraction), Max(a->fraction, b->fraction));
		part.reverse = reverse;
		direct[0] = part;
		take_better(prepared, from, to, (Choice) {.worth = part.worth, .first = direct}, best);
		if (best->first == direct)
			best->first = memcpy(&direct[1], direct, sizeof(Part));
	}
}

/* The way from a part to a part on one hierarchy. */
static double
worth_between(TvmCchQuery *query, const TvmCchMetric *hierarchy, const Part *first, const Part *last)
{
	return first->worth + last->worth + tvm_cch_distance(query, hierarchy, first->node, last->node);
}

/* The best first part to an ancestor in the hierarchy. */
typedef struct Reached
{
	double		worth;
	const Part *first;			/* NULL: none */
} Reached;

/*
 * All pairs at once: a best way turns at an ancestor of both its ends, so the best to each
 * ancestor is enough of the first parts.
 */
static void
choose_among_many(TvPrepared *prepared, const End *from, const End *to, TvmCchQuery *query, Choice *best)
{
	MemoryContext context = prepared->env->context;
	const TvmCchMetric *hierarchy = &prepared->layers[from->layer]->hierarchy;
	uint32		nodes = hierarchy->cch->node_count;
	uint32		height = hierarchy->cch->height;
	Reached    *reached = MemoryContextAllocExtended(context, sizeof(Reached) * (Size) nodes,
													 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	TvmCchLabel label = {
		.distance = MemoryContextAllocHuge(context, sizeof(double) * (Size) height),
		.ancestor = MemoryContextAllocHuge(context, sizeof(uint32) * (Size) height)
	};
	Choice		choice = {.worth = INFINITY};

	for (uint32 i = 0; i < from->part_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		tvm_cch_label(hierarchy, from->parts[i].node, false, &label);
		for (uint32 k = 0; k < label.count; k++)
		{
			Reached    *at = &reached[label.ancestor[k]];
			double		worth = from->parts[i].worth + label.distance[k];

			/* Nothing leads there, or not yet a way with so much of it on the part. */
			if (worth < INFINITY &&
				(at->first == NULL || worth < at->worth * (1 - 1e-12) ||
				 (worth <= at->worth && from->parts[i].worth > at->first->worth)))
				*at = (Reached) {.worth = worth, .first = &from->parts[i]};
		}
	}
	for (uint32 j = 0; j < to->part_count; j++)
	{
		CHECK_FOR_INTERRUPTS();
		tvm_cch_label(hierarchy, to->parts[j].node, true, &label);
		for (uint32 k = 0; k < label.count; k++)
		{
			const Reached *at = &reached[label.ancestor[k]];
			Choice		next = {
				.worth = at->worth + label.distance[k] + to->parts[j].worth,
				.first = at->first,
				.last = &to->parts[j]
			};

			if (at->first != NULL &&
				(is_tie(&next, &choice) ? worth_of_parts(&next) > worth_of_parts(&choice) + TVM_TIE * choice.worth
				 : next.worth < choice.worth))
				choice = next;
		}
	}
	pfree(reached);
	pfree(label.distance);
	pfree(label.ancestor);
	/* Added up as for few. */
	if (choice.first != NULL)
		choice.worth = worth_between(query, hierarchy, choice.first, choice.last);
	take_better(prepared, from, to, choice, best);
}

/* Over links, pair by pair; false where there are too many for that. */
static bool
choose_over_links(TvPrepared *prepared, const End *from, const End *to, Choice *best)
{
	TvEnv	   *env = prepared->env;

	if ((uint64) from->part_count * to->part_count > FEW_PAIRS_OVER_LINKS)
		return false;
	for (uint32 i = 0; i < from->part_count; i++)
		for (uint32 j = 0; j < to->part_count; j++)
		{
			const Part *first = &from->parts[i];
			const Part *last = &to->parts[j];
			TvmOverlayRoute route;
			Choice		next = {.worth = first->worth + last->worth, .first = first, .last = last};

			if (next.worth > best->worth)
				continue;
			tv_check(env, tvm_overlay_route(&env->tvm, tv_prepared_overlay(prepared),
											(TvmPoint) {from->layer, first->node},
											(TvmPoint) {to->layer, last->node}, NULL, &route));
			next.worth += route.cost;
			tvm_free(&env->tvm, route.legs);
			take_better(prepared, from, to, next, best);
		}
	return true;
}

/* False where only the rows can tell in a reasonable time. */
static bool
choose_between(TvPrepared *prepared, const End *from, const End *to, Choice *best)
{
	TvEnv	   *env = prepared->env;
	TvmCchQuery query;

	if (prepared->link_count > 0)
		return choose_over_links(prepared, from, to, best);
	if (from->layer != to->layer)
		return true;
	tv_check(env, tvm_cch_query_init(&env->tvm, &query, &prepared->layers[from->layer]->graph->cch));
	if ((uint64) from->part_count * to->part_count > FEW_PAIRS)
		choose_among_many(prepared, from, to, &query, best);
	else
		for (uint32 i = 0; i < from->part_count; i++)
			for (uint32 j = 0; j < to->part_count; j++)
			{
				const Part *first = &from->parts[i];
				const Part *last = &to->parts[j];
				Choice		next = {.worth = first->worth + last->worth, .first = first, .last = last};

				if (next.worth > best->worth)
					continue;
				next.worth = worth_between(&query, &prepared->layers[from->layer]->hierarchy, first, last);
				take_better(prepared, from, to, next, best);
			}
	tvm_cch_query_free(&env->tvm, &query);
	return true;
}

/* The whole ----------------------------------------------------------------- */

/* A step that ends at no place. */
static void
name_end(TvRouteStep *step, const End *end)
{
	if (end->cut_count == 0)
		return;
	step->place_id = 0;
	step->lat = end->cuts[0].snap->position.lat;
	step->lon = end->cuts[0].snap->position.lon;
}

bool
tv_prepared_point_route(TvQuestion *question, const TvSnappedEnds *ends)
{
	TvPrepared *prepared = question->prepared;
	End		   *from = MemoryContextAlloc(prepared->env->context, sizeof(End));
	End		   *to = MemoryContextAlloc(prepared->env->context, sizeof(End));
	Choice		best = {.worth = INFINITY};
	Part		direct[2];

	if (!find_end(prepared, 0, ends->from_place, &ends->from, false, from) ||
		!find_end(prepared, prepared->rows->dest_layer, ends->to_place, &ends->to, true, to))
		return false;
	choose_direct(prepared, from, to, direct, &best);
	if (!choose_between(prepared, from, to, &best))
		return false;
	if (best.first == NULL)
		return !tv_prepared_may_overflow(prepared);
	question->route = go(prepared, from, to, &best);
	tv_prepared_move(prepared, question->route);
	name_end(&question->route->steps[0], from);
	name_end(&question->route->steps[question->route->step_count - 1], to);
	return true;
}
