/*
 * score.c: what adds up of all vehicles of a timeline: tv_timeline_score.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"

#include "bridge/motion/score.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "sqlfn/motion_score.h"

PG_FUNCTION_INFO_V1(tv_timeline_score);

/* Of an interval, over all vehicles. */
typedef struct Total
{
	TvmScore	score;
	int64		seen;			/* something of them is known */
	int64		moved;
	TvCrossings crossings;
} Total;

static void
join_sums(TvmSum *sum, const TvmSum *other)
{
	tvm_sum_add(sum, other->high);
	tvm_sum_add(sum, other->low);
}

/* The greater, where one is none (NAN) the other. */
static double
greater(double a, double b)
{
	return isnan(a) || b > a ? b : a;
}

static void
add_score(Total *total, const TvmScore *score, const TvCrossings *crossings)
{
	TvmScore   *sum = &total->score;

	total->seen += score->fixes > 0 || score->moving_us > 0 || score->stopped_us > 0;
	total->moved += score->moving_us > 0;
	sum->fixes += score->fixes;
	sum->used += score->used;
	sum->outliers += score->outliers;
	sum->duplicates += score->duplicates;
	sum->stops += score->stops;
	sum->moving_us += score->moving_us;
	sum->stopped_us += score->stopped_us;
	sum->gap_us += score->gap_us;
	join_sums(&sum->distance_m, &score->distance_m);
	join_sums(&sum->gap_m, &score->gap_m);
	join_sums(&sum->traveler_minus_local_s, &score->traveler_minus_local_s);
	total->crossings.entered += crossings->entered;
	total->crossings.left += crossings->left;
	total->crossings.crossed += crossings->crossed;
	sum->max_speed_mps = greater(sum->max_speed_mps, score->max_speed_mps);
	sum->max_reported_speed_mps = greater(sum->max_reported_speed_mps, score->max_reported_speed_mps);
}

static void
emit_total(FunctionCallInfo fcinfo, TvEnv *env, const TvFixes *fixes, uint32 vehicles, TimestampTz from, TimestampTz to,
		   const Total *total)
{
	TvRow		row = {0};
	TvmClocks	clocks;

	tv_put(&row, TimestampTzGetDatum(from), false);
	tv_put(&row, TimestampTzGetDatum(to), false);
	tv_put_bigint(&row, vehicles);
	tv_put_bigint(&row, total->seen);
	tv_put_bigint(&row, total->moved);
	tv_put_score(&row, &total->score, &total->crossings);
	tv_score_clocks(env, tv_fixes_world(fixes), vehicles * ((to - from) / (double) USECS_PER_SEC), &total->score, &clocks);
	tv_put_clocks(&row, &clocks);
	tv_put_differences(&row, &clocks);
	tv_emit(fcinfo, &row);
}

Datum
tv_timeline_score(PG_FUNCTION_ARGS)
{
	TvFixesAsked asked = tv_get_asked(fcinfo, 8);
	TimestampTz from;
	TimestampTz to;
	TimestampTz *bounds;
	TvmMotionRules thresholds;
	TvmScore   *scores;
	TvCrossings *crossings;
	TvVisiting *visiting;
	TvZones		zones;
	Total	   *totals;
	TvTrack		track = {0};
	TvVehicle  *vehicles;
	TvFixes    *fixes;
	TvEnv	   *env;
	uint32		count;
	uint32		vehicle_count;

	tv_get_range(fcinfo, 2, &from, &to);
	tv_get_thresholds(fcinfo, 5, &thresholds);
	bounds = tv_get_bounds(fcinfo, 4, from, to, &count);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_timeline_score");
	fixes = tv_fixes_open(env, &asked);
	vehicle_count = tv_fixes_vehicles(fixes, NULL, 0, &vehicles);
	visiting = tv_score_zones(fixes, &asked, &zones);
	crossings = MemoryContextAllocHuge(env->context, sizeof(TvCrossings) * (count + 1));
	scores = MemoryContextAllocHuge(env->context, sizeof(TvmScore) * (count + 1));
	totals = MemoryContextAllocExtended(env->context, sizeof(Total) * (count + 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint32 j = 0; j < count; j++)
		tvm_score_init(&totals[j].score);
	for (uint32 i = 0; i < vehicle_count && count > 0; i++)
	{
		TvmMotionRules rules = tv_score_rules(fixes, &vehicles[i], &thresholds);

		CHECK_FOR_INTERRUPTS();
		tv_visits_score(visiting, fixes, &track, &vehicles[i], &rules, bounds, count, scores, crossings);
		for (uint32 j = 0; j < count; j++)
			add_score(&totals[j], &scores[j], &crossings[j]);
	}
	for (uint32 j = 0; j < count; j++)
		emit_total(fcinfo, env, fixes, vehicle_count, bounds[j], bounds[j + 1], &totals[j]);
	tv_fixes_close(fixes);
	tv_env_delete(env);
	return (Datum) 0;
}
