/*
 * cch_query.c: searches on a customized hierarchy: walks up the elimination tree
 * (Dibbelt, Strasser, Wagner 2016, section 8), with distances kept by depth.
 */
#include "kernel/graph/hierarchy/cch.h"

#include <float.h>
#include <math.h>
#include <string.h>

#ifdef __GNUC__
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

/* Destinations whose labels a matrix has at a time, and how many entries these have in all. */
#define MATRIX_BLOCK 1024
#define MATRIX_ENTRIES ((size_t) 1 << 20)

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
	query->from_limit = tvm_alloc(env, height, sizeof(double));
	query->to_limit = tvm_alloc(env, height, sizeof(double));
	query->from_tied = tvm_alloc(env, height, sizeof(uint8_t));
	query->to_tied = tvm_alloc(env, height, sizeof(uint8_t));
	query->other = NULL;
	if (query->from_origin != NULL && query->to_dest != NULL && query->origin_arc != NULL &&
		query->dest_arc != NULL && query->from_limit != NULL && query->to_limit != NULL &&
		query->from_tied != NULL && query->to_tied != NULL)
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
	tvm_free(env, query->from_limit);
	tvm_free(env, query->to_limit);
	tvm_free(env, query->from_tied);
	tvm_free(env, query->to_tied);
	memset(query, 0, sizeof(*query));
}

/* One side of a search, by depth. */
typedef struct Side
{
	double	   *distance;
	double	   *limit;
	uint32_t   *via;
	uint8_t    *tied;
} Side;

/*
 * Relax the arcs out of v, whose own distance is `here`; `via` remembers the arc.  Arc i
 * weighs weight[i - shift].  With `ties`, what is above the limit is not even one.
 */
static ALWAYS_INLINE void
relax(const TvmCch *cch, const double *weight, uint32_t shift, uint32_t v, double here, bool ties, const Side *side)
{
	/* What is written may not be what is read: so that nothing is read again for each arc. */
	const uint32_t *up_depth = cch->up_depth;
	double	   *distance = side->distance;
	double	   *limit = side->limit;
	uint32_t   *via = side->via;
	uint8_t    *tied = side->tied;
	uint32_t	end = cch->up_first[v + 1];

	for (uint32_t i = cch->up_first[v]; i < end; i++)
	{
		uint32_t	depth = up_depth[i];
		double		sum = here + weight[i - shift];

		if (!ties && sum < distance[depth])
		{
			distance[depth] = sum;
			via[depth] = i;
		}
		if (ties && sum <= limit[depth])
		{
			double		most = sum * (1 + TVM_TIE);

			tied[depth] = distance[depth] <= most;
			if (sum < distance[depth])
			{
				distance[depth] = sum;
				limit[depth] = most;
				via[depth] = i;
			}
		}
	}
}

/* The same up or down from v, as the metric weighs it. */
static ALWAYS_INLINE void
relax_up(const TvmCchMetric *metric, bool plain, bool ties, uint32_t v, double here, TvmCchQuery *query)
{
	const TvmCch *cch = query->cch;
	Side		side = {query->from_origin, query->from_limit, query->origin_arc, query->from_tied};

	if (plain)
		relax(cch, metric->all.up, 0, v, here, ties, &side);
	else
		relax(cch, tvm_cch_row(metric, v).up, cch->up_first[v], v, here, ties, &side);
}

static ALWAYS_INLINE void
relax_down(const TvmCchMetric *metric, bool plain, bool ties, uint32_t v, double here, TvmCchQuery *query)
{
	const TvmCch *cch = query->cch;
	Side		side = {query->to_dest, query->to_limit, query->dest_arc, query->to_tied};

	if (plain)
		relax(cch, metric->all.down, 0, v, here, ties, &side);
	else
		relax(cch, tvm_cch_row(metric, v).down, cch->up_first[v], v, here, ties, &side);
}

/* Nothing is reached yet but the side's own end. */
static void
side_begin(const Side *side, bool ties, uint32_t bottom)
{
	for (uint32_t depth = 0; depth <= bottom; depth++)
		side->distance[depth] = INFINITY;
	for (uint32_t depth = 0; ties && depth <= bottom; depth++)
		side->limit[depth] = DBL_MAX;
	if (ties)
		memset(side->tied, 0, (size_t) bottom + 1);
	side->distance[bottom] = side->limit[bottom] = 0;
	side->via[bottom] = TVM_CCH_NONE;
}

/*
 * `plain`: no node has a row of its own, so that nothing needs to be asked at each node.
 * `ties`: ways of equal cost are noted, for tvm_cch_choose().  Compiled for each of both.
 */
