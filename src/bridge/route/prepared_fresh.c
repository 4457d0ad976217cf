/*
 * prepared_fresh.c: routes where rules for turns stand at places that the graph has not split; see prepared_fresh.h.
 *
 * Those few places are split here (kernel/graph/split.h), with the segments at them and nothing else, and what comes of it besides the
 * places themselves, their ends, ports and turns, is a small second layer. The first is the graph's own, in which
 * the segments at these places are closed; links lead along them to ports and from ports, and from the places to
 * their ports out, so that there ways begin. The hierarchy knows nothing of the rules, which only add to what a way
 * costs, so what it says is left is a lower bound: A* looks at little beside the way.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "bridge/graph/layer_segment.h"
#include "bridge/network/ties.h"
#include "bridge/route/prepared_fresh.h"
#include "bridge/route/prepared/prepared_steps.h"
#include "bridge/server/compat.h"
#include "bridge/server/limits.h"
#include "kernel/graph/search/astar.h"

#define NO_ARC UINT32_MAX			/* of a link that is the beginning of a way */

typedef struct Fresh
{
	TvQuestion *question;
	TvPrepared *prepared;
	TvEnv	   *env;
	TvLayer    *layer;
	const TvWorldGraph *graph;

	TvIds		places;			/* the graph's nodes of places: those that are split, and the other ends of segments at them */
	TvIds		segments;		/* the graph's segments at them */
	TvIds		junctions;		/* the graph's nodes of those that are split */
	TvmSplit	split;			/* of these places and segments alone */
	TvmTopology expanded;
	double	   *penalty_s;		/* of each turn of the split */

	TvmTopology ports;			/* the second layer: nodes of the expanded topology beyond places, and turns between them */
	uint32	   *turns;			/* of each of its segments: the turn */
	double	   *turn_weight;
	uint32	   *port_node;		/* of each of its nodes: the place's in the graph */

	TvmPatch	closed;			/* the first layer's weights */
	double	   *weight;

	uint32		link_count;
	TvmGateway *links;
	uint32	   *link_arc;		/* TVM_ARC() of the graph, or NO_ARC */
} Fresh;

static uint32
find(const TvIds *ids, uint32 id)
{
	return tv_load_find(ids->ids, sizeof(int64), ids->count, id);
}

static void *
take(const Fresh *fresh, Size size, Size count)
{
	return MemoryContextAllocHuge(fresh->env->context, size * Max(count, 1));
}

/* What is split ------------------------------------------------------------- */

static void
add_segments_at(Fresh *fresh, uint32 node)
{
	const TvmTopology *topology = &fresh->graph->topology;

	for (int in = 0; in < 2; in++)
	{
		const uint32_t *first = in ? topology->in_first : topology->out_first;
		const TvmArcEnd *ends = in ? topology->in : topology->out;

		for (uint32 i = first[node]; i < first[node + 1]; i++)
		{
			uint32		segment;
			bool		reverse;

			(void) tvm_split_arc(&fresh->graph->split, ends[i].arc, &segment, &reverse);
			tv_ids_add(&fresh->segments, segment);
			tv_ids_add(&fresh->places, tv_graph_place(fresh->graph, topology->a[segment]));
			tv_ids_add(&fresh->places, tv_graph_place(fresh->graph, topology->b[segment]));
		}
	}
}

static void
collect(Fresh *fresh)
{
	fresh->places.context = fresh->segments.context = fresh->junctions.context = fresh->env->context;
	for (uint32 i = 0; i < fresh->layer->fresh_count; i++)
		tv_ids_add(&fresh->junctions, fresh->layer->fresh[i].rule.via);
	tv_ids_sort(&fresh->junctions);
	for (uint32 i = 0; i < fresh->junctions.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		tv_ids_add(&fresh->places, fresh->junctions.ids[i]);
		add_segments_at(fresh, fresh->junctions.ids[i]);
	}
	tv_ids_sort(&fresh->places);
	tv_ids_sort(&fresh->segments);
}

