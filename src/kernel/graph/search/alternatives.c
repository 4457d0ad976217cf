/*
 * alternatives.c: routes that truly differ from the best one; see alternatives.h.
 *
 * The backward search is a forward one on the reversed graph: the same
 * topologies with their adjacencies swapped, the same gateways turned round,
 * so arcs and gateways keep their numbers and a label's `via` means the same
 * step in both searches; backward it leads on from the labelled point.
 */
#include "kernel/graph/search/alternatives.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernel/graph/search/astar.h"
#include "kernel/graph/search/dijkstra.h"

#define ROUNDING (1 + 1e-9)
#define ROUNDING_OF_SUMS 1e-12	/* by how much two sums of a path's costs may differ, of the path's */
#define CHECK_EVERY 16384		/* states or candidates between two looks at cancellation */
#define CHECK_PATHS 16			/* paths walked between two */
#define NONE UINT32_MAX

/* Most candidates that fail do so close to their via point: look there before the whole is searched. */
#define FIRST_LOOK 0.125

/* Whether the step that a state's label names is on a path given before. */
#define USED_FORWARD 1
#define USED_BACKWARD 2

typedef struct Finder
{
	TvmEnv	   *env;
	const TvmGraph *graph;
	TvmTopology *topologies;	/* of each layer, adjacencies swapped; owned are only the structs */
	TvmGraph	reversed;
	TvmQuery	forward;
	TvmQuery	backward;
	TvmQuery	local;
	TvmHeap		candidates;		/* first states of plateaus, by the cost of their path */

	/* Of each state; `nearest` lists are those of the two searches. */
	uint32_t   *nearest_forward;
	uint32_t   *nearest_backward;
	double	   *shared_forward; /* shared cost on the way from the origin */
	double	   *shared_backward;	/* and on the way to the destination */
	uint32_t   *head;			/* first state of its plateau, counted from 1; 0 off all paths within the limit */
	uint32_t   *tail;			/* of a first state: the last of its plateau */
	uint32_t   *visit;			/* number of the last candidate that passed */
	uint8_t    *used;
	uint32_t	count_forward;
	uint32_t	count_backward;
	uint32_t	visits;

	const TvmAlternativeLimits *limits;
	double		best;
	double		most;			/* the most that a path may cost */
} Finder;

size_t
tvm_alternatives_bytes(const TvmGraph *graph)
{
	size_t		states = tvm_graph_states(graph);

	return 3 * tvm_query_bytes(graph) + tvm_heap_bytes(states)
		+ states * (5 * sizeof(uint32_t) + 2 * sizeof(double) + 1)
		+ tvm_graph_bytes(graph->layer_count, graph->gateway_count)
		+ graph->layer_count * (sizeof(TvmTopology) + sizeof(TvmLayer))
		+ graph->gateway_count * sizeof(TvmGateway);
}

static TvmStatus
check_limit(TvmEnv *env, double value, double low, double high, const char *name)
{
	if (value >= low && value <= high)
		return TVM_OK;
	tvm_fail(env, TVM_INVALID, "out of range", NULL, "%s is outside %g..%g.", tvm_number_text(value).text, low, high);
	tvm_fail_path(env, "limits.%s", name);
	return TVM_INVALID;
}

/* Steps ------------------------------------------------------------------- */

static uint32_t
step_tail(const TvmGraph *graph, uint32_t head, uint32_t via)
{
	TvmPoint	point = tvm_graph_point(graph, head);
	const TvmTopology *topology = graph->layers[point.layer].topology;

	if (via & TVM_VIA_GATEWAY)
		return tvm_graph_state(graph, graph->gateways[via & ~TVM_VIA_GATEWAY].from);
	return head - point.node
		+ (TVM_ARC_REVERSE(via) ? topology->b : topology->a)[TVM_ARC_SEGMENT(via)];
}

static uint32_t
step_head(const TvmGraph *graph, uint32_t tail, uint32_t via)
{
	TvmPoint	point = tvm_graph_point(graph, tail);
	const TvmTopology *topology = graph->layers[point.layer].topology;

	if (via & TVM_VIA_GATEWAY)
		return tvm_graph_state(graph, graph->gateways[via & ~TVM_VIA_GATEWAY].to);
	return tail - point.node
		+ (TVM_ARC_REVERSE(via) ? topology->a : topology->b)[TVM_ARC_SEGMENT(via)];
}

