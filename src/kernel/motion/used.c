/*
 * used.c: which fixes of a stream are used; see motion.h.
 *
 * A fix from which the next one can be reached is used whatever came before it (`sure`).  So one goes
 * back to such a fix, and decides the others from there on.
 */
#include "kernel/motion/ground.h"
#include "kernel/motion/pair.h"

/* More than rounding does to a distance. */
#define ROUNDING 1e-9

double
tvm_motion_metres(const TvmMotionRules *rules, const TvmFix *from, const TvmFix *to)
{
	return rules->radius_m * tvm_ground_angle(from->lon, from->lat, to->lon, to->lat);
}

/* Along a meridian and a parallel it is never nearer, and never nearer than the parallels are: a sine is rarely needed. */
bool
tvm_motion_within(const TvmMotionRules *rules, const TvmFix *from, const TvmFix *to, double metres)
{
	double		degree = rules->radius_m * TVM_GROUND_DEGREE;
	double		north = degree * fabs(to->lat - from->lat);
	double		most = north + degree * fabs(to->lon - from->lon);

	if (most + ROUNDING * most <= metres)
		return true;
	if (north - ROUNDING * north > metres)
		return false;
	return tvm_motion_metres(rules, from, to) <= metres;
}

bool
tvm_motion_apart(const TvmFix *earlier, const TvmFix *later)
{
	return later->kind == TVM_FIX_JUMP || earlier->kind == TVM_FIX_END || earlier->timeline_id != later->timeline_id;
}

/* Whether the later one cannot have been reached. */
static bool
impossible(const TvmMotionRules *rules, const TvmFix *earlier, const TvmFix *later)
{
	return !tvm_motion_apart(earlier, later) &&
		!tvm_motion_within(rules, earlier, later, rules->max_speed_mps * tvm_seconds(earlier->t, later->t));
}

bool
tvm_motion_breaks(const TvmMotionRules *rules, const TvmFix *earlier, const TvmFix *later)
{
	return tvm_motion_apart(earlier, later) ||
		!tvm_motion_within(rules, earlier, later, rules->max_speed_mps * tvm_seconds(earlier->t, later->t));
}

ptrdiff_t
tvm_stream_find(const TvmStream *stream, int64_t t)
{
	size_t		low = 0;
	size_t		high = stream->count;	/* the first that is known to be after t */

	while (low < high)
	{
		size_t		middle = low + (high - low) / 2;

		if (stream->fixes[middle].t <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return (ptrdiff_t) low - 1;
}

/* Which fixes are used -------------------------------------------------------- */

bool
tvm_stream_sure(const TvmMotionRules *rules, const TvmStream *stream, ptrdiff_t i)
{
	const TvmFix *fix = &stream->fixes[i];

	/* What comes after an end, too: that end is used, so nothing else is the last used one. */
	if (fix->kind == TVM_FIX_JUMP || (i == 0 ? stream->starts : tvm_motion_apart(fix - 1, fix)))
		return true;
	if ((size_t) i + 1 == stream->count)
		return stream->ends;
	return !impossible(rules, fix, fix + 1);
}

TvmUse
tvm_stream_use(const TvmMotionRules *rules, const TvmStream *stream, ptrdiff_t last, ptrdiff_t i)
{
	const TvmFix *fix = &stream->fixes[i];

	if (!impossible(rules, &stream->fixes[last], fix))
		return TVM_USED;
	if ((size_t) i + 1 == stream->count)
		return stream->ends ? TVM_USED : TVM_UNKNOWN;
	return impossible(rules, fix, fix + 1) ? TVM_OUTLIER : TVM_USED;
}

TvmNeed
tvm_stream_next(const TvmMotionRules *rules, const TvmStream *stream, ptrdiff_t used, ptrdiff_t from, ptrdiff_t *next)
{
	*next = -1;
	for (ptrdiff_t i = from; (size_t) i < stream->count; i++)
	{
		TvmUse		use = tvm_stream_use(rules, stream, used, i);

		if (use == TVM_UNKNOWN)
			return TVM_NEEDS_AFTER;
		if (use == TVM_USED)
		{
			*next = i;
			return TVM_DECIDED;
		}
	}
	return stream->ends ? TVM_DECIDED : TVM_NEEDS_AFTER;
}
