/*
 * crossing.c: when a way along a great circle is in an area; see crossing.h.
 *
 * The way is cut where it is farthest from the equator and where it crosses it.  On each piece longitude and latitude
 * rise or fall throughout, and as a curve over longitudes it bends one way, so an edge meets it twice at most:
 * where the two are on different sides at the ends of what they share, once; else they meet if they do so where
 * the curve runs parallel to the edge.  Along a meridian latitude alone counts, and over a pole there are two meridians.
 *
 * All meetings are collected, in any order and some twice, and what lies between two of them is in the area
 * or not as its middle is.
 */
#include "kernel/zone/crossing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/zone/atlas.h"

#define RADIANS 0.017453292519943295769
#define ROUNDING 1e-12			/* degrees: more than a turn of 360 takes off a longitude */
#define MOST_PIECES 5
#define STEPS 60				/* of a search: more than the digits of a double */

/* A stretch of the way on which nothing turns. */
typedef struct Piece
{
	double		from;			/* parts of the way */
	double		to;
	TvmVertex	begin;			/* longitudes go on beyond 180 */
	TvmVertex	end;
	bool		meridian;
} Piece;

typedef struct Way
{
	double		a[3];			/* unit vectors of its ends */
	double		b[3];
	double		angle;
	double		lon;			/* of the beginning; longitudes are near it */
	double		middle;			/* about which longitudes are told apart */
	int			piece_count;
	Piece		pieces[MOST_PIECES];
} Way;

static void
unit(TvmVertex p, double out[3])
{
	out[0] = cos(p.lat * RADIANS) * cos(p.lon * RADIANS);
	out[1] = cos(p.lat * RADIANS) * sin(p.lon * RADIANS);
	out[2] = sin(p.lat * RADIANS);
}

/* Where the way is; its longitude within half a turn of `middle`. */
static TvmVertex
at(const Way *way, const Piece *piece, double part)
{
	double		s = sin(way->angle);
	double		wa = s > 0 ? sin((1 - part) * way->angle) / s : 1 - part;
	double		wb = s > 0 ? sin(part * way->angle) / s : part;
	double		x = wa * way->a[0] + wb * way->b[0];
	double		y = wa * way->a[1] + wb * way->b[1];
	double		z = wa * way->a[2] + wb * way->b[2];
	TvmVertex	v;

	if (piece != NULL && part <= piece->from)
		return piece->begin;
	if (piece != NULL && part >= piece->to)
		return piece->end;
	v.lat = atan2(z, sqrt(x * x + y * y)) / RADIANS;
	if (piece != NULL && piece->meridian)
		v.lon = piece->begin.lon;
	else
	{
		v.lon = atan2(y, x) / RADIANS;
		v.lon += 360 * round((way->middle - v.lon) / 360);
	}
	return v;
}

static void
add_piece(Way *way, double from, double to, TvmVertex begin, TvmVertex end, bool meridian)
{
	if (to > from)
		way->pieces[way->piece_count++] = (Piece) {from, to, begin, end, meridian};
}

/* Along meridians: one, or two over a pole. */
static void
cut_at_pole(Way *way, TvmVertex from, TvmVertex to, double turn)
{
	double		pole = from.lat + to.lat >= 0 ? 90 : -90;
	double		before = fabs(pole - from.lat);
	double		after = fabs(pole - to.lat);

	if (fabs(turn) < 90 || before == 0 || after == 0)
	{
		/* A pole has the longitude of the other end. */
		double		lon = before == 0 ? to.lon : from.lon;

		add_piece(way, 0, 1, (TvmVertex) {lon, from.lat}, (TvmVertex) {lon, to.lat}, true);
		return;
	}
	way->angle = (before + after) * RADIANS;
	add_piece(way, 0, before / (before + after), from, (TvmVertex) {from.lon, pole}, true);
	add_piece(way, before / (before + after), 1, (TvmVertex) {to.lon, pole}, to, true);
}

static void
sort(double *values, int count)
{
	for (int i = 1; i < count; i++)
		for (int k = i; k > 0 && values[k] < values[k - 1]; k--)
		{
			double		kept = values[k];

			values[k] = values[k - 1];
			values[k - 1] = kept;
		}
}