static double
step_cost(const TvmGraph *graph, uint32_t head, uint32_t via)
{
	if (via & TVM_VIA_GATEWAY)
		return graph->gateways[via & ~TVM_VIA_GATEWAY].cost;
	return tvm_weight(&graph->layers[tvm_graph_point(graph, head).layer].weights, TVM_ARC_SEGMENT(via));
}

static uint32_t
step_via(const TvmStep *step)
{
	return step->kind == TVM_STEP_GATEWAY ? TVM_VIA_GATEWAY | step->index
		: TVM_ARC(step->index, step->reverse);
}

static bool
same_step(const TvmStep *x, const TvmStep *y)
{
	return x->kind == y->kind && x->index == y->index && x->reverse == y->reverse
		&& x->point.layer == y->point.layer && x->point.node == y->point.node;
}

/* Searches ---------------------------------------------------------------- */

static TvmStatus
reverse_graph(Finder *finder)
{
	const TvmGraph *graph = finder->graph;
	TvmEnv	   *env = finder->env;
	TvmLayer   *layers = tvm_alloc(env, graph->layer_count, sizeof(TvmLayer));
	TvmGateway *gateways = tvm_alloc(env, (size_t) graph->gateway_count + 1, sizeof(TvmGateway));
	TvmStatus	status = TVM_NOMEM;

	finder->topologies = tvm_alloc(env, graph->layer_count, sizeof(TvmTopology));
	if (layers != NULL && gateways != NULL && finder->topologies != NULL)
	{
		for (uint32_t i = 0; i < graph->layer_count; i++)
		{
			const TvmTopology *topology = graph->layers[i].topology;
			TvmTopology *reversed = &finder->topologies[i];

			*reversed = *topology;
			reversed->out_first = topology->in_first;
			reversed->out = topology->in;
			reversed->in_first = topology->out_first;
			reversed->in = topology->out;
			layers[i] = (TvmLayer) {.topology = reversed, .weights = graph->layers[i].weights};
		}
		for (uint32_t i = 0; i < graph->gateway_count; i++)
			gateways[i] = (TvmGateway) {
				.from = graph->gateways[i].to,
				.to = graph->gateways[i].from,
				.cost = graph->gateways[i].cost
			};
		status = tvm_graph_view(env, &finder->reversed, layers, graph->layer_count,
								gateways, graph->gateway_count);
	}
	tvm_free(env, layers);
	tvm_free(env, gateways);
	return status;
}

static TvmStatus
take_memory(Finder *finder)
{
	TvmEnv	   *env = finder->env;
	size_t		states = tvm_graph_states(finder->graph);

	if (tvm_query_init(env, &finder->forward, finder->graph) != TVM_OK
		|| tvm_query_init(env, &finder->backward, &finder->reversed) != TVM_OK
		|| tvm_heap_init(env, &finder->candidates, (uint32_t) states) != TVM_OK)
		return TVM_NOMEM;
	finder->nearest_forward = tvm_alloc(env, states, sizeof(uint32_t));
	finder->nearest_backward = tvm_alloc(env, states, sizeof(uint32_t));
	finder->shared_forward = tvm_alloc(env, states, sizeof(double));
	finder->shared_backward = tvm_alloc(env, states, sizeof(double));
	finder->head = tvm_alloc_zero(env, states, sizeof(uint32_t));
	finder->tail = tvm_alloc(env, states, sizeof(uint32_t));
	finder->visit = tvm_alloc_zero(env, states, sizeof(uint32_t));
	finder->used = tvm_alloc_zero(env, states, sizeof(uint8_t));
	return finder->nearest_forward == NULL || finder->nearest_backward == NULL
		|| finder->shared_forward == NULL || finder->shared_backward == NULL
		|| finder->head == NULL || finder->tail == NULL
		|| finder->visit == NULL || finder->used == NULL ? TVM_NOMEM : TVM_OK;
}

static void
free_memory(Finder *finder)
{
	TvmEnv	   *env = finder->env;

	tvm_free(env, finder->used);
	tvm_free(env, finder->visit);
	tvm_free(env, finder->tail);
	tvm_free(env, finder->head);
	tvm_free(env, finder->shared_backward);
	tvm_free(env, finder->shared_forward);
	tvm_free(env, finder->nearest_backward);
	tvm_free(env, finder->nearest_forward);
	tvm_heap_free(env, &finder->candidates);
	tvm_query_free(env, &finder->local);
	tvm_query_free(env, &finder->backward);
	tvm_query_free(env, &finder->forward);
	tvm_graph_free(env, &finder->reversed);
	tvm_free(env, finder->topologies);
}

