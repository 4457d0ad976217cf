/*
 * cch_query.c: searches on a customized hierarchy: walks up the elimination tree
 * (Dibbelt, Strasser, Wagner 2016, section 8), with distances kept by depth.
 */
#include "kernel/graph/cch.h"

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

/*
 * Relax the arcs out of v, whose own distance is `here`; `via` remembers the arc.  Arc i
 * weighs weight[i - shift].
 */
static ALWAYS_INLINE void
relax(const TvmCch *cch, const double *weight, uint32_t shift, uint32_t v, double here,
	  double *distance, uint32_t *via)
{
	for (uint32_t i = cch->up_first[v]; i < cch->up_first[v + 1]; i++)
	{
		uint32_t	depth = cch->up_depth[i];
		double		sum = here + weight[i - shift];

		if (sum < distance[depth])
		{
			distance[depth] = sum;
			via[depth] = i;
		}
	}
}

/* The same up or down from v, as the metric weighs it. */
static ALWAYS_INLINE void
relax_up(const TvmCchMetric *metric, bool plain, uint32_t v, double here, TvmCchQuery *query)
{
	const TvmCch *cch = query->cch;

	if (plain)
		relax(cch, metric->all.up, 0, v, here, query->from_origin, query->origin_arc);
	else
		relax(cch, tvm_cch_row(metric, v).up, cch->up_first[v], v, here, query->from_origin,
			  query->origin_arc);
}

static ALWAYS_INLINE void
relax_down(const TvmCchMetric *metric, bool plain, uint32_t v, double here, TvmCchQuery *query)
{
	const TvmCch *cch = query->cch;

	if (plain)
		relax(cch, metric->all.down, 0, v, here, query->to_dest, query->dest_arc);
	else
		relax(cch, tvm_cch_row(metric, v).down, cch->up_first[v], v, here, query->to_dest,
			  query->dest_arc);
}

/*
 * `plain`: no node has a row of its own, so that nothing needs to be asked at each node.
 * Compiled twice, with it known.
 */
static ALWAYS_INLINE double
search(TvmCchQuery *query, const TvmCchMetric *metric, uint32_t origin, uint32_t dest, bool plain)
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
				relax_up(metric, plain, s, here, query);
			s = cch->parent[s];
		}
		else
		{
			double		here = backward[cch->depth[t]];

			if (here < INFINITY)
				relax_down(metric, plain, t, here, query);
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
			relax_up(metric, plain, s, there, query);
		if (back < best)
			relax_down(metric, plain, s, back, query);
	}
	return best;
}

double
tvm_cch_distance(TvmCchQuery *query, const TvmCchMetric *metric, uint32_t origin, uint32_t dest)
{
	bool		plain = metric->shared == NULL && metric->own.of.group == NULL;

	return plain ? search(query, metric, origin, dest, true)
		: search(query, metric, origin, dest, false);
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
			if (j % 256 == 0 && tvm_cancelled(env))
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
