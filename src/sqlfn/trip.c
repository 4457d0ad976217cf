/*
 * trip.c: a way through several stops as an SQL function: tv_plan_trip.
 *
 * It reads and writes nothing; what it loads and computes lies in an environment that is deleted before it returns.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "bridge/route/route_line.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "bridge/trip/trip.h"
#include "sqlfn/row.h"

/* Thirty million years: sums of them are exact enough to be told. */
#define MOST_SECONDS 1e15

PG_FUNCTION_INFO_V1(tv_plan_trip);

/* Arguments --------------------------------------------------------------- */

/* Whether the order is to be the best one. */
static bool
get_best(FunctionCallInfo fcinfo, int argument)
{
	const char *order;

	tv_require_argument(fcinfo, argument, "stop_order");
	order = tv_get_name(fcinfo, argument);
	if (strcmp(order, "best") == 0)
		return true;
	if (strcmp(order, "given") != 0)
		tv_report_invalid("stop_order", "no such order", NULL, "It is \"given\" or \"best\".");
	return false;
}

static bool
get_flag(FunctionCallInfo fcinfo, int argument, const char *name)
{
	tv_require_argument(fcinfo, argument, name);
	return PG_GETARG_BOOL(argument);
}

/* The elements of an array that has one for each stop. */
static void
get_elements(FunctionCallInfo fcinfo, int argument, const char *name, uint32 count, Oid type,
			 Datum **elements, bool **nulls)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(argument);
	int			found;

	if (ARR_NDIM(array) > 1)
		tv_report_invalid(name, "must have one dimension", psprintf("It has %d.", ARR_NDIM(array)), NULL);
	deconstruct_array(array, type, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, elements, nulls, &found);
	if ((uint32) found != count)
		tv_report_invalid(name, "must have an element for each stop",
						  psprintf("It has %d for %u stops.", found, count), NULL);
}

/* The timelines of the stops; a null is the trip's own. */
static int64 *
get_timelines(FunctionCallInfo fcinfo, int argument, uint32 count, int64 own)
{
	int64	   *ids = palloc(sizeof(int64) * count);
	Datum	   *elements = NULL;
	bool	   *nulls = NULL;

	if (!PG_ARGISNULL(argument))
		get_elements(fcinfo, argument, "stop_timeline_ids", count, INT8OID, &elements, &nulls);
	for (uint32 i = 0; i < count; i++)
		ids[i] = elements == NULL || nulls[i] ? own : DatumGetInt64(elements[i]);
	return ids;
}

/* Seconds of each stop, at most so many; a null is the other number.  NULL where the array is. */
static double *
get_seconds(FunctionCallInfo fcinfo, int argument, const char *name, uint32 count, double most, double other)
{
	double	   *seconds;
	Datum	   *elements;
	bool	   *nulls;

	if (PG_ARGISNULL(argument))
		return NULL;
	get_elements(fcinfo, argument, name, count, FLOAT8OID, &elements, &nulls);
	seconds = palloc(sizeof(double) * count);
	for (uint32 i = 0; i < count; i++)
	{
		seconds[i] = nulls[i] ? other : DatumGetFloat8(elements[i]);
		if (!(seconds[i] >= 0 && seconds[i] <= most))
			tv_report_invalid(psprintf("%s[%u]", name, i + 1), "out of range",
							  psprintf("%s is outside 0..%g.", tvm_number_text(seconds[i]).text, most), NULL);
	}
	return seconds;
}

/* Windows have both ends, or there are none. */
static void
get_windows(FunctionCallInfo fcinfo, int argument, TvTripRequest *request)
{
	uint32		count = request->count;
	double	   *opens = get_seconds(fcinfo, argument, "window_from_s", count, MOST_SECONDS, 0);
	double	   *closes = get_seconds(fcinfo, argument + 1, "window_to_s", count, INFINITY, INFINITY);

	if (opens == NULL && closes == NULL)
		return;
	if (opens == NULL)
		opens = palloc0(sizeof(double) * count);
	if (closes == NULL)
	{
		closes = palloc(sizeof(double) * count);
		for (uint32 i = 0; i < count; i++)
			closes[i] = INFINITY;
	}
	for (uint32 i = 0; i < count; i++)
		if (closes[i] < opens[i])
			tv_report_invalid(psprintf("window_to_s[%u]", i + 1), "before the window opens",
							  psprintf("The window is %s..%s.", tvm_number_text(opens[i]).text,
									   tvm_number_text(closes[i]).text), NULL);
	request->opens = opens;
	request->closes = closes;
}