static ALWAYS_INLINE double
search(TvmCchQuery *query, const TvmCchMetric *metric, uint32_t origin, uint32_t dest, bool plain, bool ties)
{
	const TvmCch *cch = query->cch;
	uint32_t	s = cch->rank[origin];
	uint32_t	t = cch->rank[dest];
	double	   *forward = query->from_origin;
	double	   *backward = query->to_dest;
	double		best = INFINITY;
	double		limit = ties ? DBL_MAX : INFINITY;	/* as of a side: of the best */

	query->origin = s;
	query->dest = t;
	query->meet = TVM_CCH_NONE;
	query->meet_tied = false;
	side_begin(&(Side) {forward, query->from_limit, query->origin_arc, query->from_tied}, ties, cch->depth[s]);
	side_begin(&(Side) {backward, query->to_limit, query->dest_arc, query->to_tied}, ties, cch->depth[t]);

	/* Each side alone, up to the first common ancestor; NONE is above every rank. */
	while (s != t)
	{
		if (s < t)
		{
			double		here = forward[cch->depth[s]];

			if (here < INFINITY)
				relax_up(metric, plain, ties, s, here, query);
			s = cch->parent[s];
		}
		else
		{
			double		here = backward[cch->depth[t]];

			if (here < INFINITY)
				relax_down(metric, plain, ties, t, here, query);
			t = cch->parent[t];
		}
	}
	/* The common ancestors: a distance above the best cannot improve it, nor tie with it. */
	for (; s != TVM_CCH_NONE; s = cch->parent[s])
	{
		uint32_t	depth = cch->depth[s];
		double		there = forward[depth];
		double		back = backward[depth];

		if (!ties && there + back < best)
		{
			best = limit = there + back;
			query->meet = depth;
		}
		if (ties && there + back <= limit)
		{
			query->meet_tied = best <= (there + back) * (1 + TVM_TIE);
			if (there + back < best)
			{
				best = there + back;
				limit = best * (1 + TVM_TIE);
				query->meet = depth;
			}
		}
		if (ties ? there <= limit : there < limit)
			relax_up(metric, plain, ties, s, there, query);
		if (ties ? back <= limit : back < limit)
			relax_down(metric, plain, ties, s, back, query);
	}
	query->best = best;
	return best;
}

double
tvm_cch_distance(TvmCchQuery *query, const TvmCchMetric *metric, uint32_t origin, uint32_t dest)
{
	bool		plain = metric->shared == NULL && metric->own.of.group == NULL;

	if (query->other != NULL)
		return plain ? search(query, metric, origin, dest, true, true)
			: search(query, metric, origin, dest, false, true);
	return plain ? search(query, metric, origin, dest, true, false)
		: search(query, metric, origin, dest, false, false);
}

void
tvm_cch_label(const TvmCchMetric *metric, uint32_t node, bool back, TvmCchLabel *label)
{
	const TvmCch *cch = metric->cch;
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
		{
			TvmCchWeights row = tvm_cch_row(metric, v);
			const double *weight = back ? row.down : row.up;
			uint32_t	first = cch->up_first[v];

			for (uint32_t i = first; i < cch->up_first[v + 1]; i++)
			{
				double		sum = here + weight[i - first];

				if (sum < distance[cch->up_depth[i]])
					distance[cch->up_depth[i]] = sum;
			}
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

/* Room for the labels of as many nodes. */
static bool
labels_alloc(TvmEnv *env, TvmCchLabel *labels, size_t count, size_t height)
{
	labels[0].distance = tvm_alloc(env, count, height * sizeof(double));
	labels[0].ancestor = tvm_alloc(env, count, height * sizeof(uint32_t));
	if (labels[0].distance == NULL || labels[0].ancestor == NULL)
		return false;
	for (size_t i = 1; i < count; i++)
	{
		labels[i].distance = labels[0].distance + i * height;
		labels[i].ancestor = labels[0].ancestor + i * height;
	}
	return true;
}

/* Some columns of a matrix: to[] has the labels of the destinations from `first` on. */
static TvmStatus
fill_columns(TvmEnv *env, const TvmCchMetric *metric, const uint32_t *origins, size_t origin_count,
			 TvmCchLabel *from, const TvmCchLabel *to, size_t to_count, size_t first, size_t width,
			 double *costs)
{
	for (size_t i = 0; i < origin_count; i++)
	{
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		tvm_cch_label(metric, origins[i], false, from);
		for (size_t j = 0; j < to_count; j++)
			costs[i * width + first + j] = tvm_cch_meet(from, &to[j]);
	}
	return TVM_OK;
}

TvmStatus
tvm_cch_matrix(TvmEnv *env, const TvmCchMetric *metric, const uint32_t *origins,
			   size_t origin_count, const uint32_t *dests, size_t dest_count, double *costs)
{
	size_t		height = metric->cch->height;
	size_t		block = MATRIX_ENTRIES / (height + 1) + 1;
	TvmCchLabel from = {0, NULL, NULL};
	TvmCchLabel *to;
	TvmStatus	status = TVM_NOMEM;

	block = block < MATRIX_BLOCK ? block : MATRIX_BLOCK;
	block = block < dest_count ? block : dest_count;
	to = tvm_alloc_zero(env, block + 1, sizeof(TvmCchLabel));
	if (to != NULL && labels_alloc(env, &from, 1, height) && labels_alloc(env, to, block, height))
		status = TVM_OK;
	for (size_t first = 0; first < dest_count && status == TVM_OK; first += block)
	{
		size_t		count = dest_count - first < block ? dest_count - first : block;

		for (size_t j = 0; j < count && status == TVM_OK; j++)
		{
			tvm_cch_label(metric, dests[first + j], true, &to[j]);
			if (j % 64 == 0 && tvm_cancelled(env))
				status = TVM_CANCELLED;
		}
		if (status == TVM_OK)
			status = fill_columns(env, metric, origins, origin_count, &from, to, count, first, dest_count, costs);
	}
	tvm_free(env, from.distance);
	tvm_free(env, from.ancestor);
	if (to != NULL)
	{
		tvm_free(env, to[0].distance);
		tvm_free(env, to[0].ancestor);
	}
	tvm_free(env, to);
	return status;
}
