/*
 * near.c: lines near a point, by a grid in space; see near.h.
 *
 * A cell is hashed, and its bucket may hold pieces of other cells: they are measured like the rest and are too
 * far, so cells need not be told apart.  A piece is in each cell that its box touches.
 */
#include "kernel/matching/near.h"

#include <math.h>
#include <string.h>

#define NONE UINT32_MAX
#define DEGREE 0.017453292519943295

typedef struct Cells
{
	int64_t		low[3];
	int64_t		high[3];
} Cells;

TvmNearPoint
tvm_near_point(double radius_m, double lat, double lon)
{
	double		flat = radius_m * cos(lat * DEGREE);

	return (TvmNearPoint) {
		flat * cos(lon * DEGREE), flat * sin(lon * DEGREE), radius_m * sin(lat * DEGREE)
	};
}

double
tvm_near_distance(TvmNearPoint a, TvmNearPoint b)
{
	double		x = b.x - a.x;
	double		y = b.y - a.y;
	double		z = b.z - a.z;

	return sqrt(x * x + y * y + z * z);
}

TvmStatus
tvm_near_init(TvmEnv *env, TvmNear *near, double cell_m, uint32_t owner_count)
{
	memset(near, 0, sizeof(*near));
	near->cell_m = cell_m;
	near->owner_count = owner_count;
	near->seen = tvm_alloc_zero(env, (size_t) owner_count + 1, sizeof(uint64_t));
	return near->seen == NULL ? TVM_NOMEM : TVM_OK;
}

void
tvm_near_free(TvmEnv *env, TvmNear *near)
{
	tvm_free(env, near->seen);
	tvm_free(env, near->hits);
	tvm_free(env, near->buckets);
	tvm_free(env, near->entries);
	tvm_free(env, near->pieces);
	memset(near, 0, sizeof(*near));
}

static Cells
cells_of(const TvmNear *near, TvmNearPoint a, TvmNearPoint b, double margin)
{
	double		cell = near->cell_m;

	return (Cells) {
		.low = {
			(int64_t) floor((fmin(a.x, b.x) - margin) / cell),
			(int64_t) floor((fmin(a.y, b.y) - margin) / cell),
			(int64_t) floor((fmin(a.z, b.z) - margin) / cell)
		},
		.high = {
			(int64_t) floor((fmax(a.x, b.x) + margin) / cell),
			(int64_t) floor((fmax(a.y, b.y) + margin) / cell),
			(int64_t) floor((fmax(a.z, b.z) + margin) / cell)
		}
	};
}

static uint32_t
bucket_of(const TvmNear *near, int64_t x, int64_t y, int64_t z)
{
	uint64_t	hash = (uint64_t) x * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t) y * UINT64_C(0xc2b2ae3d27d4eb4f) ^
		(uint64_t) z * UINT64_C(0x165667b19e3779f9);

	hash ^= hash >> 29;
	hash *= UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t) (hash >> (64 - near->bucket_bits));
}

/* Put a piece into its cells, whose entries there is room for. */
static void
enter(TvmNear *near, uint32_t piece, const Cells *cells)
{
	for (int64_t x = cells->low[0]; x <= cells->high[0]; x++)
		for (int64_t y = cells->low[1]; y <= cells->high[1]; y++)
			for (int64_t z = cells->low[2]; z <= cells->high[2]; z++)
			{
				uint32_t	bucket = bucket_of(near, x, y, z);

				near->entries[near->entry_count] = (TvmNearEntry) {.piece = piece, .next = near->buckets[bucket]};
				near->buckets[bucket] = (uint32_t) near->entry_count++;
			}
}

static size_t
count_of(const Cells *cells)
{
	return (size_t) (cells->high[0] - cells->low[0] + 1) * (size_t) (cells->high[1] - cells->low[1] + 1) *
		(size_t) (cells->high[2] - cells->low[2] + 1);
}

/* Twice as many buckets, and every piece into them. */
static TvmStatus
rehash(TvmEnv *env, TvmNear *near)
{
	uint32_t	bits = near->bucket_bits == 0 ? 10 : near->bucket_bits + 1;
	uint32_t   *buckets = tvm_alloc(env, (size_t) 1 << bits, sizeof(uint32_t));

	if (buckets == NULL)
		return TVM_NOMEM;
	tvm_free(env, near->buckets);
	near->buckets = buckets;
	near->bucket_bits = bits;
	memset(buckets, 0xff, sizeof(uint32_t) << bits);
	near->entry_count = 0;
	for (size_t p = 0; p < near->piece_count; p++)
	{
		Cells		cells = cells_of(near, near->pieces[p].a, near->pieces[p].b, 0);

		enter(near, (uint32_t) p, &cells);
	}
	return TVM_OK;
}

