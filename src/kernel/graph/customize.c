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

/* The least weight of an arc's own segments, in both directions. */
static void
arc_base(const TvmCch *cch, const TvmTopology *topology, const double *weight, uint32_t arc,
		 uint32_t tail, double *up, double *down)
{
	*up = *down = INFINITY;
	for (uint32_t s = cch->arc_segment[arc]; s != TVM_CCH_NONE; s = cch->segment_next[s])
	{
		bool		from_tail = cch->rank[topology->a[s]] == tail;

		if ((from_tail || !topology->oneway[s]) && weight[s] < *up)
			*up = weight[s];
		if ((!from_tail || !topology->oneway[s]) && weight[s] < *down)
			*down = weight[s];
	}
}

TvmStatus
tvm_cch_customize(TvmEnv *env, TvmCchMetric *metric, const TvmCch *cch,
				  const TvmTopology *topology, const double *weight)
{
	uint32_t   *arc_to;			/* rank -> the arc of x that leads to it */
	uint32_t   *up_middle;
	uint32_t   *down_middle;
	double	   *up;
	double	   *down;

	metric->cch = cch;
	up = metric->up = tvm_alloc(env, cch->arc_count, sizeof(double));
	down = metric->down = cch->symmetric ? up : tvm_alloc(env, cch->arc_count, sizeof(double));
	up_middle = metric->up_middle = tvm_alloc(env, cch->arc_count, sizeof(uint32_t));
	down_middle = metric->down_middle = cch->symmetric ? up_middle : tvm_alloc(env, cch->arc_count, sizeof(uint32_t));
	arc_to = tvm_alloc(env, cch->height, sizeof(uint32_t));
	if (up == NULL || down == NULL || up_middle == NULL || down_middle == NULL || arc_to == NULL)
	{
		tvm_free(env, arc_to);
		tvm_cch_metric_free(env, metric);
		return TVM_NOMEM;
	}
	memset(up_middle, 0xff, cch->arc_count * sizeof(uint32_t));
	memset(down_middle, 0xff, cch->arc_count * sizeof(uint32_t));
	for (uint32_t v = 0; v < cch->node_count; v++)
	{
		if (v % 1024 == 0 && tvm_cancelled(env))
		{
			tvm_free(env, arc_to);
			tvm_cch_metric_free(env, metric);
			return TVM_CANCELLED;
		}
		for (uint32_t i = cch->up_first[v]; i < cch->up_first[v + 1]; i++)
			arc_base(cch, topology, weight, i, v, &up[i], &down[i]);
	}
	for (uint32_t x = 0; x < cch->node_count; x++)
	{
		if (x % 1024 == 0 && tvm_cancelled(env))
		{
			tvm_free(env, arc_to);
			tvm_cch_metric_free(env, metric);
			return TVM_CANCELLED;
		}
		if (cch->down_first[x] == cch->down_first[x + 1])
			continue;
		for (uint32_t i = cch->up_first[x]; i < cch->up_first[x + 1]; i++)
			arc_to[cch->up_depth[i]] = i;
		/* All lower triangles v, x, y of the arcs x -> y. */
		for (uint32_t j = cch->down_first[x]; j < cch->down_first[x + 1]; j++)
		{
			uint32_t	v = cch->down_tail[j];
			uint32_t	vx = cch->down_arc[j];
			uint32_t	end = cch->up_first[v + 1];
			double		x_to_v = down[vx];
			double		v_to_x = up[vx];

			for (uint32_t vy = vx + 1; vy < end; vy++)
			{
				uint32_t	xy = arc_to[cch->up_depth[vy]];
				double		there = x_to_v + up[vy];
				double		back = v_to_x + down[vy];

				if (there < up[xy])
				{
					up[xy] = there;
					up_middle[xy] = v;
				}
				if (back < down[xy])
				{
					down[xy] = back;
					down_middle[xy] = v;
				}
			}
		}
	}
	tvm_free(env, arc_to);
	return TVM_OK;
}

