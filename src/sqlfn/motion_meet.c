/*
 * motion_meet.c: who was near whom: tv_meetings.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"

#include "bridge/motion/meet.h"
#include "bridge/motion/score.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "sqlfn/motion_row.h"

PG_FUNCTION_INFO_V1(tv_meetings);

Datum
tv_meetings(PG_FUNCTION_ARGS)
{
	TvFixesAsked asked = tv_get_asked(fcinfo, TV_ALL_KNOWN);
	double		within_m = tv_get_amount(fcinfo, 4, "within_m", 0);
	double		max_gap_s = tv_get_amount(fcinfo, 6, "max_gap_s", 0);
	TimestampTz from;
	TimestampTz to;
	TvmMeetings meetings;
	TvVehicle  *vehicles;
	TvFixes    *fixes;
	TvEnv	   *env;
	uint32		count;

	tv_get_range(fcinfo, 2, &from, &to);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_meetings");
	fixes = tv_fixes_open(env, &asked);
	count = tv_get_vehicles(fcinfo, 5, fixes, &vehicles);
	meetings = tv_meetings_find(fixes, vehicles, count, max_gap_s, from, to, within_m);
	for (size_t i = 0; i < meetings.count; i++)
	{
		const TvmMeeting *meeting = &meetings.list[i];
		TvmStop		place = {.place = {meeting->place[0], meeting->place[1], meeting->place[2]}};
		TvRow		row = {0};
		double		lon;
		double		lat;

		tv_interrupts_at(i);
		tvm_stop_place(&place, &lon, &lat);
		tv_put_bigint(&row, vehicles[meeting->a].id);
		tv_put_bigint(&row, vehicles[meeting->b].id);
		tv_put(&row, TimestampTzGetDatum(meeting->from), false);
		tv_put(&row, TimestampTzGetDatum(meeting->to), false);
		tv_put_seconds(&row, meeting->to - meeting->from);
		tv_put(&row, TimestampTzGetDatum(meeting->nearest_at), false);
		tv_put_number(&row, meeting->nearest_m);
		tv_put_number(&row, lon);
		tv_put_number(&row, lat);
		tv_emit(fcinfo, &row);
	}
	tv_fixes_close(fixes);
	tv_env_delete(env);
	return (Datum) 0;
}
