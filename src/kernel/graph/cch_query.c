/*
 * cch_query.c: searches on a customized hierarchy: walks up the elimination tree
 * (Dibbelt, Strasser, Wagner 2016, section 8), with distances kept by depth.
 */
#include "kernel/graph/cch.h"

#include <math.h>
#include <string.h>

TvmStatus
tvm_cch_query_init(TvmEnv *env, TvmCchQuery *query, const TvmCch *cch)
{
	size_t		height = (size_t) cch->height + 1;

	query->cch = cch;
	query->meet = TVM_CCH_NONE;
	query->from_origin = tvm_alloc(env, height, sizeof(double));
	query->to_dest = tvm_alloc(env, height, sizeof(double));
	query->origin_arc = tvm_alloc(env, height, sizeof(uint32_t));
	query->dest_arc = tvm_alloc(env, height, sizeof(uint32_t));
	if (query->from_origin != NULL && query->to_dest != NULL && query->origin_arc != NULL &&
		query->dest_arc != NULL)
		return TVM_OK;
	tvm_cch_query_free(env, query);
	return TVM_NOMEM;
}

void
tvm_cch_query_free(TvmEnv *env, TvmCchQuery *query)
{
	tvm_free(env, query->from_origin);
	tvm_free(env, query->to_dest);
	tvm_free(env, query->origin_arc);
	tvm_free(env, query->dest_arc);
	memset(query, 0, sizeof(*query));
}

/* Relax the arcs out of v, whose own distance is `here`; `via` remembers the arc. */
static inline void
relax(const TvmCch *cch, const double *weight, uint32_t v, double here, double *distance,
	  uint32_t *via)
{
	for (uint32_t i = cch->up_first[v]; i < cch->up_first[v + 1]; i++)
	{
		uint32_t	depth = cch->up_depth[i];
		double		sum = here + weight[i];

		if (sum < distance[depth])
		{
			distance[depth] = sum;
			via[depth] = i;
		}
	}
}

double
tvm_cch_distance(TvmCchQuery *query, const TvmCchMetric *metric, uint32_t origin, uint32_t dest)
{
	const TvmCch *cch = query->cch;
	uint32_t	s = cch->rank[origin];
	uint32_t	t = cch->rank[dest];
	double	   *forward = query->from_origin;
	double	   *backward = query->to_dest;
	double		best = INFINITY;

	query->origin = s;
	query->dest = t;
	query->meet = TVM_CCH_NONE;
	for (uint32_t depth = 0; depth <= cch->depth[s]; depth++)
		forward[depth] = INFINITY;
	for (uint32_t depth = 0; depth <= cch->depth[t]; depth++)
		backward[depth] = INFINITY;
	forward[cch->depth[s]] = 0;
	backward[cch->depth[t]] = 0;
	query->origin_arc[cch->depth[s]] = TVM_CCH_NONE;
	query->dest_arc[cch->depth[t]] = TVM_CCH_NONE;

	/* Each side alone, up to the first common ancestor; NONE is above every rank. */
	while (s != t)
	{
		if (s < t)
		{
			double		here = forward[cch->depth[s]];

			if (here < INFINITY)
				relax(cch, metric->up, s, here, forward, query->origin_arc);
			s = cch->parent[s];
		}
		else
		{
			double		here = backward[cch->depth[t]];

			if (here < INFINITY)
				relax(cch, metric->down, t, here, backward, query->dest_arc);
			t = cch->parent[t];
		}
	}
	/* The common ancestors: a distance that is not below the best cannot improve it. */
	for (; s != TVM_CCH_NONE; s = cch->parent[s])
	{
		uint32_t	depth = cch->depth[s];
		double		there = forward[depth];
		double		back = backward[depth];

		if (there + back < best)
		{
			best = there + back;
			query->meet = depth;
		}
		if (there < best)
			relax(cch, metric->up, s, there, forward, query->origin_arc);
		if (back < best)
			relax(cch, metric->down, s, back, backward, query->dest_arc);
	}
	return best;
}

/* Topology arcs of the path in the making. */
typedef struct ArcList
{
	uint32_t   *arc;
	size_t		count;
	size_t		capacity;
} ArcList;

