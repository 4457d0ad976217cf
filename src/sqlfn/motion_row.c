/*
 * motion_row.c: arguments and rows of functions that say where vehicles were; see motion_row.h.
 */
#include "postgres.h"

#include <math.h>

#include "common/int.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "sqlfn/motion_row.h"

#define MOST_YEARS 10000

static const char *const state_names[] = {
	[TVM_BEFORE] = "before",
	[TVM_MOVING] = "moving",
	[TVM_STOPPED] = "stopped",
	[TVM_GAP] = "gap",
	[TVM_HELD] = "held",
	[TVM_AFTER] = "after"
};

const char *
tv_motion_state_name(TvmMotionState state)
{
	return state_names[state];
}

/* Arguments ----------------------------------------------------------------- */

TimestampTz
tv_get_time(FunctionCallInfo fcinfo, int argument, const char *name)
{
	TimestampTz t;

	tv_require_argument(fcinfo, argument, name);
	t = PG_GETARG_TIMESTAMPTZ(argument);
	if (TIMESTAMP_NOT_FINITE(t))
		tv_report_invalid(name, "must be finite", NULL, NULL);
	return t;
}

void
tv_get_range(FunctionCallInfo fcinfo, int argument, TimestampTz *from, TimestampTz *to)
{
	int64		range;

	*from = tv_get_time(fcinfo, argument, "t_from");
	*to = tv_get_time(fcinfo, argument + 1, "t_to");
	if (pg_sub_s64_overflow(*to, *from, &range) || range < 0 || range > MOST_YEARS * 366 * USECS_PER_DAY)
		tv_report_invalid("t_to", "out of range", psprintf("It is at or after t_from, and at most %d years.", MOST_YEARS), NULL);
}

TimestampTz
tv_get_known_at(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? DT_NOEND : tv_get_time(fcinfo, argument, "known_at");
}

TvFixesAsked
tv_get_asked(FunctionCallInfo fcinfo, int known_at)
{
	return (TvFixesAsked) {
		.world_id = tv_get_bigint(fcinfo, 0, "world_id"),
		.timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id"),
		.known_at = known_at == TV_ALL_KNOWN ? DT_NOEND : tv_get_known_at(fcinfo, known_at),
		.until = DT_NOEND
	};
}

double
tv_get_amount(FunctionCallInfo fcinfo, int argument, const char *name, double low)
{
	double		amount;

	tv_require_argument(fcinfo, argument, name);
	amount = PG_GETARG_FLOAT8(argument);
	if (!(amount >= low && isfinite(amount)))
		tv_report_invalid(name, "out of range",
						  psprintf("%s is not a finite number of at least %g.", tvm_number_text(amount).text, low), NULL);
	return amount;
}

uint32
tv_get_vehicles(FunctionCallInfo fcinfo, int argument, TvFixes *fixes, TvVehicle **vehicles)
{
	int64	   *ids = NULL;
	uint32		count = 0;

	if (!PG_ARGISNULL(argument))
		ids = tv_get_bigints(fcinfo, argument, "vehicle_ids", &count);
	return tv_fixes_vehicles(fixes, ids, count, vehicles);
}

/* Rows ---------------------------------------------------------------------- */

void
tv_motion_rows(TvMotionRows *rows, FunctionCallInfo fcinfo, TvEnv *env, const TvFixes *fixes, int geom)
{
	rows->fixes = fixes;
	rows->courses = NULL;
	rows->points = tv_point_maker(env, TupleDescAttr(((ReturnSetInfo *) fcinfo->resultinfo)->setDesc, geom)->atttypid);
	for (int i = 0; i < lengthof(rows->states); i++)
		rows->states[i] = CStringGetTextDatum(tv_motion_state_name(i));
}

void
tv_put_amount(TvRow *row, double value)
{
	tv_put(row, Float8GetDatum(value), isnan(value));
}

void
tv_put_seconds(TvRow *row, int64 microseconds)
{
	tv_put_number(row, microseconds / (double) USECS_PER_SEC);
}

/* Where on the network: as the fix says, or between two fixes on one segment. */
static void
find_network(const TvmFix *fixes, const TvmMoment *moment, TvCoursePoint *at)
{
	const TvmFix *fix = &fixes[moment->fix];

	at->segment_id = fix->segment_id;
	at->fraction = fix->fraction;
	if (moment->part > 0 && moment->next >= 0 && (moment->state == TVM_MOVING || moment->state == TVM_STOPPED))
	{
		const TvmFix *next = &fixes[moment->next];

		at->segment_id = next->segment_id == fix->segment_id ? fix->segment_id : 0;
		at->fraction += (next->fraction - fix->fraction) * moment->part;
	}
}

void
tv_put_moment(TvRow *row, const TvMotionRows *rows, const TvVehicle *vehicle, const TvmFix *fixes,
			  TimestampTz t, const TvmMoment *moment)
{
	bool		somewhere = !isnan(moment->lon);
	TvCoursePoint at = {.position = {.lon = moment->lon, .lat = moment->lat}};

	if (somewhere && (rows->courses == NULL ||
					  !tv_courses_at(rows->courses, fixes, moment, vehicle->max_speed_mps, &at)))
		find_network(fixes, moment, &at);
	tv_put_bigint(row, vehicle->id);
	tv_put(row, rows->states[moment->state], false);
	tv_put_amount(row, at.position.lon);
	tv_put_amount(row, at.position.lat);
	tv_put(row, somewhere ? tv_point_show(rows->points, at.position.lon, at.position.lat) : (Datum) 0, !somewhere);
	tv_put_amount(row, moment->alt_m);
	tv_put_amount(row, moment->speed_mps);
	tv_put_amount(row, moment->heading_deg);
	if (moment->fix < 0)
	{
		for (int i = 0; i < 5; i++)
			tv_put(row, (Datum) 0, true);
		return;
	}
	tv_put(row, TimestampTzGetDatum(fixes[moment->fix].t), false);
	tv_put_seconds(row, t - fixes[moment->fix].t);
	tv_put(row, BoolGetDatum(tv_fixes_inherited(rows->fixes, &fixes[moment->fix])), false);
	tv_put_id(row, at.segment_id);
	tv_put(row, Float8GetDatum(at.fraction), at.segment_id == 0 || isnan(at.fraction));
}
