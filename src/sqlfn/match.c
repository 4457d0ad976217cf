/*
 * match.c: tracks matched to the network: tv_match, tv_match_line.
 *
 * Reads and writes nothing.  What it loads and computes lies in an environment that is deleted before it returns.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "bridge/match/driven.h"
#include "bridge/match/match.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/server/json.h"
#include "sqlfn/motion_row.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_match);
PG_FUNCTION_INFO_V1(tv_match_line);

/* Seconds from the epoch of Unix to that of the server. */
#define EPOCH ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * (double) SECS_PER_DAY)

/* A number, or what is assumed where it is null; 22023 unless low <= number <= high. */
static double
get_number(FunctionCallInfo fcinfo, int argument, const char *name, double low, double high, double otherwise)
{
	double		value;

	if (PG_ARGISNULL(argument))
		return otherwise;
	value = PG_GETARG_FLOAT8(argument);
	if (!(value >= low && value <= high))
		tv_report_invalid(name, "out of range",
						  psprintf("%s is outside %g..%g.", tvm_number_text(value).text, low, high), NULL);
	return value;
}

/* The arguments that follow on what is matched. */
static TvMatchOptions
get_options(FunctionCallInfo fcinfo, int first)
{
	TvMatchOptions options = tv_match_options_default();

	options.gps_m = get_number(fcinfo, first, "gps_m", 0.5, 200, NAN);
	options.radius_m = get_number(fcinfo, first + 1, "radius_m", 1, 1000, options.radius_m);
	options.max_gap_s = get_number(fcinfo, first + 2, "max_gap_s", 0, 86400, options.max_gap_s);
	options.max_speed_mps = get_number(fcinfo, first + 3, "max_speed_mps", 0.1, 1e6, NAN);
	options.closed_too = !PG_ARGISNULL(first + 4) && PG_GETARG_BOOL(first + 4);
	return options;
}

/* Fixes as JSON ---------------------------------------------------------------- */

static double
read_number(const JsonbValue *value, const TvPath *path, double low, double high, const char *hint)
{
	double		number = tv_json_number(value, path);

	if (!(number >= low && number <= high))
		tv_json_fail(path, "out of range", hint, "%s is outside %g..%g.", tvm_number_text(number).text, low, high);
	return number;
}

/* [lon, lat, seconds], or [lon, lat, altitude, seconds]. */
static TvMatchFix
read_fix(const JsonbValue *element, const TvPath *path)
{
	JsonbContainer *list = tv_json_array(element, path);
	uint32		count = JsonContainerSize(list);
	double		numbers[4];
	TvJsonScan	scan;
	JsonbValue	value;

	if (count != 3 && count != 4)
		tv_json_fail(path, "not a fix", "A fix is [longitude, latitude, seconds] or [longitude, latitude, altitude, seconds].",
					 "It has %u numbers.", count);
	tv_json_scan(&scan, list);
	while (tv_json_next(&scan, &value))
	{
		TvPath		at = TV_PATH_INDEX(path, scan.index);
		bool		is_time = scan.index == count - 1;
		double		most = scan.index == 0 ? 180 : scan.index == 1 ? 90 : 1e11;

		numbers[scan.index] = read_number(&value, &at, -most, most, is_time ? "Times are seconds since 1970, not milliseconds." : NULL);
	}
	return (TvMatchFix) {
		.t = (int64) rint((numbers[count - 1] - EPOCH) * USECS_PER_SEC),
		.lon = numbers[0],
		.lat = numbers[1]
	};
}

