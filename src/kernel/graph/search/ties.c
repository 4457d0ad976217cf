/*
 * ties.c: which of the ways of equal cost a route takes; see ties.h.
 *
 * Points are taken back from the destination, those over fewer gateways first: a level for
 * each number of gateways, in which the heap has them by what is left in the other
 * measure.  A step by a gateway waits for the next level.
 */
#include "kernel/graph/search/ties.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_EVERY 256			/* points between two looks at cancellation */

/* Of a state: how its best way goes on. */
typedef struct Onward
{
	double		other;			/* left to the destination */
	uint32_t	via;			/* the step from it */
	uint32_t	level;			/* gateways to the destination, from 1; 0: not reached */
} Onward;

/* A state that a gateway leads on from, for the next level. */
typedef struct Waiting
{
	uint32_t	state;
	uint32_t	via;
	double		other;
} Waiting;

typedef struct Search
{
	TvmEnv	   *env;
	TvmQuery   *query;
	const TvmGraph *graph;
	const TvmTies *ties;
	const TvmPassage *passage;
	uint32_t	dest;
	double		slack;
	bool		choice;			/* another step than the path's is tight */
	uint32_t   *arrivals;		/* gateways by the state that they lead to; NULL: not sorted yet */
	Onward	   *onward;
	Waiting    *waiting;
	size_t		waiting_count;
	size_t		waiting_capacity;
} Search;

/* Steps --------------------------------------------------------------------- */

/* The step by `via` into a state. */
static TvmStep
step_into(const TvmGraph *graph, uint32_t state, uint32_t via)
{
	TvmStep		step = {.point = tvm_graph_point(graph, state)};

	if (via & TVM_VIA_GATEWAY)
	{
		step.kind = TVM_STEP_GATEWAY;
		step.index = via & ~TVM_VIA_GATEWAY;
	}
	else
	{
		step.kind = TVM_STEP_SEGMENT;
		step.index = TVM_ARC_SEGMENT(via);
		step.reverse = TVM_ARC_REVERSE(via);
	}
	return step;
}

static uint32_t
step_head(const TvmGraph *graph, uint32_t tail, uint32_t via)
{
	TvmPoint	point = tvm_graph_point(graph, tail);
	const TvmTopology *topology = graph->layers[point.layer].topology;

	if (via & TVM_VIA_GATEWAY)
		return tvm_graph_state(graph, graph->gateways[via & ~TVM_VIA_GATEWAY].to);
	return tail - point.node + (TVM_ARC_REVERSE(via) ? topology->a : topology->b)[TVM_ARC_SEGMENT(via)];
}

/* What it costs, where its beginning costs as much; INFINITY where it is closed. */
static double
step_cost(const Search *search, const TvmStep *step, double cost)
{
	const TvmGraph *graph = search->graph;
	double		weight = step->kind == TVM_STEP_GATEWAY ? graph->gateways[step->index].cost
		: tvm_weight(&graph->layers[step->point.layer].weights, step->index);

	return weight == INFINITY || search->passage == NULL ? weight
		: search->passage->cost(search->passage->context, step, cost);
}

static bool
is_tight(const Search *search, uint32_t tail, uint32_t head, uint32_t via)
{
	const TvmLabel *labels = search->query->labels;
	TvmStep		step = step_into(search->graph, head, via);
	double		cost = labels[tail].cost;

	if (!tvm_query_is_labelled(search->query, tail) || cost == INFINITY)
		return false;
	cost += step_cost(search, &step, cost);
	return cost < INFINITY && cost <= labels[head].cost + search->slack;
}

/* Gateways by where they lead ----------------------------------------------- */

typedef struct Arrival
{
	uint32_t	state;
	uint32_t	gateway;
} Arrival;

static int
compare_arrivals(const void *a, const void *b)
{
	const Arrival *x = a;
	const Arrival *y = b;

	if (x->state != y->state)
		return x->state < y->state ? -1 : 1;
	return x->gateway < y->gateway ? -1 : x->gateway > y->gateway;
}

static TvmStatus
sort_arrivals(Search *search)
{
	const TvmGraph *graph = search->graph;
	Arrival    *sorted;

	if (graph->gateway_count == 0)
		return TVM_OK;
	sorted = tvm_alloc(search->env, graph->gateway_count, sizeof(Arrival));
	search->arrivals = tvm_alloc(search->env, graph->gateway_count, sizeof(uint32_t));
	if (sorted == NULL || search->arrivals == NULL)
	{
		tvm_free(search->env, sorted);
		return TVM_NOMEM;
	}
	for (uint32_t i = 0; i < graph->gateway_count; i++)
		sorted[i] = (Arrival) {tvm_graph_state(graph, graph->gateways[i].to), i};
	qsort(sorted, graph->gateway_count, sizeof(Arrival), compare_arrivals);
	for (uint32_t i = 0; i < graph->gateway_count; i++)
		search->arrivals[i] = sorted[i].gateway;
	tvm_free(search->env, sorted);
	return TVM_OK;
}

