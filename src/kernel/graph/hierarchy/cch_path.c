/*
 * cch_path.c: from the search that was last to the path that it found: the arcs of the
 * hierarchy along it, unpacked by their middles (Dibbelt, Strasser, Wagner 2016); and sums
 * along it, for which those whose sum is known are not unpacked.
 */
#include "kernel/graph/hierarchy/cch.h"
#include "kernel/graph/hierarchy/sums.h"

#include <string.h>

#ifdef __GNUC__
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void) 0)
#endif

/* Segments lie anywhere in memory: ask for each so many before it is weighed. */
#define AHEAD 8
#define MANY_PIECES 4096		/* from here on a step of unpacking asks whether it is cancelled */

/*
 * A path in the making: hierarchy arcs, linked in the order in which they are
 * passed.  All of them are unpacked a level at a time, each step asking for the memory
 * that the next one reads: one after the other, they would wait for it most of the time.
 */
typedef struct Piece
{
	uint32_t	arc;
	uint32_t	tail;			/* its lower end */
	uint32_t	tail_depth;
	uint32_t	via;			/* as of TvmCchWeights: a segment, or a middle; if known, where */
	uint32_t	next;			/* piece, or TVM_CCH_NONE */
	bool		upward;
	bool		known;			/* its sum is remembered, or put together again */
} Piece;

/* A shortcut that was unpacked: `first` was it and is its first part now. */
typedef struct Split
{
	uint32_t	arc;
	uint32_t	first;
	uint32_t	second;
	bool		upward;
} Split;

typedef struct Pieces
{
	Piece	   *piece;
	uint32_t   *open;			/* those that may have to be unpacked; room for all pieces */
	Split	   *split;			/* NULL: not asked for; room for as many as pieces */
	size_t		count;
	size_t		open_count;
	size_t		split_count;
	size_t		capacity;
	bool		summing;		/* splits are asked for, and what is known is not unpacked */
	const TvmSums *sums;		/* NULL: nothing is known */
	uint64_t	version;
} Pieces;

static void
pieces_free(TvmEnv *env, Pieces *pieces)
{
	tvm_free(env, pieces->piece);
	tvm_free(env, pieces->open);
	tvm_free(env, pieces->split);
}

/* Room for this many pieces in all. */
static TvmStatus
pieces_reserve(TvmEnv *env, Pieces *pieces, size_t needed)
{
	Pieces		larger = *pieces;

	if (needed <= pieces->capacity)
		return TVM_OK;
	larger.capacity = needed + needed / 2 + 256;
	larger.piece = tvm_alloc(env, larger.capacity, sizeof(Piece));
	larger.open = tvm_alloc(env, larger.capacity, sizeof(uint32_t));
	larger.split = pieces->summing ? tvm_alloc(env, larger.capacity, sizeof(Split)) : NULL;
	if (larger.piece == NULL || larger.open == NULL || (pieces->summing && larger.split == NULL))
	{
		pieces_free(env, &larger);
		return TVM_NOMEM;
	}
	if (pieces->count > 0)
	{
		memcpy(larger.piece, pieces->piece, pieces->count * sizeof(Piece));
		memcpy(larger.open, pieces->open, pieces->open_count * sizeof(uint32_t));
		if (pieces->summing)
			memcpy(larger.split, pieces->split, pieces->split_count * sizeof(Split));
	}
	pieces_free(env, pieces);
	*pieces = larger;
	return TVM_OK;
}

static const uint32_t *
via_of(const TvmCchMetric *metric, uint32_t arc, uint32_t tail, bool upward)
{
	TvmCchWeights row = tvm_cch_row(metric, tail);

	return (upward ? row.up_via : row.down_via) + (arc - metric->cch->up_first[tail]);
}

/* Look up by way of what the open pieces go; those that are segments, or known, are open no longer. */
static void
find_vias(const TvmCchMetric *metric, Pieces *pieces)
{
	const TvmCch *cch = metric->cch;
	size_t		open = 0;

	for (size_t i = 0; i < pieces->open_count; i++)
	{
		Piece	   *piece = &pieces->piece[pieces->open[i]];

		piece->via = *via_of(metric, piece->arc, piece->tail, piece->upward);
		if (TVM_CCH_IS_SEGMENT(piece->via))
			continue;
		if (pieces->sums != NULL)
		{
			uint32_t	place = tvm_sums_find(pieces->sums, pieces->version, piece->arc, piece->upward);

			if (place != TVM_CCH_NONE)
			{
				piece->known = true;
				piece->via = place;
				continue;
			}
		}
		PREFETCH(&cch->up_first[piece->via]);
		PREFETCH(&cch->depth[piece->via]);
		PREFETCH(&cch->up_depth[piece->arc]);
		pieces->open[open++] = pieces->open[i];
	}
	pieces->open_count = open;
	for (size_t i = 0; i < open; i++)
	{
		const uint32_t *depths = &cch->up_depth[cch->up_first[pieces->piece[pieces->open[i]].via]];

		PREFETCH(depths);
		PREFETCH(depths + 16);
	}
}