static TvmStatus
list_append(TvmEnv *env, ArcList *list, uint32_t arc)
{
	if (list->count == list->capacity)
	{
		size_t		capacity = list->capacity * 2 + 256;
		uint32_t   *grown = tvm_alloc(env, capacity, sizeof(uint32_t));

		if (grown == NULL)
			return TVM_NOMEM;
		if (list->count > 0)
			memcpy(grown, list->arc, list->count * sizeof(uint32_t));
		tvm_free(env, list->arc);
		list->arc = grown;
		list->capacity = capacity;
	}
	list->arc[list->count++] = arc;
	return TVM_OK;
}

/*
 * Unpack one hierarchy arc: a segment of exactly its weight, or the two lower arcs
 * by way of its middle.  `tail` is its lower end.  Each step goes down in rank, so
 * the recursion is no deeper than the tree.
 *
 * Looking for the middle among the lower triangles, instead of keeping it, took
 * three times as long on New York.
 */
static TvmStatus
unpack(TvmEnv *env, const TvmCchMetric *metric, const TvmTopology *topology, const double *weight,
	   uint32_t arc, uint32_t tail, bool upward, ArcList *list)
{
	const TvmCch *cch = metric->cch;
	uint32_t	middle = upward ? metric->up_middle[arc] : metric->down_middle[arc];
	double		wanted;

	if (middle != TVM_CCH_NONE)
	{
		uint32_t	to_tail = tvm_cch_find_arc(cch, middle, tail);
		uint32_t	to_head = tvm_cch_find_arc(cch, middle, cch->up_head[arc]);
		TvmStatus	status = unpack(env, metric, topology, weight, upward ? to_tail : to_head,
									middle, false, list);

		if (status == TVM_OK)
			status = unpack(env, metric, topology, weight, upward ? to_head : to_tail, middle, true,
							list);
		return status;
	}
	wanted = upward ? metric->up[arc] : metric->down[arc];
	for (uint32_t s = cch->arc_segment[arc]; s != TVM_CCH_NONE; s = cch->segment_next[s])
	{
		bool		reverse = (cch->rank[topology->a[s]] == tail) != upward;

		if (weight[s] == wanted && !(reverse && topology->oneway[s]))
			return list_append(env, list, TVM_ARC(s, reverse));
	}
	return tvm_fail(env, TVM_INVALID, "hierarchy does not match its weights", NULL,
					"arc %u has no segment of its weight", arc);
}

/* A hierarchy arc of the path, with its lower end. */
typedef struct Climb
{
	uint32_t	arc;
	uint32_t	tail;
} Climb;

/*
 * The arcs between `v` and its ancestor at depth `meet`, topmost first, as `via`
 * remembers them; returns how many.  `ancestor` is scratch, by depth.
 */
static size_t
descend(const TvmCch *cch, uint32_t v, uint32_t meet, const uint32_t *via, uint32_t *ancestor,
		Climb *climb)
{
	size_t		count = 0;
	uint32_t	bottom = cch->depth[v];

	for (uint32_t w = v; w != TVM_CCH_NONE; w = cch->parent[w])
		ancestor[cch->depth[w]] = w;
	while (meet != bottom)
	{
		uint32_t	arc = via[meet];
		uint32_t	low = meet + 1;
		uint32_t	high = bottom;

		/* The deeper an ancestor, the lower are the numbers of its arcs. */
		while (low < high)
		{
			uint32_t	middle = low + (high - low) / 2;

			if (cch->up_first[ancestor[middle]] <= arc)
				high = middle;
			else
				low = middle + 1;
		}
		climb[count].arc = arc;
		climb[count++].tail = ancestor[low];
		meet = low;
	}
	return count;
}

