/*
 * motion_tracks.c: where vehicles went, as lines with times: tv_tracks.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"

#include "bridge/motion/line.h"
#include "bridge/motion/line_json.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "sqlfn/motion_row.h"

PG_FUNCTION_INFO_V1(tv_tracks);

static void
emit_track(FunctionCallInfo fcinfo, int64 vehicle_id, const TvLines *lines, TvLineFormat format)
{
	Jsonb	   *document = tv_lines_write(lines, vehicle_id, format);
	TvRow		row = {0};

	if (document == NULL)
		return;
	tv_put_bigint(&row, vehicle_id);
	tv_put(&row, JsonbPGetDatum(document), false);
	tv_emit(fcinfo, &row);
}

Datum
tv_tracks(PG_FUNCTION_ARGS)
{
	TvFixesAsked world = tv_get_asked(fcinfo, 7);
	TvLineFormat format = tv_line_format(tv_get_name(fcinfo, 5));
	double		max_gap_s = tv_get_amount(fcinfo, 6, "max_gap_s", 0);
	TvLines		lines = {0};
	MemoryContext each;
	TvVehicle  *vehicles;
	TvFixes    *fixes;
	TimestampTz from;
	TimestampTz to;
	TvEnv	   *env;
	uint32		count;

	tv_get_range(fcinfo, 2, &from, &to);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_tracks");
	fixes = tv_fixes_open(env, &world);
	count = tv_get_vehicles(fcinfo, 4, fixes, &vehicles);
	lines.context = env->context;
	each = AllocSetContextCreate(CurrentMemoryContext, "timevmaps track", ALLOCSET_DEFAULT_SIZES);
	for (uint32 i = 0; i < count; i++)
	{
		TvmMotionRules rules = tv_fixes_rules(fixes, &vehicles[i]);
		MemoryContext caller;

		CHECK_FOR_INTERRUPTS();
		rules.max_gap_s = max_gap_s;
		tv_lines_find(fixes, &vehicles[i], &rules, from, to, &lines);
		caller = MemoryContextSwitchTo(each);
		emit_track(fcinfo, vehicles[i].id, &lines, format);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(each);
	}
	tv_fixes_close(fixes);
	tv_env_delete(env);
	return (Datum) 0;
}
