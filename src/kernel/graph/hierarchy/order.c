/*
 * order.c: nested dissection by inertial flow; see order.h for the papers.
 *
 * Phases:
 *   1. The graph is made simple, then nodes of degree two or less are eliminated
 *      in rounds of independent sets.  That adds no fill and leaves a core of
 *      about half the nodes; rounds keep the elimination tree of a chain flat.
 *   2. The core is dissected: parts are ranges of `members`, the separator of a
 *      range takes its highest positions.
 *   3. Parts of up to LEAF_NODES are ordered by minimum degree on bit masks.
 *
 * Memory: all arrays are allocated once, sized by the whole core; a part works
 * on a local copy of its edges, so that the flow stays in cache as parts shrink.
 */
#include "kernel/graph/hierarchy/order.h"

#include "kernel/graph/hierarchy/order_part.h"

#include <math.h>
#include <string.h>

#define LEAF_NODES 24			/* at most 64: a part's adjacency is bit masks */
#define CHECK_EVERY 65536		/* steps of a loop between two looks at cancellation: a few milliseconds */
#define NONE UINT32_MAX

/* Minimum degree on bit masks, for a part of up to 64 nodes. */
static void
leaf_order(TvmDissection *d, uint32_t low, uint32_t high)
{
	uint64_t	adjacent[64];
	uint64_t	left;
	uint32_t	nodes[64];

	tvm_part_load(d, low, high);
	memcpy(nodes, d->members + low, d->count * sizeof(uint32_t));
	for (uint32_t v = 0; v < d->count; v++)
	{
		adjacent[v] = 0;
		for (uint32_t a = d->lfirst[v]; a < d->lfirst[v + 1]; a++)
			adjacent[v] |= UINT64_C(1) << d->lhead[a];
	}
	left = d->count == 64 ? UINT64_MAX : (UINT64_C(1) << d->count) - 1;
	for (uint32_t i = 0; i < d->count; i++)
	{
		uint32_t	best = NONE;
		int			best_degree = 65;

		for (uint32_t v = 0; v < d->count; v++)
		{
			int			degree = __builtin_popcountll(adjacent[v] & left);

			if ((left >> v & 1) != 0 && degree < best_degree)
			{
				best = v;
				best_degree = degree;
			}
		}
		left &= ~(UINT64_C(1) << best);
		for (uint32_t v = 0; v < d->count; v++)
			if ((adjacent[best] & left) >> v & 1)
				adjacent[v] = (adjacent[v] | adjacent[best]) & ~(UINT64_C(1) << v);
		d->members[low + i] = nodes[best];
		d->where[nodes[best]] = low + i;
	}
}

static TvmStatus
dissect(TvmDissection *d)
{
	/* Each cut halves a part at best and pushes two: 64 deep is never reached by balanced cuts. */
	struct
	{
		uint32_t	low;
		uint32_t	high;
	}			todo[4096];
	uint32_t	depth = 0;

	todo[depth].low = 0;
	todo[depth++].high = d->nodes;
	while (depth > 0)
	{
		uint32_t	low = todo[--depth].low;
		uint32_t	high = todo[depth].high;
		uint32_t	a;
		uint32_t	b;
		TvmStatus	status;

		if (high - low <= LEAF_NODES)
		{
			leaf_order(d, low, high);
			continue;
		}
		if (tvm_cancelled(d->env))
			return TVM_CANCELLED;
		status = tvm_part_cut(d, low, high, &a, &b);
		if (status != TVM_OK)
			return status;
		/* The larger part first onto the stack, so that its depth stays logarithmic. */
		if (a > b)
		{
			todo[depth].low = low;
			todo[depth++].high = low + a;
		}
		if (b > 0)
		{
			todo[depth].low = low + a;
			todo[depth++].high = low + a + b;
		}
		if (a > 0 && a <= b)
		{
			todo[depth].low = low;
			todo[depth++].high = low + a;
		}
	}
	return TVM_OK;
}

