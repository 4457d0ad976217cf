/*
 * customize.c: the least weight of every arc of a hierarchy, for one metric.
 *
 * Weights of the segments go onto their arcs; then, from the lowest node up,
 * each pair of arcs out of a node v bounds the arc between their heads (a lower
 * triangle of that arc).  When v's turn comes its own arcs are final.
 *
 * Of ways of equal weight an arc keeps the one that is worth least in the other measure, if one
 * is given, else the first: customized as a whole, from what each arc is worth, which is
 * forgotten then; in part, from sums over what arcs stand for, only where there are ties.  Both add
 * up the same parts in the same order, so the answer is the same to the last bit.
 */
#include "kernel/graph/hierarchy/customize.h"

#include <math.h>
#include <string.h>

#ifdef __GNUC__
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

/* A segment as the way of an arc. */
static void
offer_segment(const TvmCchOther *other, uint32_t segment, bool reverse, double weight, double *best, uint32_t *via)
{
	int			order = tvm_compare_way(weight, *best, other != NULL);

	if (order == 0)
		return;
	if (order == 1 || tvm_is_worth_less(other->segment(other->context, segment),
										other->segment(other->context, TVM_ARC_SEGMENT(TVM_CCH_VIA_ARC(*via)))))
		*via = TVM_CCH_VIA_SEGMENT(segment, reverse);
	*best = weight < *best ? weight : *best;
}

TvmWeighed
tvm_cch_arc_base(const TvmCch *cch, const TvmTopology *topology, const TvmWeights *weights, const TvmCchOther *other,
				 uint32_t arc, uint32_t tail)
{
	TvmWeighed	best = {INFINITY, INFINITY, TVM_CCH_NONE, TVM_CCH_NONE};

	for (uint32_t s = cch->arc_segment[arc]; s != TVM_CCH_NONE; s = cch->segment_next[s])
	{
		double		weight = tvm_weight(weights, s);
		bool		from_tail = cch->rank[topology->a[s]] == tail;

		if (from_tail || !topology->oneway[s])
			offer_segment(other, s, !from_tail, weight, &best.up, &best.up_via);
		if (!from_tail || !topology->oneway[s])
			offer_segment(other, s, !from_tail, weight, &best.down, &best.down_via);
	}
	return best;
}

double
tvm_cch_via_worth(const TvmCchOther *other, uint32_t via)
{
	return via == TVM_CCH_NONE ? INFINITY : other->segment(other->context, TVM_ARC_SEGMENT(TVM_CCH_VIA_ARC(via)));
}

static bool
weights_alloc(TvmEnv *env, TvmCchWeights *weights, uint32_t count, bool symmetric)
{
	weights->up = tvm_alloc(env, count, sizeof(double));
	weights->up_via = tvm_alloc(env, count, sizeof(uint32_t));
	weights->down = symmetric ? weights->up : tvm_alloc(env, count, sizeof(double));
	weights->down_via = symmetric ? weights->up_via : tvm_alloc(env, count, sizeof(uint32_t));
	return weights->up != NULL && weights->up_via != NULL && weights->down != NULL &&
		weights->down_via != NULL;
}

static void
weights_free(TvmEnv *env, TvmCchWeights *weights)
{
	if (weights->down != weights->up)
		tvm_free(env, weights->down);
	if (weights->down_via != weights->up_via)
		tvm_free(env, weights->down_via);
	tvm_free(env, weights->up);
	tvm_free(env, weights->up_via);
	memset(weights, 0, sizeof(*weights));
}

static void
weights_copy(TvmCchWeights *to, uint32_t at, const TvmCchWeights *from, uint32_t count,
			 bool symmetric)
{
	memcpy(to->up + at, from->up, count * sizeof(double));
	memcpy(to->up_via + at, from->up_via, count * sizeof(uint32_t));
	if (symmetric)
		return;
	memcpy(to->down + at, from->down, count * sizeof(double));
	memcpy(to->down_via + at, from->down_via, count * sizeof(uint32_t));
}

#define ARCS_BETWEEN_LOOKS 4096

/* What arcs are worth while they are customized; in a symmetric hierarchy up and down are one array. */
typedef struct Worth
{
	double	   *up;
	double	   *down;
} Worth;

/* A way of the same weight: take it if it is worth less. */
static void
settle_tie(double way, double worth, uint32_t v, double *weight, double *best, uint32_t *via)
{
	if (tvm_is_worth_less(worth, *best))
	{
		*best = worth;
		*via = v;
	}
	*weight = way < *weight ? way : *weight;
}

