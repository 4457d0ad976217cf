/*
 * cch.c: the hierarchy of a topology: chordal completion, elimination tree, and
 * which arc carries which segment; see cch.h.
 */
#include "kernel/graph/hierarchy/cch.h"

#include <string.h>

#define CHECK_EVERY 16384		/* steps of a loop between two looks at cancellation: less than a millisecond */

/* The arcs found so far, as lists of heads one after the other; grows. */
typedef struct HeadList
{
	uint32_t   *head;
	size_t		count;
	size_t		capacity;
} HeadList;

static TvmStatus
heads_reserve(TvmEnv *env, HeadList *list, size_t more)
{
	size_t		capacity = list->capacity + list->capacity / 2 + more;
	uint32_t   *head;

	if (list->count + more <= list->capacity)
		return TVM_OK;
	head = tvm_alloc(env, capacity, sizeof(uint32_t));
	if (head == NULL)
		return TVM_NOMEM;
	if (list->count > 0)
		memcpy(head, list->head, list->count * sizeof(uint32_t));
	tvm_free(env, list->head);
	list->head = head;
	list->capacity = capacity;
	return TVM_OK;
}

/*
 * Eliminate the nodes in the order of their ranks: the heads of v are its higher
 * neighbours and those of its children but v itself.  `first` receives where
 * v's heads begin; they are distinct but not sorted.
 */
