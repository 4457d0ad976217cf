/*
 * cch_ties.c: which of the ways of equal cost a search on a hierarchy has found is the best in
 * the other measure; see ties.h.
 *
 * A search notes at which depths another way weighs the same, and no more: where the path
 * that it found has none of them, it is the best.  Else the arcs that tie there are found again, and what
 * the ways down from there are worth is added up, each depth once.  Arcs stand for the best of
 * the ways that they shorten already, by customization.
 */
#include "kernel/graph/cch.h"

#include <math.h>
#include <string.h>

double
tvm_cch_other(const TvmCchMetric *metric, const TvmCchOther *other, TvmCchMemo *memo, uint32_t arc, uint32_t tail,
			  bool upward)
{
	const TvmCch *cch = metric->cch;
	TvmCchWeights row = tvm_cch_row(metric, tail);
	uint32_t	via = (upward ? row.up_via : row.down_via)[arc - cch->up_first[tail]];
	uint64_t	key = (((uint64_t) arc << 1) | upward) + 1;
	size_t		place = (key * UINT64_C(0x9e3779b97f4a7c15)) >> 52;
	uint32_t	to_tail;
	uint32_t	to_head;
	double		worth;

	if (via == TVM_CCH_NONE)
		return INFINITY;
	if (TVM_CCH_IS_SEGMENT(via))
		return other->segment(other->context, TVM_ARC_SEGMENT(TVM_CCH_VIA_ARC(via)));
	if (memo->key[place] == key)
		return memo->worth[place];
	/* Goes down in rank, so no deeper than the tree is high. */
	to_tail = tvm_cch_find_arc(cch, via, tail);
	to_head = tvm_cch_find_arc(cch, via, cch->up_head[arc]);
	worth = upward
		? tvm_cch_other(metric, other, memo, to_tail, via, false) + tvm_cch_other(metric, other, memo, to_head, via, true)
		: tvm_cch_other(metric, other, memo, to_head, via, false) + tvm_cch_other(metric, other, memo, to_tail, via, true);
	memo->key[place] = key;
	memo->worth[place] = worth;
	return worth;
}

/* One side of a search. */
typedef struct Side
{
	const TvmCchMetric *metric;
	const TvmCchOther *other;
	TvmCchMemo *memo;
	bool		upward;
	uint32_t	bottom;			/* depth of its end */
	const double *distance;
	const double *limit;
	uint32_t   *via;
	const uint8_t *tied;
	uint32_t   *ancestor;		/* ranks, by depth */
	double	   *worth;			/* from its end to each depth; negative: not known */
} Side;

static bool
side_alloc(TvmEnv *env, Side *side, uint32_t end)
{
	const TvmCch *cch = side->metric->cch;

	side->bottom = cch->depth[end];
	side->ancestor = tvm_alloc(env, (size_t) side->bottom + 1, sizeof(uint32_t));
	side->worth = tvm_alloc(env, (size_t) side->bottom + 1, sizeof(double));
	if (side->ancestor == NULL || side->worth == NULL)
		return false;
	for (uint32_t v = end; v != TVM_CCH_NONE; v = cch->parent[v])
	{
		side->ancestor[cch->depth[v]] = v;
		side->worth[cch->depth[v]] = -1;
	}
	side->worth[side->bottom] = 0;
	return true;
}

static void
side_free(TvmEnv *env, Side *side)
{
	tvm_free(env, side->ancestor);
	tvm_free(env, side->worth);
}

/* The arc from the ancestor at depth `low` up to that at depth `high`, or NONE. */
static uint32_t
arc_between(const Side *side, uint32_t low, uint32_t high)
{
	const TvmCch *cch = side->metric->cch;
	uint32_t	left = cch->up_first[side->ancestor[low]];
	uint32_t	right = cch->up_first[side->ancestor[low] + 1];

	/* The higher a head, the less deep. */
	while (left < right)
	{
		uint32_t	middle = left + (right - left) / 2;

		if (cch->up_depth[middle] > high)
			left = middle + 1;
		else
			right = middle;
	}
	return left < cch->up_first[side->ancestor[low] + 1] && cch->up_depth[left] == high ? left : TVM_CCH_NONE;
}