static TvTripRequest
get_request(FunctionCallInfo fcinfo)
{
	TvTripRequest request = {
		.route = {
			.world_id = tv_get_bigint(fcinfo, 0, "world_id"),
			.timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id"),
			.metric = tv_get_name(fcinfo, 10)
		}
	};

	request.place_ids = tv_get_bigints(fcinfo, 2, "place_ids", &request.count);
	if (request.count == 0)
		tv_report_invalid("place_ids", "must not be empty", NULL, NULL);
	request.best = get_best(fcinfo, 3);
	request.closed = get_flag(fcinfo, 4, "closed");
	request.fixed_end = get_flag(fcinfo, 5, "fixed_end");
	request.timeline_ids = get_timelines(fcinfo, 6, request.count, request.route.timeline_id);
	request.service = get_seconds(fcinfo, 7, "service_s", request.count, MOST_SECONDS, 0);
	get_windows(fcinfo, 8, &request);
	tv_get_supposed(fcinfo, 11, &request.route.profile, &request.route.what_if);
	return request;
}

/* The function -------------------------------------------------------------- */

static void
put_leg(TvRow *row, const TvRoute *leg)
{
	static const TvCost nothing = {0};
	const TvCost *cost = leg == NULL ? &nothing : leg->total;

	tv_put_number(row, cost->distance_m);
	tv_put_clocks(row, &cost->clocks);
}

static void
put_path(TvRow *row, FunctionCallInfo fcinfo, TvEnv *env, const TvRoute *leg)
{
	TupleDesc	columns = ((ReturnSetInfo *) fcinfo->resultinfo)->setDesc;
	Datum		line = (Datum) 0;
	bool		has_line = false;

	if (leg == NULL)
	{
		tv_put(row, (Datum) 0, true);
		tv_put(row, (Datum) 0, true);
	}
	else
	{
		tv_put_step_ids(row, leg, 0, leg->step_count, offsetof(TvRouteStep, place_id));
		tv_put_step_ids(row, leg, 0, leg->step_count, offsetof(TvRouteStep, timeline_id));
		has_line = tv_course(env, leg, TupleDescAttr(columns, row->count)->atttypid, &line);
	}
	tv_put(row, line, !has_line);
}

Datum
tv_plan_trip(PG_FUNCTION_ARGS)
{
	TvTripRequest request = get_request(fcinfo);
	TvEnv	   *env;
	TvTrip	   *trip;

	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	env = tv_env_create("tv_plan_trip");
	trip = tv_trip_find(env, &request);
	for (uint32 i = 0; trip != NULL && i < trip->count; i++)
	{
		const TvTripStop *here = &trip->stops[i];
		TvRow		row = {0};

		tv_put(&row, Int32GetDatum(i + 1), false);
		tv_put(&row, Int32GetDatum(here->stop + 1), false);
		tv_put_bigint(&row, here->world_id);
		tv_put_bigint(&row, request.timeline_ids[here->stop]);
		tv_put_bigint(&row, request.place_ids[here->stop]);
		tv_put_number(&row, here->arrive);
		tv_put_number(&row, here->wait);
		tv_put_number(&row, here->service);
		tv_put_number(&row, here->leave);
		put_leg(&row, here->leg);
		tv_put_number(&row, here->so_far.distance_m);
		tv_put_clocks(&row, &here->so_far.clocks);
		tv_put_text(&row, tv_metric_name(trip->metric));
		tv_put(&row, BoolGetDatum(trip->exact), !request.best);
		put_path(&row, fcinfo, env, here->leg);
		tv_emit(fcinfo, &row);
	}
	tv_env_delete(env);
	return (Datum) 0;
}