/* Replace `old` by `new` in v's list, or take it out where `new` is there already. */
static void
neighbour_replace(const uint32_t *first, uint32_t *degree, uint32_t *head, uint32_t v,
				  uint32_t old, uint32_t new)
{
	uint32_t   *list = head + first[v];
	uint32_t	at = 0;
	bool		known = new == NONE;

	for (uint32_t i = 0; i < degree[v]; i++)
	{
		if (list[i] == old)
			at = i;
		else if (list[i] == new)
			known = true;
	}
	if (known)
		list[at] = list[--degree[v]];
	else
		list[at] = new;
}

/*
 * Eliminate nodes of degree two or less, in rounds of independent sets, into
 * order[0 .. *eliminated).
 */
static TvmStatus
eliminate_low_degrees(TvmEnv *env, uint32_t nodes, const uint32_t *first, uint32_t *degree,
					  uint32_t *head, uint32_t *order, uint32_t *round_of, uint32_t *todo,
					  uint32_t *eliminated)
{
	uint32_t	done = 0;
	uint32_t	count = nodes;
	uint32_t	round = 1;

	for (uint32_t v = 0; v < nodes; v++)
	{
		todo[v] = v;
		round_of[v] = 0;
	}
	for (;; round++)
	{
		uint32_t	left = 0;
		uint32_t	before = done;

		for (uint32_t i = 0; i < count; i++)
		{
			uint32_t	v = todo[i];
			uint32_t   *list = head + first[v];

			if (i % CHECK_EVERY == 0 && tvm_cancelled(env))
				return TVM_CANCELLED;
			if (degree[v] > 2 || round_of[v] == round)
			{
				todo[left++] = v;
				continue;
			}
			order[done++] = v;
			for (uint32_t j = 0; j < degree[v]; j++)
			{
				neighbour_replace(first, degree, head, list[j], v,
								  degree[v] == 2 ? list[1 - j] : NONE);
				round_of[list[j]] = round;
			}
			degree[v] = 0;
		}
		count = left;
		if (done == before)
		{
			*eliminated = done;
			return TVM_OK;
		}
	}
}

static void
dissection_free(TvmEnv *env, TvmDissection *d)
{
	void	   *blocks[] = {d->first, d->degree, d->head, d->x, d->y, d->members, d->where, d->lfirst,
		d->lhead, d->key, d->sorted, d->terminal, d->next, d->prev, d->level, d->arc, d->queue,
	d->stack, d->side, d->best_side, d->sorting};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		tvm_free(env, blocks[i]);
}

static TvmStatus
dissection_alloc(TvmDissection *d, uint32_t nodes, uint32_t arcs)
{
	TvmEnv	   *env = d->env;
	bool		ok = true;

#define ALLOCATE(field, count) \
	ok = ok && (d->field = tvm_alloc(env, (count), sizeof(*d->field))) != NULL
	ALLOCATE(first, (size_t) nodes + 1);
	ALLOCATE(degree, nodes);
	ALLOCATE(head, arcs);
	ALLOCATE(x, nodes);
	ALLOCATE(y, nodes);
	ALLOCATE(members, nodes);
	ALLOCATE(where, nodes);
	ALLOCATE(lfirst, (size_t) nodes + 1);
	ALLOCATE(lhead, arcs);
	ALLOCATE(key, nodes);
	ALLOCATE(sorted, nodes);
	ALLOCATE(terminal, nodes);
	ALLOCATE(next, nodes);
	ALLOCATE(prev, nodes);
	ALLOCATE(level, 2 * (size_t) nodes);
	ALLOCATE(arc, 2 * (size_t) nodes);
	ALLOCATE(queue, 2 * (size_t) nodes);
	ALLOCATE(stack, 2 * (size_t) nodes);
	ALLOCATE(side, nodes);
	ALLOCATE(best_side, nodes);
	ALLOCATE(sorting, nodes);
#undef ALLOCATE
	return ok ? TVM_OK : TVM_NOMEM;
}

