/*
 * motion_replay.c: where vehicles were, frame by frame: tv_replay, tv_replay_diff.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"

#include "bridge/motion/replay.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/scan.h"
#include "sqlfn/motion_row.h"

PG_FUNCTION_INFO_V1(tv_replay);
PG_FUNCTION_INFO_V1(tv_replay_diff);

#define LEAST_STEP_S 0.001

static TvReplayAsked
get_asked(FunctionCallInfo fcinfo, int from)
{
	TvReplayAsked asked = {.idle_s = INFINITY};
	TvmMotionRules rules;

	tvm_motion_rules_default(&rules);
	asked.max_gap_s = rules.max_gap_s;
	tv_get_range(fcinfo, from, &asked.from, &asked.to);
	asked.step_s = tv_get_amount(fcinfo, from + 2, "step_s", LEAST_STEP_S);
	return asked;
}

static void
put_frame(TvRow *row, int64 number, const TvFrameTime *frame)
{
	row->count = 0;
	tv_put_bigint(row, number);
	tv_put(row, TimestampTzGetDatum(frame->t), false);
}

/* The courses of a frame, all at once. */
static void
expect_frame(TvReplay *replay, TvCourses *courses, uint32 count)
{
	for (uint32 i = 0; i < count; i++)
	{
		TvmMoment	moment;
		const TvmFix *named = tv_replay_at(replay, i, &moment);

		tv_interrupts_at(i);
		tv_courses_expect(courses, named, &moment);
	}
}

Datum
tv_replay(PG_FUNCTION_ARGS)
{
	TvFixesAsked world = tv_get_asked(fcinfo, 8);
	TvReplayAsked asked = get_asked(fcinfo, 2);
	TvMotionRows rows = {0};
	TvVehicle  *vehicles;
	TvFixes    *fixes;
	TvReplay   *replay;
	TvEnv	   *env;
	uint32		count;
	int64		number = 0;

	if (!PG_ARGISNULL(6))
		asked.idle_s = tv_get_amount(fcinfo, 6, "compress_gaps_s", 0);
	asked.max_gap_s = tv_get_amount(fcinfo, 7, "max_gap_s", 0);
	tv_require_argument(fcinfo, 9, "on_network");
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_replay");
	fixes = tv_fixes_open(env, &world);
	count = tv_get_vehicles(fcinfo, 5, fixes, &vehicles);
	tv_motion_rows(&rows, fcinfo, env, fixes, 7);
	if (PG_GETARG_BOOL(9) && count > 0)
		rows.courses = tv_courses_create(env, world.world_id, tv_fixes_rules(fixes, &vehicles[0]).radius_m);
	replay = tv_replay_open(fixes, vehicles, count, &asked);
	for (; tv_replay_next(replay); number++)
	{
		const TvFrameTime *frame = tv_replay_frame(replay);
		TvRow		row;

		put_frame(&row, number, frame);
		tv_put_number(&row, frame->play_s);
		if (rows.courses != NULL)
			expect_frame(replay, rows.courses, count);
		for (uint32 i = 0; i < count; i++)
		{
			TvmMoment	moment;
			const TvmFix *named = tv_replay_at(replay, i, &moment);

			tv_interrupts_at(i);
			row.count = 3;
			tv_put_moment(&row, &rows, &vehicles[i], named, frame->t, &moment);
			tv_emit(fcinfo, &row);
		}
		CHECK_FOR_INTERRUPTS();
	}
	tv_fixes_close(fixes);
	tv_env_delete(env);
	return (Datum) 0;
}

/* Two branches -------------------------------------------------------------- */

static void
receive_world(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	*(int64 *) target = DatumGetInt64(values[0]);
}

/* The world of a timeline, as the caller. */
static int64
find_world(int64 timeline_id)
{
	TvArg		args[] = {tv_arg_bigint(timeline_id)};
	int64		world_id = 0;

	SPI_connect();
	tv_scan("SELECT t.world_id FROM timevmaps.timelines t WHERE t.id OPERATOR(pg_catalog.=) $1", lengthof(args), args, receive_world, &world_id);
	SPI_finish();
	if (world_id == 0)
		tv_report_not_found("timeline", timeline_id);
	return world_id;
}

