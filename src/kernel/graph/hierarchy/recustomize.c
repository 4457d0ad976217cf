/*
 * recustomize.c: the weights of a hierarchy's arcs after some segments have changed.
 *
 * Arcs that may change are weighed again, the lowest first, and those that have one of them
 * in a lower triangle that matters after them.  Where all that is wanted is what the hierarchy weighs at
 * least, nothing is weighed again: an arc that weighs less lowers others.
 */
#include "kernel/graph/hierarchy/customize.h"

#include <string.h>

/* Arcs that weigh the same as before may be so many, or one in so many of all: then all are faster. */
#define LEAST_PATIENCE 4096
#define PATIENCE 32

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

/* What an arc x -> y, x being lower, is worth by way of v, or by its own segment. */
static double
way_worth(const TvmCchMetric *metric, const TvmCchOther *other, TvmCchMemo *memo, uint32_t v, uint32_t x, uint32_t y, bool upward)
{
	const TvmCch *cch = metric->cch;
	uint32_t	vx;
	uint32_t	vy;

	if (v == TVM_CCH_NONE || TVM_CCH_IS_SEGMENT(v))
		return tvm_cch_via_worth(other, v);
	vx = tvm_cch_find_arc(cch, v, x);
	vy = tvm_cch_find_arc(cch, v, y);
	return upward ? tvm_cch_other(metric, other, memo, vx, v, false) + tvm_cch_other(metric, other, memo, vy, v, true)
		: tvm_cch_other(metric, other, memo, vy, v, false) + tvm_cch_other(metric, other, memo, vx, v, true);
}

/* The best way of an arc in one direction so far. */
typedef struct Best
{
	double	   *weight;
	uint32_t   *via;
	double		worth;			/* negative: not asked for yet */
} Best;

/* One by way of v, whose arcs lead to the arc's ends. */
static void
offer_middle(const TvmCchMetric *metric, const TvmCchOther *other, TvmCchMemo *memo, uint32_t v, uint32_t vx, uint32_t vy,
			 uint32_t x, uint32_t y, bool upward, double way, Best *best)
{
	int			order = tvm_compare_way(way, *best->weight, other != NULL);
	double		worth = -1;

	if (order == 0)
		return;
	if (order == 2)
	{
		worth = tvm_cch_other(metric, other, memo, upward ? vx : vy, v, false)
			+ tvm_cch_other(metric, other, memo, upward ? vy : vx, v, true);
		if (best->worth < 0)
			best->worth = way_worth(metric, other, memo, *best->via, x, y, upward);
	}
	if (order == 1 || tvm_is_worth_less(worth, best->worth))
	{
		*best->via = v;
		best->worth = worth;
	}
	*best->weight = way < *best->weight ? way : *best->weight;
}

/* An arc weighed anew, from its segments and its lower triangles. */
static TvmWeighed
arc_weigh(const TvmCchMetric *metric, const TvmTopology *topology, const TvmWeights *weights, const TvmCchOther *other,
		  TvmCchMemo *memo, uint32_t arc, uint32_t tail)
{
	const TvmCch *cch = metric->cch;
	TvmWeighed	best = tvm_cch_arc_base(cch, topology, weights, other, arc, tail);
	Best		up = {&best.up, &best.up_via, -1};
	Best		down = {&best.down, &best.down_via, -1};
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
			uint32_t	vx = cch->down_arc[i++];
			uint32_t	vy = cch->down_arc[j++];
			uint32_t	first = cch->up_first[v];
			TvmCchWeights row = tvm_cch_row(metric, v);
			double		there = row.down[vx - first] + row.up[vy - first];
			double		back = row.up[vx - first] + row.down[vy - first];

			offer_middle(metric, other, memo, v, vx, vy, tail, head, true, there, &up);
			offer_middle(metric, other, memo, v, vx, vy, tail, head, false, back, &down);
		}
	}
	return best;
}

/* Put an arc's weights into the metric's own row of its tail. */
static TvmStatus
write_arc(TvmEnv *env, TvmCchMetric *metric, uint32_t arc, uint32_t tail, const TvmWeighed *weighed)
{
	TvmCchWeights *own = &metric->own.weights;
	uint32_t	at = metric->own.of.group == NULL ? TVM_PATCH_NONE
		: tvm_patch_find(&metric->own.of, tail);

	if (at == TVM_PATCH_NONE && tvm_cch_rows_append(env, &metric->own, metric, tail, &at) != TVM_OK)
		return TVM_NOMEM;
	at += arc - metric->cch->up_first[tail];
	own->up[at] = weighed->up;
	own->down[at] = weighed->down;
	own->up_via[at] = weighed->up_via;
	own->down_via[at] = weighed->down_via;
	return TVM_OK;
}

/*
 * What has become of an arc in one direction: its weight, or at least what it is worth, which is
 * not kept anywhere.
 */
typedef struct Change
{
	double		before;
	double		now;
	bool		worth;
} Change;

