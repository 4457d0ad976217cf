/*
 * cch_ties.c: which of the ways of equal cost a search on a hierarchy has found is the best in
 * the other measure; see ties.h.
 *
 * A search notes at which depths another way weighs the same, and no more: where the path
 * that it found has none of them, it is the best.  Else the arcs that tie there are found again, and what
 * the ways down from there are worth is added up, each depth once.  Arcs stand for the best of
 * the ways that they shorten already, by customization.
 */
#include "kernel/graph/hierarchy/cch.h"

#include <math.h>
#include <string.h>

/* Places of a memo, as powers of two: 16 KB at first, 32 MB at last. */
#define FIRST_BITS 10
#define LAST_BITS 21

void
tvm_cch_memo_init(TvmEnv *env, TvmCchMemo *memo)
{
	memset(memo, 0, sizeof(*memo));
	memo->env = env;
}

void
tvm_cch_memo_free(TvmCchMemo *memo)
{
	tvm_free(memo->env, memo->key);
	tvm_free(memo->env, memo->worth);
	tvm_cch_memo_init(memo->env, memo);
}

/* Multiplicative hashing (Knuth, "The Art of Computer Programming" 3, 6.4): the upper bits count. */
static size_t
place_of(const TvmCchMemo *memo, uint64_t key)
{
	return (size_t) ((key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - memo->bits));
}

/* More places; where there is no memory all is as it was. */
static void
memo_grow(TvmCchMemo *memo)
{
	TvmCchMemo	larger;
	size_t		capacity;

	tvm_cch_memo_init(memo->env, &larger);
	larger.bits = memo->bits == 0 ? FIRST_BITS : memo->bits + 1;
	capacity = (size_t) 1 << larger.bits;
	larger.key = tvm_alloc_zero(memo->env, capacity, sizeof(uint64_t));
	larger.worth = tvm_alloc(memo->env, capacity, sizeof(double));
	memo->kept = 0;
	if (larger.key == NULL || larger.worth == NULL)
	{
		tvm_cch_memo_free(&larger);
		return;
	}
	for (size_t i = 0; memo->bits > 0 && i < (size_t) 1 << memo->bits; i++)
	{
		size_t		place = place_of(&larger, memo->key[i]);

		if (memo->key[i] == 0)
			continue;
		larger.key[place] = memo->key[i];
		larger.worth[place] = memo->worth[i];
	}
	tvm_cch_memo_free(memo);
	*memo = larger;
}

static void
memo_keep(TvmCchMemo *memo, uint64_t key, double worth)
{
	size_t		place;

	if (memo->bits == 0 || (memo->kept++ >> memo->bits != 0 && memo->bits < LAST_BITS))
		memo_grow(memo);
	if (memo->bits == 0)
		return;
	place = place_of(memo, key);
	memo->key[place] = key;
	memo->worth[place] = worth;
}

double
tvm_cch_other(const TvmCchMetric *metric, const TvmCchOther *other, TvmCchMemo *memo, uint32_t arc, uint32_t tail,
			  bool upward)
{
	const TvmCch *cch = metric->cch;
	/* In a symmetric hierarchy both directions are worth the same. */
	uint64_t	key = (((uint64_t) arc << 1) | (upward && !cch->symmetric)) + 1;
	TvmCchWeights row;
	uint32_t	via;
	double		worth;

	if (memo->bits > 0 && memo->key[place_of(memo, key)] == key)
		return memo->worth[place_of(memo, key)];
	row = tvm_cch_row(metric, tail);
	via = (upward ? row.up_via : row.down_via)[arc - cch->up_first[tail]];
	if (via == TVM_CCH_NONE)
		return INFINITY;
	if (TVM_CCH_IS_SEGMENT(via))
		worth = other->segment(other->context, TVM_ARC_SEGMENT(TVM_CCH_VIA_ARC(via)));
	else
	{
		/* Goes down in rank, so no deeper than the tree is high. */
		uint32_t	to_tail = tvm_cch_find_arc(cch, via, tail);
		uint32_t	to_head = tvm_cch_find_arc(cch, via, cch->up_head[arc]);

		worth = tvm_cch_other(metric, other, memo, upward ? to_tail : to_head, via, false)
			+ tvm_cch_other(metric, other, memo, upward ? to_head : to_tail, via, true);
	}
	memo_keep(memo, key, worth);
	return worth;
}

/* One side of a search. */
typedef struct Side
{
	const TvmCchMetric *metric;
	const TvmCchOther *other;
	TvmCchMemo *memo;
	TvmStatus  *status;			/* of both sides */
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

/* What the best way between the side's end and a depth is worth; its arcs are in `via` then.  Anything, once cancelled. */
static double
settle(Side *side, uint32_t depth)
{
	double		best = INFINITY;

	if (side->worth[depth] >= 0 || *side->status != TVM_OK)
		return side->worth[depth];
	if (tvm_cancelled(side->memo->env))
	{
		*side->status = TVM_CANCELLED;
		return side->worth[depth];
	}
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
			worth = settle(side, low)
				+ tvm_cch_other(side->metric, side->other, side->memo, arc, side->ancestor[low], side->upward);
			if (*side->status != TVM_OK)
				return best;
			if (via == TVM_CCH_NONE || worth < best)
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
	while (depth != side->bottom && *side->status == TVM_OK)
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

	for (uint32_t d = depth + 1; d-- > 0 && *from->status == TVM_OK;)
	{
		double		sum = from->distance[d] + to->distance[d];
		double		worth;

		if (from->ancestor[d] != to->ancestor[d] || sum == INFINITY || sum > query->best * (1 + TVM_TIE))
			continue;
		worth = settle(from, d) + settle(to, d);
		if (meet == TVM_CCH_NONE || worth < best)
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
	TvmCchMemo	memo;
	TvmStatus	status = TVM_OK;
	Side		from = {
		.metric = metric, .other = query->other, .memo = &memo, .status = &status, .upward = true, .distance = query->from_origin,
		.limit = query->from_limit, .via = query->origin_arc, .tied = query->from_tied
	};
	Side		to = {
		.metric = metric, .other = query->other, .memo = &memo, .status = &status, .upward = false, .distance = query->to_dest,
		.limit = query->to_limit, .via = query->dest_arc, .tied = query->to_tied
	};

	if (query->other == NULL || query->meet == TVM_CCH_NONE)
		return TVM_OK;
	/* Most searches come to no tie at all. */
	if (!query->meet_tied && memchr(query->from_tied, 1, (size_t) metric->cch->depth[query->origin] + 1) == NULL &&
		memchr(query->to_tied, 1, (size_t) metric->cch->depth[query->dest] + 1) == NULL)
		return TVM_OK;
	tvm_cch_memo_init(env, &memo);
	if (side_alloc(env, &from, query->origin) && side_alloc(env, &to, query->dest))
	{
		if (query->meet_tied)
			settle_meeting(query, &from, &to);
		settle_way(&from, query->meet);
		settle_way(&to, query->meet);
	}
	else
		status = TVM_NOMEM;
	tvm_cch_memo_free(&memo);
	side_free(env, &from);
	side_free(env, &to);
	return status;
}
