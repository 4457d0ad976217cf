/*
 * clocks.c: the rules of a world and the three clocks of a travel; see clocks.h.
 */
#include "kernel/relativity/clocks.h"

#include "kernel/relativity/lorentz.h"
#include "kernel/relativity/orbit.h"

void
tvm_world_rules_default(TvmWorldRules *rules)
{
	rules->max_speed_mps = INFINITY;
	rules->base_drag = 0;
	rules->sr = true;
	rules->gr = false;
	rules->gm = 0;
	rules->r = TVM_EARTH_RADIUS_M;
	rules->radius_m = TVM_EARTH_RADIUS_M;
	rules->u_turn_s = 0;
	rules->clock = TVM_CLOCK_TRAVELER;
}

/* Record that the value named `path` is not a `what`. */
static TvmStatus
invalid(TvmEnv *env, const char *path, const char *message, double value)
{
	TvmStatus	status = tvm_fail(env, TVM_INVALID, message, NULL, "The value is %s.", tvm_number_text(value).text);

	tvm_fail_path(env, "%s", path);
	return status;
}

TvmStatus
tvm_world_rules_check(TvmEnv *env, const TvmWorldRules *rules)
{
	TvmDd		x;
	TvmDd		one_minus_x;
	TvmStatus	status;

	if (!(rules->max_speed_mps > 0))
		return invalid(env, "max_speed_mps", "not a positive number", rules->max_speed_mps);
	if (!(rules->base_drag >= 0 && rules->base_drag <= DBL_MAX))
		return invalid(env, "base_drag", "not a finite number of at least 0", rules->base_drag);
	if (!(rules->radius_m > 0 && rules->radius_m <= DBL_MAX))
		return invalid(env, "radius_m", "not a finite positive number", rules->radius_m);
	if (!(rules->u_turn_s >= 0))
		return invalid(env, "u_turn_s", "not a number of at least 0", rules->u_turn_s);
	if ((int) rules->clock < TVM_CLOCK_TRAVELER || (int) rules->clock > TVM_CLOCK_COORDINATE)
		return invalid(env, "clock", "not a clock", (int) rules->clock);
	if (!rules->gr)
		return TVM_OK;
	if (!(rules->gm >= 0 && rules->gm <= DBL_MAX))
		return invalid(env, "gr.gm", "not a finite number of at least 0", rules->gm);
	if (!(rules->r > 0 && rules->r <= DBL_MAX))
		return invalid(env, "gr.r", "not a finite positive number", rules->r);
	status = tvm_gr_potential(env, rules->gm, rules->r, &x, &one_minus_x);
	if (status != TVM_OK)
		tvm_fail_path(env, "gr.r");
	return status;
}

/* Both parts of a time, or TVM_DOMAIN where it is beyond the largest double. */
static TvmStatus
keep(TvmEnv *env, TvmDd seconds, double *out, double *low)
{
	*low = isfinite(seconds.lo) ? seconds.lo : 0;
	return tvm_round(env, seconds, out);
}

/* 1/c and 5/18, the metres a second of a kilometre an hour. */
static const TvmDd one_by_c = {0x1.ca726eb25f9dbp-29, 0x1.568bbb3de4666p-84};
static const TvmDd mps_by_kph = {0x1.1c71c71c71c72p-2, -0x1.c71c71c71c71cp-57};

/* Below this speed, c / 2^20, three terms of the series are all of a double-double. */
#define SLOW_MPS 285.9

/* The same by sqrt(1 - x) - 1 = -x/2 (1 + x/4 + x^2/8 + ...), x = (v/c)^2, in half the time. */
static void
slow_inverse_gamma(TvmDd v, TvmDd *factor, TvmDd *offset)
{
	TvmDd		beta = tvm_dd_multiply(v, one_by_c);
	TvmDd		x = tvm_dd_multiply(beta, beta);
	TvmDd		rest = {x.hi / 4, x.lo / 4 + x.hi * x.hi / 8};

	*offset = tvm_dd_multiply(tvm_dd_scale(x, -0.5), tvm_dd_add_double(rest, 1));
	*factor = tvm_dd_add_double(*offset, 1);
}

/* 1/gamma and 1/gamma - 1 for a speed in double-double; false where v >= c. */
static bool
inverse_gamma(TvmDd v, TvmDd *factor, TvmDd *offset)
{
	TvmDd		left = tvm_dd_add_double(tvm_dd_negate(v), TVM_C);
	TvmDd		s;

	if (v.hi < SLOW_MPS)
	{
		slow_inverse_gamma(v, factor, offset);
		return true;
	}
	if (!(left.hi > 0))
		return false;
	s = tvm_dd_sqrt(tvm_dd_multiply(left, tvm_dd_add_double(v, TVM_C)));
	*factor = tvm_dd_divide(s, tvm_dd(TVM_C));
	*offset = tvm_dd_divide(tvm_dd_negate(tvm_dd_multiply(v, v)),
							tvm_dd_multiply_double(tvm_dd_add_double(s, TVM_C), TVM_C));
	return true;
}

