/*
 * route.c: routes as SQL functions: tv_plan_route, tv_route_steps,
 * tv_route_cost, tv_cost_matrix.
 *
 * All of them read and write nothing.  What they load and compute lies in an
 * environment that is deleted before they return.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "bridge/compat.h"
#include "bridge/course.h"
#include "bridge/error.h"
#include "bridge/route.h"

PG_FUNCTION_INFO_V1(tv_plan_route);
PG_FUNCTION_INFO_V1(tv_route_steps);
PG_FUNCTION_INFO_V1(tv_route_cost);
PG_FUNCTION_INFO_V1(tv_cost_matrix);

/* Arguments --------------------------------------------------------------- */

static void
require_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		tv_report_invalid(name, "must not be null", NULL, NULL);
}

static int64
get_bigint(FunctionCallInfo fcinfo, int argument, const char *name)
{
	require_argument(fcinfo, argument, name);
	return PG_GETARG_INT64(argument);
}

static const char *
get_metric(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

/* The six arguments that plan_route, route_steps and route_cost share. */
static TvRouteRequest
get_request(FunctionCallInfo fcinfo)
{
	TvRouteRequest request;

	request.world_id = get_bigint(fcinfo, 0, "world_id");
	request.timeline_id = get_bigint(fcinfo, 1, "timeline_id");
	request.origin_place_id = get_bigint(fcinfo, 2, "origin_place_id");
	request.dest_place_id = get_bigint(fcinfo, 3, "dest_place_id");
	request.dest_timeline_id = PG_ARGISNULL(4) ? request.timeline_id : PG_GETARG_INT64(4);
	request.metric = get_metric(fcinfo, 5);
	return request;
}

static int64 *
get_bigints(FunctionCallInfo fcinfo, int argument, const char *name, uint32 *count)
{
	ArrayType  *array;
	Datum	   *elements;
	bool	   *nulls;
	int			element_count;
	int64	   *values;

	require_argument(fcinfo, argument, name);
	array = PG_GETARG_ARRAYTYPE_P(argument);
	if (ARR_NDIM(array) > 1)
		tv_report_invalid(name, "must have one dimension",
						  psprintf("It has %d.", ARR_NDIM(array)), NULL);
	deconstruct_array(array, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &elements, &nulls, &element_count);
	values = palloc(sizeof(int64) * Max(element_count, 1));
	for (int i = 0; i < element_count; i++)
	{
		if (nulls[i])
			tv_report_invalid(psprintf("%s[%d]", name, i + 1), "must not be null", NULL, NULL);
		values[i] = DatumGetInt64(elements[i]);
	}
	*count = element_count;
	return values;
}

/* Rows -------------------------------------------------------------------- */

/* Columns are set one after the other; what is not set is null. */
#define MAX_COLUMNS 20

typedef struct Row
{
	int			count;
	Datum		values[MAX_COLUMNS];
	bool		nulls[MAX_COLUMNS];
} Row;

static void
put(Row *row, Datum value, bool is_null)
{
	Assert(row->count < MAX_COLUMNS);
	row->values[row->count] = value;
	row->nulls[row->count++] = is_null;
}

static void
put_bigint(Row *row, int64 value)
{
	put(row, Int64GetDatum(value), false);
}

/* Ids begin at 1: 0 stands for none. */
static void
put_id(Row *row, int64 id)
{
	put(row, Int64GetDatum(id), id == 0);
}

static void
put_number(Row *row, double value)
{
	put(row, Float8GetDatum(value), false);
}

static void
put_text(Row *row, const char *value)
{
	put(row, CStringGetTextDatum(value), false);
}

static void
emit(FunctionCallInfo fcinfo, Row *row)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	Assert(row->count == result->setDesc->natts);
	tuplestore_putvalues(result->setResult, result->setDesc, row->values, row->nulls);
}

static void
put_clocks(Row *row, const TvmClocks *clocks)
{
	put_number(row, clocks->local_s);
	put_number(row, clocks->coordinate_s);
	put_number(row, clocks->traveler_s);
}

static void
put_differences(Row *row, const TvmClocks *clocks)
{
	put_number(row, clocks->coordinate_minus_local_s);
	put_number(row, clocks->traveler_minus_local_s);
}

/* Of each step, the place or the timeline. */
static void
put_path(Row *row, const TvRoute *route, bool timelines)
{
	Datum	   *ids = palloc(sizeof(Datum) * route->step_count);

	for (uint32 i = 0; i < route->step_count; i++)
		ids[i] = Int64GetDatum(timelines ? route->steps[i].timeline_id : route->steps[i].place_id);
	put(row, PointerGetDatum(construct_array(ids, route->step_count, INT8OID, sizeof(int64),
											 FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)), false);
}

