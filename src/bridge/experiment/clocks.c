/*
 * clocks.c: what the clocks of an experiment show; see clocks.h.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/experiment/clocks.h"
#include "bridge/server/json.h"
#include "kernel/relativity/clocks.h"
#include "kernel/relativity/lorentz.h"
#include "kernel/relativity/orbit.h"

static void
put(StringInfo json, const char *name, double number)
{
	appendStringInfo(json, "%s\"%s\": ", json->len > 1 ? ", " : "", name);
	tv_json_write_number(json, number);
}

/* Proper and coordinate time, and proper - coordinate without cancellation. */
static void
put_times(StringInfo json, const TvExperiment *experiment, double other, double proper_offset)
{
	bool		coordinate = experiment->given == TV_GIVEN_COORDINATE;

	put(json, "coordinate_seconds", coordinate ? experiment->seconds : other);
	put(json, "proper_seconds", coordinate ? other : experiment->seconds);
	put(json, "proper_minus_coordinate_seconds", proper_offset);
}

static void
sr_metrics(TvEnv *env, const TvExperiment *experiment, StringInfo json)
{
	double		v = experiment->v_mps;
	double		number;
	double		offset;

	tv_check(env, tvm_gamma(&env->tvm, v, &number));
	put(json, "gamma", number);
	tv_check(env, tvm_gamma_minus_one(&env->tvm, v, &number));
	put(json, "gamma_minus_one", number);
	if (experiment->given == TV_GIVEN_COORDINATE)
	{
		tv_check(env, tvm_sr_proper_seconds(&env->tvm, experiment->seconds, v, &number));
		tv_check(env, tvm_sr_proper_offset_seconds(&env->tvm, experiment->seconds, v, &offset));
		put_times(json, experiment, number, offset);
	}
	else if (experiment->given == TV_GIVEN_PROPER)
	{
		tv_check(env, tvm_sr_coordinate_seconds(&env->tvm, experiment->seconds, v, &number));
		tv_check(env, tvm_sr_coordinate_offset_seconds(&env->tvm, experiment->seconds, v, &offset));
		put_times(json, experiment, number, -offset);
	}
}

static void
gr_metrics(TvEnv *env, const TvExperiment *experiment, StringInfo json)
{
	double		gm = experiment->gm;
	double		r = experiment->r;
	double		number;
	double		offset;

	tv_check(env, tvm_gr_factor(&env->tvm, gm, r, &number));
	put(json, "factor", number);
	tv_check(env, tvm_gr_factor_minus_one(&env->tvm, gm, r, &number));
	put(json, "factor_minus_one", number);
	if (experiment->given == TV_GIVEN_COORDINATE)
	{
		tv_check(env, tvm_gr_proper_seconds(&env->tvm, experiment->seconds, gm, r, &number));
		tv_check(env, tvm_gr_proper_offset_seconds(&env->tvm, experiment->seconds, gm, r, &offset));
		put_times(json, experiment, number, offset);
	}
	else if (experiment->given == TV_GIVEN_PROPER)
	{
		tv_check(env, tvm_gr_coordinate_seconds(&env->tvm, experiment->seconds, gm, r, &number));
		tv_check(env, tvm_gr_coordinate_offset_seconds(&env->tvm, experiment->seconds, gm, r, &offset));
		put_times(json, experiment, number, -offset);
	}
}

/*
 * The rate is within one rounding of exact, and so is its offset: times made of
 * them by one product or quotient are within two more.
 */
static void
relativity_metrics(TvEnv *env, const TvExperiment *experiment, StringInfo json)
{
	double		rate;
	double		offset;
	double		seconds = experiment->seconds;

	tv_check(env, tvm_clock_rate(&env->tvm, experiment->gm, experiment->r, experiment->v_mps, &rate));
	tv_check(env, tvm_clock_rate_offset(&env->tvm, experiment->gm, experiment->r, experiment->v_mps, &offset));
	put(json, "rate", rate);
	put(json, "rate_offset", offset);
	if (experiment->given == TV_GIVEN_NOTHING)
		return;
	tv_check(env, tvm_check_seconds(&env->tvm, seconds));
	if (experiment->given == TV_GIVEN_COORDINATE)
		put_times(json, experiment, seconds * rate, seconds * offset);
	else if (isfinite(seconds / rate))
		put_times(json, experiment, seconds / rate, seconds / rate * offset);
	else
		tv_check(env, tvm_fail(&env->tvm, TVM_DOMAIN, "the result is too large",
							   "It is below 1.8e308 seconds.", NULL));
}

char *
tv_experiment_clocks(const TvExperiment *experiment)
{
	TvEnv	   *env = tv_env_create("experiment");
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	if (experiment->kind == TV_KIND_SR)
		sr_metrics(env, experiment, &json);
	else if (experiment->kind == TV_KIND_GR)
		gr_metrics(env, experiment, &json);
	else
		relativity_metrics(env, experiment, &json);
	appendStringInfoChar(&json, '}');
	tv_env_delete(env);
	return json.data;
}