static void
split_junctions(Fresh *fresh)
{
	const TvmTopology *topology = &fresh->graph->topology;
	TvEnv	   *env = fresh->env;
	TvmTopology plain;
	uint32	   *junctions = take(fresh, sizeof(uint32), fresh->junctions.count);

	tv_check(env, tvm_topology_alloc(&env->tvm, &plain, fresh->places.count, fresh->segments.count));
	for (uint32 i = 0; i < fresh->places.count; i++)
	{
		plain.lat[i] = topology->lat[fresh->places.ids[i]];
		plain.lon[i] = topology->lon[fresh->places.ids[i]];
	}
	for (uint32 i = 0; i < fresh->segments.count; i++)
	{
		uint32		segment = fresh->segments.ids[i];

		plain.a[i] = find(&fresh->places, tv_graph_place(fresh->graph, topology->a[segment]));
		plain.b[i] = find(&fresh->places, tv_graph_place(fresh->graph, topology->b[segment]));
		plain.oneway[i] = tv_graph_is_oneway(fresh->graph, segment);
	}
	for (uint32 i = 0; i < fresh->junctions.count; i++)
		junctions[i] = find(&fresh->places, fresh->junctions.ids[i]);
	tv_check(env, tvm_split_topology(&env->tvm, &plain, junctions, fresh->junctions.count, &fresh->split, &fresh->expanded));
	tvm_topology_free(&env->tvm, &plain);
	pfree(junctions);
}

static void
resolve_turns(Fresh *fresh)
{
	TvLayer    *layer = fresh->layer;
	TvEnv	   *env = fresh->env;
	uint32	   *parents = take(fresh, sizeof(uint32), layer->chain_count);
	TvmTurnRule *rules = take(fresh, sizeof(TvmTurnRule), layer->fresh_count);
	uint32		count = 0;

	for (uint32 i = 0; i < layer->chain_count; i++)
		parents[i] = i + 1 < layer->chain_count ? i + 1 : TVM_NO_TIMELINE;
	for (uint32 i = 0; i < layer->fresh_count; i++)
	{
		TvmTurnRule rule = layer->fresh[i].rule;

		rule.from = find(&fresh->segments, rule.from);
		rule.to = find(&fresh->segments, rule.to);
		rule.via = find(&fresh->places, rule.via);
		/* A segment that does not touch the place has no part in anything. */
		if (rule.from != TV_NONE && rule.to != TV_NONE)
			rules[count++] = rule;
	}
	fresh->penalty_s = take(fresh, sizeof(double), fresh->split.turn_count);
	tv_check(env, tvm_turns_resolve(&env->tvm, &fresh->split, &fresh->expanded, parents, layer->chain_count, rules, count, 0,
									layer->rules.u_turn_s, fresh->penalty_s, NULL));
	pfree(rules);
	pfree(parents);
}

/* What is searched ---------------------------------------------------------- */

static void
add_link(Fresh *fresh, TvmPoint from, TvmPoint to, double cost, uint32 arc)
{
	fresh->links[fresh->link_count] = (TvmGateway) {.from = from, .to = to, .cost = cost};
	fresh->link_arc[fresh->link_count++] = arc;
}

/* A node of the expanded topology that is a port; or the node of the graph, where a way leaves what is split here. */
static TvmPoint
point_of(const Fresh *fresh, uint32 expanded, uint32 node)
{
	uint32		places = fresh->split.place_count;

	return expanded >= places ? (TvmPoint) {1, expanded - places} : (TvmPoint) {0, node};
}