/* The depth of an arc's lower end. */
static uint32_t
depth_of_tail(const Side *side, uint32_t high, uint32_t arc)
{
	const TvmCch *cch = side->metric->cch;
	uint32_t	low = high + 1;
	uint32_t	end = side->bottom;

	/* The deeper an ancestor, the lower are the numbers of its arcs. */
	while (low < end)
	{
		uint32_t	middle = low + (end - low) / 2;

		if (cch->up_first[side->ancestor[middle]] <= arc)
			end = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* What the best way between the side's end and a depth is worth; its arcs are in `via` then. */
static double
settle(Side *side, uint32_t depth)
{
	double		best = INFINITY;

	if (side->worth[depth] >= 0)
		return side->worth[depth];
	if (!side->tied[depth])
	{
		uint32_t	tail = depth_of_tail(side, depth, side->via[depth]);

		best = settle(side, tail)
			+ tvm_cch_other(side->metric, side->other, side->memo, side->via[depth], side->ancestor[tail], side->upward);
	}
	else
	{
		uint32_t	via = TVM_CCH_NONE;

		for (uint32_t low = side->bottom; low > depth; low--)
		{
			uint32_t	arc = side->distance[low] < INFINITY ? arc_between(side, low, depth) : TVM_CCH_NONE;
			TvmCchWeights row;
			double		sum;
			double		worth;

			if (arc == TVM_CCH_NONE)
				continue;
			row = tvm_cch_row(side->metric, side->ancestor[low]);
			sum = side->distance[low]
				+ (side->upward ? row.up : row.down)[arc - side->metric->cch->up_first[side->ancestor[low]]];
			if (sum == INFINITY || sum > side->limit[depth])
				continue;
			worth = settle(side, low) + tvm_cch_other(side->metric, side->other, side->memo, arc, side->ancestor[low], side->upward);
			if (via == TVM_CCH_NONE || worth < best * (1 - TVM_TIE))
			{
				best = worth;
				via = arc;
			}
		}
		side->via[depth] = via;
	}
	side->worth[depth] = best;
	return best;
}

/* Settle the depths on the way to the side's end at which there is something to choose. */
static void
settle_way(Side *side, uint32_t depth)
{
	while (depth != side->bottom)
	{
		if (side->tied[depth])
			(void) settle(side, depth);
		depth = depth_of_tail(side, depth, side->via[depth]);
	}
}

/* The meeting point of the best of the ways that cost the same. */
static void
settle_meeting(TvmCchQuery *query, Side *from, Side *to)
{
	double		best = INFINITY;
	uint32_t	meet = TVM_CCH_NONE;
	uint32_t	depth = from->bottom < to->bottom ? from->bottom : to->bottom;

	for (uint32_t d = depth + 1; d-- > 0;)
	{
		double		sum = from->distance[d] + to->distance[d];
		double		worth;

		if (from->ancestor[d] != to->ancestor[d] || sum == INFINITY || sum > query->best * (1 + TVM_TIE))
			continue;
		worth = settle(from, d) + settle(to, d);
		if (meet == TVM_CCH_NONE || worth < best * (1 - TVM_TIE))
		{
			best = worth;
			meet = d;
		}
	}
	if (meet != TVM_CCH_NONE)
		query->meet = meet;
}

TvmStatus
tvm_cch_choose(TvmEnv *env, TvmCchQuery *query, const TvmCchMetric *metric)
{
	Side		from = {
		.metric = metric, .other = query->other, .upward = true, .distance = query->from_origin,
		.limit = query->from_limit, .via = query->origin_arc, .tied = query->from_tied
	};
	Side		to = {
		.metric = metric, .other = query->other, .upward = false, .distance = query->to_dest,
		.limit = query->to_limit, .via = query->dest_arc, .tied = query->to_tied
	};
	TvmStatus	status = TVM_NOMEM;

	if (query->other == NULL || query->meet == TVM_CCH_NONE)
		return TVM_OK;
	/* Most searches come to no tie at all. */
	if (!query->meet_tied && memchr(query->from_tied, 1, (size_t) metric->cch->depth[query->origin] + 1) == NULL &&
		memchr(query->to_tied, 1, (size_t) metric->cch->depth[query->dest] + 1) == NULL)
		return TVM_OK;
	from.memo = to.memo = tvm_alloc_zero(env, 1, sizeof(TvmCchMemo));
	if (from.memo != NULL && side_alloc(env, &from, query->origin) && side_alloc(env, &to, query->dest))
	{
		status = TVM_OK;
		if (query->meet_tied)
			settle_meeting(query, &from, &to);
		settle_way(&from, query->meet);
		settle_way(&to, query->meet);
	}
	tvm_free(env, from.memo);
	side_free(env, &from);
	side_free(env, &to);
	return status;
}