/* A way from v's lower arcs to the arc of these numbers. */
static ALWAYS_INLINE void
offer_triangle(double way, uint32_t v, bool ties, const double *worth_in, uint32_t in, const double *worth_out, uint32_t out,
			   double *weight, double *worth, uint32_t *via, uint32_t arc)
{
	double		best = weight[arc];

	if (ties ? !(way <= best * (1 + TVM_TIE)) : !(way < best))
		return;
	if (ties && best <= way * (1 + TVM_TIE))
	{
		if (way < INFINITY)
			settle_tie(way, worth_in[in] + worth_out[out], v, weight + arc, worth + arc, via + arc);
		return;
	}
	weight[arc] = way;
	via[arc] = v;
	if (ties)
		worth[arc] = worth_in[in] + worth_out[out];
}

/*
 * All lower triangles v, x, y of the arcs x -> y; `arc_to` is scratch by depth.  Compiled
 * for each of `ties` and `symmetric`; where up and down are one array, one direction does.
 */
static ALWAYS_INLINE void
relax_triangles(const TvmCch *cch, const TvmCchWeights *all, const Worth *worth, bool ties, bool symmetric, uint32_t x,
				uint32_t *arc_to)
{
	for (uint32_t i = cch->up_first[x]; i < cch->up_first[x + 1]; i++)
		arc_to[cch->up_depth[i]] = i;
	for (uint32_t j = cch->down_first[x]; j < cch->down_first[x + 1]; j++)
	{
		uint32_t	v = cch->down_tail[j];
		uint32_t	vx = cch->down_arc[j];
		uint32_t	end = cch->up_first[v + 1];
		double		x_to_v = all->down[vx];
		double		v_to_x = all->up[vx];

		for (uint32_t vy = vx + 1; vy < end; vy++)
		{
			uint32_t	xy = arc_to[cch->up_depth[vy]];

			offer_triangle(x_to_v + all->up[vy], v, ties, worth->down, vx, worth->up, vy,
						   all->up, worth->up, all->up_via, xy);
			if (!symmetric)
				offer_triangle(v_to_x + all->down[vy], v, ties, worth->down, vy, worth->up, vx,
							   all->down, worth->down, all->down_via, xy);
		}
	}
}