static TvmStatus
check_segment(TvmEnv *env, double length_m, double speed_kph, double segment_drag)
{
	if (!(length_m >= 0 && length_m <= DBL_MAX))
		return invalid(env, "length_m", "not a finite number of at least 0", length_m);
	if (!(speed_kph > 0 && speed_kph <= DBL_MAX))
		return invalid(env, "speed_kph", "not a finite positive number", speed_kph);
	if (!(segment_drag >= 0 && segment_drag <= DBL_MAX))
		return invalid(env, "base_drag", "not a finite number of at least 0", segment_drag);
	return TVM_OK;
}

TvmStatus
tvm_clocks_segment(TvmEnv *env, const TvmWorldRules *rules, double length_m,
				   double speed_kph, double segment_drag, TvmClocks *out)
{
	TvmStatus	status = check_segment(env, length_m, speed_kph, segment_drag);
	TvmDd		v;
	TvmDd		local;
	TvmDd		x;
	TvmDd		one_minus_x;
	TvmDd		coordinate;
	TvmDd		coordinate_offset = {0, 0};
	TvmDd		traveler;
	TvmDd		traveler_offset = {0, 0};

	if (status != TVM_OK)
		return status;

	v = tvm_dd_multiply_double(mps_by_kph, speed_kph);
	if (tvm_dd_less(tvm_dd(rules->max_speed_mps), v))
		v = tvm_dd(rules->max_speed_mps);
	local = tvm_dd_add_double(tvm_two_sum(rules->base_drag, segment_drag), 1);
	local = tvm_dd_divide(tvm_dd_multiply_double(local, length_m), v);
	coordinate = traveler = local;

	if (rules->sr)
	{
		TvmDd		factor;
		TvmDd		offset;

		if (!inverse_gamma(v, &factor, &offset))
		{
			status = tvm_check_speed(env, v.hi < TVM_C ? TVM_C : v.hi);
			tvm_fail_path(env, "speed_kph");
			return status;
		}
		traveler = tvm_dd_multiply(local, factor);
		traveler_offset = tvm_dd_multiply(local, offset);
	}
	if (rules->gr)
	{
		TvmDd		s;

		status = tvm_gr_potential(env, rules->gm, rules->r, &x, &one_minus_x);
		if (status != TVM_OK)
			return status;
		s = tvm_dd_sqrt(one_minus_x);
		coordinate = tvm_dd_divide(local, s);
		coordinate_offset = tvm_dd_divide(tvm_dd_multiply(coordinate, x), tvm_dd_add_double(s, 1));
	}

	status = keep(env, local, &out->local_s, &out->low[0]);
	if (status == TVM_OK)
		status = keep(env, coordinate, &out->coordinate_s, &out->low[1]);
	if (status == TVM_OK)
		status = keep(env, traveler, &out->traveler_s, &out->low[2]);
	if (status == TVM_OK)
		status = keep(env, coordinate_offset, &out->coordinate_minus_local_s, &out->low[3]);
	if (status == TVM_OK)
		status = keep(env, traveler_offset, &out->traveler_minus_local_s, &out->low[4]);
	return status;
}

static void
accumulate(double *high, double *low, double step_high, double step_low)
{
	TvmDd		sum = {*high, *low};
	TvmDd		step = {step_high, step_low};

	sum = tvm_dd_add(sum, step);
	if (isfinite(sum.lo))
	{
		*high = sum.hi;
		*low = sum.lo;
	}
	else
	{
		*high += step_high;
		*low = 0;
	}
}

void
tvm_clocks_add(TvmClocks *sum, const TvmClocks *step)
{
	accumulate(&sum->local_s, &sum->low[0], step->local_s, step->low[0]);
	accumulate(&sum->coordinate_s, &sum->low[1], step->coordinate_s, step->low[1]);
	accumulate(&sum->traveler_s, &sum->low[2], step->traveler_s, step->low[2]);
	accumulate(&sum->coordinate_minus_local_s, &sum->low[3], step->coordinate_minus_local_s, step->low[3]);
	accumulate(&sum->traveler_minus_local_s, &sum->low[4], step->traveler_minus_local_s, step->low[4]);
}

TvmStatus
tvm_clocks_check(TvmEnv *env, const TvmClocks *sum)
{
	double		largest;

	/* The other two are smaller than these in absolute value. */
	return tvm_round(env, tvm_dd(fmax(fmax(sum->local_s, sum->coordinate_s), sum->traveler_s)), &largest);
}
