/*
 * customize.c: the least weight of every arc of a hierarchy, for one metric.
 *
 * Weights of the segments go onto their arcs; then, from the lowest node up,
 * each pair of arcs out of a node v bounds the arc between their heads (a lower
 * triangle of that arc).  When v's turn comes its own arcs are final.
 */
#include "kernel/graph/cch.h"

#include <math.h>
#include <string.h>

/* An arc's weights and by way of what. */
typedef struct Weighed
{
	double		up;
	double		down;
	uint32_t	up_via;
	uint32_t	down_via;
} Weighed;

/* The least weight of an arc's own segments, in both directions. */
static Weighed
arc_base(const TvmCch *cch, const TvmTopology *topology, const TvmWeights *weights, uint32_t arc,
		 uint32_t tail)
{
	Weighed		best = {INFINITY, INFINITY, TVM_CCH_NONE, TVM_CCH_NONE};

	for (uint32_t s = cch->arc_segment[arc]; s != TVM_CCH_NONE; s = cch->segment_next[s])
	{
		double		weight = tvm_weight(weights, s);
		bool		from_tail = cch->rank[topology->a[s]] == tail;

		if ((from_tail || !topology->oneway[s]) && weight < best.up)
		{
			best.up = weight;
			best.up_via = TVM_CCH_VIA_SEGMENT(s, !from_tail);
		}
		if ((!from_tail || !topology->oneway[s]) && weight < best.down)
		{
			best.down = weight;
			best.down_via = TVM_CCH_VIA_SEGMENT(s, !from_tail);
		}
	}
	return best;
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

/* All lower triangles v, x, y of the arcs x -> y; `arc_to` is scratch by depth. */
static void
relax_triangles(const TvmCch *cch, const TvmCchWeights *all, uint32_t x, uint32_t *arc_to)
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
			double		there = x_to_v + all->up[vy];
			double		back = v_to_x + all->down[vy];

			if (there < all->up[xy])
			{
				all->up[xy] = there;
				all->up_via[xy] = v;
			}
			if (back < all->down[xy])
			{
				all->down[xy] = back;
				all->down_via[xy] = v;
			}
		}
	}
}

TvmStatus
tvm_cch_customize(TvmEnv *env, TvmCchMetric *metric, const TvmCch *cch,
				  const TvmTopology *topology, const double *weight)
{
	TvmWeights	weights = {.all = weight};
	uint32_t   *arc_to = tvm_alloc(env, cch->height, sizeof(uint32_t));
	TvmStatus	status = TVM_NOMEM;

	memset(metric, 0, sizeof(*metric));
	metric->cch = cch;
	if (weights_alloc(env, &metric->all, cch->arc_count, cch->symmetric) && arc_to != NULL)
		status = TVM_OK;
	for (uint32_t v = 0; v < cch->node_count && status == TVM_OK; v++)
	{
		if (v % 1024 == 0 && tvm_cancelled(env))
			status = TVM_CANCELLED;
		for (uint32_t i = cch->up_first[v]; i < cch->up_first[v + 1]; i++)
		{
			Weighed		base = arc_base(cch, topology, &weights, i, v);

			metric->all.up[i] = base.up;
			metric->all.down[i] = base.down;
			metric->all.up_via[i] = base.up_via;
			metric->all.down_via[i] = base.down_via;
		}
	}
	for (uint32_t x = 0; x < cch->node_count && status == TVM_OK; x++)
	{
		if (x % 1024 == 0 && tvm_cancelled(env))
			status = TVM_CANCELLED;
		if (cch->down_first[x] < cch->down_first[x + 1])
			relax_triangles(cch, &metric->all, x, arc_to);
	}
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

/* Append the arcs of a rank as the metric has them; *at receives where. */
static TvmStatus
rows_append(TvmEnv *env, TvmCchRows *rows, const TvmCchMetric *metric, uint32_t rank, uint32_t *at)
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
			status = rows_append(env, rows, metric, v, &at);
	}
	if (status != TVM_OK)
		tvm_cch_rows_free(env, rows);
	return status;
}