/* At the equator, and where z is greatest or least. */
static void
cut_at_turns(Way *way, TvmVertex from, TvmVertex to, double turn)
{
	double		za = way->a[2];
	double		zb = way->b[2];
	double		s = sin(way->angle);
	double		c = cos(way->angle);
	double		cuts[4] = {0, 1};
	int			count = 2;
	double		zero = atan2(za * s, za * c - zb) / way->angle;
	double		crest = atan2(zb - za * c, za * s) / way->angle;
	double		half = 3.14159265358979323846 / way->angle;

	way->middle = from.lon + turn / 2;
	for (int i = -1; i <= 1; i++)
	{
		if (zero + i * half > 0 && zero + i * half < 1 && count < 4)
			cuts[count++] = zero + i * half;
		if (crest + i * half > 0 && crest + i * half < 1 && count < 4)
			cuts[count++] = crest + i * half;
	}
	sort(cuts, count);
	for (int i = 0; i + 1 < count; i++)
	{
		TvmVertex	begin = i == 0 ? from : at(way, NULL, cuts[i]);
		TvmVertex	end = i + 2 == count ? (TvmVertex) {from.lon + turn, to.lat} : at(way, NULL, cuts[i + 1]);

		add_piece(way, cuts[i], cuts[i + 1], begin, end, false);
	}
}

static void
make_way(Way *way, TvmVertex from, TvmVertex to)
{
	double		turn = to.lon - from.lon;
	double		cross[3];

	if (turn > 180)
		turn -= 360;
	else if (turn < -180)
		turn += 360;
	*way = (Way) {.lon = from.lon, .middle = from.lon};
	unit(from, way->a);
	unit(to, way->b);
	cross[0] = way->a[1] * way->b[2] - way->a[2] * way->b[1];
	cross[1] = way->a[2] * way->b[0] - way->a[0] * way->b[2];
	cross[2] = way->a[0] * way->b[1] - way->a[1] * way->b[0];
	way->angle = atan2(sqrt(cross[0] * cross[0] + cross[1] * cross[1] + cross[2] * cross[2]),
					   way->a[0] * way->b[0] + way->a[1] * way->b[1] + way->a[2] * way->b[2]);
	/* Half a turn but for rounding is one: the way leads over the pole. */
	if (turn == 0 || fabs(fabs(turn) - 180) < ROUNDING || fabs(from.lat) == 90 || fabs(to.lat) == 90)
		cut_at_pole(way, from, to, turn);
	else
		cut_at_turns(way, from, to, turn);
}

/* Meetings -------------------------------------------------------------------- */

static TvmStatus
add_meet(TvmEnv *env, TvmInsides *insides, double part)
{
	TvmStatus	status = tvm_grow(env, &insides->meets, insides->meet_count, &insides->meet_capacity, sizeof(double));

	if (status == TVM_OK)
		insides->meets[insides->meet_count++] = part;
	return status;
}