/*
 * A sum that was not the minimum, and is above it now, does not matter to it.  One that has
 * become equal to it may have the lower middle, or be worth less.
 */
static bool
may_change(double minimum, const Change *change, double rest, bool ties)
{
	double		before = change->before + rest;
	double		now = change->now + rest;
	double		most = ties ? minimum * (1 + TVM_TIE) : minimum;

	return (now != before || change->worth) && (now <= most || before <= most);
}

/* Push the arcs that have `arc` in a lower triangle and may change with it. */
static TvmStatus
push_dependants(TvmEnv *env, const TvmCchMetric *metric, ArcHeap *heap, uint32_t arc,
				uint32_t tail, const Change *up, const Change *down, bool ties)
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
		if (may_change(there, down, to_other, ties) || may_change(back, up, from_other, ties))
			if (heap_push(env, heap, target) != TVM_OK)
				return TVM_NOMEM;
	}
	return TVM_OK;
}

#define WORTH_UP 1
#define WORTH_DOWN 2
#define WORTH_SEGMENT 4			/* a segment of the arc has changed */

/* Whether an arc's way is by what is perhaps worth something else now: a segment, or a lower arc. */
static bool
is_worth_changed(const TvmCch *cch, const uint8_t *worth, uint32_t via, uint32_t tail, uint32_t arc, bool upward)
{
	uint32_t	head = cch->up_head[arc];

	if (via == TVM_CCH_NONE || TVM_CCH_IS_SEGMENT(via))
		return via != TVM_CCH_NONE && (worth[arc] & WORTH_SEGMENT) != 0;
	return (worth[tvm_cch_find_arc(cch, via, tail)] & (upward ? WORTH_DOWN : WORTH_UP)) != 0 ||
		(worth[tvm_cch_find_arc(cch, via, head)] & (upward ? WORTH_UP : WORTH_DOWN)) != 0;
}

/* Weigh one arc again; *changed: with another result; *in_vain counts those that weigh the same.  worth[] has which arcs are worth something else, NULL without ties. */
static TvmStatus
update_arc(TvmEnv *env, TvmCchMetric *metric, const TvmTopology *topology, const TvmWeights *weights,
		   const TvmCchOther *other, TvmCchMemo *memo, uint8_t *worth, ArcHeap *heap, uint32_t arc, bool *changed,
		   size_t *in_vain)
{
	const TvmCch *cch = metric->cch;
	uint32_t	tail = arc_tail(cch, arc);
	uint32_t	at = arc - cch->up_first[tail];
	TvmCchWeights row = tvm_cch_row(metric, tail);
	TvmWeighed		old = {row.up[at], row.down[at], row.up_via[at], row.down_via[at]};
	TvmWeighed		now = arc_weigh(metric, topology, weights, other, memo, arc, tail);
	Change		up = {.before = old.up, .now = now.up};
	Change		down = {.before = old.down, .now = now.down};
	TvmStatus	status = TVM_OK;

	if (worth != NULL)
	{
		up.worth = now.up_via != old.up_via || is_worth_changed(cch, worth, now.up_via, tail, arc, true);
		down.worth = now.down_via != old.down_via || is_worth_changed(cch, worth, now.down_via, tail, arc, false);
		worth[arc] |= (up.worth ? WORTH_UP : 0) | (down.worth ? WORTH_DOWN : 0);
	}
	*changed = now.up != old.up || now.down != old.down;
	*in_vain += !*changed && (up.worth || down.worth);
	if (*changed || now.up_via != old.up_via || now.down_via != old.down_via)
		status = write_arc(env, metric, arc, tail, &now);
	if ((*changed || up.worth || down.worth) && status == TVM_OK)
		status = push_dependants(env, metric, heap, arc, tail, &up, &down, worth != NULL);
	return status;
}

