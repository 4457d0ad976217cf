/*
 * motion_score.c: what adds up of vehicles' motion: tv_box_score, tv_stops, tv_trip_clock.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "bridge/motion/score.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "sqlfn/motion_score.h"

PG_FUNCTION_INFO_V1(tv_box_score);
PG_FUNCTION_INFO_V1(tv_stops);
PG_FUNCTION_INFO_V1(tv_trip_clock);

#define MOST_INTERVALS 100000	/* of a vehicle */
#define MOST_ROWS 10000000

void
tv_get_thresholds(FunctionCallInfo fcinfo, int max_gap_s, TvmMotionRules *thresholds)
{
	thresholds->max_gap_s = tv_get_amount(fcinfo, max_gap_s, "max_gap_s", 0);
	thresholds->stop_m = tv_get_amount(fcinfo, max_gap_s + 1, "stop_m", 0);
	thresholds->stop_s = tv_get_amount(fcinfo, max_gap_s + 2, "stop_s", 0);
	if (thresholds->stop_s == 0)
		tv_report_invalid("stop_s", "out of range", "0 is not a positive number.", NULL);
}

TvmMotionRules
tv_score_rules(const TvFixes *fixes, const TvVehicle *vehicle, const TvmMotionRules *thresholds)
{
	TvmMotionRules rules = tv_fixes_rules(fixes, vehicle);

	rules.max_gap_s = thresholds->max_gap_s;
	rules.stop_m = thresholds->stop_m;
	rules.stop_s = thresholds->stop_s;
	return rules;
}

TimestampTz *
tv_get_bounds(FunctionCallInfo fcinfo, int every, TimestampTz from, TimestampTz to, uint32 *count)
{
	TimestampTz *bounds;
	uint32		room = 16;

	*count = from < to ? 1 : 0;
	bounds = palloc(sizeof(TimestampTz) * room);
	bounds[0] = from;
	for (; !PG_ARGISNULL(every) && from < to; (*count)++)
	{
		Datum		step = DirectFunctionCall2(interval_mul, PG_GETARG_DATUM(every), Float8GetDatum(*count));
		TimestampTz next = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval, TimestampTzGetDatum(from), step));

		if (next <= bounds[*count - 1] || TIMESTAMP_NOT_FINITE(next))
			tv_report_invalid("every", "out of range", "It is not a positive interval.", NULL);
		if (next >= to)
			break;
		if (*count >= MOST_INTERVALS)
			ereport(ERROR,
					(errcode(TV_ERRCODE_TOO_LARGE),
					 errmsg("too many intervals"),
					 errdetail("A range is cut into at most %d.", MOST_INTERVALS)));
		if (*count + 1 >= room)
			bounds = repalloc(bounds, sizeof(TimestampTz) * (room *= 2));
		bounds[*count] = next;
	}
	bounds[*count] = to;
	return bounds;
}

static void
put_range(TvRow *row, const TvVehicle *vehicle, TimestampTz from, TimestampTz to)
{
	row->count = 0;
	tv_put_bigint(row, vehicle->id);
	tv_put(row, TimestampTzGetDatum(from), false);
	tv_put(row, TimestampTzGetDatum(to), false);
}

/* local_seconds to traveler_minus_local_seconds */
static void
put_clocks(TvRow *row, TvEnv *env, const TvFixes *fixes, TimestampTz from, TimestampTz to, const TvmScore *score)
{
	TvmClocks	clocks;

	tv_score_clocks(env, tv_fixes_world(fixes), (to - from) / (double) USECS_PER_SEC, score, &clocks);
	tv_put_clocks(row, &clocks);
	tv_put_differences(row, &clocks);
}

TvVisiting *
tv_score_zones(TvFixes *fixes, const TvFixesAsked *asked, TvZones *zones)
{
	TvZonesAsked zones_asked = {
		.world_id = asked->world_id, .timeline_id = asked->timeline_id,
		.box = {.west = -180, .south = -90, .east = 180, .north = 90}
	};

	tv_zones_read(tv_fixes_env(fixes), &zones_asked, zones);
	return zones->count == 0 ? NULL : tv_visiting_open(fixes, zones);
}

void
tv_put_score(TvRow *row, const TvmScore *score, const TvCrossings *crossings)
{
	tv_put_bigint(row, score->fixes);
	tv_put_bigint(row, score->used);
	tv_put_bigint(row, score->outliers);
	tv_put_bigint(row, score->duplicates);
	tv_put_number(row, tvm_sum_read(&score->distance_m));
	tv_put_number(row, tvm_sum_read(&score->gap_m));
	tv_put_seconds(row, score->moving_us);
	tv_put_seconds(row, score->stopped_us);
	tv_put_seconds(row, score->gap_us);
	tv_put_bigint(row, score->stops);
	tv_put_amount(row, score->max_speed_mps);
	tv_put_amount(row, score->max_reported_speed_mps);
	tv_put_bigint(row, crossings->entered);
	tv_put_bigint(row, crossings->left);
	tv_put_bigint(row, crossings->crossed);
}