/* The part of a piece at which a longitude or a latitude, which never turns on it, has a value. */
static double
find_part(const Way *way, const Piece *piece, double value, bool by_lat)
{
	double		low = piece->from;
	double		high = piece->to;
	bool		rises = by_lat ? piece->end.lat > piece->begin.lat : piece->end.lon > piece->begin.lon;

	if (value == (by_lat ? piece->begin.lat : piece->begin.lon))
		return low;
	if (value == (by_lat ? piece->end.lat : piece->end.lon))
		return high;
	for (int i = 0; i < STEPS; i++)
	{
		double		middle = (low + high) / 2;
		TvmVertex	v = at(way, piece, middle);

		if (middle == low || middle == high)
			break;
		if (((by_lat ? v.lat : v.lon) < value) == rises)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

/* How far north of an edge the way is, at a part of it. */
static double
above(const Way *way, const Piece *piece, TvmVertex a, TvmVertex b, double part)
{
	TvmVertex	v = at(way, piece, part);

	return v.lat - (a.lat + (b.lat - a.lat) * ((v.lon - a.lon) / (b.lon - a.lon)));
}

/* Between two parts at which it is on different sides. */
static double
find_meet(const Way *way, const Piece *piece, TvmVertex a, TvmVertex b, double low, double high, double at_low)
{
	for (int i = 0; i < STEPS; i++)
	{
		double		middle = (low + high) / 2;

		if (middle == low || middle == high)
			break;
		if ((above(way, piece, a, b, middle) > 0) == (at_low > 0))
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

/* Where it is nearest to an edge that it stays on one side of at both ends, if it is ever on the other. */
static bool
find_turn(const Way *way, const Piece *piece, TvmVertex a, TvmVertex b, double low, double high, double sign, double *turn)
{
	for (int i = 0; i < STEPS && high - low > 0; i++)
	{
		double		one = low + (high - low) * 0.4;
		double		other = low + (high - low) * 0.6;
		double		at_one = above(way, piece, a, b, one) * sign;
		double		at_other = above(way, piece, a, b, other) * sign;

		if (at_one <= 0 || at_other <= 0)
		{
			*turn = at_one <= 0 ? one : other;
			return true;
		}
		if (at_one < at_other)
			high = other;
		else
			low = one;
	}
	return false;
}

static TvmStatus
meet_meridian(TvmEnv *env, const Way *way, const Piece *piece, TvmVertex a, TvmVertex b, TvmInsides *insides)
{
	double		low = fmin(piece->begin.lat, piece->end.lat);
	double		high = fmax(piece->begin.lat, piece->end.lat);
	double		lats[2];
	TvmStatus	status = TVM_OK;

	if (fmin(a.lon, b.lon) > piece->begin.lon || fmax(a.lon, b.lon) < piece->begin.lon)
		return TVM_OK;
	lats[0] = a.lon == b.lon ? a.lat : a.lat + (b.lat - a.lat) * ((piece->begin.lon - a.lon) / (b.lon - a.lon));
	lats[1] = a.lon == b.lon ? b.lat : lats[0];
	for (int i = 0; i < 2 && status == TVM_OK; i++)
		if (low <= lats[i] && lats[i] <= high)
			status = add_meet(env, insides, find_part(way, piece, lats[i], true));
	return status;
}

static TvmStatus
meet(TvmEnv *env, const Way *way, const Piece *piece, TvmVertex a, TvmVertex b, TvmInsides *insides)
{
	double		west = fmax(fmin(piece->begin.lon, piece->end.lon), fmin(a.lon, b.lon));
	double		east = fmin(fmax(piece->begin.lon, piece->end.lon), fmax(a.lon, b.lon));
	double		parts[2];
	double		sides[2];
	TvmStatus	status = TVM_OK;
	double		turn;

	if (fmax(a.lat, b.lat) < fmin(piece->begin.lat, piece->end.lat) || fmin(a.lat, b.lat) > fmax(piece->begin.lat, piece->end.lat))
		return TVM_OK;
	if (piece->meridian)
		return meet_meridian(env, way, piece, a, b, insides);
	if (west > east)
		return TVM_OK;
	parts[0] = find_part(way, piece, west, false);
	if (a.lon == b.lon)
	{
		double		lat = at(way, piece, parts[0]).lat;

		return fmin(a.lat, b.lat) <= lat && lat <= fmax(a.lat, b.lat) ? add_meet(env, insides, parts[0]) : TVM_OK;
	}
	parts[1] = find_part(way, piece, east, false);
	for (int i = 0; i < 2; i++)
		sides[i] = above(way, piece, a, b, parts[i]);
	if (parts[0] > parts[1])
	{
		double		kept = parts[0];

		parts[0] = parts[1];
		parts[1] = kept;
		kept = sides[0];
		sides[0] = sides[1];
		sides[1] = kept;
	}
	for (int i = 0; i < 2 && status == TVM_OK; i++)
		if (fabs(sides[i]) < 1e-13)
			status = add_meet(env, insides, parts[i]);
	if (status != TVM_OK)
		return status;
	if ((sides[0] > 0) != (sides[1] > 0))
		return add_meet(env, insides, find_meet(way, piece, a, b, parts[0], parts[1], sides[0]));
	/* Neither can change by more than this in between. */
	if (fmin(fabs(sides[0]), fabs(sides[1])) > fabs(at(way, piece, parts[1]).lat - at(way, piece, parts[0]).lat) + fabs((b.lat - a.lat) / (b.lon - a.lon) * (east - west)))
		return TVM_OK;
	if (find_turn(way, piece, a, b, parts[0], parts[1], sides[0] > 0 ? 1 : -1, &turn))
	{
		status = add_meet(env, insides, find_meet(way, piece, a, b, parts[0], turn, sides[0]));
		if (status == TVM_OK)
			status = add_meet(env, insides, find_meet(way, piece, a, b, turn, parts[1], -sides[0]));
	}
	return status;
}

/* With the edges of a polygon that are at its latitudes, wherever the map is cut. */
static TvmStatus
meet_part(TvmEnv *env, const Way *way, const Piece *piece, const TvmAtlasPart *part, const TvmArea *area, TvmInsides *insides)
{
	double		south = fmin(piece->begin.lat, piece->end.lat);
	double		north = fmax(piece->begin.lat, piece->end.lat);
	double		west = fmin(piece->begin.lon, piece->end.lon);
	double		east = fmax(piece->begin.lon, piece->end.lon);
	uint32_t	first = tvm_scale_place(&part->scale, south);
	uint32_t	last = tvm_scale_place(&part->scale, north);
	TvmStatus	status = TVM_OK;

	if (north < part->south || south > part->north)
		return TVM_OK;
	for (int turn = -360; turn <= 360; turn += 360)
	{
		if (part->east + turn < west || part->west + turn > east)
			continue;
		for (uint32_t i = part->strips[first]; i < part->strips[last + 1] && status == TVM_OK; i++)
		{
			TvmVertex	a = area->vertices[part->edges[i]];
			TvmVertex	b = area->vertices[part->edges[i] + 1];

			if (i % 1024 == 0 && tvm_cancelled(env))
				return TVM_CANCELLED;
			a.lon += turn;
			b.lon += turn;
			if (fmax(a.lon, b.lon) >= west && fmin(a.lon, b.lon) <= east)
				status = meet(env, way, piece, a, b, insides);
		}
	}
	return status;
}

/* Answers --------------------------------------------------------------------- */

static bool
covers(const TvmAtlas *atlas, uint32_t area, TvmVertex p)
{
	if (p.lon > 180)
		p.lon -= 360;
	else if (p.lon < -180)
		p.lon += 360;
	p.lon = fmax(-180, fmin(180, p.lon));
	for (uint32_t i = atlas->first[area]; i < atlas->first[area + 1]; i++)
	{
		const TvmAtlasPart *part = &atlas->parts[i];

		if (fabs(p.lat) == 90 ? part->north == p.lat || part->south == p.lat
			: tvm_part_covers(part, &atlas->areas[area], p) ||
			(fabs(p.lon) == 180 && tvm_part_covers(part, &atlas->areas[area], (TvmVertex) {-p.lon, p.lat})))
			return true;
	}
	return false;
}

static int
compare(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

static TvmStatus
add_inside(TvmEnv *env, TvmInsides *insides, double from, double to)
{
	TvmStatus	status;

	if (insides->count > 0 && insides->parts[insides->count - 1].to >= from)
	{
		insides->parts[insides->count - 1].to = to;
		return TVM_OK;
	}
	status = tvm_grow(env, &insides->parts, insides->count, &insides->capacity, sizeof(TvmInside));
	if (status == TVM_OK)
		insides->parts[insides->count++] = (TvmInside) {from, to};
	return status;
}

/* Between meetings that are apart; what is shorter is of what came before it. */
static TvmStatus
tell_insides(TvmEnv *env, const TvmAtlas *atlas, uint32_t area, const Way *way, bool begins, bool ends, double least, TvmInsides *insides)
{
	double		from = 0;
	int			p = 0;
	TvmStatus	status = begins ? add_inside(env, insides, 0, 0) : TVM_OK;

	for (size_t i = 0; i < insides->meet_count && status == TVM_OK; i++)
	{
		double		to = insides->meets[i];
		double		middle = (from + to) / 2;

		if (to - from <= least && i + 1 < insides->meet_count)
			continue;
		while (p + 1 < way->piece_count && middle > way->pieces[p].to)
			p++;
		if (to > from && covers(atlas, area, at(way, &way->pieces[p], middle)))
			status = add_inside(env, insides, from, to);
		from = to;
	}
	return status == TVM_OK && ends ? add_inside(env, insides, 1, 1) : status;
}

TvmStatus
tvm_atlas_insides(TvmEnv *env, const TvmAtlas *atlas, uint32_t area, TvmVertex from, TvmVertex to, double least, TvmInsides *insides)
{
	Way			way;
	TvmStatus	status = TVM_OK;
	bool		begins = covers(atlas, area, from);
	bool		ends = covers(atlas, area, to);

	insides->count = insides->meet_count = 0;
	make_way(&way, from, to);
	/* What stands still. */
	if (way.angle == 0 || way.piece_count == 0)
		return begins ? add_inside(env, insides, 0, 1) : TVM_OK;
	for (uint32_t i = atlas->first[area]; i < atlas->first[area + 1] && status == TVM_OK; i++)
		for (int p = 0; p < way.piece_count && status == TVM_OK; p++)
			status = meet_part(env, &way, &way.pieces[p], &atlas->parts[i], &atlas->areas[area], insides);
	if (status == TVM_OK)
		status = add_meet(env, insides, 1);
	if (status != TVM_OK)
		return status;
	qsort(insides->meets, insides->meet_count, sizeof(double), compare);
	return tell_insides(env, atlas, area, &way, begins, ends, least, insides);
}

void
tvm_insides_free(TvmEnv *env, TvmInsides *insides)
{
	tvm_free(env, insides->parts);
	tvm_free(env, insides->meets);
	*insides = (TvmInsides) {0};
}

/* What is near ---------------------------------------------------------------- */

/* Whether the box of a piece touches that of a polygon, wherever the map is cut. */
static bool
touches(const Piece *piece, const TvmAtlasPart *part)
{
	double		west = fmin(piece->begin.lon, piece->end.lon);
	double		east = fmax(piece->begin.lon, piece->end.lon);

	if (fmax(piece->begin.lat, piece->end.lat) < part->south || fmin(piece->begin.lat, piece->end.lat) > part->north)
		return false;
	/* At a pole longitudes say nothing. */
	if (fabs(piece->begin.lat) == 90 || fabs(piece->end.lat) == 90)
		return true;
	for (int turn = -360; turn <= 360; turn += 360)
		if (part->east + turn >= west && part->west + turn <= east)
			return true;
	return false;
}

static void
note_part(TvmAtlas *atlas, const Piece *piece, const TvmAtlasPart *part, uint32_t *found, uint32_t *count)
{
	if (atlas->found_by[part->area] == atlas->question || !touches(piece, part))
		return;
	atlas->found_by[part->area] = atlas->question;
	found[(*count)++] = part->area;
}

/* In the cells of the grid from one longitude to another, beside the piece; or, where there are as many of them, among all polygons. */
static void
note_near(TvmAtlas *atlas, const Piece *piece, double west, double east, uint32_t *found, uint32_t *count)
{
	uint32_t	x0 = tvm_scale_place(&atlas->columns, west - ROUNDING);
	uint32_t	x1 = tvm_scale_place(&atlas->columns, east + ROUNDING);
	uint32_t	y0 = tvm_scale_place(&atlas->rows, fmin(piece->begin.lat, piece->end.lat));
	uint32_t	y1 = tvm_scale_place(&atlas->rows, fmax(piece->begin.lat, piece->end.lat));

	if ((uint64_t) (x1 - x0 + 1) * (y1 - y0 + 1) > atlas->part_count)
	{
		for (uint32_t i = 0; i < atlas->part_count; i++)
			note_part(atlas, piece, &atlas->parts[i], found, count);
		return;
	}
	for (uint32_t y = y0; y <= y1; y++)
		for (uint32_t x = x0; x <= x1; x++)
		{
			size_t		cell = (size_t) y * atlas->columns.count + x;

			for (uint32_t i = atlas->cells[cell]; i < atlas->cells[cell + 1]; i++)
				note_part(atlas, piece, &atlas->parts[atlas->lists[i]], found, count);
		}
}

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t	x = *(const uint32_t *) a;
	uint32_t	y = *(const uint32_t *) b;

	return (x > y) - (x < y);
}

uint32_t
tvm_atlas_near(TvmAtlas *atlas, TvmVertex from, TvmVertex to, uint32_t *found)
{
	Way			way;
	uint32_t	count = 0;

	make_way(&way, from, to);
	if (way.piece_count == 0 || atlas->part_count == 0)
		return tvm_atlas_find(atlas, from.lon, from.lat, found);
	/* All are forgotten before a number comes again. */
	if (atlas->question++ % UINT32_MAX == 0)
	{
		atlas->question = 1;
		memset(atlas->found_by, 0, sizeof(uint32_t) * atlas->area_count);
	}
	for (int p = 0; p < way.piece_count; p++)
	{
		const Piece *piece = &way.pieces[p];
		double		west = fmin(piece->begin.lon, piece->end.lon);
		double		east = fmax(piece->begin.lon, piece->end.lon);

		if (fabs(piece->begin.lat) == 90 || fabs(piece->end.lat) == 90)
			note_near(atlas, piece, -180, 180, found, &count);
		else
			for (int turn = -360; turn <= 360; turn += 360)
				if (west - turn <= 180 + ROUNDING && east - turn >= -180 - ROUNDING)
					note_near(atlas, piece, west - turn, east - turn, found, &count);
	}
	if (count > 1)
		qsort(found, count, sizeof(uint32_t), compare_numbers);
	return count;
}