/* The neighbours of each node once, without itself. */
static TvmStatus
simplify(TvmEnv *env, uint32_t nodes, const uint32_t *first, const uint32_t *head,
		 uint32_t *degree, uint32_t *simple, uint32_t *mark)
{
	memset(mark, 0xff, nodes * sizeof(uint32_t));
	for (uint32_t v = 0; v < nodes; v++)
	{
		if (v % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		degree[v] = 0;
		for (uint32_t a = first[v]; a < first[v + 1]; a++)
			if (head[a] != v && mark[head[a]] != v)
			{
				mark[head[a]] = v;
				simple[first[v] + degree[v]++] = head[a];
			}
	}
	return TVM_OK;
}

/* Copy the core that elimination has left into d, renumbered in the order of `core`. */
static TvmStatus
core_load(TvmDissection *d, const uint32_t *core, uint32_t *number, const uint32_t *first,
		  const uint32_t *degree, const uint32_t *head, const double *lat, const double *lon)
{
	uint32_t	arcs = 0;
	double		middle = 0;
	double		scale;

	for (uint32_t i = 0; i < d->nodes; i++)
	{
		number[core[i]] = i;
		middle += lat[core[i]];
	}
	scale = cos(middle / (d->nodes > 0 ? d->nodes : 1) * 3.14159265358979323846 / 180);
	for (uint32_t i = 0; i < d->nodes; i++)
	{
		uint32_t	v = core[i];

		if (i % CHECK_EVERY == 0 && tvm_cancelled(d->env))
			return TVM_CANCELLED;
		d->x[i] = (float) (lon[v] * scale);
		d->y[i] = (float) lat[v];
		d->members[i] = i;
		d->where[i] = i;
		d->first[i] = arcs;
		d->degree[i] = degree[v];
		for (uint32_t j = 0; j < degree[v]; j++)
			d->head[arcs++] = number[head[first[v] + j]];
	}
	d->first[d->nodes] = arcs;
	return TVM_OK;
}

TvmStatus
tvm_order_dissect(TvmEnv *env, uint32_t nodes, const uint32_t *first, const uint32_t *head,
				  const double *lat, const double *lon, uint32_t *order)
{
	uint32_t	arcs = first[nodes];
	uint32_t   *degree = tvm_alloc(env, nodes, sizeof(uint32_t));
	uint32_t   *simple = tvm_alloc(env, arcs, sizeof(uint32_t));
	uint32_t   *mark = tvm_alloc(env, nodes, sizeof(uint32_t));
	uint32_t   *todo = tvm_alloc(env, nodes, sizeof(uint32_t));
	TvmDissection d = {.env = env};
	TvmStatus	status = TVM_NOMEM;
	uint32_t	done = 0;
	uint32_t	core_arcs = 0;

	if (degree != NULL && simple != NULL && mark != NULL && todo != NULL)
		status = simplify(env, nodes, first, head, degree, simple, mark);
	if (status == TVM_OK)
		status = eliminate_low_degrees(env, nodes, first, degree, simple, order, mark, todo, &done);
	if (status == TVM_OK)
	{
		d.nodes = nodes - done;
		for (uint32_t i = 0; i < d.nodes; i++)
			core_arcs += degree[todo[i]];
		status = dissection_alloc(&d, d.nodes, core_arcs);
	}
	if (status == TVM_OK)
		status = core_load(&d, todo, mark, first, degree, simple, lat, lon);
	if (status == TVM_OK)
		status = dissect(&d);
	if (status == TVM_OK)
		for (uint32_t i = 0; i < d.nodes; i++)
			order[done + i] = todo[d.members[i]];
	dissection_free(env, &d);
	tvm_free(env, todo);
	tvm_free(env, mark);
	tvm_free(env, simple);
	tvm_free(env, degree);
	return status;
}
