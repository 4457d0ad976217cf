/*
 * clocks.c: what the clocks of an experiment show; see clocks.h.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/experiment/clocks.h"
#include "bridge/server/json_write.h"
#include "kernel/relativity/clocks.h"
#include "kernel/relativity/lorentz.h"
#include "kernel/relativity/orbit.h"

/* In jsonb's order. */
enum
{
	RATE,						/* as each kind calls it */
	RATE_OFFSET,
	PROPER,
	MINUS_ONE,
	COORDINATE,
	PROPER_MINUS_COORDINATE,
	NUMBERS
};

typedef struct Metrics
{
	const char *names[NUMBERS]; /* NULL: it is not there */
	double		numbers[NUMBERS];
} Metrics;

static void
put(Metrics *metrics, int which, const char *name, double number)
{
	metrics->names[which] = name;
	metrics->numbers[which] = number;
}

/* Proper and coordinate time, and proper - coordinate without cancellation. */
static void
put_times(Metrics *metrics, const TvExperiment *experiment, double other, double proper_offset)
{
	bool		coordinate = experiment->given == TV_GIVEN_COORDINATE;

	put(metrics, COORDINATE, "coordinate_seconds", coordinate ? experiment->seconds : other);
	put(metrics, PROPER, "proper_seconds", coordinate ? other : experiment->seconds);
	put(metrics, PROPER_MINUS_COORDINATE, "proper_minus_coordinate_seconds", proper_offset);
}

static void
sr_metrics(TvEnv *env, const TvExperiment *experiment, Metrics *metrics)
{
	double		v = experiment->v_mps;
	double		number;
	double		offset;

	tv_check(env, tvm_gamma(&env->tvm, v, &number));
	put(metrics, RATE, "gamma", number);
	tv_check(env, tvm_gamma_minus_one(&env->tvm, v, &number));
	put(metrics, MINUS_ONE, "gamma_minus_one", number);
	if (experiment->given == TV_GIVEN_COORDINATE)
	{
		tv_check(env, tvm_sr_proper_seconds(&env->tvm, experiment->seconds, v, &number));
		tv_check(env, tvm_sr_proper_offset_seconds(&env->tvm, experiment->seconds, v, &offset));
		put_times(metrics, experiment, number, offset);
	}
	else if (experiment->given == TV_GIVEN_PROPER)
	{
		tv_check(env, tvm_sr_coordinate_seconds(&env->tvm, experiment->seconds, v, &number));
		tv_check(env, tvm_sr_coordinate_offset_seconds(&env->tvm, experiment->seconds, v, &offset));
		put_times(metrics, experiment, number, -offset);
	}
}

static void
gr_metrics(TvEnv *env, const TvExperiment *experiment, Metrics *metrics)
{
	double		gm = experiment->gm;
	double		r = experiment->r;
	double		number;
	double		offset;

	tv_check(env, tvm_gr_factor(&env->tvm, gm, r, &number));
	put(metrics, RATE, "factor", number);
	tv_check(env, tvm_gr_factor_minus_one(&env->tvm, gm, r, &number));
	put(metrics, MINUS_ONE, "factor_minus_one", number);
	if (experiment->given == TV_GIVEN_COORDINATE)
	{
		tv_check(env, tvm_gr_proper_seconds(&env->tvm, experiment->seconds, gm, r, &number));
		tv_check(env, tvm_gr_proper_offset_seconds(&env->tvm, experiment->seconds, gm, r, &offset));
		put_times(metrics, experiment, number, offset);
	}
	else if (experiment->given == TV_GIVEN_PROPER)
	{
		tv_check(env, tvm_gr_coordinate_seconds(&env->tvm, experiment->seconds, gm, r, &number));
		tv_check(env, tvm_gr_coordinate_offset_seconds(&env->tvm, experiment->seconds, gm, r, &offset));
		put_times(metrics, experiment, number, -offset);
	}
}

/*
 * The rate is within one rounding of exact, and so is its offset: times made of
 * them by one product or quotient are within two more.
 */
static void
relativity_metrics(TvEnv *env, const TvExperiment *experiment, Metrics *metrics)
{
	double		rate;
	double		offset;
	double		seconds = experiment->seconds;

	tv_check(env, tvm_clock_rate(&env->tvm, experiment->gm, experiment->r, experiment->v_mps, &rate));
	tv_check(env, tvm_clock_rate_offset(&env->tvm, experiment->gm, experiment->r, experiment->v_mps, &offset));
	put(metrics, RATE, "rate", rate);
	put(metrics, RATE_OFFSET, "rate_offset", offset);
	if (experiment->given == TV_GIVEN_NOTHING)
		return;
	tv_check(env, tvm_check_seconds(&env->tvm, seconds));
	if (experiment->given == TV_GIVEN_COORDINATE)
		put_times(metrics, experiment, seconds * rate, seconds * offset);
	else if (isfinite(seconds / rate))
		put_times(metrics, experiment, seconds / rate, seconds / rate * offset);
	else
		tv_check(env, tvm_fail(&env->tvm, TVM_DOMAIN, "the result is too large",
							   "It is below 1.8e308 seconds.", NULL));
}

static Jsonb *
write_metrics(const Metrics *metrics)
{
	const char *names[NUMBERS];
	double		numbers[NUMBERS];
	int			count = 0;
	TvJsonWriter writer;

	for (int i = 0; i < NUMBERS; i++)
		if (metrics->names[i] != NULL)
		{
			names[count] = metrics->names[i];
			numbers[count++] = metrics->numbers[i];
		}
	tv_json_begin(&writer, 256);
	tv_json_put_object(&writer, NULL, names, count);
	for (int i = 0; i < count; i++)
		tv_json_put_number(&writer, names[i], numbers[i]);
	return tv_json_end(&writer);
}

Jsonb *
tv_experiment_clocks(const TvExperiment *experiment)
{
	TvEnv	   *env = tv_env_create("experiment");
	Metrics		metrics = {{NULL}};

	if (experiment->kind == TV_KIND_SR)
		sr_metrics(env, experiment, &metrics);
	else if (experiment->kind == TV_KIND_GR)
		gr_metrics(env, experiment, &metrics);
	else
		relativity_metrics(env, experiment, &metrics);
	tv_env_delete(env);
	return write_metrics(&metrics);
}