/* The arcs as their own segments have them. */
static TvmStatus
customize_segments(TvmEnv *env, const TvmCch *cch, const TvmTopology *topology, const TvmWeights *weights,
				   const TvmCchOther *other, const TvmCchWeights *all, const Worth *worth)
{
	for (uint32_t v = 0; v < cch->node_count; v++)
	{
		if (v % 1024 == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		for (uint32_t i = cch->up_first[v]; i < cch->up_first[v + 1]; i++)
		{
			TvmWeighed	base = tvm_cch_arc_base(cch, topology, weights, other, i, v);

			all->up[i] = base.up;
			all->down[i] = base.down;
			all->up_via[i] = base.up_via;
			all->down_via[i] = base.down_via;
			if (other == NULL)
				continue;
			worth->up[i] = tvm_cch_via_worth(other, base.up_via);
			if (!cch->symmetric)
				worth->down[i] = tvm_cch_via_worth(other, base.down_via);
		}
	}
	return TVM_OK;
}

static TvmStatus
customize_triangles(TvmEnv *env, const TvmCch *cch, const TvmCchWeights *all, const Worth *worth, uint32_t *arc_to)
{
	uint32_t	looked = 0;		/* arcs down at the last look at cancellation */

	for (uint32_t x = 0; x < cch->node_count; x++)
	{
		/* By arcs: where thousands of segments meet and turns have rules, each has thousands of triangles. */
		if (x == 0 || cch->down_first[x] - looked >= ARCS_BETWEEN_LOOKS)
		{
			if (tvm_cancelled(env))
				return TVM_CANCELLED;
			looked = cch->down_first[x];
		}
		if (cch->down_first[x] == cch->down_first[x + 1])
			continue;
		if (worth->up != NULL && cch->symmetric)
			relax_triangles(cch, all, worth, true, true, x, arc_to);
		else if (worth->up != NULL)
			relax_triangles(cch, all, worth, true, false, x, arc_to);
		else if (cch->symmetric)
			relax_triangles(cch, all, worth, false, true, x, arc_to);
		else
			relax_triangles(cch, all, worth, false, false, x, arc_to);
	}
	return TVM_OK;
}

TvmStatus
tvm_cch_customize(TvmEnv *env, TvmCchMetric *metric, const TvmCch *cch,
				  const TvmTopology *topology, const double *weight, const TvmCchOther *other)
{
	TvmWeights	weights = {.all = weight};
	uint32_t   *arc_to = tvm_alloc(env, cch->height, sizeof(uint32_t));
	Worth		worth = {NULL, NULL};
	TvmStatus	status = TVM_NOMEM;

	memset(metric, 0, sizeof(*metric));
	metric->cch = cch;
	if (weights_alloc(env, &metric->all, cch->arc_count, cch->symmetric) && arc_to != NULL)
		status = TVM_OK;
	if (other != NULL && status == TVM_OK)
	{
		worth.up = tvm_alloc(env, cch->arc_count, sizeof(double));
		worth.down = cch->symmetric ? worth.up : tvm_alloc(env, cch->arc_count, sizeof(double));
		if (worth.up == NULL || worth.down == NULL)
			status = TVM_NOMEM;
	}
	if (status == TVM_OK)
		status = customize_segments(env, cch, topology, &weights, other, &metric->all, &worth);
	if (status == TVM_OK)
		status = customize_triangles(env, cch, &metric->all, &worth, arc_to);
	tvm_free(env, worth.up);
	if (worth.down != worth.up)
		tvm_free(env, worth.down);
	tvm_free(env, arc_to);
	if (status != TVM_OK)
		tvm_cch_metric_free(env, metric);
	return status;
}

void
tvm_cch_rows_free(TvmEnv *env, TvmCchRows *rows)
{
	weights_free(env, &rows->weights);
	tvm_patch_free(env, &rows->of);
	memset(rows, 0, sizeof(*rows));
}

void
tvm_cch_metric_free(TvmEnv *env, TvmCchMetric *metric)
{
	weights_free(env, &metric->all);
	tvm_cch_rows_free(env, &metric->own);
}

TvmStatus
tvm_cch_rows_append(TvmEnv *env, TvmCchRows *rows, const TvmCchMetric *metric, uint32_t rank, uint32_t *at)
{
	const TvmCch *cch = metric->cch;
	uint32_t	degree = cch->up_first[rank + 1] - cch->up_first[rank];
	TvmCchWeights row = tvm_cch_row(metric, rank);

	if (rows->of.group == NULL && tvm_patch_init(env, &rows->of, cch->node_count) != TVM_OK)
		return TVM_NOMEM;
	if (rows->count + degree > rows->capacity)
	{
		uint32_t	capacity = rows->capacity + rows->capacity / 2 + degree + 256;
		TvmCchWeights grown = {NULL, NULL, NULL, NULL};

		if (!weights_alloc(env, &grown, capacity, cch->symmetric))
		{
			weights_free(env, &grown);
			return TVM_NOMEM;
		}
		if (rows->count > 0)
			weights_copy(&grown, 0, &rows->weights, rows->count, cch->symmetric);
		/* The row may be one of these. */
		weights_copy(&grown, rows->count, &row, degree, cch->symmetric);
		weights_free(env, &rows->weights);
		rows->weights = grown;
		rows->capacity = capacity;
	}
	else
		weights_copy(&rows->weights, rows->count, &row, degree, cch->symmetric);
	*at = rows->count;
	if (tvm_patch_set(env, &rows->of, rank, *at) != TVM_OK)
		return TVM_NOMEM;
	rows->count += degree;
	return TVM_OK;
}

static bool
has_row(const TvmCchRows *rows, uint32_t rank)
{
	return rows != NULL && rows->of.group != NULL &&
		tvm_patch_find(&rows->of, rank) != TVM_PATCH_NONE;
}

TvmStatus
tvm_cch_rows_merge(TvmEnv *env, const TvmCchMetric *metric, TvmCchRows *rows)
{
	TvmStatus	status = TVM_OK;
	uint32_t	at;

	memset(rows, 0, sizeof(*rows));
	for (uint32_t v = 0; v < metric->cch->node_count && status == TVM_OK; v++)
	{
		if (v % 8192 == 0 && tvm_cancelled(env))
			status = TVM_CANCELLED;
		else if (has_row(&metric->own, v) || has_row(metric->shared, v))
			status = tvm_cch_rows_append(env, rows, metric, v, &at);
	}
	if (status != TVM_OK)
		tvm_cch_rows_free(env, rows);
	return status;
}
