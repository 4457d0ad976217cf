/*
 * hulls.c: corners of blocks of fixes; see hulls.h.
 *
 * Seen from the sphere's centre, on the plane that touches it at a block's first fix, great circles are
 * straight: there the hull is that of Andrew's monotone chain.
 */
#include "kernel/motion/hulls.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BITS 4
#define BLOCK 16

/* A candidate on that plane. */
typedef struct Flat
{
	double		x;
	double		y;
	size_t		id;
} Flat;

void
tvm_hulls_init(TvmHulls *hulls)
{
	memset(hulls, 0, sizeof(*hulls));
}

void
tvm_hulls_free(TvmEnv *env, TvmHulls *hulls)
{
	for (int level = 0; level < TVM_HULL_LEVELS; level++)
	{
		tvm_free(env, hulls->level[level].begin);
		tvm_free(env, hulls->level[level].size);
	}
	tvm_free(env, hulls->corners);
	tvm_free(env, hulls->points);
	tvm_hulls_init(hulls);
}

/* Fixes in a block of a level. */
static size_t
extent(int level)
{
	return (size_t) 1 << (BLOCK_BITS * (level + 1));
}

static int
by_place(const void *left, const void *right)
{
	const Flat *a = left;
	const Flat *b = right;

	if (a->x != b->x)
		return a->x < b->x ? -1 : 1;
	if (a->y != b->y)
		return a->y < b->y ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static double
turn(const Flat *a, const Flat *b, const Flat *c)
{
	return (b->x - a->x) * (c->y - a->y) - (b->y - a->y) * (c->x - a->x);
}

/* The corners of points in order, into `out`, which has room for one more than there are; how many. */
static size_t
chain(const Flat *flat, size_t count, Flat *out)
{
	size_t		size = 0;
	size_t		lower;

	for (size_t i = 0; i < count; i++)
	{
		while (size >= 2 && turn(&out[size - 2], &out[size - 1], &flat[i]) <= 0)
			size--;
		out[size++] = flat[i];
	}
	lower = size + 1;
	for (size_t i = count - 1; i-- > 0;)
	{
		while (size >= lower && turn(&out[size - 2], &out[size - 1], &flat[i]) <= 0)
			size--;
		out[size++] = flat[i];
	}
	return size > 1 ? size - 1 : size;
}

static TvmStatus
keep(TvmEnv *env, TvmHulls *hulls, size_t id)
{
	TvmStatus	status = TVM_OK;

	if (hulls->count == hulls->capacity)
		status = tvm_grow(env, &hulls->corners, hulls->count, &hulls->capacity, sizeof(size_t));
	if (status == TVM_OK)
		hulls->corners[hulls->count++] = id;
	return status;
}

/* Of ids that stand from `first` to the end of the corners: only the corners among them are left. */
static TvmStatus
leave_corners(TvmEnv *env, TvmHulls *hulls, const TvmTrack *track, size_t first)
{
	size_t		count = hulls->count - first;
	Flat	   *flat = tvm_alloc(env, 2 * count + 1, sizeof(Flat));
	const TvmFix *base = tvm_track_fix(track, hulls->corners[first]);
	TvmGroundFrame frame;
	bool		near = true;

	if (flat == NULL)
		return TVM_NOMEM;
	tvm_ground_frame(base->lon, base->lat, &frame);
	for (size_t i = 0; i < count; i++)
	{
		const TvmFix *fix = tvm_track_fix(track, hulls->corners[first + i]);
		double		xyz[3];

		tvm_ground_local(&frame, fix->lon, fix->lat, xyz);
		near = near && xyz[2] > -0.5;
		flat[i] = (Flat) {xyz[0] / (1 + xyz[2]), xyz[1] / (1 + xyz[2]), hulls->corners[first + i]};
	}
	/* Over a large part of the sphere there is no such plane. */
	if (near)
	{
		Flat	   *corners = flat + count;
		size_t		size;

		qsort(flat, count, sizeof(Flat), by_place);
		size = chain(flat, count, corners);
		for (size_t i = 0; i < size; i++)
			hulls->corners[first + i] = corners[i].id;
		hulls->count = first + size;
	}
	tvm_free(env, flat);
	return TVM_OK;
}

/* A block whose parts are known. */
static TvmStatus
make_block(TvmEnv *env, TvmHulls *hulls, const TvmTrack *track, int level, size_t block)
{
	size_t		first = hulls->count;
	TvmStatus	status = TVM_OK;

	for (size_t part = block * BLOCK; part < (block + 1) * BLOCK && status == TVM_OK; part++)
	{
		if (level == 0)
			status = keep(env, hulls, part);
		else
		{
			for (size_t i = 0; i < hulls->level[level - 1].size[part] && status == TVM_OK; i++)
				status = keep(env, hulls, hulls->corners[hulls->level[level - 1].begin[part] - 1 + i]);
		}
	}
	if (status == TVM_OK)
		status = leave_corners(env, hulls, track, first);
	if (status != TVM_OK)
	{
		hulls->count = first;
		return status;
	}
	hulls->level[level].begin[block] = first + 1;
	hulls->level[level].size[block] = hulls->count - first;
	return TVM_OK;
}

/* A block, all of whose fixes there are, and its parts. */
static TvmStatus
need_block(TvmEnv *env, TvmHulls *hulls, const TvmTrack *track, int level, size_t block)
{
	for (int below = 0; below <= level; below++)
	{
		size_t		each = extent(level) / extent(below);

		if (hulls->level[below].begin == NULL)
		{
			size_t		blocks = track->count / extent(below) + 1;

			hulls->level[below].begin = tvm_alloc_zero(env, blocks, sizeof(size_t));
			if (hulls->level[below].begin == NULL)
				return TVM_NOMEM;
			hulls->level[below].size = tvm_alloc(env, blocks, sizeof(size_t));
			if (hulls->level[below].size == NULL)
				return TVM_NOMEM;
		}
		for (size_t part = block * each; part < (block + 1) * each; part++)
		{
			TvmStatus	status = hulls->level[below].begin[part] != 0 ? TVM_OK
				: make_block(env, hulls, track, below, part);

			if (status != TVM_OK)
				return status;
		}
	}
	return TVM_OK;
}

static TvmStatus
add_point(TvmEnv *env, TvmHulls *hulls, const TvmTrack *track, const TvmGroundFrame *frame, size_t id, size_t *count)
{
	const TvmFix *fix = tvm_track_fix(track, id);

	if (*count == hulls->room)
	{
		TvmStatus	status = tvm_grow(env, &hulls->points, *count, &hulls->room, sizeof(TvmHullPoint));

		if (status != TVM_OK)
			return status;
	}
	hulls->points[*count].id = id;
	tvm_ground_local(frame, fix->lon, fix->lat, hulls->points[*count].xyz);
	++*count;
	return TVM_OK;
}

TvmStatus
tvm_hulls_window(TvmEnv *env, TvmHulls *hulls, const TvmTrack *track, size_t begin, size_t end,
				 TvmGroundFrame *frame, const TvmHullPoint **points, size_t *count)
{
	TvmStatus	status = TVM_OK;

	*count = 0;
	tvm_ground_frame(tvm_track_fix(track, begin)->lon, tvm_track_fix(track, begin)->lat, frame);
	for (size_t k = begin; k <= end && status == TVM_OK;)
	{
		int			level = -1;
		size_t		block;

		while (level + 1 < TVM_HULL_LEVELS && k % extent(level + 1) == 0 && end - k + 1 >= extent(level + 1))
			level++;
		if (level < 0)
		{
			status = add_point(env, hulls, track, frame, k++, count);
			continue;
		}
		block = k / extent(level);
		if (hulls->level[level].begin == NULL || hulls->level[level].begin[block] == 0)
			status = need_block(env, hulls, track, level, block);
		for (size_t i = 0; status == TVM_OK && i < hulls->level[level].size[block]; i++)
			status = add_point(env, hulls, track, frame, hulls->corners[hulls->level[level].begin[block] - 1 + i], count);
		k += extent(level);
	}
	*points = hulls->points;
	return status;
}