/* "Least traveler time, with special relativity; through 1 gateway." */
static char *
physics_note(const TvRoute *route)
{
	const TvmWorldRules *rules = &route->rules;
	StringInfoData note;

	initStringInfo(&note);
	if (route->metric == TV_METRIC_DISTANCE)
		appendStringInfoString(&note, "Least distance");
	else
		appendStringInfo(&note, "Least %s time", tv_metric_name(route->metric));
	appendStringInfoString(&note, rules->sr && rules->gr ? ", with special and general relativity"
						   : rules->sr ? ", with special relativity"
						   : rules->gr ? ", with general relativity" : ", without relativity");
	if (!isinf(rules->max_speed_mps))
		appendStringInfo(&note, ", at most %g m/s", rules->max_speed_mps);
	if (route->gateway_count > 0)
		appendStringInfo(&note, "; through %u gateway%s", route->gateway_count,
						 route->gateway_count == 1 ? "" : "s");
	if (route->world_count > 1)
		appendStringInfoString(&note, "; other worlds by their own rules");
	appendStringInfoChar(&note, '.');
	return note.data;
}

/* Functions --------------------------------------------------------------- */

Datum
tv_plan_route(PG_FUNCTION_ARGS)
{
	TvRouteRequest request = get_request(fcinfo);
	TvEnv	   *env;
	TvRoute    *route;

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_plan_route");
	route = tv_route_find(env, &request);
	if (route != NULL)
	{
		TupleDesc	columns = ((ReturnSetInfo *) fcinfo->resultinfo)->setDesc;
		Row			row = {0};
		Datum		line = (Datum) 0;
		bool		has_line;

		put_bigint(&row, request.world_id);
		put_bigint(&row, request.timeline_id);
		put_bigint(&row, request.origin_place_id);
		put_bigint(&row, request.dest_place_id);
		put_bigint(&row, request.dest_timeline_id);
		put_path(&row, route, false);
		put_path(&row, route, true);
		put_number(&row, route->total->distance_m);
		put_number(&row, route->eta_seconds);
		put_clocks(&row, &route->total->clocks);
		put_differences(&row, &route->total->clocks);
		put_text(&row, tv_metric_name(route->metric));
		put_text(&row, physics_note(route));
		has_line = tv_course(env, route, TupleDescAttr(columns, row.count)->atttypid, &line);
		put(&row, line, !has_line);
		put(&row, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()), false);
		emit(fcinfo, &row);
	}
	tv_env_delete(env);
	return (Datum) 0;
}

Datum
tv_route_steps(PG_FUNCTION_ARGS)
{
	TvRouteRequest request = get_request(fcinfo);
	TvEnv	   *env;
	TvRoute    *route;

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_route_steps");
	route = tv_route_find(env, &request);
	for (uint32 i = 0; route != NULL && i < route->step_count; i++)
	{
		const TvRouteStep *step = &route->steps[i];
		Row			row = {0};

		put(&row, Int32GetDatum(i + 1), false);
		put_bigint(&row, step->place_id);
		put_bigint(&row, step->timeline_id);
		put_id(&row, step->segment_id);
		put_id(&row, step->gateway_id);
		put_number(&row, step->step.distance_m);
		put_clocks(&row, &step->step.clocks);
		put_number(&row, step->so_far.distance_m);
		put_clocks(&row, &step->so_far.clocks);
		emit(fcinfo, &row);
	}
	tv_env_delete(env);
	return (Datum) 0;
}

Datum
tv_route_cost(PG_FUNCTION_ARGS)
{
	TvRouteRequest request = get_request(fcinfo);
	TvEnv	   *env;
	TvRoute    *route;

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_route_cost");
	route = tv_route_find(env, &request);
	if (route != NULL)
	{
		Row			row = {0};

		put_number(&row, tv_cost_read(route->total, route->metric));
		put_text(&row, tv_metric_name(route->metric));
		put_number(&row, route->total->distance_m);
		put_number(&row, route->eta_seconds);
		put_clocks(&row, &route->total->clocks);
		put_differences(&row, &route->total->clocks);
		emit(fcinfo, &row);
	}
	tv_env_delete(env);
	return (Datum) 0;
}

Datum
tv_cost_matrix(PG_FUNCTION_ARGS)
{
	int64		world_id = get_bigint(fcinfo, 0, "world_id");
	int64		timeline_id = get_bigint(fcinfo, 1, "timeline_id");
	uint32		origin_count;
	uint32		dest_count;
	int64	   *origins = get_bigints(fcinfo, 2, "origins", &origin_count);
	int64	   *dests = get_bigints(fcinfo, 3, "dests", &dest_count);
	TvEnv	   *env;
	double	   *costs;

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_cost_matrix");
	costs = tv_route_matrix(env, world_id, timeline_id, get_metric(fcinfo, 4),
							origins, origin_count, dests, dest_count);
	for (uint32 o = 0; o < origin_count; o++)
	{
		CHECK_FOR_INTERRUPTS();
		for (uint32 d = 0; d < dest_count; d++)
		{
			double		cost = costs[(Size) o * dest_count + d];
			Row			row = {0};

			if (isinf(cost))
				continue;		/* no way leads there */
			put_bigint(&row, origins[o]);
			put_bigint(&row, dests[d]);
			put_number(&row, cost);
			emit(fcinfo, &row);
		}
	}
	tv_env_delete(env);
	return (Datum) 0;
}
