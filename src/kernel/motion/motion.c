/*
 * motion.c: where a vehicle was at an instant; see motion.h.
 */
#include "kernel/motion/motion.h"

#include "kernel/motion/ground.h"
#include "kernel/motion/pair.h"

void
tvm_motion_rules_default(TvmMotionRules *rules)
{
	rules->radius_m = 6371008.8;
	rules->max_speed_mps = TVM_MOTION_C;
	rules->max_gap_s = 300;
	rules->stop_m = 50;
	rules->stop_s = 180;
}

/* The last used fix at or before index `i`: TVM_NEEDS_… where it cannot be told. */
static TvmNeed
last_used(const TvmMotionRules *rules, const TvmStream *stream, ptrdiff_t i, ptrdiff_t *used)
{
	ptrdiff_t	at = i;

	while (at >= 0 && !tvm_stream_sure(rules, stream, at))
		at--;
	if (at < 0)
		return TVM_NEEDS_BEFORE;
	*used = at;
	while (++at <= i)
	{
		TvmUse		use = tvm_stream_use(rules, stream, *used, at);

		if (use == TVM_UNKNOWN)
			return TVM_NEEDS_AFTER;
		if (use == TVM_USED)
			*used = at;
	}
	return TVM_DECIDED;
}

/* Between two used fixes ------------------------------------------------------ */

/* Of a pair that is no break: TVM_MOVING, TVM_STOPPED or TVM_GAP. */
static TvmNeed
pair_state(const TvmMotionRules *rules, const TvmStream *stream, ptrdiff_t from, ptrdiff_t to, TvmMotionState *state)
{
	const TvmFix *a = &stream->fixes[from];
	const TvmFix *b = &stream->fixes[to];
	double		seconds = tvm_seconds(a->t, b->t);
	bool		stop;
	TvmNeed		need;

	if (!tvm_motion_near(rules, a, b))
	{
		*state = seconds > rules->max_gap_s ? TVM_GAP : TVM_MOVING;
		return TVM_DECIDED;
	}
	*state = TVM_STOPPED;
	if (seconds >= rules->stop_s || seconds > rules->max_gap_s)
		return TVM_DECIDED;
	need = tvm_stream_stops(rules, stream, from, to, &stop);
	if (need == TVM_DECIDED && !stop)
		*state = TVM_MOVING;
	return need;
}

static double
linear(double from, double to, double part)
{
	return from + part * (to - from);
}

static double
turned(double from, double to, double part)
{
	double		heading = from + part * remainder(to - from, 360);

	if (heading < 0)
		heading += 360;
	return heading >= 360 ? heading - 360 : heading;
}

void
tvm_motion_between(const TvmFix *from, const TvmFix *to, int64_t t, TvmMoment *out)
{
	out->part = t == from->t ? 0 : tvm_seconds(from->t, t) / tvm_seconds(from->t, to->t);
	if (from->lon == to->lon && from->lat == to->lat)
	{
		out->lon = from->lon;
		out->lat = from->lat;
	}
	else
		tvm_ground_between(from->lon, from->lat, to->lon, to->lat, out->part, &out->lon, &out->lat);
	out->alt_m = linear(from->alt_m, to->alt_m, out->part);
	out->speed_mps = linear(from->speed_mps, to->speed_mps, out->part);
	out->heading_deg = turned(from->heading_deg, to->heading_deg, out->part);
}

void
tvm_motion_copy(const TvmFix *fix, TvmMoment *out)
{
	out->lon = fix->lon;
	out->lat = fix->lat;
	out->alt_m = fix->alt_m;
	out->speed_mps = fix->speed_mps;
	out->heading_deg = fix->heading_deg;
}

void
tvm_motion_hold(const TvmMotionRules *rules, const TvmFix *fix, int64_t t, TvmMoment *out)
{
	if (fix->kind != TVM_FIX_END && tvm_seconds(fix->t, t) <= rules->max_gap_s)
	{
		out->state = TVM_HELD;
		tvm_motion_copy(fix, out);
	}
	else
		out->state = out->next < 0 ? TVM_AFTER : TVM_GAP;
}

/* At a fix exactly. */
static TvmNeed
at_fix(const TvmMotionRules *rules, const TvmStream *stream, TvmMoment *out)
{
	const TvmFix *fix = &stream->fixes[out->fix];
	ptrdiff_t	before;
	TvmNeed		need;

	tvm_motion_copy(fix, out);
	if (out->next >= 0 && !tvm_motion_breaks(rules, fix, &stream->fixes[out->next]))
	{
		need = pair_state(rules, stream, out->fix, out->next, &out->state);
		if (need != TVM_DECIDED || out->state != TVM_GAP)
			return need;
	}
	out->state = TVM_HELD;
	if (out->fix == 0 && stream->starts)
		return TVM_DECIDED;
	need = last_used(rules, stream, out->fix - 1, &before);
	if (need != TVM_DECIDED || tvm_motion_breaks(rules, &stream->fixes[before], fix))
		return need;
	need = pair_state(rules, stream, before, out->fix, &out->state);
	if (out->state == TVM_GAP)
		out->state = TVM_HELD;
	return need;
}

TvmNeed
tvm_motion_at(const TvmMotionRules *rules, const TvmStream *stream, int64_t t, TvmMoment *out)
{
	ptrdiff_t	raw = tvm_stream_find(stream, t);
	const TvmFix *fix;
	bool		breaks;
	TvmNeed		need;

	*out = (TvmMoment) {TVM_BEFORE, NAN, NAN, NAN, NAN, NAN, -1, -1, 0};
	if (raw < 0)
	{
		/* The first fix of all is used. */
		if (stream->starts && stream->count > 0)
			out->next = 0;
		return !stream->starts ? TVM_NEEDS_BEFORE : stream->count > 0 || stream->ends ? TVM_DECIDED : TVM_NEEDS_AFTER;
	}
	need = last_used(rules, stream, raw, &out->fix);
	if (need == TVM_DECIDED)
		need = tvm_stream_next(rules, stream, out->fix, raw + 1, &out->next);
	if (need != TVM_DECIDED)
		return need;
	fix = &stream->fixes[out->fix];
	if (fix->t == t)
		return at_fix(rules, stream, out);

	breaks = out->next < 0 || tvm_motion_breaks(rules, fix, &stream->fixes[out->next]);
	if (!breaks)
	{
		need = pair_state(rules, stream, out->fix, out->next, &out->state);
		if (out->state != TVM_GAP)
			tvm_motion_between(fix, &stream->fixes[out->next], t, out);
		return need;
	}
	tvm_motion_hold(rules, fix, t, out);
	return TVM_DECIDED;
}