/* Both searches as far as a path may reach, and the plateaus that their trees have in common. */
static TvmStatus
find_candidates(Finder *finder, TvmPoint from, TvmPoint to)
{
	const TvmGraph *graph = finder->graph;
	TvmStatus	status;

	status = tvm_dijkstra_within(finder->env, &finder->forward, from, finder->most,
								 finder->nearest_forward, &finder->count_forward);
	if (status == TVM_OK)
		status = tvm_dijkstra_within(finder->env, &finder->backward, to, finder->most,
									 finder->nearest_backward, &finder->count_backward);
	if (status != TVM_OK)
		return status;

	for (uint32_t i = 0; i < finder->count_forward; i++)
	{
		uint32_t	state = finder->nearest_forward[i];
		uint32_t	via = finder->forward.labels[state].via;
		double		cost;
		uint32_t	before;

		if (i % CHECK_EVERY == 0 && tvm_cancelled(finder->env))
			return TVM_CANCELLED;
		cost = finder->forward.labels[state].cost
			+ tvm_query_cost(&finder->backward, tvm_graph_point(graph, state));
		if (cost > finder->most || cost == INFINITY)
			continue;
		before = via == TVM_VIA_ORIGIN ? NONE : step_tail(graph, state, via);
		if (before != NONE && finder->head[before] != 0 && finder->backward.labels[before].via == via)
			finder->head[state] = finder->head[before];
		else
		{
			finder->head[state] = state + 1;
			tvm_heap_push(&finder->candidates, state, cost);
		}
		finder->tail[finder->head[state] - 1] = state;
	}
	return TVM_OK;
}

/* Note a path that is given, and what every candidate shares with those given so far. */
static TvmStatus
mark_path(Finder *finder, const TvmPath *path)
{
	const TvmGraph *graph = finder->graph;

	for (size_t i = 1; i < path->count; i++)
	{
		uint32_t	via = step_via(&path->steps[i]);
		uint32_t	tail = tvm_graph_state(graph, path->steps[i - 1].point);
		uint32_t	head = tvm_graph_state(graph, path->steps[i].point);

		if (tvm_query_is_labelled(&finder->forward, head) && finder->forward.labels[head].via == via)
			finder->used[head] |= USED_FORWARD;
		if (tvm_query_is_labelled(&finder->backward, tail) && finder->backward.labels[tail].via == via)
			finder->used[tail] |= USED_BACKWARD;
	}
	for (uint32_t i = 0; i < finder->count_forward; i++)
	{
		uint32_t	state = finder->nearest_forward[i];
		uint32_t	via = finder->forward.labels[state].via;

		if (i % CHECK_EVERY == 0 && tvm_cancelled(finder->env))
			return TVM_CANCELLED;
		finder->shared_forward[state] = via == TVM_VIA_ORIGIN ? 0
			: finder->shared_forward[step_tail(graph, state, via)]
			+ (finder->used[state] & USED_FORWARD ? step_cost(graph, state, via) : 0);
	}
	for (uint32_t i = 0; i < finder->count_backward; i++)
	{
		uint32_t	state = finder->nearest_backward[i];
		uint32_t	via = finder->backward.labels[state].via;
		uint32_t	next;

		if (i % CHECK_EVERY == 0 && tvm_cancelled(finder->env))
			return TVM_CANCELLED;
		finder->shared_backward[state] = 0;
		if (via == TVM_VIA_ORIGIN)
			continue;
		next = step_head(graph, state, via);
		finder->shared_backward[state] = finder->shared_backward[next]
			+ (finder->used[state] & USED_BACKWARD ? step_cost(graph, next, via) : 0);
	}
	return TVM_OK;
}

/* Candidates -------------------------------------------------------------- */

static void
set_step(const TvmGraph *graph, TvmStep *step, uint32_t head, uint32_t via)
{
	*step = (TvmStep) {.point = tvm_graph_point(graph, head), .kind = TVM_STEP_ORIGIN};
	if (via == TVM_VIA_ORIGIN)
		return;
	step->kind = via & TVM_VIA_GATEWAY ? TVM_STEP_GATEWAY : TVM_STEP_SEGMENT;
	step->index = via & TVM_VIA_GATEWAY ? via & ~TVM_VIA_GATEWAY : TVM_ARC_SEGMENT(via);
	step->reverse = !(via & TVM_VIA_GATEWAY) && TVM_ARC_REVERSE(via);
}