/* One of the two, and the points that it shows. */
typedef struct Side
{
	TvEnv	   *env;
	TvFixes    *fixes;
	TvReplay   *replay;
	TvVehicle  *vehicles;
	uint32		count;
	TvMotionRows rows;
	TvmMoment	moment;
} Side;

static void
open_side(FunctionCallInfo fcinfo, Side *side, int64 world_id, int64 timeline_id, const TvReplayAsked *asked, int geom)
{
	TvFixesAsked world = {.world_id = world_id, .timeline_id = timeline_id, .known_at = DT_NOEND, .until = DT_NOEND};

	side->env = tv_env_create("tv_replay_diff");
	side->fixes = tv_fixes_open(side->env, &world);
	side->count = tv_get_vehicles(fcinfo, 5, side->fixes, &side->vehicles);
	tv_motion_rows(&side->rows, fcinfo, side->env, side->fixes, geom);
	side->replay = tv_replay_open(side->fixes, side->vehicles, side->count, asked);
}

static void
put_side(TvRow *row, Side *side, uint32 i)
{
	bool		somewhere;

	(void) tv_replay_at(side->replay, i, &side->moment);
	somewhere = !isnan(side->moment.lon);
	tv_put(row, side->rows.states[side->moment.state], false);
	tv_put(row, Float8GetDatum(side->moment.lon), !somewhere);
	tv_put(row, Float8GetDatum(side->moment.lat), !somewhere);
	tv_put(row, somewhere ? tv_point_show(side->rows.points, side->moment.lon, side->moment.lat) : (Datum) 0, !somewhere);
}

static void
put_metres(TvRow *row, const Side *a, const Side *b)
{
	const TvmFix from = {.lon = a->moment.lon, .lat = a->moment.lat};
	const TvmFix to = {.lon = b->moment.lon, .lat = b->moment.lat};
	TvmMotionRules rules = tv_fixes_rules(a->fixes, a->vehicles);

	if (isnan(from.lon) || isnan(to.lon))
		tv_put(row, (Datum) 0, true);
	else
		tv_put_number(row, from.lon == to.lon && from.lat == to.lat ? 0 : tvm_motion_metres(&rules, &from, &to));
}

Datum
tv_replay_diff(PG_FUNCTION_ARGS)
{
	int64		timelines[] = {tv_get_bigint(fcinfo, 0, "timeline_a"), tv_get_bigint(fcinfo, 1, "timeline_b")};
	TvReplayAsked asked = get_asked(fcinfo, 2);
	Side		sides[2] = {0};
	int64		world_id;
	int64		number = 0;

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	world_id = find_world(timelines[0]);
	if (find_world(timelines[1]) != world_id)
		tv_report_invalid("timeline_b", "not of the world of timeline_a", NULL, NULL);
	for (int i = 0; i < lengthof(sides); i++)
		open_side(fcinfo, &sides[i], world_id, timelines[i], &asked, 6 + 4 * i);
	for (; tv_replay_next(sides[0].replay) && tv_replay_next(sides[1].replay); number++)
	{
		TvRow		row;

		put_frame(&row, number, tv_replay_frame(sides[0].replay));
		for (uint32 i = 0; i < sides[0].count; i++)
		{
			tv_interrupts_at(i);
			row.count = 2;
			tv_put_bigint(&row, sides[0].vehicles[i].id);
			put_side(&row, &sides[0], i);
			put_side(&row, &sides[1], i);
			put_metres(&row, &sides[0], &sides[1]);
			tv_emit(fcinfo, &row);
		}
		CHECK_FOR_INTERRUPTS();
	}
	for (int i = lengthof(sides); i-- > 0;)
	{
		tv_fixes_close(sides[i].fixes);
		tv_env_delete(sides[i].env);
	}
	return (Datum) 0;
}
