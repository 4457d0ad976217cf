/*
 * profile.c: travel times by the hour of the week; see profile.h.
 */
#include "kernel/graph/search/profile.h"

#include <inttypes.h>
#include <math.h>

#include "kernel/graph/timeline.h"

#define CHECK_EVERY 65536

/* From here on a part of a week is lost in the rounding of the whole. */
#define MANY_WEEKS 0x1p52

TvmStatus
tvm_profile_check(TvmEnv *env, const TvmProfile *profile)
{
	for (int h = 0; h < TVM_WEEK_HOURS; h++)
	{
		if (profile->factor[h] > 0 && profile->factor[h] < INFINITY)
			continue;
		tvm_fail(env, TVM_INVALID, "not a finite number above 0", NULL,
				 "The factor of hour %d is %g.", h, profile->factor[h]);
		tvm_fail_path(env, "factor[%d]", h);
		return TVM_INVALID;
	}
	return TVM_OK;
}

int
tvm_profile_fastest(const TvmProfile *profile)
{
	int			fastest = 0;

	for (int h = 1; h < TVM_WEEK_HOURS; h++)
		if (profile->factor[h] > profile->factor[fastest])
			fastest = h;
	return fastest;
}

double
tvm_profile_whole(const TvmProfile *profile, TvmPace pace, int hour)
{
	return fmax(pace.seconds / profile->factor[hour], pace.least);
}

static void
share(double *shares, int hour, double part)
{
	if (shares != NULL)
		shares[hour] += part;
}

/* How much of the segment a week passes. */
static double
part_of_week(const TvmProfile *profile, TvmPace pace)
{
	double		sum = 0;

	for (int h = 0; h < TVM_WEEK_HOURS; h++)
		sum += TVM_HOUR_S / tvm_profile_whole(profile, pace, h);
	return sum;
}

/* Take whole weeks off what is left of the segment, and return how many. */
static double
pass_weeks(const TvmProfile *profile, TvmPace pace, double *rest, double *shares)
{
	double		part = part_of_week(profile, pace);
	double		weeks = floor(*rest / part);

	if (!(weeks >= 1 && weeks < INFINITY))
		return part > 0 && weeks < 1 ? 0 : INFINITY;
	if (weeks >= MANY_WEEKS)
		weeks = *rest / part;
	for (int h = 0; h < TVM_WEEK_HOURS; h++)
		share(shares, h, weeks * (TVM_HOUR_S / tvm_profile_whole(profile, pace, h)));
	*rest = weeks >= MANY_WEEKS ? 0 : fmax(*rest - weeks * part, 0);
	return weeks;
}

double
tvm_profile_pass(const TvmProfile *profile, TvmPace pace, double at, double *shares)
{
	double		in_week = fmod(at, TVM_WEEK_S);
	int			hour;
	double		left;			/* of the hour */
	double		rest = 1;		/* of the segment */
	double		elapsed = 0;

	for (int h = 0; shares != NULL && h < TVM_WEEK_HOURS; h++)
		shares[h] = 0;
	if (!(at < INFINITY))
		return INFINITY;
	hour = (int) (in_week / TVM_HOUR_S);
	left = (hour + 1) * (double) TVM_HOUR_S - in_week;
	hour %= TVM_WEEK_HOURS;		/* the quotient may have been rounded up */
	for (int hours = 1; rest > 0; hours++)
	{
		double		total = tvm_profile_whole(profile, pace, hour);

		if (rest * total <= left)
		{
			share(shares, hour, rest);
			return elapsed + rest * total;
		}
		share(shares, hour, left / total);
		rest -= left / total;
		elapsed += left;
		left = TVM_HOUR_S;
		hour = (hour + 1) % TVM_WEEK_HOURS;
		if (hours == TVM_WEEK_HOURS)
			elapsed += pass_weeks(profile, pace, &rest, shares) * TVM_WEEK_S;
		if (!(elapsed < INFINITY))
			return INFINITY;
	}
	return elapsed;
}