TvmStatus
tvm_cch_path(TvmEnv *env, TvmCchQuery *query, const TvmCchMetric *metric,
			 const TvmTopology *topology, const double *weight, uint32_t **arcs, size_t *count)
{
	const TvmCch *cch = query->cch;
	size_t		height = (size_t) cch->height + 1;
	ArcList		list = {NULL, 0, 0};
	uint32_t   *ancestor = tvm_alloc(env, height, sizeof(uint32_t));
	Climb	   *climb = tvm_alloc(env, height, sizeof(Climb));
	TvmStatus	status = ancestor != NULL && climb != NULL ? TVM_OK : TVM_NOMEM;

	if (status == TVM_OK && query->meet != TVM_CCH_NONE)
	{
		size_t		steps = descend(cch, query->origin, query->meet, query->origin_arc, ancestor,
									climb);

		while (steps-- > 0 && status == TVM_OK)
			status = unpack(env, metric, topology, weight, climb[steps].arc, climb[steps].tail,
							true, &list);
		steps = descend(cch, query->dest, query->meet, query->dest_arc, ancestor, climb);
		for (size_t i = 0; i < steps && status == TVM_OK; i++)
			status = unpack(env, metric, topology, weight, climb[i].arc, climb[i].tail, false,
							&list);
	}
	tvm_free(env, ancestor);
	tvm_free(env, climb);
	if (status != TVM_OK)
	{
		tvm_free(env, list.arc);
		list.arc = NULL;
		list.count = 0;
	}
	*arcs = list.arc;
	*count = list.count;
	return status;
}

void
tvm_cch_label(const TvmCchMetric *metric, uint32_t node, bool back, TvmCchLabel *label)
{
	const TvmCch *cch = metric->cch;
	const double *weight = back ? metric->down : metric->up;
	double	   *distance = label->distance;
	uint32_t	v = cch->rank[node];

	label->count = cch->depth[v] + 1;
	for (uint32_t depth = 0; depth < cch->depth[v]; depth++)
		distance[depth] = INFINITY;
	distance[cch->depth[v]] = 0;
	for (; v != TVM_CCH_NONE; v = cch->parent[v])
	{
		double		here = distance[cch->depth[v]];

		label->ancestor[cch->depth[v]] = v;
		if (here < INFINITY)
			for (uint32_t i = cch->up_first[v]; i < cch->up_first[v + 1]; i++)
			{
				double		sum = here + weight[i];

				if (sum < distance[cch->up_depth[i]])
					distance[cch->up_depth[i]] = sum;
			}
	}
}

double
tvm_cch_meet(const TvmCchLabel *from, const TvmCchLabel *to)
{
	uint32_t	low = 0;
	uint32_t	high = from->count < to->count ? from->count : to->count;
	double		best = INFINITY;

	/* They agree on a prefix of their paths from the root: how long is it? */
	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;

		if (from->ancestor[middle] == to->ancestor[middle])
			low = middle + 1;
		else
			high = middle;
	}
	for (uint32_t depth = 0; depth < low; depth++)
	{
		double		sum = from->distance[depth] + to->distance[depth];

		best = sum < best ? sum : best;
	}
	return best;
}

TvmStatus
tvm_cch_matrix(TvmEnv *env, const TvmCchMetric *metric, const uint32_t *origins,
			   size_t origin_count, const uint32_t *dests, size_t dest_count, double *costs)
{
	size_t		height = metric->cch->height;
	TvmCchLabel from = {0, NULL, NULL};
	TvmCchLabel *to = tvm_alloc(env, dest_count, sizeof(TvmCchLabel));
	double	   *distance = tvm_alloc(env, dest_count, height * sizeof(double));
	uint32_t   *ancestor = tvm_alloc(env, dest_count, height * sizeof(uint32_t));
	TvmStatus	status = TVM_NOMEM;

	from.distance = tvm_alloc(env, height, sizeof(double));
	from.ancestor = tvm_alloc(env, height, sizeof(uint32_t));
	if (from.distance != NULL && from.ancestor != NULL && to != NULL && distance != NULL &&
		ancestor != NULL)
		status = TVM_OK;
	for (size_t j = 0; j < dest_count && status == TVM_OK; j++)
	{
		to[j].distance = distance + j * height;
		to[j].ancestor = ancestor + j * height;
		tvm_cch_label(metric, dests[j], true, &to[j]);
		if (j % 256 == 0 && tvm_cancelled(env))
			status = TVM_CANCELLED;
	}
	for (size_t i = 0; i < origin_count && status == TVM_OK; i++)
	{
		if (tvm_cancelled(env))
			status = TVM_CANCELLED;
		tvm_cch_label(metric, origins[i], false, &from);
		for (size_t j = 0; j < dest_count; j++)
			costs[i * dest_count + j] = tvm_cch_meet(&from, &to[j]);
	}
	tvm_free(env, from.distance);
	tvm_free(env, from.ancestor);
	tvm_free(env, to);
	tvm_free(env, distance);
	tvm_free(env, ancestor);
	return status;
}
