/*
 * line.c: the ways of vehicles as lines; see line.h.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/motion/line.h"
#include "bridge/motion/track.h"
#include "bridge/server/error.h"
#include "kernel/motion/ground.h"

#define DEGREE (M_PI / 180)
#define MOST_POINTS 1000000
#define FIXES_AT_ONCE 65536

/* Lines --------------------------------------------------------------------- */

static void
add_point(TvLines *lines, const TvLinePoint *point)
{
	if (lines->point_count >= MOST_POINTS)
		ereport(ERROR,
				(errcode(TV_ERRCODE_TOO_LARGE),
				 errmsg("a track has too many points"),
				 errdetail("It has more than %d.", MOST_POINTS),
				 errhint("Ask for a shorter range.")));
	if (lines->point_count == lines->point_room)
		lines->points = tv_grow(lines->context, lines->points, sizeof(TvLinePoint), &lines->point_room);
	lines->points[lines->point_count++] = *point;
}

/* The points from here on are another line; one without points is none. */
static void
end_line(TvLines *lines)
{
	if (lines->count + 1 >= lines->start_room)
		lines->starts = tv_grow(lines->context, lines->starts, sizeof(uint32), &lines->start_room);
	if (lines->count == 0 && lines->point_count == 0)
		lines->starts[0] = 0;
	else if (lines->starts[lines->count] < lines->point_count)
		lines->starts[++lines->count] = lines->point_count;
}

/* Where the way between two points on both sides of the 180th meridian crosses it: the part of it, and the latitude. */
static double
find_crossing(const TvLinePoint *a, const TvLinePoint *b, double *lat)
{
	double		east_a = tvm_ground_turn(180, a->lon);
	double		east_b = tvm_ground_turn(180, b->lon);
	double		cosine_a = tvm_ground_cosine(a->lat);
	double		cosine_b = tvm_ground_cosine(b->lat);
	double		up = sin(a->lat * DEGREE) * cosine_b * sin(east_b * DEGREE) - sin(b->lat * DEGREE) * cosine_a * sin(east_a * DEGREE);
	double		along = cosine_a * cosine_b * sin((east_b - east_a) * DEGREE);
	double		whole = tvm_ground_angle(a->lon, a->lat, b->lon, b->lat);

	*lat = atan2(east_b > east_a ? up : -up, fabs(along)) / DEGREE;
	return whole == 0 ? 0 : Min(tvm_ground_angle(a->lon, a->lat, 180, *lat) / whole, 1);
}

static void
cross(TvLines *lines, const TvLinePoint *from, const TvLinePoint *to)
{
	TvLinePoint point = *from;
	double		part = find_crossing(from, to, &point.lat);

	point.lon = copysign(180, from->lon);
	point.t = from->t + (TimestampTz) rint((to->t - from->t) * part);
	point.alt_m = from->alt_m + (to->alt_m - from->alt_m) * part;
	if (fabs(from->lon) != 180)
		add_point(lines, &point);
	end_line(lines);
	point.lon = -point.lon;
	if (fabs(to->lon) != 180)
		add_point(lines, &point);
}

/* Go on to a point, from the last one of the line if there is one. */
static void
go_on(TvLines *lines, const TvLinePoint *point)
{
	uint32		start = lines->count == 0 ? 0 : lines->starts[lines->count];
	const TvLinePoint *last = lines->point_count > start ? &lines->points[lines->point_count - 1] : NULL;
	TvLinePoint from;

	if (last != NULL && last->t == point->t)
		return;
	if (last != NULL && fabs(last->lon - point->lon) > 180)
	{
		from = *last;			/* which moves when there are more */
		cross(lines, &from, point);
	}
	add_point(lines, point);
}

/* From tracks --------------------------------------------------------------- */

static TvLinePoint
point_of(const TvmFix *fix)
{
	return (TvLinePoint) {.t = fix->t, .lon = fix->lon, .lat = fix->lat, .alt_m = fix->alt_m};
}

/* A moment within a pair, where a line is cut. */
static void
go_on_at(TvLines *lines, TvTrack *track, TimestampTz t)
{
	TvmMoment	moment;

	tvm_track_at(&track->track, &track->cursor, t, &moment);
	if (!isnan(moment.lon))
		go_on(lines, &(TvLinePoint) {.t = t, .lon = moment.lon, .lat = moment.lat, .alt_m = moment.alt_m});
}

/* What of the pair k is in from <= t <= to. */
static void
add_pair(TvLines *lines, TvTrack *track, size_t k, TimestampTz from, TimestampTz to)
{
	const TvmFix *a = tvm_track_fix(&track->track, k);
	const TvmFix *b = tvm_track_fix(&track->track, k + 1);
	TvLinePoint begin = point_of(a);
	TvLinePoint end = point_of(b);

	if (a->t >= from)
		go_on(lines, &begin);
	else
		go_on_at(lines, track, from);
	if (b->t <= to)
		go_on(lines, &end);
	else
		go_on_at(lines, track, to);
}

static void
add_track(TvLines *lines, TvTrack *track, TimestampTz from, TimestampTz to)
{
	ptrdiff_t	first = tvm_track_find(&track->track, from);

	for (size_t k = Max(first, 0); k < track->track.count; k++)
	{
		const TvmFix *fix = tvm_track_fix(&track->track, k);
		TvLinePoint point = point_of(fix);
		TvmPairKind kind = k + 1 < track->track.count ? tvm_track_pair(&track->track, k) : TVM_PAIR_BREAK;

		tv_interrupts_at(k);
		if (fix->t > to)
			break;
		if (kind == TVM_PAIR_MOVING || kind == TVM_PAIR_STOPPED)
		{
			add_pair(lines, track, k, from, to);
			continue;
		}
		/* A fix between two breaks is a line of one point. */
		if (fix->t >= from)
			go_on(lines, &point);
		end_line(lines);
	}
}

void
tv_lines_find(TvFixes *fixes, const TvVehicle *vehicle, const TvmMotionRules *rules,
			  TimestampTz from, TimestampTz to, TvLines *lines)
{
	TvTrack		track = {0};
	TvPiece    *pieces;
	uint32		count = tv_fixes_pieces(fixes, from, to, &pieces);

	lines->count = lines->point_count = 0;
	for (uint32 i = 0; i < count; i++)
	{
		TimestampTz at = pieces[i].from;

		/* The next owner begins after the fork: nothing slides over it. */
		end_line(lines);
		while (at <= pieces[i].to)
		{
			TimestampTz reached = tv_track_read(fixes, &track, vehicle, rules, pieces[i].owner, at, pieces[i].to + 1, FIXES_AT_ONCE);

			add_track(lines, &track, i > 0 && at == pieces[i].from ? at + 1 : at, Min(reached, pieces[i].to));
			at = reached;
		}
	}
	end_line(lines);
	tvm_track_free(&tv_fixes_env(fixes)->tvm, &track.track);
}
