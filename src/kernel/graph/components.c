/*
 * components.c: the largest strongly connected component of a network; see components.h.
 */
#include "kernel/graph/components.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_EVERY 65536		/* arcs between two looks at cancellation */
#define UNSEEN 0
#define DONE UINT32_MAX			/* number of a node whose component is known */
#define NONE UINT32_MAX

typedef struct Search
{
	const TvmTopology *topology;
	const TvmWeights *weights;
	const TvmSplit *split;		/* NULL: every node is a place */
	const TvmWay *ways;
	size_t		way_count;
	uint32_t   *number;			/* of each node: in the order of finding, from 1 */
	uint32_t   *low;			/* the least number it leads to among those without a component; then the least node of its component */
	uint32_t   *next;			/* the next of its arcs */
	uint32_t   *path;			/* nodes from the root to where the search is */
	uint32_t   *stack;			/* nodes found that have no component yet */
	uint32_t   *counted;		/* of each place: 1 + the root of the last component that it counts for */
	uint32_t	depth;
	uint32_t	waiting;
	uint32_t	found;
	uint32_t	best;			/* the least node of the largest component */
	uint32_t	best_size;
} Search;

static int
compare_ways(const void *a, const void *b)
{
	const TvmWay *x = a;
	const TvmWay *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

/* The first of the ways from a node, or where it would be. */
static size_t
first_way(const Search *search, uint32_t node)
{
	size_t		low = 0;
	size_t		high = search->way_count;

	while (low < high)
	{
		size_t		middle = (low + high) / 2;

		if (search->ways[middle].from < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the node's next open arc or way leads, or NONE after the last. */
static uint32_t
next_head(Search *search, uint32_t node)
{
	const TvmTopology *topology = search->topology;
	uint32_t	arcs = topology->out_first[node + 1] - topology->out_first[node];

	while (search->next[node] < arcs)
	{
		TvmArcEnd	end = topology->out[topology->out_first[node] + search->next[node]++];

		if (tvm_weight(search->weights, TVM_ARC_SEGMENT(end.arc)) < INFINITY)
			return end.node;
	}
	if (search->way_count > 0)
	{
		size_t		way = first_way(search, node) + (search->next[node] - arcs);

		if (way < search->way_count && search->ways[way].from == node)
		{
			search->next[node]++;
			return search->ways[way].to;
		}
	}
	return NONE;
}

static void
enter(Search *search, uint32_t node)
{
	search->number[node] = search->low[node] = ++search->found;
	search->next[node] = 0;
	search->path[search->depth++] = node;
	search->stack[search->waiting++] = node;
}

/* How many places nodes of a component belong to. */
static uint32_t
count_places(Search *search, uint32_t first, uint32_t root)
{
	uint32_t	count = 0;

	if (search->split == NULL)
		return search->waiting - first;
	for (uint32_t i = first; i < search->waiting; i++)
	{
		uint32_t	place = tvm_split_place(search->split, search->stack[i]);

		count += search->counted[place] != root + 1;
		search->counted[place] = root + 1;
	}
	return count;
}

/* All that wait since the root of a component are that component. */
static void
close_part(Search *search, uint32_t root)
{
	uint32_t	first = search->waiting;
	uint32_t	size;
	uint32_t	least = root;

	do
	{
		first--;
		if (search->stack[first] < least)
			least = search->stack[first];
	} while (search->stack[first] != root);
	size = count_places(search, first, root);
	for (uint32_t i = first; i < search->waiting; i++)
	{
		search->number[search->stack[i]] = DONE;
		search->low[search->stack[i]] = least;
	}
	search->waiting = first;
	if (size > 1 && (size > search->best_size || (size == search->best_size && least < search->best)))
	{
		search->best = least;
		search->best_size = size;
	}
}

static TvmStatus
run(TvmEnv *env, Search *search)
{
	uint64_t	steps = 0;

	for (uint32_t root = 0; root < search->topology->node_count; root++)
	{
		if (search->number[root] == UNSEEN)
			enter(search, root);
		while (search->depth > 0)
		{
			uint32_t	node = search->path[search->depth - 1];
			uint32_t	head = next_head(search, node);

			if (++steps % CHECK_EVERY == 0 && tvm_cancelled(env))
				return TVM_CANCELLED;
			if (head == NONE)
			{
				search->depth--;
				if (search->low[node] == search->number[node])
					close_part(search, node);
				else
				{
					uint32_t	above = search->path[search->depth - 1];

					if (search->low[node] < search->low[above])
						search->low[above] = search->low[node];
				}
			}
			else if (search->number[head] == UNSEEN)
				enter(search, head);
			else if (search->number[head] != DONE && search->number[head] < search->low[node])
				search->low[node] = search->number[head];
		}
	}
	return TVM_OK;
}

TvmStatus
tvm_components_largest(TvmEnv *env, const TvmTopology *topology, const TvmWeights *weights, const TvmSplit *split,
					   TvmWay *ways, size_t way_count, uint8_t *is_member, uint32_t *size)
{
	size_t		nodes = topology->node_count;
	bool		is_split = split != NULL && split->junction_count > 0;
	uint32_t   *memory = tvm_alloc_zero(env, nodes * (is_split ? 6 : 5) + 1, sizeof(uint32_t));
	TvmStatus	status;
	Search		search = {
		.topology = topology,
		.weights = weights,
		.split = is_split ? split : NULL,
		.ways = ways,
		.way_count = way_count,
		.best = NONE
	};

	*size = 0;
	if (memory == NULL)
		return TVM_NOMEM;
	search.number = memory;
	search.low = memory + nodes;
	search.next = memory + 2 * nodes;
	search.path = memory + 3 * nodes;
	search.stack = memory + 4 * nodes;
	search.counted = is_split ? memory + 5 * nodes : NULL;
	if (way_count > 1)
		qsort(ways, way_count, sizeof(TvmWay), compare_ways);
	status = run(env, &search);
	if (status == TVM_OK)
	{
		*size = search.best_size;
		for (size_t v = 0; v < nodes; v++)
			is_member[v] = search.best_size > 0 && search.low[v] == search.best;
	}
	tvm_free(env, memory);
	return status;
}