/* Where in the arrivals those at a state begin. */
static uint32_t
first_arrival(const Search *search, uint32_t state)
{
	uint32_t	low = 0;
	uint32_t	high = search->arrivals == NULL ? 0 : search->graph->gateway_count;

	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;

		if (tvm_graph_state(search->graph, search->graph->gateways[search->arrivals[middle]].to) < state)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Called with each tight step into a state; stops at what is not TVM_OK. */
typedef TvmStatus (*Visit) (Search *search, uint32_t tail, uint32_t head, uint32_t via);

static TvmStatus
visit_tight(Search *search, uint32_t head, Visit visit)
{
	const TvmGraph *graph = search->graph;
	TvmPoint	point = tvm_graph_point(graph, head);
	const TvmTopology *topology = graph->layers[point.layer].topology;
	TvmStatus	status = TVM_OK;

	for (uint32_t i = topology->in_first[point.node]; i < topology->in_first[point.node + 1] && status == TVM_OK; i++)
	{
		uint32_t	tail = head - point.node + topology->in[i].node;

		if (is_tight(search, tail, head, topology->in[i].arc))
			status = visit(search, tail, head, topology->in[i].arc);
	}
	for (uint32_t i = first_arrival(search, head); search->arrivals != NULL && i < graph->gateway_count && status == TVM_OK; i++)
	{
		const TvmGateway *gateway = &graph->gateways[search->arrivals[i]];
		uint32_t	tail = tvm_graph_state(graph, gateway->from);

		if (tvm_graph_state(graph, gateway->to) != head)
			break;
		if (is_tight(search, tail, head, TVM_VIA_GATEWAY | search->arrivals[i]))
			status = visit(search, tail, head, TVM_VIA_GATEWAY | search->arrivals[i]);
	}
	return status;
}

/* Whether there is anything to choose --------------------------------------- */

static TvmStatus
is_on_path(Search *search, uint32_t tail, uint32_t head, uint32_t via)
{
	(void) tail;
	search->choice |= search->query->labels[head].via != via;
	return TVM_OK;
}

/* Whether the path found has the only tight step into each of its points: then it is the only way. */
static bool
is_only_way(Search *search)
{
	const TvmLabel *labels = search->query->labels;

	search->choice = false;
	for (uint32_t state = search->dest; !search->choice && labels[state].via != TVM_VIA_ORIGIN;)
	{
		uint32_t	via = labels[state].via;
		TvmPoint	point = tvm_graph_point(search->graph, state);
		const TvmTopology *topology = search->graph->layers[point.layer].topology;

		(void) visit_tight(search, state, is_on_path);
		state = via & TVM_VIA_GATEWAY
			? tvm_graph_state(search->graph, search->graph->gateways[via & ~TVM_VIA_GATEWAY].from)
			: state - point.node + (TVM_ARC_REVERSE(via) ? topology->b : topology->a)[TVM_ARC_SEGMENT(via)];
	}
	return !search->choice;
}

/* The search back ----------------------------------------------------------- */

/* A way on from a state, of this level. */
static void
go_on(Search *search, uint32_t state, uint32_t via, uint32_t level, double other)
{
	Onward	   *onward = &search->onward[state];

	if (onward->level != 0 && (onward->level < level || !(other < onward->other)))
		return;
	*onward = (Onward) {.other = other, .via = via, .level = level};
	tvm_heap_push(&search->query->heap, state, other);
}

static TvmStatus
reach_back(Search *search, uint32_t tail, uint32_t head, uint32_t via)
{
	TvmStep		step = step_into(search->graph, head, via);
	uint32_t	level = search->onward[head].level;
	const TvmTies *ties = search->ties;
	double		other = 0;
	TvmStatus	status = TVM_OK;

	/* Reached over fewer gateways, or settled. */
	if (search->onward[tail].level != 0 && search->query->heap.position[tail] == 0)
		return TVM_OK;
	if (ties != NULL)
		status = ties->other(search->env, ties->context, &step, &other);
	if (status != TVM_OK)
		return status;
	other += search->onward[head].other;
	if (step.kind != TVM_STEP_GATEWAY || (ties != NULL && !ties->is_gateway(ties->context, step.index)))
	{
		go_on(search, tail, via, level, other);
		return TVM_OK;
	}
	if (search->waiting_count == search->waiting_capacity)
	{
		status = tvm_grow(search->env, &search->waiting, search->waiting_count, &search->waiting_capacity, sizeof(Waiting));
		if (status != TVM_OK)
			return status;
	}
	search->waiting[search->waiting_count++] = (Waiting) {tail, via, other};
	return TVM_OK;
}

/* Until the origin is settled, which some tight way leads to. */
static TvmStatus
search_back(Search *search, uint32_t *origin)
{
	TvmHeap    *heap = &search->query->heap;
	TvmStatus	status = TVM_OK;
	size_t		settled = 0;

	go_on(search, search->dest, TVM_VIA_ORIGIN, 1, 0);
	for (uint32_t level = 1;; level++)
	{
		while (heap->count > 0)
		{
			*origin = tvm_heap_pop(heap).item;
			if (search->query->labels[*origin].via == TVM_VIA_ORIGIN)
				return TVM_OK;
			if (settled++ % CHECK_EVERY == 0 && tvm_cancelled(search->env))
				return TVM_CANCELLED;
			status = visit_tight(search, *origin, reach_back);
			if (status != TVM_OK)
				return status;
		}
		for (size_t i = 0; i < search->waiting_count; i++)
			if (search->onward[search->waiting[i].state].level == 0 || search->onward[search->waiting[i].state].level == level + 1)
				go_on(search, search->waiting[i].state, search->waiting[i].via, level + 1, search->waiting[i].other);
		search->waiting_count = 0;
		if (heap->count == 0)
			return tvm_fail(search->env, TVM_INVALID, "labels do not lead back to the origin", NULL, NULL);
	}
}

/* The way on from the origin. */
static TvmStatus
collect(Search *search, uint32_t origin, TvmPath *path)
{
	const TvmGraph *graph = search->graph;
	size_t		count = 1;

	for (uint32_t state = origin; state != search->dest; state = step_head(graph, state, search->onward[state].via))
		count++;
	path->steps = tvm_alloc(search->env, count, sizeof(TvmStep));
	if (path->steps == NULL)
		return TVM_NOMEM;
	path->count = count;
	path->steps[0] = (TvmStep) {.point = tvm_graph_point(graph, origin), .kind = TVM_STEP_ORIGIN};
	for (size_t i = 1; i < count; i++)
	{
		uint32_t	via = search->onward[origin].via;
		double		cost = path->steps[i - 1].cost;

		origin = step_head(graph, origin, via);
		path->steps[i] = step_into(graph, origin, via);
		path->steps[i].cost = cost + step_cost(search, &path->steps[i], cost);
	}
	path->cost = path->steps[count - 1].cost;
	return TVM_OK;
}

/* The best way of tight steps. */
static TvmStatus
choose(Search *search, TvmPath *path)
{
	uint32_t	origin = search->dest;
	TvmStatus	status;

	search->onward = tvm_alloc_zero(search->env, tvm_graph_states(search->graph), sizeof(Onward));
	search->waiting_count = 0;
	status = search->onward == NULL ? TVM_NOMEM : search_back(search, &origin);
	if (status == TVM_OK)
		status = collect(search, origin, path);
	tvm_heap_clear(&search->query->heap);
	tvm_free(search->env, search->onward);
	search->onward = NULL;
	return status;
}

TvmStatus
tvm_ties_path(TvmEnv *env, TvmQuery *query, const TvmTies *ties, const TvmPassage *passage, TvmPoint to, TvmPath *path)
{
	Search		search = {
		.env = env, .query = query, .graph = query->graph, .ties = ties, .passage = passage,
		.dest = tvm_graph_state(query->graph, to)
	};
	double		cost = tvm_query_cost(query, to);
	TvmStatus	status = TVM_OK;

	path->cost = INFINITY;
	path->count = 0;
	path->steps = NULL;
	if (cost == INFINITY)
		return TVM_OK;
	search.slack = cost * TVM_TIE;
	status = sort_arrivals(&search);
	if (status == TVM_OK && is_only_way(&search))
		status = tvm_query_path(env, query, to, path);
	else if (status == TVM_OK)
		status = choose(&search, path);
	if (status == TVM_OK && path->cost > cost + search.slack)
	{
		/* Steps that are really longer, too many of them. */
		tvm_path_free(env, path);
		search.slack = 0;
		status = choose(&search, path);
	}
	tvm_free(env, search.waiting);
	tvm_free(env, search.arrivals);
	return status;
}