/* Heights above `timeline`; those not on its chain are UINT32_MAX.  The length of the chain. */
static TvmStatus
climb(TvmEnv *env, const uint32_t *parents, size_t timeline_count, uint32_t timeline,
	  uint32_t *heights, uint32_t *length)
{
	for (size_t t = 0; t < timeline_count; t++)
		heights[t] = UINT32_MAX;
	*length = 0;
	for (uint32_t t = timeline; t != TVM_NO_TIMELINE; t = parents[t])
	{
		if (t >= timeline_count || heights[t] != UINT32_MAX)
		{
			tvm_fail(env, TVM_INVALID, "not a timeline, or its own ancestor", NULL,
					 "%" PRIu32 " of %zu timelines", t, timeline_count);
			tvm_fail_path(env, "timeline");
			return TVM_INVALID;
		}
		heights[t] = (*length)++;
	}
	return TVM_OK;
}

static TvmStatus
check_choice(TvmEnv *env, const TvmProfileChoice *choice, size_t timeline_count, size_t segment_count)
{
	if (choice->timeline != TVM_NO_TIMELINE && choice->timeline >= timeline_count)
	{
		tvm_fail(env, TVM_INVALID, "not a timeline", NULL,
				 "%" PRIu32 " is not among %zu timelines", choice->timeline, timeline_count);
		tvm_fail_path(env, "timeline");
		return TVM_INVALID;
	}
	if (choice->segment >= segment_count)
	{
		tvm_fail(env, TVM_INVALID, "not a segment", NULL,
				 "%" PRIu32 " is not among %zu segments", choice->segment, segment_count);
		tvm_fail_path(env, "segment");
		return TVM_INVALID;
	}
	return TVM_OK;
}

/* nearest[s] is the height of the choice that holds for s so far, UINT32_MAX before there is one. */
static TvmStatus
choose(TvmEnv *env, const TvmProfileChoice *choices, size_t choice_count, size_t timeline_count,
	   size_t segment_count, const uint32_t *heights, uint32_t length,
	   uint32_t *nearest, uint32_t *profiles)
{
	for (size_t s = 0; s < segment_count; s++)
	{
		if (s % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		nearest[s] = UINT32_MAX;
		profiles[s] = TVM_NO_PROFILE;
	}
	for (size_t i = 0; i < choice_count; i++)
	{
		const TvmProfileChoice *choice = &choices[i];
		TvmStatus	status = check_choice(env, choice, timeline_count, segment_count);
		uint32_t	height;

		if (status != TVM_OK)
		{
			tvm_fail_path(env, "choices[%zu]", i);
			return status;
		}
		if (i % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		/* What is said for every timeline lies above the root. */
		height = choice->timeline == TVM_NO_TIMELINE ? length : heights[choice->timeline];
		if (height == UINT32_MAX || height > nearest[choice->segment])
			continue;
		nearest[choice->segment] = height;
		profiles[choice->segment] = choice->profile;
	}
	return TVM_OK;
}

TvmStatus
tvm_profile_resolve(TvmEnv *env, const uint32_t *parents, size_t timeline_count,
					const TvmProfileChoice *choices, size_t choice_count,
					size_t segment_count, uint32_t timeline, uint32_t *profiles)
{
	uint32_t   *heights = tvm_alloc(env, timeline_count, sizeof(uint32_t));
	uint32_t   *nearest = tvm_alloc(env, segment_count, sizeof(uint32_t));
	uint32_t	length;
	TvmStatus	status = heights == NULL || nearest == NULL ? TVM_NOMEM : TVM_OK;

	if (status == TVM_OK)
		status = climb(env, parents, timeline_count, timeline, heights, &length);
	if (status == TVM_OK)
		status = choose(env, choices, choice_count, timeline_count, segment_count,
						heights, length, nearest, profiles);
	tvm_free(env, nearest);
	tvm_free(env, heights);
	return status;
}