/* The path through a state; *at is the state's index in it.  Costs are added anew, in the order of travel. */
static TvmStatus
walk_path(Finder *finder, uint32_t state, TvmPath *path, size_t *at)
{
	const TvmGraph *graph = finder->graph;
	const TvmLabel *forward = finder->forward.labels;
	const TvmLabel *backward = finder->backward.labels;
	size_t		count = 1;

	for (uint32_t s = state; forward[s].via != TVM_VIA_ORIGIN; s = step_tail(graph, s, forward[s].via))
		count++;
	*at = count - 1;
	for (uint32_t s = state; backward[s].via != TVM_VIA_ORIGIN; s = step_head(graph, s, backward[s].via))
		count++;
	path->steps = tvm_alloc(finder->env, count, sizeof(TvmStep));
	if (path->steps == NULL)
		return TVM_NOMEM;
	path->count = count;

	for (size_t i = *at + 1, s = state; i-- > 0;)
	{
		set_step(graph, &path->steps[i], (uint32_t) s, forward[s].via);
		if (i > 0)
			s = step_tail(graph, (uint32_t) s, forward[s].via);
	}
	for (size_t i = *at + 1, s = state; i < count; i++)
	{
		uint32_t	via = backward[s].via;

		s = step_head(graph, (uint32_t) s, via);
		set_step(graph, &path->steps[i], (uint32_t) s, via);
	}
	for (size_t i = 1; i < count; i++)
		path->steps[i].cost = path->steps[i - 1].cost
			+ step_cost(graph, tvm_graph_state(graph, path->steps[i].point), step_via(&path->steps[i]));
	path->cost = path->steps[count - 1].cost;
	return TVM_OK;
}

static bool
is_simple(Finder *finder, const TvmPath *path)
{
	finder->visits++;
	for (size_t i = 0; i < path->count; i++)
	{
		uint32_t	state = tvm_graph_state(finder->graph, path->steps[i].point);

		if (finder->visit[state] == finder->visits)
			return false;
		finder->visit[state] = finder->visits;
	}
	return true;
}

/* Whether the path differs from `best`, and its detour is not too long. */
static bool
is_detour_short(const Finder *finder, const TvmPath *path, const TvmPath *best)
{
	size_t		least = path->count < best->count ? path->count : best->count;
	size_t		first = 0;		/* last point before they part */
	size_t		last = 0;		/* points from the end to where they have joined */
	double		detour;
	double		instead;

	while (first + 1 < least && same_step(&path->steps[first + 1], &best->steps[first + 1]))
		first++;
	while (last + first + 1 < least
		   && same_step(&path->steps[path->count - 1 - last], &best->steps[best->count - 1 - last]))
		last++;
	if (first + 1 == path->count && path->count == best->count)
		return false;
	detour = path->steps[path->count - 1 - last].cost - path->steps[first].cost;
	instead = best->steps[best->count - 1 - last].cost - best->steps[first].cost;
	return detour <= finder->limits->stretch * instead * ROUNDING;
}

static bool
is_same(const TvmPath *x, const TvmPath *y)
{
	if (x->count != y->count)
		return false;
	for (size_t i = 0; i < x->count; i++)
		if (!same_step(&x->steps[i], &y->steps[i]))
			return false;
	return true;
}

/*
 * Whether all parts of the path that cost at most `length` are best.  Before
 * steps[first], the plateau's beginning, and after steps[last], its end, they are.
 */
static TvmStatus
is_locally_best(Finder *finder, const TvmPath *path, size_t first, size_t last, double length, bool *passed)
{
	const TvmStep *steps = path->steps;
	size_t		from = last;
	size_t		to = first;
	double		best;
	TvmStatus	status;

	while (from > 0 && steps[from - 1].cost >= steps[last].cost - length)
		from--;
	while (to < path->count - 1 && steps[to + 1].cost <= steps[first].cost + length)
		to++;
	*passed = from >= first || to <= last;
	if (*passed)
		return TVM_OK;
	status = tvm_astar_run(finder->env, &finder->local, steps[from].point, steps[to].point);
	if (status != TVM_OK)
		return status;
	best = tvm_query_cost(&finder->local, steps[to].point);
	*passed = steps[to].cost - steps[from].cost <= best + path->cost * ROUNDING_OF_SUMS;
	return TVM_OK;
}