TvmStatus
tvm_cch_recustomize(TvmEnv *env, TvmCchMetric *metric, const TvmTopology *topology,
					const TvmWeights *weights, const TvmCchOther *other, const uint32_t *segments,
					size_t count, size_t *changed_arcs, bool *gave_up)
{
	const TvmCch *cch = metric->cch;
	ArcHeap		heap = {NULL, 0, 0};
	TvmStatus	status = TVM_OK;
	uint32_t	last = TVM_CCH_NONE;
	size_t		changed = 0;
	size_t		in_vain = 0;
	size_t		patience = cch->arc_count / PATIENCE > LEAST_PATIENCE ? cch->arc_count / PATIENCE : LEAST_PATIENCE;
	uint8_t    *worth = other == NULL ? NULL : tvm_alloc_zero(env, cch->arc_count, sizeof(uint8_t));

	TvmCchMemo	memo;

	/* What is weighed lies above all that was remembered, which is final then. */
	tvm_cch_memo_init(env, &memo);
	if (other != NULL && worth == NULL)
		status = TVM_NOMEM;
	for (size_t i = 0; i < count && status == TVM_OK; i++)
		if (cch->segment_arc[segments[i]] != TVM_CCH_NONE)
		{
			if (worth != NULL)
				worth[cch->segment_arc[segments[i]]] = WORTH_SEGMENT;
			status = heap_push(env, &heap, cch->segment_arc[segments[i]]);
		}
	for (size_t step = 0; status == TVM_OK && heap.count > 0 && (gave_up == NULL || in_vain <= patience); step++)
	{
		uint32_t	arc = heap_pop(&heap);
		bool		differs;

		if (step % 32 == 0 && tvm_cancelled(env))
			status = TVM_CANCELLED;
		if (arc == last || status != TVM_OK)
			continue;
		last = arc;
		status = update_arc(env, metric, topology, weights, other, &memo, worth, &heap, arc, &differs, &in_vain);
		changed += differs;
	}
	tvm_free(env, heap.arc);
	tvm_free(env, worth);
	tvm_cch_memo_free(&memo);
	if (gave_up != NULL)
		*gave_up = in_vain > patience;
	if (changed_arcs != NULL)
		*changed_arcs = changed;
	return status;
}

/* What weighs less ---------------------------------------------------------- */

/* Let an arc weigh at most this; *lowered: it weighed more. */
static TvmStatus
lower_arc(TvmEnv *env, TvmCchMetric *metric, ArcHeap *heap, uint32_t arc, uint32_t tail, double up, double down, bool *lowered)
{
	uint32_t	at = arc - metric->cch->up_first[tail];
	TvmCchWeights row = tvm_cch_row(metric, tail);
	TvmWeighed	now = {row.up[at], row.down[at], row.up_via[at], row.down_via[at]};
	TvmStatus	status;

	*lowered = up < now.up || down < now.down;
	if (!*lowered)
		return TVM_OK;
	now.up = up < now.up ? up : now.up;
	now.down = down < now.down ? down : now.down;
	status = write_arc(env, metric, arc, tail, &now);
	return status == TVM_OK ? heap_push(env, heap, arc) : status;
}

/* Lower the arcs that have `arc` in a lower triangle. */
static TvmStatus
lower_dependants(TvmEnv *env, TvmCchMetric *metric, ArcHeap *heap, uint32_t arc)
{
	const TvmCch *cch = metric->cch;
	uint32_t	tail = arc_tail(cch, arc);
	uint32_t	first = cch->up_first[tail];
	uint32_t	head = cch->up_head[arc];
	uint32_t	at = cch->up_first[head];	/* has an arc to each head above */
	TvmCchWeights row = tvm_cch_row(metric, tail);
	double		up = row.up[arc - first];
	double		down = row.down[arc - first];
	TvmStatus	status = TVM_OK;

	for (uint32_t other = first; other < cch->up_first[tail + 1] && status == TVM_OK; other++)
	{
		uint32_t	other_head = cch->up_head[other];
		double		there = down + row.up[other - first];
		double		back = row.down[other - first] + up;
		bool		lowered;

		if (other == arc || (there == INFINITY && back == INFINITY))
			continue;
		if (other < arc)
			status = lower_arc(env, metric, heap, tvm_cch_find_arc(cch, other_head, head), other_head, back, there, &lowered);
		else
		{
			while (cch->up_head[at] != other_head)
				at++;
			status = lower_arc(env, metric, heap, at, head, there, back, &lowered);
		}
		/* What was written may have moved it. */
		if (lowered)
			row = tvm_cch_row(metric, tail);
	}
	return status;
}

TvmStatus
tvm_cch_lower(TvmEnv *env, TvmCchMetric *metric, const TvmTopology *topology, const TvmWeights *weights,
			  const uint32_t *segments, size_t count)
{
	const TvmCch *cch = metric->cch;
	ArcHeap		heap = {NULL, 0, 0};
	TvmStatus	status = TVM_OK;
	uint32_t	last = TVM_CCH_NONE;

	for (size_t i = 0; i < count && status == TVM_OK; i++)
	{
		uint32_t	arc = cch->segment_arc[segments[i]];
		uint32_t	tail = arc == TVM_CCH_NONE ? 0 : arc_tail(cch, arc);
		TvmWeighed	base;
		bool		lowered;

		if (arc == TVM_CCH_NONE)
			continue;
		base = tvm_cch_arc_base(cch, topology, weights, NULL, arc, tail);
		status = lower_arc(env, metric, &heap, arc, tail, base.up, base.down, &lowered);
	}
	for (size_t step = 0; status == TVM_OK && heap.count > 0; step++)
	{
		uint32_t	arc = heap_pop(&heap);

		if (step % 32 == 0 && tvm_cancelled(env))
			status = TVM_CANCELLED;
		if (arc == last || status != TVM_OK)
			continue;
		last = arc;
		status = lower_dependants(env, metric, &heap, arc);
	}
	tvm_free(env, heap.arc);
	return status;
}