void
tvm_cch_metric_free(TvmEnv *env, TvmCchMetric *metric)
{
	if (metric->down != metric->up)
		tvm_free(env, metric->down);
	if (metric->down_middle != metric->up_middle)
		tvm_free(env, metric->down_middle);
	tvm_free(env, metric->up);
	tvm_free(env, metric->up_middle);
	metric->up_middle = metric->down_middle = NULL;
	metric->up = metric->down = NULL;
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
		size_t		capacity = heap->capacity * 2 + 64;
		uint32_t   *grown = tvm_alloc(env, capacity, sizeof(uint32_t));

		if (grown == NULL)
			return TVM_NOMEM;
		if (heap->count > 0)
			memcpy(grown, heap->arc, heap->count * sizeof(uint32_t));
		tvm_free(env, heap->arc);
		heap->arc = grown;
		heap->capacity = capacity;
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

/* An arc's weights, and by way of what, from its segments and its lower triangles. */
static void
arc_weigh(const TvmCchMetric *metric, const TvmTopology *topology, const double *weight,
		  uint32_t arc, uint32_t tail)
{
	const TvmCch *cch = metric->cch;
	double	   *up = &metric->up[arc];
	double	   *down = &metric->down[arc];
	uint32_t	head = cch->up_head[arc];
	uint32_t	i = cch->down_first[tail];
	uint32_t	i_end = cch->down_first[tail + 1];
	uint32_t	j = cch->down_first[head];
	uint32_t	j_end = cch->down_first[head + 1];

	arc_base(cch, topology, weight, arc, tail, up, down);
	metric->up_middle[arc] = metric->down_middle[arc] = TVM_CCH_NONE;
	while (i < i_end && j < j_end)
	{
		if (cch->down_tail[i] < cch->down_tail[j])
			i++;
		else if (cch->down_tail[i] > cch->down_tail[j])
			j++;
		else
		{
			uint32_t	v = cch->down_tail[i];
			uint32_t	vx = cch->down_arc[i++];
			uint32_t	vy = cch->down_arc[j++];
			double		there = metric->down[vx] + metric->up[vy];
			double		back = metric->up[vx] + metric->down[vy];

			if (there < *up)
			{
				*up = there;
				metric->up_middle[arc] = v;
			}
			if (back < *down)
			{
				*down = back;
				metric->down_middle[arc] = v;
			}
		}
	}
}

/* A sum that was not the minimum, and is not below it now, does not matter to it. */
static bool
may_change(double minimum, double before, double now)
{
	return now < minimum || (before == minimum && now != before);
}

/* Push the arcs that have `arc` in a lower triangle and may change with it. */
static TvmStatus
push_dependants(TvmEnv *env, const TvmCchMetric *metric, ArcHeap *heap, uint32_t arc,
				uint32_t tail, double old_up, double old_down)
{
	const TvmCch *cch = metric->cch;
	uint32_t	head = cch->up_head[arc];
	double		new_up = metric->up[arc];
	double		new_down = metric->down[arc];

	for (uint32_t other = cch->up_first[tail]; other < cch->up_first[tail + 1]; other++)
	{
		uint32_t	other_head = cch->up_head[other];
		uint32_t	target;
		double		there;		/* from the arc's head to the other's, now and by way of the tail */
		double		back;

		if (other == arc)
			continue;
		if (head < other_head)
		{
			target = tvm_cch_find_arc(cch, head, other_head);
			there = metric->up[target];
			back = metric->down[target];
		}
		else
		{
			target = tvm_cch_find_arc(cch, other_head, head);
			there = metric->down[target];
			back = metric->up[target];
		}
		if (may_change(there, old_down + metric->up[other], new_down + metric->up[other]) ||
			may_change(back, metric->down[other] + old_up, metric->down[other] + new_up))
			if (heap_push(env, heap, target) != TVM_OK)
				return TVM_NOMEM;
	}
	return TVM_OK;
}

TvmStatus
tvm_cch_recustomize(TvmEnv *env, TvmCchMetric *metric, const TvmTopology *topology,
					const double *weight, const uint32_t *segments, size_t count,
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
	while (status == TVM_OK && heap.count > 0)
	{
		uint32_t	arc = heap_pop(&heap);
		uint32_t	tail;
		double		old_up = metric->up[arc];
		double		old_down = metric->down[arc];

		if (arc == last)
			continue;
		last = arc;
		if (changed % 256 == 0 && tvm_cancelled(env))
			status = TVM_CANCELLED;
		tail = arc_tail(cch, arc);
		arc_weigh(metric, topology, weight, arc, tail);
		if (metric->up[arc] != old_up || metric->down[arc] != old_down)
		{
			changed++;
			if (status == TVM_OK)
				status = push_dependants(env, metric, &heap, arc, tail, old_up, old_down);
		}
	}
	tvm_free(env, heap.arc);
	if (changed_arcs != NULL)
		*changed_arcs = changed;
	return status;
}