static void
build_ports(Fresh *fresh)
{
	const TvmSplit *split = &fresh->split;
	TvEnv	   *env = fresh->env;
	uint32		first = split->segment_count + split->back_count;
	uint32		nodes = split->node_count - split->place_count;
	uint32		count = 0;

	for (uint32 t = 0; t < split->turn_count; t++)
		count += split->turn[t].from != TVM_TURN_NONE;
	tv_check(env, tvm_topology_alloc(&env->tvm, &fresh->ports, nodes, count));
	fresh->turns = take(fresh, sizeof(uint32), count);
	fresh->turn_weight = take(fresh, sizeof(double), count);
	fresh->port_node = take(fresh, sizeof(uint32), nodes);
	for (uint32 i = 0; i < nodes; i++)
	{
		fresh->port_node[i] = fresh->places.ids[split->port_place[i]];
		fresh->ports.lat[i] = fresh->graph->topology.lat[fresh->port_node[i]];
		fresh->ports.lon[i] = fresh->graph->topology.lon[fresh->port_node[i]];
	}
	count = 0;
	for (uint32 t = 0; t < split->turn_count; t++)
	{
		uint32		a = fresh->expanded.a[first + t];
		uint32		b = fresh->expanded.b[first + t];

		tv_interrupts_at(t);
		if (split->turn[t].from == TVM_TURN_NONE)
		{
			add_link(fresh, (TvmPoint) {0, fresh->places.ids[a]}, (TvmPoint) {1, b - split->place_count}, 0, NO_ARC);
			continue;
		}
		fresh->ports.a[count] = a - split->place_count;
		fresh->ports.b[count] = b - split->place_count;
		fresh->ports.oneway[count] = 1;
		fresh->turns[count] = t;
		fresh->turn_weight[count++] = tv_layer_weigh_turn(fresh->layer, fresh->penalty_s[t]);
	}
	tv_check(env, tvm_topology_build(&env->tvm, &fresh->ports));
}

/* The layer's own weights as a copy, in which more can be closed: `more` of them. */
static uint32
copy_weights(Fresh *fresh, uint32 more)
{
	const TvLayer *layer = fresh->layer;
	TvEnv	   *env = fresh->env;
	uint32		count = layer->weights.own.of == NULL ? 0 : layer->own.count;

	tv_check(env, tvm_patch_init(&env->tvm, &fresh->closed, fresh->graph->cch.segment_count));
	fresh->weight = take(fresh, sizeof(double), (Size) count + more);
	if (count == 0)
		return 0;
	memcpy(fresh->closed.group, layer->own.of.group, sizeof(TvmPatchGroup) * layer->own.of.group_count);
	fresh->closed.slot = take(fresh, sizeof(uint32), layer->own.of.slot_count);
	memcpy(fresh->closed.slot, layer->own.of.slot, sizeof(uint32) * layer->own.of.slot_count);
	fresh->closed.slot_count = fresh->closed.slot_capacity = layer->own.of.slot_count;
	memcpy(fresh->weight, layer->weights.own.weight, sizeof(double) * count);
	return count;
}

/* Along the segments at what is split, links in place of the graph's arcs. */
static void
replace_segments(Fresh *fresh)
{
	const TvWorldGraph *graph = fresh->graph;
	TvEnv	   *env = fresh->env;
	uint32		used = copy_weights(fresh, 2 * fresh->segments.count);

	for (uint32 i = 0; i < fresh->segments.count; i++)
	{
		uint32		segment = fresh->segments.ids[i];

		tv_interrupts_at(i);
		for (int reverse = 0; reverse < (tv_graph_is_oneway(graph, segment) ? 1 : 2); reverse++)
		{
			uint32		arc = tvm_split_passage(&graph->split, segment, reverse);
			uint32		ours = tvm_split_passage(&fresh->split, i, reverse);
			double		weight = tvm_weight(&fresh->layer->weights, TVM_ARC_SEGMENT(arc));
			uint32		a = fresh->expanded.a[TVM_ARC_SEGMENT(ours)];
			uint32		b = fresh->expanded.b[TVM_ARC_SEGMENT(ours)];
			uint32		at = tvm_patch_find(&fresh->closed, TVM_ARC_SEGMENT(arc));

			if (weight < INFINITY)
				add_link(fresh, point_of(fresh, TVM_ARC_REVERSE(ours) ? b : a, tv_graph_tail(graph, segment, reverse)),
						 point_of(fresh, TVM_ARC_REVERSE(ours) ? a : b, tv_graph_head(graph, segment, reverse)), weight, arc);
			if (at == TVM_PATCH_NONE)
			{
				at = used++;
				tv_check(env, tvm_patch_set(&env->tvm, &fresh->closed, TVM_ARC_SEGMENT(arc), at));
			}
			fresh->weight[at] = INFINITY;
		}
	}
}