/* The arc out of v whose head is at this depth; the higher a head, the less deep. */
static uint32_t
find_by_depth(const TvmCch *cch, uint32_t v, uint32_t depth)
{
	uint32_t	left = cch->up_first[v];
	uint32_t	right = cch->up_first[v + 1];

	while (right - left > 1)
	{
		uint32_t	middle = left + (right - left) / 2;

		if (cch->up_depth[middle] >= depth)
			left = middle;
		else
			right = middle;
	}
	return left;
}

/* Unpack each open piece into the two lower arcs by way of its middle, which are open then. */
static void
split_pieces(const TvmCchMetric *metric, Pieces *pieces)
{
	const TvmCch *cch = metric->cch;
	size_t		open = pieces->open_count;

	for (size_t i = 0; i < open; i++)
	{
		uint32_t	second = (uint32_t) pieces->count++;
		Piece	   *piece = &pieces->piece[pieces->open[i]];
		uint32_t	middle = piece->via;
		uint32_t	depth = cch->depth[middle];
		uint32_t	to_tail = find_by_depth(cch, middle, piece->tail_depth);
		uint32_t	to_head = find_by_depth(cch, middle, cch->up_depth[piece->arc]);
		bool		upward = piece->upward;

		if (pieces->summing)
			pieces->split[pieces->split_count++] = (Split) {piece->arc, pieces->open[i], second, upward};
		pieces->piece[second] = (Piece) {
			.arc = upward ? to_head : to_tail,
			.tail = middle,
			.tail_depth = depth,
			.next = piece->next,
			.upward = true
		};
		*piece = (Piece) {
			.arc = upward ? to_tail : to_head,
			.tail = middle,
			.tail_depth = depth,
			.next = second
		};
		pieces->open[pieces->open_count++] = second;
		PREFETCH(via_of(metric, piece->arc, middle, false));
		PREFETCH(via_of(metric, pieces->piece[second].arc, middle, true));
	}
}