/*
 * A bag of arcs taken out lowest tail first.  A binary heap on (tail, arc): the
 * arcs out of a node are numbered after those of all lower ones, so the arc's
 * number alone is the key.
 */
typedef struct ArcHeap
{
	uint32_t   *arc;
	size_t		count;
	size_t		capacity;
} ArcHeap;

static TvmStatus
heap_push(TvmEnv *env, ArcHeap *heap, uint32_t arc)
{
	size_t		i;

	if (heap->count == heap->capacity)
	{
		TvmStatus	status = tvm_grow(env, &heap->arc, heap->count, &heap->capacity, sizeof(uint32_t));

		if (status != TVM_OK)
			return status;
	}
	for (i = heap->count++; i > 0 && heap->arc[(i - 1) / 2] > arc; i = (i - 1) / 2)
		heap->arc[i] = heap->arc[(i - 1) / 2];
	heap->arc[i] = arc;
	return TVM_OK;
}

static uint32_t
heap_pop(ArcHeap *heap)
{
	uint32_t	top = heap->arc[0];
	uint32_t	last = heap->arc[--heap->count];
	size_t		i = 0;

	for (;;)
	{
		size_t		child = 2 * i + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && heap->arc[child + 1] < heap->arc[child])
			child++;
		if (heap->arc[child] >= last)
			break;
		heap->arc[i] = heap->arc[child];
		i = child;
	}
	if (heap->count > 0)
		heap->arc[i] = last;
	return top;
}

/* The rank of an arc's lower end. */
static uint32_t
arc_tail(const TvmCch *cch, uint32_t arc)
{
	uint32_t	left = 0;
	uint32_t	right = cch->node_count;

	while (right - left > 1)
	{
		uint32_t	middle = left + (right - left) / 2;

		if (cch->up_first[middle] <= arc)
			left = middle;
		else
			right = middle;
	}
	return left;
}

/* An arc weighed anew, from its segments and its lower triangles. */
static Weighed
arc_weigh(const TvmCchMetric *metric, const TvmTopology *topology, const TvmWeights *weights,
		  uint32_t arc, uint32_t tail)
{
	const TvmCch *cch = metric->cch;
	Weighed		best = arc_base(cch, topology, weights, arc, tail);
	uint32_t	head = cch->up_head[arc];
	uint32_t	i = cch->down_first[tail];
	uint32_t	i_end = cch->down_first[tail + 1];
	uint32_t	j = cch->down_first[head];
	uint32_t	j_end = cch->down_first[head + 1];

	while (i < i_end && j < j_end)
	{
		if (cch->down_tail[i] < cch->down_tail[j])
			i++;
		else if (cch->down_tail[i] > cch->down_tail[j])
			j++;
		else
		{
			uint32_t	v = cch->down_tail[i];
			uint32_t	vx = cch->down_arc[i++] - cch->up_first[v];
			uint32_t	vy = cch->down_arc[j++] - cch->up_first[v];
			TvmCchWeights row = tvm_cch_row(metric, v);
			double		there = row.down[vx] + row.up[vy];
			double		back = row.up[vx] + row.down[vy];

			if (there < best.up)
			{
				best.up = there;
				best.up_via = v;
			}
			if (back < best.down)
			{
				best.down = back;
				best.down_via = v;
			}
		}
	}
	return best;
}

/* Put an arc's weights into the metric's own row of its tail. */
static TvmStatus
write_arc(TvmEnv *env, TvmCchMetric *metric, uint32_t arc, uint32_t tail, const Weighed *weighed)
{
	TvmCchWeights *own = &metric->own.weights;
	uint32_t	at = metric->own.of.group == NULL ? TVM_PATCH_NONE
		: tvm_patch_find(&metric->own.of, tail);

	if (at == TVM_PATCH_NONE && rows_append(env, &metric->own, metric, tail, &at) != TVM_OK)
		return TVM_NOMEM;
	at += arc - metric->cch->up_first[tail];
	own->up[at] = weighed->up;
	own->down[at] = weighed->down;
	own->up_via[at] = weighed->up_via;
	own->down_via[at] = weighed->down_via;
	return TVM_OK;
}

