/*
 * motion.c: where all vehicles were at a moment, and where they are: tv_positions_at, tv_live_positions.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"

#include "bridge/motion/moment.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "sqlfn/motion_row.h"

PG_FUNCTION_INFO_V1(tv_positions_at);
PG_FUNCTION_INFO_V1(tv_live_positions);

#define GEOM 4					/* which column has the point */

/* Courses over the network, many at once: the moments are found twice. */
static TvCourses *
expect_all(TvEnv *env, int64 world_id, TvFixes *fixes, TvVehicle *vehicles, uint32 count, TimestampTz t, double max_gap_s)
{
	TvCourses  *courses = NULL;
	TvTrail		trail = {0};

	for (uint32 i = 0; i < count; i++)
	{
		TvmMotionRules rules = tv_fixes_rules(fixes, &vehicles[i]);
		TvmMoment	moment;

		CHECK_FOR_INTERRUPTS();
		rules.max_gap_s = max_gap_s;
		if (courses == NULL)
			courses = tv_courses_create(env, world_id, rules.radius_m);
		tv_moment_find(fixes, &trail, &vehicles[i], &rules, t, &moment);
		tv_courses_expect(courses, trail.stream.fixes, &moment);
	}
	return courses;
}

static void
emit_all(FunctionCallInfo fcinfo, const TvFixesAsked *asked, TimestampTz t, double max_gap_s, int vehicle_ids,
		 bool on_network)
{
	TvEnv	   *env = tv_env_create("tv_positions_at");
	TvFixes    *fixes = tv_fixes_open(env, asked);
	TvTrail		trail = {0};
	TvMotionRows rows;
	TvVehicle  *vehicles;
	uint32		count = tv_get_vehicles(fcinfo, vehicle_ids, fixes, &vehicles);

	tv_motion_rows(&rows, fcinfo, env, fixes, GEOM);
	if (on_network)
		rows.courses = expect_all(env, asked->world_id, fixes, vehicles, count, t, max_gap_s);
	for (uint32 i = 0; i < count; i++)
	{
		TvmMotionRules rules = tv_fixes_rules(fixes, &vehicles[i]);
		TvmMoment	moment;
		TvRow		row;

		CHECK_FOR_INTERRUPTS();
		rules.max_gap_s = max_gap_s;
		tv_moment_find(fixes, &trail, &vehicles[i], &rules, t, &moment);
		row.count = 0;
		tv_put_moment(&row, &rows, &vehicles[i], trail.stream.fixes, t, &moment);
		tv_emit(fcinfo, &row);
	}
	tv_fixes_close(fixes);
	tv_env_delete(env);
}

Datum
tv_positions_at(PG_FUNCTION_ARGS)
{
	TimestampTz t = tv_get_time(fcinfo, 2, "t");
	double		max_gap_s = tv_get_amount(fcinfo, 3, "max_gap_s", 0);
	TvFixesAsked asked = tv_get_asked(fcinfo, 4);

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	tv_require_argument(fcinfo, 6, "on_network");
	emit_all(fcinfo, &asked, t, max_gap_s, 5, PG_GETARG_BOOL(6));
	return (Datum) 0;
}

/* What lies in the future is not looked at: a clock that is wrong keeps no vehicle from being seen. */
Datum
tv_live_positions(PG_FUNCTION_ARGS)
{
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	double		max_gap_s = tv_get_amount(fcinfo, 2, "max_gap_s", 0);
	TvFixesAsked asked = {
		.world_id = tv_get_bigint(fcinfo, 0, "world_id"),
		.timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id"),
		.known_at = DT_NOEND,
		.until = now
	};

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	emit_all(fcinfo, &asked, now, max_gap_s, 3, false);
	return (Datum) 0;
}