static TvmStatus
complete(TvmEnv *env, TvmCch *cch, const TvmTopology *topology, HeadList *heads, uint32_t *first,
		 uint32_t *child, uint32_t *sibling, uint32_t *mark)
{
	memset(child, 0xff, cch->node_count * sizeof(uint32_t));
	memset(mark, 0xff, cch->node_count * sizeof(uint32_t));
	for (uint32_t v = 0; v < cch->node_count; v++)
	{
		uint32_t	node = cch->node[v];
		size_t		most = (topology->out_first[node + 1] - topology->out_first[node]) +
			(size_t) (topology->in_first[node + 1] - topology->in_first[node]);
		uint32_t	parent = TVM_CCH_NONE;

		for (uint32_t c = child[v]; c != TVM_CCH_NONE; c = sibling[c])
			most += first[c + 1] - first[c];
		if (heads_reserve(env, heads, most) != TVM_OK)
			return TVM_NOMEM;
		if (v % 1024 == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		first[v] = (uint32_t) heads->count;
		mark[v] = v;

#define ADD_HEAD(rank_of_head) \
		do { \
			uint32_t	h = (rank_of_head); \
			if (h > v && mark[h] != v) \
			{ \
				mark[h] = v; \
				heads->head[heads->count++] = h; \
				if (h < parent) \
					parent = h; \
			} \
		} while (0)

		for (uint32_t i = topology->out_first[node]; i < topology->out_first[node + 1]; i++)
			ADD_HEAD(cch->rank[topology->out[i].node]);
		for (uint32_t i = topology->in_first[node]; i < topology->in_first[node + 1]; i++)
			ADD_HEAD(cch->rank[topology->in[i].node]);
		for (uint32_t c = child[v]; c != TVM_CCH_NONE; c = sibling[c])
			for (uint32_t i = first[c]; i < first[c + 1]; i++)
				ADD_HEAD(heads->head[i]);
#undef ADD_HEAD

		if (heads->count >= UINT32_MAX || topology->segment_count >= UINT32_MAX / 4)
			return tvm_fail(env, TVM_LIMIT, "hierarchy has too many arcs", NULL, NULL);
		first[v + 1] = (uint32_t) heads->count;
		cch->parent[v] = parent;
		if (parent != TVM_CCH_NONE)
		{
			sibling[v] = child[parent];
			child[parent] = v;
		}
	}
	return TVM_OK;
}

/* Sort by counting, twice: first the arcs into each node by tail, then out of each by head. */
static TvmStatus
sort_arcs(TvmEnv *env, TvmCch *cch, const HeadList *heads, const uint32_t *first)
{
	uint32_t	n = cch->node_count;
	uint32_t   *next = cch->depth;	/* not in use yet */

	memset(cch->down_first, 0, ((size_t) n + 1) * sizeof(uint32_t));
	for (size_t i = 0; i < heads->count; i++)
	{
		if (i % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		cch->down_first[heads->head[i] + 1]++;
	}
	for (uint32_t v = 0; v < n; v++)
		cch->down_first[v + 1] += cch->down_first[v];
	memcpy(next, cch->down_first, n * sizeof(uint32_t));
	for (uint32_t v = 0; v < n; v++)
	{
		if (v % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		for (uint32_t i = first[v]; i < first[v + 1]; i++)
			cch->down_tail[next[heads->head[i]]++] = v;
	}
	memcpy(cch->up_first, first, ((size_t) n + 1) * sizeof(uint32_t));
	memcpy(next, first, n * sizeof(uint32_t));
	for (uint32_t v = 0; v < n; v++)
	{
		if (v % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		for (uint32_t i = cch->down_first[v]; i < cch->down_first[v + 1]; i++)
		{
			uint32_t	arc = next[cch->down_tail[i]]++;

			cch->up_head[arc] = v;
			cch->down_arc[i] = arc;
		}
	}
	return TVM_OK;
}

/* Parents have higher ranks, so a walk downwards meets them first. */
static TvmStatus
measure_depths(TvmEnv *env, TvmCch *cch)
{
	cch->height = 0;
	for (uint32_t v = cch->node_count; v-- > 0;)
	{
		if (v % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		cch->depth[v] = cch->parent[v] == TVM_CCH_NONE ? 0 : cch->depth[cch->parent[v]] + 1;
		if (cch->depth[v] >= cch->height)
			cch->height = cch->depth[v] + 1;
	}
	for (uint32_t i = 0; i < cch->arc_count; i++)
	{
		if (i % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		cch->up_depth[i] = cch->depth[cch->up_head[i]];
	}
	return TVM_OK;
}

uint32_t
tvm_cch_find_arc(const TvmCch *cch, uint32_t low, uint32_t high)
{
	uint32_t	left = cch->up_first[low];
	uint32_t	right = cch->up_first[low + 1];

	while (right - left > 1)
	{
		uint32_t	middle = left + (right - left) / 2;

		if (cch->up_head[middle] <= high)
			left = middle;
		else
			right = middle;
	}
	return left;
}

static TvmStatus
place_segments(TvmEnv *env, TvmCch *cch, const TvmTopology *topology)
{
	memset(cch->arc_segment, 0xff, cch->arc_count * sizeof(uint32_t));
	for (uint32_t s = cch->segment_count; s-- > 0;)
	{
		uint32_t	a = cch->rank[topology->a[s]];
		uint32_t	b = cch->rank[topology->b[s]];
		uint32_t	arc;

		if (s % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		cch->segment_arc[s] = TVM_CCH_NONE;
		cch->segment_next[s] = TVM_CCH_NONE;
		if (a == b)
			continue;
		arc = a < b ? tvm_cch_find_arc(cch, a, b) : tvm_cch_find_arc(cch, b, a);
		cch->segment_arc[s] = arc;
		cch->segment_next[s] = cch->arc_segment[arc];
		cch->arc_segment[arc] = s;
	}
	return TVM_OK;
}

void
tvm_cch_free(TvmEnv *env, TvmCch *cch)
{
	void	   *blocks[] = {cch->rank, cch->node, cch->parent, cch->depth, cch->up_first,
		cch->up_head, cch->up_depth, cch->down_first, cch->down_tail, cch->down_arc,
	cch->segment_arc, cch->arc_segment, cch->segment_next};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		tvm_free(env, blocks[i]);
	memset(cch, 0, sizeof(*cch));
}

#define ALLOCATE(field, count) \
	((field) = tvm_alloc(env, (count), sizeof(*(field)))) != NULL

static bool
alloc_nodes(TvmEnv *env, TvmCch *cch)
{
	size_t		n = cch->node_count;

	return ALLOCATE(cch->rank, n) && ALLOCATE(cch->node, n) && ALLOCATE(cch->parent, n) &&
		ALLOCATE(cch->depth, n) && ALLOCATE(cch->up_first, n + 1) && ALLOCATE(cch->down_first, n + 1) &&
		ALLOCATE(cch->segment_arc, cch->segment_count) &&
		ALLOCATE(cch->segment_next, cch->segment_count);
}

static bool
alloc_arcs(TvmEnv *env, TvmCch *cch)
{
	size_t		m = cch->arc_count;

	return ALLOCATE(cch->up_head, m) && ALLOCATE(cch->up_depth, m) && ALLOCATE(cch->down_tail, m) &&
		ALLOCATE(cch->down_arc, m) && ALLOCATE(cch->arc_segment, m);
}

TvmStatus
tvm_cch_build(TvmEnv *env, TvmCch *cch, const TvmTopology *topology, const uint32_t *order)
{
	size_t		n = topology->node_count;
	HeadList	heads = {NULL, 0, 0};
	uint32_t   *first = tvm_alloc(env, n + 1, sizeof(uint32_t));
	uint32_t   *child = tvm_alloc(env, n, sizeof(uint32_t));
	uint32_t   *sibling = tvm_alloc(env, n, sizeof(uint32_t));
	uint32_t   *mark = tvm_alloc(env, n, sizeof(uint32_t));
	TvmStatus	status = TVM_NOMEM;

	memset(cch, 0, sizeof(*cch));
	cch->node_count = topology->node_count;
	cch->segment_count = topology->segment_count;
	cch->symmetric = true;
	for (uint32_t s = 0; s < topology->segment_count; s++)
		cch->symmetric = cch->symmetric && !topology->oneway[s];
	if (first != NULL && child != NULL && sibling != NULL && mark != NULL && alloc_nodes(env, cch))
	{
		for (uint32_t v = 0; v < n; v++)
		{
			cch->node[v] = order[v];
			cch->rank[order[v]] = v;
		}
		first[0] = 0;
		status = complete(env, cch, topology, &heads, first, child, sibling, mark);
	}
	if (status == TVM_OK)
	{
		cch->arc_count = (uint32_t) heads.count;
		status = alloc_arcs(env, cch) ? TVM_OK : TVM_NOMEM;
	}
	if (status == TVM_OK)
		status = sort_arcs(env, cch, &heads, first);
	if (status == TVM_OK)
		status = measure_depths(env, cch);
	if (status == TVM_OK)
		status = place_segments(env, cch, topology);
	tvm_free(env, heads.head);
	tvm_free(env, mark);
	tvm_free(env, sibling);
	tvm_free(env, child);
	tvm_free(env, first);
	if (status != TVM_OK)
		tvm_cch_free(env, cch);
	return status;
}