Datum
tv_box_score(PG_FUNCTION_ARGS)
{
	TvFixesAsked asked = tv_get_asked(fcinfo, 9);
	TimestampTz from;
	TimestampTz to;
	TimestampTz *bounds;
	TvmMotionRules thresholds;
	TvmScore   *scores;
	TvCrossings *crossings;
	TvVisiting *visiting;
	TvZones		zones;
	TvTrack		track = {0};
	TvVehicle  *vehicles;
	TvFixes    *fixes;
	TvEnv	   *env;
	uint32		count;
	uint32		vehicle_count;

	tv_get_range(fcinfo, 3, &from, &to);
	tv_get_thresholds(fcinfo, 6, &thresholds);
	bounds = tv_get_bounds(fcinfo, 5, from, to, &count);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_box_score");
	fixes = tv_fixes_open(env, &asked);
	vehicle_count = tv_get_vehicles(fcinfo, 2, fixes, &vehicles);
	if ((uint64) vehicle_count * count > MOST_ROWS)
		ereport(ERROR,
				(errcode(TV_ERRCODE_TOO_LARGE),
				 errmsg("too many rows"),
				 errdetail("%u vehicles in %u intervals are more than %d rows.", vehicle_count, count, MOST_ROWS)));
	visiting = tv_score_zones(fixes, &asked, &zones);
	crossings = MemoryContextAllocHuge(env->context, sizeof(TvCrossings) * (count + 1));
	scores = MemoryContextAllocHuge(env->context, sizeof(TvmScore) * (count + 1));
	for (uint32 i = 0; i < vehicle_count && count > 0; i++)
	{
		TvmMotionRules rules = tv_score_rules(fixes, &vehicles[i], &thresholds);

		tv_visits_score(visiting, fixes, &track, &vehicles[i], &rules, bounds, count, scores, crossings);
		for (uint32 j = 0; j < count; j++)
		{
			TvRow		row;

			tv_interrupts_at(j);
			put_range(&row, &vehicles[i], bounds[j], bounds[j + 1]);
			tv_put_score(&row, &scores[j], &crossings[j]);
			put_clocks(&row, env, fixes, bounds[j], bounds[j + 1], &scores[j]);
			tv_emit(fcinfo, &row);
		}
	}
	tv_fixes_close(fixes);
	tv_env_delete(env);
	return (Datum) 0;
}

static void
emit_stop(void *target, const TvVehicle *vehicle, const TvmStop *stop)
{
	FunctionCallInfo fcinfo = target;
	TvRow		row;
	double		lon;
	double		lat;

	tvm_stop_place(stop, &lon, &lat);
	put_range(&row, vehicle, stop->from, stop->to);
	tv_put_seconds(&row, stop->to - stop->from);
	tv_put_number(&row, lon);
	tv_put_number(&row, lat);
	tv_put_bigint(&row, stop->fixes);
	tv_put(&row, BoolGetDatum(stop->begins), false);
	tv_put(&row, BoolGetDatum(stop->ends), false);
	tv_emit(fcinfo, &row);
}

Datum
tv_stops(PG_FUNCTION_ARGS)
{
	TvFixesAsked asked = tv_get_asked(fcinfo, TV_ALL_KNOWN);
	TimestampTz from;
	TimestampTz to;
	TvmMotionRules thresholds;
	TvTrack		track = {0};
	TvVehicle  *vehicles;
	TvFixes    *fixes;
	TvEnv	   *env;
	uint32		count;

	tv_get_range(fcinfo, 3, &from, &to);
	tv_get_thresholds(fcinfo, 5, &thresholds);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_stops");
	fixes = tv_fixes_open(env, &asked);
	count = tv_get_vehicles(fcinfo, 2, fixes, &vehicles);
	for (uint32 i = 0; i < count; i++)
	{
		TvmMotionRules rules = tv_score_rules(fixes, &vehicles[i], &thresholds);

		tv_stops_find(fixes, &track, &vehicles[i], &rules, from, to, emit_stop, fcinfo);
	}
	tv_fixes_close(fixes);
	tv_env_delete(env);
	return (Datum) 0;
}

Datum
tv_trip_clock(PG_FUNCTION_ARGS)
{
	TvFixesAsked asked = tv_get_asked(fcinfo, TV_ALL_KNOWN);
	TimestampTz bounds[2];
	TvTrack		track = {0};
	TvVehicle  *vehicles;
	TvFixes    *fixes;
	TvEnv	   *env;
	uint32		count;

	tv_get_range(fcinfo, 3, &bounds[0], &bounds[1]);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_trip_clock");
	fixes = tv_fixes_open(env, &asked);
	count = tv_get_vehicles(fcinfo, 2, fixes, &vehicles);
	for (uint32 i = 0; i < count; i++)
	{
		TvmMotionRules rules = tv_fixes_rules(fixes, &vehicles[i]);
		TvmScore	score;
		TvRow		row;

		tvm_score_init(&score);
		if (bounds[0] < bounds[1])
			tv_score_find(fixes, &track, &vehicles[i], &rules, bounds, 1, &score, NULL);
		put_range(&row, &vehicles[i], bounds[0], bounds[1]);
		put_clocks(&row, env, fixes, bounds[0], bounds[1], &score);
		tv_put_seconds(&row, score.moving_us);
		tv_put_seconds(&row, score.stopped_us);
		tv_put_seconds(&row, score.gap_us);
		tv_put_text(&row, "at most");
		tv_emit(fcinfo, &row);
	}
	tv_fixes_close(fixes);
	tv_env_delete(env);
	return (Datum) 0;
}
