/*
 * match.c: the segments that a noisy track most likely took; see match.h.
 *
 * How far fixes are off need not be said: it is estimated, at first by the nearest roads, then from what they were matched
 * to (Newson and Krumm, 5.1: by the median, which outliers do not move), and they are matched again where that is far from what was assumed.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "utils/memutils.h"

#include "bridge/match/match.h"
#include "bridge/match/pieces.h"
#include "bridge/match/trellis.h"
#include "bridge/match/roads.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"

#define LEAST_SIGMA_M 3.0
#define MOST_SIGMA_M 60.0
#define SAMPLES 120				/* fixes that a standard deviation is estimated from */
#define NEAR_M 50.0				/* where the nearest road is looked for first */
#define MOST_NEAR 64
#define ROUNDS 3				/* of matching with a new estimate */
#define FAR_OFF 1.4				/* an estimate that differs by such a factor is worth another round */
#define NORMAL_QUARTILE 0.6745	/* half of all are within so many standard deviations */

typedef struct Question
{
	const TvMatchFix *fixes;
	uint32		count;
	const TvMatchOptions *options;
	TvMatch    *match;
} Question;

TvMatchOptions
tv_match_options_default(void)
{
	return (TvMatchOptions) {.gps_m = NAN, .radius_m = 200, .max_gap_s = 300, .max_speed_mps = 100};
}

const char *
tv_match_cut_name(TvMatchCut cut)
{
	switch (cut)
	{
		case TV_MATCH_ON_A_ROAD:
			return NULL;
		case TV_MATCH_NO_ROAD:
			return "no road";
		case TV_MATCH_GAP:
			return "gap";
		case TV_MATCH_JUMP:
			return "jump";
		case TV_MATCH_END:
			return "end";
		case TV_MATCH_FORK:
			return "fork";
		case TV_MATCH_TOO_FAST:
			return "too fast";
		case TV_MATCH_NO_WAY:
			return "no way";
	}
	pg_unreachable();
}

void
tv_match_require_count(uint64 count)
{
	if (count > TV_MATCH_MAX_FIXES)
		ereport(ERROR,
				(errcode(TV_ERRCODE_TOO_LARGE),
				 errmsg("too many fixes to match"),
				 errdetail("There are %llu; the limit is %d.", (unsigned long long) count, TV_MATCH_MAX_FIXES),
				 errhint("Ask for a shorter time.")));
}

static int
compare_doubles(const void *a, const void *b)
{
	double		left = *(const double *) a;
	double		right = *(const double *) b;

	return left < right ? -1 : left > right ? 1 : 0;
}

/* From distances to a line, of which there are `count`; what is assumed where there are none. */
static double
estimate(double *away, uint32 count, double assumed)
{
	if (count == 0)
		return assumed;
	qsort(away, count, sizeof(double), compare_doubles);
	return Min(Max(away[count / 2] / NORMAL_QUARTILE, LEAST_SIGMA_M), MOST_SIGMA_M);
}

/* By how far the nearest road is, of some fixes. */
static double
first_guess(TvEnv *env, TvGround *ground, const Question *question)
{
	double		away[SAMPLES];
	uint32		stride = question->count / SAMPLES + 1;
	uint32		count = 0;

	for (uint32 i = 0; i < question->count && count < SAMPLES; i += stride)
	{
		const TvMatchFix *fix = &question->fixes[i];
		TvmNearPoint at = tvm_near_point(ground->roads->rules.radius_m, fix->lat, fix->lon);
		double		most = question->options->radius_m;

		tv_check(env, tvm_near_find(&env->tvm, &ground->near, at, Min(NEAR_M, most), 1));
		if (ground->near.hit_count == 0)
			tv_check(env, tvm_near_find(&env->tvm, &ground->near, at, most, 1));
		if (ground->near.hit_count > 0)
			away[count++] = ground->near.hits[0].away_m;
	}
	return estimate(away, count, LEAST_SIGMA_M);
}