/* Unpack until all pieces are segments or known.  Each step goes down in rank, so there are no more steps than the tree is high. */
static TvmStatus
unpack(TvmEnv *env, const TvmCchMetric *metric, Pieces *pieces)
{
	for (;;)
	{
		find_vias(metric, pieces);
		if (pieces->open_count == 0)
			return TVM_OK;
		if (pieces->open_count > MANY_PIECES && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (pieces_reserve(env, pieces, pieces->count + pieces->open_count) != TVM_OK)
			return TVM_NOMEM;
		split_pieces(metric, pieces);
	}
}

static TvmStatus
leads_nowhere(TvmEnv *env, const Piece *piece)
{
	return tvm_fail(env, TVM_INVALID, "hierarchy does not match its weights", NULL,
					"arc %u leads nowhere", piece->arc);
}

/* The pieces, all of them segments, in their order as topology arcs. */
static TvmStatus
collect_segments(TvmEnv *env, const Pieces *pieces, uint32_t *arcs)
{
	size_t		count = 0;

	for (uint32_t i = 0; count < pieces->count; i = pieces->piece[i].next)
	{
		const Piece *piece = &pieces->piece[i];

		if (piece->via == TVM_CCH_NONE)
			return leads_nowhere(env, piece);
		arcs[count++] = TVM_CCH_VIA_ARC(piece->via) ^ (piece->upward ? 0 : 1);
	}
	return TVM_OK;
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

/* One more piece, after those that are there. */
static void
add_piece(const TvmCchMetric *metric, Pieces *pieces, const Climb *climb, bool upward)
{
	uint32_t	i = (uint32_t) pieces->count++;

	pieces->piece[i] = (Piece) {
		.arc = climb->arc,
		.tail = climb->tail,
		.tail_depth = metric->cch->depth[climb->tail],
		.next = i + 1,
		.upward = upward
	};
	pieces->open[pieces->open_count++] = i;
	PREFETCH(via_of(metric, climb->arc, climb->tail, upward));
}

/* The path found last as the arcs that it was found by, none where there is no way. */
static TvmStatus
find_pieces(TvmEnv *env, TvmCchQuery *query, const TvmCchMetric *metric, Pieces *pieces)
{
	const TvmCch *cch = query->cch;
	size_t		height = (size_t) cch->height + 1;
	uint32_t   *ancestor;
	Climb	   *climb;
	TvmStatus	status;

	if (query->meet == TVM_CCH_NONE)
		return TVM_OK;
	status = tvm_cch_choose(env, query, metric);
	if (status != TVM_OK)
		return status;
	status = TVM_NOMEM;
	ancestor = tvm_alloc(env, height, sizeof(uint32_t));
	climb = tvm_alloc(env, height, sizeof(Climb));
	if (ancestor != NULL && climb != NULL)
		status = pieces_reserve(env, pieces, 2 * height);
	if (status == TVM_OK)
	{
		size_t		steps = descend(cch, query->origin, query->meet, query->origin_arc, ancestor, climb);

		while (steps-- > 0)
			add_piece(metric, pieces, &climb[steps], true);
		steps = descend(cch, query->dest, query->meet, query->dest_arc, ancestor, climb);
		for (size_t i = 0; i < steps; i++)
			add_piece(metric, pieces, &climb[i], false);
	}
	tvm_free(env, ancestor);
	tvm_free(env, climb);
	return status;
}

TvmStatus
tvm_cch_path(TvmEnv *env, TvmCchQuery *query, const TvmCchMetric *metric,
			 uint32_t **arcs, size_t *count)
{
	Pieces		pieces = {0};
	TvmStatus	status = find_pieces(env, query, metric, &pieces);

	*arcs = NULL;
	*count = 0;
	if (status == TVM_OK)
		status = unpack(env, metric, &pieces);
	if (status == TVM_OK && pieces.count > 0)
	{
		*arcs = tvm_alloc(env, pieces.count, sizeof(uint32_t));
		status = *arcs == NULL ? TVM_NOMEM : collect_segments(env, &pieces, *arcs);
	}
	if (status == TVM_OK)
		*count = pieces.count;
	else
	{
		tvm_free(env, *arcs);
		*arcs = NULL;
	}
	pieces_free(env, &pieces);
	return status;
}

/* Sums ---------------------------------------------------------------------- */

static uint32_t
segment_of(const Pieces *pieces, uint32_t i)
{
	return TVM_ARC_SEGMENT(TVM_CCH_VIA_ARC(pieces->piece[i].via));
}

/* What each piece is worth, all of them segments or known. */
static TvmStatus
weigh_pieces(TvmEnv *env, Pieces *pieces, const TvmSumKind *kind, void *context, char *values)
{
	uint32_t   *segments = pieces->open;
	size_t		count = 0;

	for (uint32_t i = 0; i < pieces->count; i++)
	{
		const Piece *piece = &pieces->piece[i];

		if (piece->known)
			memcpy(values + i * kind->size, pieces->sums->value + piece->via * kind->size, kind->size);
		else if (piece->via == TVM_CCH_NONE)
			return leads_nowhere(env, piece);
		else
			segments[count++] = i;
	}
	for (size_t i = 0; i < count; i++)
	{
		TvmStatus	status;

		if (kind->prefetch != NULL && i + AHEAD < count)
			kind->prefetch(context, segment_of(pieces, segments[i + AHEAD]));
		status = kind->weigh(env, context, segment_of(pieces, segments[i]), values + segments[i] * kind->size);
		if (status != TVM_OK)
			return status;
	}
	return TVM_OK;
}

/* Put the parts of shortcuts together again, the lowest first; two segments are not worth a place. */
static void
join_pieces(const Pieces *pieces, const TvmSumKind *kind, TvmSums *sums, char *values)
{
	for (size_t i = pieces->split_count; i-- > 0;)
	{
		const Split *split = &pieces->split[i];
		Piece	   *first = &pieces->piece[split->first];
		char	   *whole = values + split->first * kind->size;

		kind->add(whole, values + split->second * kind->size);
		if (sums != NULL && (first->known || pieces->piece[split->second].known))
			tvm_sums_keep(sums, pieces->version, split->arc, split->upward, whole);
		first->known = true;
	}
}

TvmStatus
tvm_cch_sum(TvmEnv *env, TvmCchQuery *query, const TvmCchMetric *metric, const TvmSumKind *kind,
			void *context, TvmSums *sums, uint64_t version, void *sum, bool *any)
{
	Pieces		pieces = {.summing = true, .sums = sums, .version = version};
	TvmStatus	status = find_pieces(env, query, metric, &pieces);
	size_t		count = pieces.count;
	char	   *values = NULL;

	*any = count > 0;
	if (status == TVM_OK)
		status = unpack(env, metric, &pieces);
	if (status == TVM_OK && count > 0)
	{
		values = tvm_alloc(env, pieces.count, kind->size);
		status = values == NULL ? TVM_NOMEM : weigh_pieces(env, &pieces, kind, context, values);
	}
	if (status == TVM_OK)
	{
		join_pieces(&pieces, kind, sums, values);
		for (size_t i = 0; i < count; i++)
			kind->add(sum, values + i * kind->size);
	}
	tvm_free(env, values);
	pieces_free(env, &pieces);
	return status;
}
