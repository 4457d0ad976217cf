/*
 * cch_query.c: searches on a customized hierarchy: walks up the elimination tree
 * (Dibbelt, Strasser, Wagner 2016, section 8), with distances kept by depth.
 */
#include "kernel/graph/cch.h"

#include <math.h>
#include <string.h>

#ifdef __GNUC__
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define ALWAYS_INLINE inline
#define PREFETCH(address) ((void) 0)
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
	uint32_t	via;			/* as of TvmCchWeights: a segment, or a middle */
	uint32_t	next;			/* piece, or TVM_CCH_NONE */
	bool		upward;
} Piece;

typedef struct Pieces
{
	Piece	   *piece;
	uint32_t   *open;			/* those that may have to be unpacked; room for all pieces */
	size_t		count;
	size_t		open_count;
	size_t		capacity;
} Pieces;

/* Room for this many pieces in all. */
static TvmStatus
pieces_reserve(TvmEnv *env, Pieces *pieces, size_t needed)
{
	size_t		capacity = needed + needed / 2 + 256;
	Piece	   *piece;
	uint32_t   *open;

	if (needed <= pieces->capacity)
		return TVM_OK;
	piece = tvm_alloc(env, capacity, sizeof(Piece));
	open = tvm_alloc(env, capacity, sizeof(uint32_t));
	if (piece == NULL || open == NULL)
	{
		tvm_free(env, piece);
		tvm_free(env, open);
		return TVM_NOMEM;
	}
	if (pieces->count > 0)
	{
		memcpy(piece, pieces->piece, pieces->count * sizeof(Piece));
		memcpy(open, pieces->open, pieces->open_count * sizeof(uint32_t));
	}
	tvm_free(env, pieces->piece);
	tvm_free(env, pieces->open);
	pieces->piece = piece;
	pieces->open = open;
	pieces->capacity = capacity;
	return TVM_OK;
}

static const uint32_t *
via_of(const TvmCchMetric *metric, uint32_t arc, uint32_t tail, bool upward)
{
	TvmCchWeights row = tvm_cch_row(metric, tail);

	return (upward ? row.up_via : row.down_via) + (arc - metric->cch->up_first[tail]);
}

/* Look up by way of what the open pieces go; those that are segments are open no longer. */
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

/* Unpack until all pieces are segments.  Each step goes down in rank, so there are no more steps than the tree is high. */
static TvmStatus
unpack(TvmEnv *env, const TvmCchMetric *metric, Pieces *pieces)
{
	for (;;)
	{
		find_vias(metric, pieces);
		if (pieces->open_count == 0)
			return TVM_OK;
		if (pieces_reserve(env, pieces, pieces->count + pieces->open_count) != TVM_OK)
			return TVM_NOMEM;
		split_pieces(metric, pieces);
	}
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
			return tvm_fail(env, TVM_INVALID, "hierarchy does not match its weights", NULL,
							"arc %u leads nowhere", piece->arc);
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

TvmStatus
tvm_cch_path(TvmEnv *env, TvmCchQuery *query, const TvmCchMetric *metric,
			 uint32_t **arcs, size_t *count)
{
	const TvmCch *cch = query->cch;
	size_t		height = (size_t) cch->height + 1;
	Pieces		pieces = {0};
	uint32_t   *ancestor = tvm_alloc(env, height, sizeof(uint32_t));
	Climb	   *climb = tvm_alloc(env, height, sizeof(Climb));
	TvmStatus	status = ancestor != NULL && climb != NULL ? TVM_OK : TVM_NOMEM;

	*arcs = NULL;
	*count = 0;
	if (status == TVM_OK && query->meet != TVM_CCH_NONE)
	{
		status = pieces_reserve(env, &pieces, 2 * height);
		if (status == TVM_OK)
		{
			size_t		steps = descend(cch, query->origin, query->meet, query->origin_arc, ancestor,
										climb);

			while (steps-- > 0)
				add_piece(metric, &pieces, &climb[steps], true);
			steps = descend(cch, query->dest, query->meet, query->dest_arc, ancestor, climb);
			for (size_t i = 0; i < steps; i++)
				add_piece(metric, &pieces, &climb[i], false);
			status = unpack(env, metric, &pieces);
		}
	}
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
	tvm_free(env, ancestor);
	tvm_free(env, climb);
	tvm_free(env, pieces.piece);
	tvm_free(env, pieces.open);
	return status;
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