static uint32
matched_segment(const TvTrellis *trellis, const TvmMatchAnswer *answer, uint32 sight)
{
	return TVM_ARC_SEGMENT(trellis->states[trellis->first[sight] + answer->state[sight]].arc);
}

/* How far a fix is from the segments that its sight and those beside it were matched to; INFINITY: too far. */
static double
away_from_match(const TvTrellis *trellis, const TvmMatchAnswer *answer, uint32 sight, uint32 fix, double assumed)
{
	TvEnv	   *env = trellis->env;
	TvmNear    *near = &trellis->ground->near;
	const TvMatchFix *at = &trellis->fixes[fix];

	tv_check(env, tvm_near_find(&env->tvm, near, tvm_near_point(trellis->ground->roads->rules.radius_m, at->lat, at->lon),
								Min(trellis->options->radius_m, 5 * assumed + NEAR_M), MOST_NEAR));
	for (size_t h = 0; h < near->hit_count; h++)
		for (uint32 k = sight > 0 ? sight - 1 : 0; k < Min(sight + 2, trellis->count); k++)
			if (near->hits[h].owner == matched_segment(trellis, answer, k))
				return near->hits[h].away_m;
	return INFINITY;
}

/* By how far fixes are from what they were matched to. */
static double
next_guess(const TvTrellis *trellis, const TvmMatchAnswer *answer, double assumed)
{
	double		away[SAMPLES];
	uint32		stride = trellis->fix_count / SAMPLES + 1;
	uint32		count = 0;
	uint32		sight = 0;

	for (uint32 i = 0; i < trellis->fix_count && count < SAMPLES; i += stride)
	{
		double		one;

		while (sight < trellis->count && trellis->sights[sight].last < i)
			sight++;
		if (sight == trellis->count || trellis->sights[sight].first > i)
			continue;
		one = away_from_match(trellis, answer, sight, i, assumed);
		if (one < INFINITY)
			away[count++] = one;
	}
	return estimate(away, count, assumed);
}

static void
answer_question(TvRoads *roads, void *context)
{
	Question   *question = context;
	TvEnv	   *env = roads->env;
	TvGround	ground;
	TvTrellis	trellis;
	TvmMatchAnswer answer;
	TvPosition *at = tv_env_take(env, sizeof(TvPosition) * Max(question->count, 1));
	double		sigma;

	for (uint32 i = 0; i < question->count; i++)
		at[i] = (TvPosition) {.lon = question->fixes[i].lon, .lat = question->fixes[i].lat};
	tv_ground_load(roads, at, question->count, question->options->radius_m, &ground);
	answer.state = tv_env_take(env, sizeof(uint32) * Max(question->count, 1));
	answer.begins = tv_env_take(env, Max(question->count, 1));
	answer.posterior = tv_env_take(env, sizeof(double) * Max(question->count, 1));
	sigma = isnan(question->options->gps_m) ? first_guess(env, &ground, question) : question->options->gps_m;
	for (int round = 1;; round++)
	{
		double		guess;

		tv_trellis_make(&trellis, env, &ground, question->fixes, question->count, question->options, sigma);
		tv_trellis_solve(&trellis, &answer);
		guess = isnan(question->options->gps_m) ? next_guess(&trellis, &answer, sigma) : sigma;
		if (round == ROUNDS || (guess <= sigma * FAR_OFF && guess * FAR_OFF >= sigma))
			break;
		tv_trellis_free(&trellis);
		sigma = guess;
	}
	tv_pieces_describe(&trellis, &answer, question->match);
	question->match->gps_m = sigma;
	tv_trellis_free(&trellis);
	tvm_near_free(&env->tvm, &ground.near);
}

void
tv_match_track(TvEnv *env, int64 world_id, int64 timeline_id, const TvMatchFix *fixes, uint32 count,
			   const TvMatchOptions *options, TvMatch *match)
{
	Question	question = {.fixes = fixes, .count = count, .options = options, .match = match};

	*match = (TvMatch) {0};
	tv_match_require_count(count);
	SPI_connect();
	tv_roads_ask(env, world_id, timeline_id, options->closed_too, answer_question, &question);
	SPI_finish();
}