/*
 * A sum that was not the minimum, and is above it now, does not matter to it.  One that has
 * become equal to it may have the lower middle.
 */
static bool
may_change(double minimum, double before, double now)
{
	return now != before && (now <= minimum || before == minimum);
}

/* Push the arcs that have `arc` in a lower triangle and may change with it. */
static TvmStatus
push_dependants(TvmEnv *env, const TvmCchMetric *metric, ArcHeap *heap, uint32_t arc,
				uint32_t tail, const Weighed *old, const Weighed *now)
{
	const TvmCch *cch = metric->cch;
	TvmCchWeights row = tvm_cch_row(metric, tail);
	uint32_t	first = cch->up_first[tail];
	uint32_t	head = cch->up_head[arc];

	for (uint32_t other = first; other < cch->up_first[tail + 1]; other++)
	{
		uint32_t	other_head = cch->up_head[other];
		uint32_t	low = head < other_head ? head : other_head;
		double		to_other = row.up[other - first];
		double		from_other = row.down[other - first];
		uint32_t	target;
		uint32_t	at;
		double		there;		/* from the arc's head to the other's, now and by way of the tail */
		double		back;
		TvmCchWeights target_row;

		if (other == arc)
			continue;
		target = tvm_cch_find_arc(cch, low, head < other_head ? other_head : head);
		target_row = tvm_cch_row(metric, low);
		at = target - cch->up_first[low];
		there = low == head ? target_row.up[at] : target_row.down[at];
		back = low == head ? target_row.down[at] : target_row.up[at];
		if (may_change(there, old->down + to_other, now->down + to_other) ||
			may_change(back, from_other + old->up, from_other + now->up))
			if (heap_push(env, heap, target) != TVM_OK)
				return TVM_NOMEM;
	}
	return TVM_OK;
}

/* Weigh one arc again; *changed: with another result. */
static TvmStatus
update_arc(TvmEnv *env, TvmCchMetric *metric, const TvmTopology *topology,
		   const TvmWeights *weights, ArcHeap *heap, uint32_t arc, bool *changed)
{
	uint32_t	tail = arc_tail(metric->cch, arc);
	uint32_t	at = arc - metric->cch->up_first[tail];
	TvmCchWeights row = tvm_cch_row(metric, tail);
	Weighed		old = {row.up[at], row.down[at], row.up_via[at], row.down_via[at]};
	Weighed		now = arc_weigh(metric, topology, weights, arc, tail);
	TvmStatus	status = TVM_OK;

	*changed = now.up != old.up || now.down != old.down;
	if (*changed || now.up_via != old.up_via || now.down_via != old.down_via)
		status = write_arc(env, metric, arc, tail, &now);
	if (*changed && status == TVM_OK)
		status = push_dependants(env, metric, heap, arc, tail, &old, &now);
	return status;
}

TvmStatus
tvm_cch_recustomize(TvmEnv *env, TvmCchMetric *metric, const TvmTopology *topology,
					const TvmWeights *weights, const uint32_t *segments, size_t count,
					size_t *changed_arcs)
{
	const TvmCch *cch = metric->cch;
	ArcHeap		heap = {NULL, 0, 0};
	TvmStatus	status = TVM_OK;
	uint32_t	last = TVM_CCH_NONE;
	size_t		changed = 0;

	for (size_t i = 0; i < count && status == TVM_OK; i++)
		if (cch->segment_arc[segments[i]] != TVM_CCH_NONE)
			status = heap_push(env, &heap, cch->segment_arc[segments[i]]);
	for (size_t step = 0; status == TVM_OK && heap.count > 0; step++)
	{
		uint32_t	arc = heap_pop(&heap);
		bool		differs;

		if (step % 256 == 0 && tvm_cancelled(env))
			status = TVM_CANCELLED;
		if (arc == last || status != TVM_OK)
			continue;
		last = arc;
		status = update_arc(env, metric, topology, weights, &heap, arc, &differs);
		changed += differs;
	}
	tvm_free(env, heap.arc);
	if (changed_arcs != NULL)
		*changed_arcs = changed;
	return status;
}