/* Whether the path through a plateau is an alternative to those found; then it is in `path`. */
static TvmStatus
try_candidate(Finder *finder, uint32_t state, const TvmAlternative *found, size_t count,
			  TvmPath *path, bool *passed)
{
	double		length = finder->limits->optimality * finder->best;
	size_t		first;
	size_t		last;
	TvmStatus	status = walk_path(finder, state, path, &first);

	*passed = false;
	if (status != TVM_OK)
		return status;
	if (!(path->cost < INFINITY) || !is_simple(finder, path)
		|| !is_detour_short(finder, path, &found[0].path))
		return TVM_OK;
	/* By rounding, a plateau that costs just the most may come in two. */
	for (size_t i = 1; i < count; i++)
		if (is_same(path, &found[i].path))
			return TVM_OK;
	for (last = first; last < path->count - 1
		 && tvm_graph_state(finder->graph, path->steps[last].point) != finder->tail[state];)
		last++;
	/* What fails a look of half the length or less fails exactly, for parts of up to twice that are in it. */
	status = is_locally_best(finder, path, first, last, length * FIRST_LOOK, passed);
	if (status == TVM_OK && *passed)
		status = is_locally_best(finder, path, first, last, length, passed);
	return status;
}

/* A way that turns round in its via point is never one. */
static bool
turns_round(const Finder *finder, uint32_t state)
{
	uint32_t	in = finder->forward.labels[state].via;
	uint32_t	out = finder->backward.labels[state].via;

	return finder->tail[state] == state && in != TVM_VIA_ORIGIN && out != TVM_VIA_ORIGIN
		&& !(in & TVM_VIA_GATEWAY) && (in ^ 1) == out;
}

static TvmStatus
try_candidates(Finder *finder, size_t room, TvmAlternative *found, size_t *count)
{
	TvmStatus	status = mark_path(finder, &found[0].path);
	size_t		walked = 0;

	for (size_t i = 0; status == TVM_OK && *count < room && finder->candidates.count > 0; i++)
	{
		uint32_t	state = tvm_heap_pop(&finder->candidates).item;
		double		shared = finder->shared_forward[state] + finder->shared_backward[state];
		TvmPath		path = {0};
		bool		passed = false;

		if ((i % CHECK_EVERY == 0 || walked >= CHECK_PATHS) && tvm_cancelled(finder->env))
			return TVM_CANCELLED;
		if (shared > finder->limits->sharing * finder->best * ROUNDING || turns_round(finder, state))
			continue;
		walked = walked >= CHECK_PATHS ? 1 : walked + 1;
		status = try_candidate(finder, state, found, *count, &path, &passed);
		if (status == TVM_OK && passed)
		{
			found[(*count)++] = (TvmAlternative) {.path = path, .shared = shared};
			status = mark_path(finder, &path);
		}
		else
			tvm_path_free(finder->env, &path);
	}
	return status;
}

TvmStatus
tvm_alternatives_find(TvmEnv *env, const TvmGraph *graph, TvmPoint from, TvmPoint to,
					  const TvmAlternativeLimits *limits, const TvmTies *ties, size_t room,
					  TvmAlternative *found, size_t *count)
{
	Finder		finder = {.env = env, .graph = graph, .limits = limits};
	TvmStatus	status;

	*count = 0;
	if ((status = check_limit(env, limits->stretch, 1, 1e300, "stretch")) != TVM_OK
		|| (status = check_limit(env, limits->sharing, 0, 1, "sharing")) != TVM_OK
		|| (status = check_limit(env, limits->optimality, 0, 1, "optimality")) != TVM_OK)
		return status;

	status = tvm_query_init(env, &finder.local, graph);
	if (status == TVM_OK)
		status = tvm_astar_run(env, &finder.local, from, to);
	if (status == TVM_OK && room > 0 && tvm_query_cost(&finder.local, to) < INFINITY)
	{
		found[0].shared = 0;
		status = tvm_ties_path(env, &finder.local, ties, NULL, to, &found[0].path);
		*count = status == TVM_OK;
	}
	if (*count == 1 && room > 1 && found[0].path.cost > 0)
	{
		finder.best = found[0].path.cost;
		finder.most = fmin(finder.best * limits->stretch * ROUNDING, DBL_MAX);
		status = reverse_graph(&finder);
		if (status == TVM_OK)
			status = take_memory(&finder);
		if (status == TVM_OK)
			status = find_candidates(&finder, from, to);
		if (status == TVM_OK)
			status = try_candidates(&finder, room, found, count);
	}
	free_memory(&finder);
	while (status != TVM_OK && *count > 0)
		tvm_path_free(env, &found[--*count].path);
	return status;
}