static void
build(Fresh *fresh, TvmGraph *view)
{
	TvLayer    *layer = fresh->layer;
	TvmLayer	layers[2] = {
		{.topology = &fresh->graph->topology, .weights = layer->weights}
	};
	Size		most;

	collect(fresh);
	split_junctions(fresh);
	resolve_turns(fresh);
	most = (Size) fresh->split.turn_count + 2 * (Size) fresh->segments.count;
	fresh->links = take(fresh, sizeof(TvmGateway), most);
	fresh->link_arc = take(fresh, sizeof(uint32), most);
	build_ports(fresh);
	replace_segments(fresh);
	layers[0].weights.own = (TvmWeightPatch) {&fresh->closed, fresh->weight};
	layers[1] = (TvmLayer) {.topology = &fresh->ports, .weights = {.all = fresh->turn_weight}};
	tv_check(fresh->env, tvm_graph_view(&fresh->env->tvm, view, layers, 2, fresh->links, fresh->link_count));
	view->metric = tv_layer_bound(layer);
	view->metric_is_less = true;
	view->metric_node = fresh->port_node;
	tv_graph_require_memory(tvm_query_bytes(view) + tvm_graph_bytes(2, fresh->link_count));
}

/* Ties ---------------------------------------------------------------------- */

static bool
is_gateway(void *context, uint32_t gateway)
{
	return false;
}

static TvmStatus
weigh_other(TvmEnv *env, void *context, const TvmStep *step, double *other)
{
	const Fresh *fresh = context;
	uint32		arc = step->index;

	*other = 0;
	if (step->kind == TVM_STEP_GATEWAY)
	{
		if (fresh->link_arc[step->index] == NO_ARC)
			return TVM_OK;
		arc = TVM_ARC_SEGMENT(fresh->link_arc[step->index]);
	}
	else if (step->point.layer == 1)
	{
		*other = tv_ties_penalty(fresh->penalty_s[fresh->turns[step->index]]);
		return TVM_OK;
	}
	return tv_layer_worth(env, fresh->layer, arc, other);
}

/* The whole ----------------------------------------------------------------- */

static TvRoute *
describe(Fresh *fresh, const TvmPath *path)
{
	TvSteps		steps;

	tv_steps_begin(&steps, fresh->prepared, path->steps[0].point);
	for (size_t i = 1; i < path->count; i++)
	{
		const TvmStep *step = &path->steps[i];

		if (step->kind == TVM_STEP_GATEWAY)
		{
			uint32		arc = fresh->link_arc[step->index];

			if (arc != NO_ARC)
				tv_steps_arc(&steps, 0, TVM_ARC_SEGMENT(arc), TVM_ARC_REVERSE(arc));
		}
		else if (step->point.layer == 1)
			steps.turn_s += fresh->penalty_s[fresh->turns[step->index]];
		else
			tv_steps_arc(&steps, 0, step->index, step->reverse);
	}
	steps.route->ahead_s = steps.turn_s;
	tv_prepared_move(fresh->prepared, steps.route);
	return steps.route;
}

/* Where ways to the destination end. */
static TvmPoint
end_of(const Fresh *fresh)
{
	TvmPoint	to = fresh->question->to;
	uint32		at = find(&fresh->junctions, to.node);

	if (at == TV_NONE)
		return to;
	return (TvmPoint) {1, tvm_split_end(&fresh->split, find(&fresh->places, to.node)) - fresh->split.place_count};
}

bool
tv_prepared_fresh_route(TvQuestion *question)
{
	TvPrepared *prepared = question->prepared;
	TvEnv	   *env = question->env;
	Fresh		fresh = {
		.question = question, .prepared = prepared, .env = env, .layer = prepared->layers[0], .graph = prepared->layers[0]->graph
	};
	TvmTies		ties = {.is_gateway = is_gateway, .other = weigh_other, .context = &fresh};
	TvmGraph	view;
	TvmQuery	query;
	TvmPath		path;
	TvmPoint	to;

	if (prepared->link_count > 0)
		return false;
	build(&fresh, &view);
	to = end_of(&fresh);
	tv_check(env, tvm_query_init(&env->tvm, &query, &view));
	tv_check(env, tvm_astar_run(&env->tvm, &query, question->from, to));
	tv_check(env, tvm_ties_path(&env->tvm, &query, &ties, NULL, to, &path));
	if (path.count > 0)
		question->route = describe(&fresh, &path);
	tvm_query_free(&env->tvm, &query);
	tvm_graph_free(&env->tvm, &view);
	return path.count > 0 || !tv_prepared_may_overflow(prepared);
}