TvmStatus
tvm_near_add(TvmEnv *env, TvmNear *near, const TvmNearPiece *piece)
{
	Cells		cells = cells_of(near, piece->a, piece->b, 0);
	size_t		wanted = near->entry_count + count_of(&cells);
	TvmStatus	status = TVM_OK;

	if (near->piece_count >= NONE || wanted >= NONE)
		return tvm_fail(env, TVM_LIMIT, "too many lines", NULL, NULL);
	while (status == TVM_OK && near->entry_capacity < wanted)
		status = tvm_grow(env, &near->entries, near->entry_capacity, &near->entry_capacity, sizeof(TvmNearEntry));
	if (status == TVM_OK)
		status = tvm_grow(env, &near->pieces, near->piece_count, &near->piece_capacity, sizeof(TvmNearPiece));
	if (status == TVM_OK && (near->bucket_bits == 0 || near->piece_count >> near->bucket_bits != 0))
		status = rehash(env, near);
	if (status != TVM_OK)
		return status;
	near->pieces[near->piece_count] = *piece;
	enter(near, (uint32_t) near->piece_count++, &cells);
	return TVM_OK;
}

/* The point of a piece that is nearest. */
static TvmNearHit
measure(const TvmNearPiece *piece, TvmNearPoint at)
{
	TvmNearPoint along = {piece->b.x - piece->a.x, piece->b.y - piece->a.y, piece->b.z - piece->a.z};
	TvmNearPoint to = {at.x - piece->a.x, at.y - piece->a.y, at.z - piece->a.z};
	double		square = along.x * along.x + along.y * along.y + along.z * along.z;
	double		part = square > 0 ? (to.x * along.x + to.y * along.y + to.z * along.z) / square : 0;

	part = part < 0 ? 0 : part > 1 ? 1 : part;
	to.x -= part * along.x;
	to.y -= part * along.y;
	to.z -= part * along.z;
	return (TvmNearHit) {
		.owner = piece->owner,
		.away_m = sqrt(to.x * to.x + to.y * to.y + to.z * to.z),
		.fraction = piece->from + part * (piece->to - piece->from)
	};
}

static TvmStatus
hit(TvmEnv *env, TvmNear *near, const TvmNearHit *found)
{
	uint64_t	seen = near->seen[found->owner];
	TvmStatus	status;

	if (seen >> 32 == near->search)
	{
		TvmNearHit *known = &near->hits[seen & UINT32_MAX];

		/* The same whatever order the pieces are met in. */
		if (found->away_m < known->away_m || (found->away_m == known->away_m && found->fraction < known->fraction))
			*known = *found;
		return TVM_OK;
	}
	status = tvm_grow(env, &near->hits, near->hit_count, &near->hit_capacity, sizeof(TvmNearHit));
	if (status != TVM_OK)
		return status;
	near->seen[found->owner] = (uint64_t) near->search << 32 | near->hit_count;
	near->hits[near->hit_count++] = *found;
	return TVM_OK;
}

static bool
is_before(const TvmNearHit *a, const TvmNearHit *b)
{
	return a->away_m < b->away_m || (a->away_m == b->away_m && a->owner < b->owner);
}

/* The `most` first hits in order, the others gone: they are few. */
static void
choose(TvmNear *near, size_t most)
{
	size_t		kept = 0;

	for (size_t i = 0; i < near->hit_count && most > 0; i++)
	{
		TvmNearHit	next = near->hits[i];
		size_t		at;

		if (kept == most && !is_before(&next, &near->hits[kept - 1]))
			continue;
		at = kept < most ? kept++ : kept - 1;
		for (; at > 0 && is_before(&next, &near->hits[at - 1]); at--)
			near->hits[at] = near->hits[at - 1];
		near->hits[at] = next;
	}
	near->hit_count = kept;
}

TvmStatus
tvm_near_find(TvmEnv *env, TvmNear *near, TvmNearPoint at, double radius_m, size_t most)
{
	Cells		cells = cells_of(near, at, at, radius_m);

	near->hit_count = 0;
	if (near->bucket_bits == 0)
		return TVM_OK;
	if (++near->search == 0)
	{
		memset(near->seen, 0, sizeof(uint64_t) * near->owner_count);
		near->search = 1;
	}
	for (int64_t x = cells.low[0]; x <= cells.high[0]; x++)
		for (int64_t y = cells.low[1]; y <= cells.high[1]; y++)
			for (int64_t z = cells.low[2]; z <= cells.high[2]; z++)
				for (uint32_t e = near->buckets[bucket_of(near, x, y, z)]; e != NONE; e = near->entries[e].next)
				{
					TvmNearHit	found = measure(&near->pieces[near->entries[e].piece], at);
					TvmStatus	status;

					if (!(found.away_m <= radius_m))
						continue;
					status = hit(env, near, &found);
					if (status != TVM_OK)
						return status;
				}
	choose(near, most);
	return TVM_OK;
}