static TvMatchFix *
read_track(TvEnv *env, Jsonb *document, uint32 *count)
{
	TvPath		path = TV_PATH_KEY(NULL, "track");
	JsonbValue	root;
	JsonbValue	element;
	JsonbContainer *list;
	TvJsonScan	scan;
	TvMatchFix *fixes;

	tv_json_root(document, &root);
	list = tv_json_array(&root, &path);
	*count = JsonContainerSize(list);
	tv_match_require_count(*count);
	fixes = tv_env_take(env, sizeof(TvMatchFix) * Max(*count, 1));
	tv_json_scan(&scan, list);
	while (tv_json_next(&scan, &element))
	{
		TvPath		at = TV_PATH_INDEX(&path, scan.index);

		tv_interrupts_at(scan.index);
		fixes[scan.index] = read_fix(&element, &at);
		if (!IS_VALID_TIMESTAMP(fixes[scan.index].t))
			tv_json_fail(&at, "not a time", NULL, NULL);
		if (scan.index > 0 && fixes[scan.index].t <= fixes[scan.index - 1].t)
			tv_json_fail(&at, "not after the fix before", "Times must ascend.", NULL);
	}
	return fixes;
}

/* Rows --------------------------------------------------------------------------- */

static void
emit_matched(FunctionCallInfo fcinfo, const TvMatchRow *matched)
{
	TvRow		row = {0};
	bool		none = matched->piece == 0;

	tv_put(&row, Int64GetDatum(matched->piece), none);
	tv_put(&row, Int64GetDatum(matched->seq), none);
	tv_put(&row, Int64GetDatum(matched->segment_id), none);
	tv_put(&row, BoolGetDatum(matched->forward), none);
	tv_put(&row, TimestampTzGetDatum(matched->t_from), false);
	tv_put(&row, TimestampTzGetDatum(matched->t_to), false);
	tv_put(&row, Float8GetDatum(matched->fraction_from), none);
	tv_put(&row, Float8GetDatum(matched->fraction_to), none);
	tv_put(&row, Float8GetDatum(matched->distance_m), none);
	tv_put(&row, Float8GetDatum(matched->confidence), none);
	tv_put(&row, BoolGetDatum(matched->closed), none);
	if (none)
		tv_put_text(&row, tv_match_cut_name(matched->cut));
	else
		tv_put(&row, (Datum) 0, true);
	tv_emit(fcinfo, &row);
}

static void
emit_match(FunctionCallInfo fcinfo, const TvMatch *match)
{
	for (uint32 i = 0; i < match->count; i++)
	{
		tv_interrupts_at(i);
		emit_matched(fcinfo, &match->rows[i]);
	}
}

Datum
tv_match_line(PG_FUNCTION_ARGS)
{
	int64		world_id = tv_get_bigint(fcinfo, 0, "world_id");
	int64		timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id");
	TvMatchOptions options;
	TvMatchFix *fixes;
	TvMatch		match;
	uint32		count;
	TvEnv	   *env;

	tv_require_argument(fcinfo, 2, "track");
	options = get_options(fcinfo, 3);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_match_line");
	fixes = read_track(env, PG_GETARG_JSONB_P(2), &count);
	if (isnan(options.max_speed_mps))
		options.max_speed_mps = tv_match_options_default().max_speed_mps;
	tv_match_track(env, world_id, timeline_id, fixes, count, &options, &match);
	emit_match(fcinfo, &match);
	tv_env_delete(env);
	return (Datum) 0;
}

Datum
tv_match(PG_FUNCTION_ARGS)
{
	TvFixesAsked asked = tv_get_asked(fcinfo, 10);
	int64		vehicle_id = tv_get_bigint(fcinfo, 2, "vehicle_id");
	TimestampTz from = tv_get_time(fcinfo, 3, "t_from");
	TimestampTz to = tv_get_time(fcinfo, 4, "t_to");
	TvMatchOptions options = get_options(fcinfo, 5);
	TvMatchFix *fixes;
	TvMatch		match;
	uint32		count;
	double		max_speed_mps;
	TvEnv	   *env;

	if (to < from)
		tv_report_invalid("t_to", "before t_from", NULL, NULL);
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_match");
	fixes = tv_driven_read(env, &asked, vehicle_id, from, to, &count, &max_speed_mps);
	if (isnan(options.max_speed_mps))
		options.max_speed_mps = Min(max_speed_mps, tv_match_options_default().max_speed_mps);
	tv_match_track(env, asked.world_id, asked.timeline_id, fixes, count, &options, &match);
	emit_match(fcinfo, &match);
	tv_env_delete(env);
	return (Datum) 0;
}
