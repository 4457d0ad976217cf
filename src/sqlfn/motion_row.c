/*
 * motion_row.c: arguments and rows of functions that say where vehicles were; see motion_row.h.
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "sqlfn/motion_row.h"

static const char *const state_names[] = {
	[TVM_BEFORE] = "before",
	[TVM_MOVING] = "moving",
	[TVM_STOPPED] = "stopped",
	[TVM_GAP] = "gap",
	[TVM_HELD] = "held",
	[TVM_AFTER] = "after"
};

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

TimestampTz
tv_get_known_at(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? DT_NOEND : tv_get_time(fcinfo, argument, "known_at");
}

double
tv_get_seconds(FunctionCallInfo fcinfo, int argument, const char *name, double low)
{
	double		seconds;

	tv_require_argument(fcinfo, argument, name);
	seconds = PG_GETARG_FLOAT8(argument);
	if (!(seconds >= low && isfinite(seconds)))
		tv_report_invalid(name, "out of range",
						  psprintf("%s is not a finite number of at least %g.", tvm_number_text(seconds).text, low), NULL);
	return seconds;
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
	rows->points = tv_point_maker(env, TupleDescAttr(((ReturnSetInfo *) fcinfo->resultinfo)->setDesc, geom)->atttypid);
	for (int i = 0; i < lengthof(rows->states); i++)
		rows->states[i] = CStringGetTextDatum(state_names[i]);
}

/* Null where it is not said. */
static void
put_amount(TvRow *row, double value)
{
	tv_put(row, Float8GetDatum(value), isnan(value));
}

/* Where on the network: as the fix says, or between two fixes on one segment. */
static void
put_network(TvRow *row, const TvmFix *fixes, const TvmMoment *moment)
{
	const TvmFix *fix = &fixes[moment->fix];
	int64		segment_id = fix->segment_id;
	double		fraction = fix->fraction;

	if (moment->part > 0 && moment->next >= 0 && (moment->state == TVM_MOVING || moment->state == TVM_STOPPED))
	{
		const TvmFix *next = &fixes[moment->next];

		segment_id = next->segment_id == segment_id ? segment_id : 0;
		fraction += (next->fraction - fraction) * moment->part;
	}
	tv_put_id(row, segment_id);
	tv_put(row, Float8GetDatum(fraction), segment_id == 0);
}

void
tv_put_moment(TvRow *row, const TvMotionRows *rows, const TvVehicle *vehicle, const TvmFix *fixes,
			  TimestampTz t, const TvmMoment *moment)
{
	bool		somewhere = !isnan(moment->lon);

	tv_put_bigint(row, vehicle->id);
	tv_put(row, rows->states[moment->state], false);
	put_amount(row, moment->lon);
	put_amount(row, moment->lat);
	tv_put(row, somewhere ? tv_point_show(rows->points, moment->lon, moment->lat) : (Datum) 0, !somewhere);
	put_amount(row, moment->alt_m);
	put_amount(row, moment->speed_mps);
	put_amount(row, moment->heading_deg);
	if (moment->fix < 0)
	{
		for (int i = 0; i < 5; i++)
			tv_put(row, (Datum) 0, true);
		return;
	}
	tv_put(row, TimestampTzGetDatum(fixes[moment->fix].t), false);
	tv_put_number(row, (t - fixes[moment->fix].t) / (double) USECS_PER_SEC);
	tv_put(row, BoolGetDatum(tv_fixes_inherited(rows->fixes, &fixes[moment->fix])), false);
	if (somewhere)
		put_network(row, fixes, moment);
	else
	{
		tv_put(row, (Datum) 0, true);
		tv_put(row, (Datum) 0, true);
	}
}
