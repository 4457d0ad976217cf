/*
 * area.c: what can be reached, as areas: tv_isochrone_area.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "bridge/route/isochrone_area.h"
#include "bridge/server/compat.h"
#include "bridge/server/error.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_isochrone_area);

#define MAX_LIMITS 100

static int
compare_numbers(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return x < y ? -1 : x > y;
}

/* Ascending, each once. */
static double *
get_limits(FunctionCallInfo fcinfo, int argument, const char *name, int *count)
{
	ArrayType  *array;
	Datum	   *elements;
	bool	   *nulls;
	int			given;
	double	   *limits;

	tv_require_argument(fcinfo, argument, name);
	array = PG_GETARG_ARRAYTYPE_P(argument);
	if (ARR_NDIM(array) > 1)
		tv_report_invalid(name, "must have one dimension", psprintf("It has %d.", ARR_NDIM(array)), NULL);
	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements, &nulls, &given);
	if (given < 1 || given > MAX_LIMITS)
		tv_report_invalid(name, "out of range", psprintf("%d limits are outside 1..%d.", given, MAX_LIMITS), NULL);
	limits = palloc(sizeof(double) * given);
	for (int i = 0; i < given; i++)
	{
		if (nulls[i])
			tv_report_invalid(psprintf("%s[%d]", name, i + 1), "must not be null", NULL, NULL);
		limits[i] = DatumGetFloat8(elements[i]);
		if (!(limits[i] >= 0))
			tv_report_invalid(psprintf("%s[%d]", name, i + 1), "out of range",
							  psprintf("%s is not a number >= 0.", tvm_number_text(limits[i]).text), NULL);
		limits[i] += 0;			/* no negative zero */
	}
	qsort(limits, given, sizeof(double), compare_numbers);
	*count = 1;
	for (int i = 1; i < given; i++)
		if (limits[i] > limits[*count - 1])
			limits[(*count)++] = limits[i];
	return limits;
}

Datum
tv_isochrone_area(PG_FUNCTION_ARGS)
{
	TvRouteRequest request = {
		.world_id = tv_get_bigint(fcinfo, 0, "world_id"),
		.timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id"),
		.origin_place_id = tv_get_bigint(fcinfo, 2, "place_id"),
		.metric = tv_get_name(fcinfo, 4)
	};
	int			count;
	double	   *limits = get_limits(fcinfo, 3, "seconds", &count);
	TvIsochroneArea *area;
	TvEnv	   *env;
	Oid			geometry;

	tv_get_supposed(fcinfo, 5, &request.profile, &request.what_if);
	InitMaterializedSRF(fcinfo, 0);
	geometry = TupleDescAttr(((ReturnSetInfo *) fcinfo->resultinfo)->setDesc, 5)->atttypid;
	tv_require_tables();
	env = tv_env_create("tv_isochrone_area");
	area = tv_isochrone_area_find(env, &request, limits[count - 1], geometry);
	for (int i = 0; i < count; i++)
	{
		TvIsochroneRing ring;
		TvRow		row = {0};

		CHECK_FOR_INTERRUPTS();
		tv_isochrone_area_at(area, limits[i], geometry, &ring);
		tv_put_number(&row, limits[i]);
		tv_put_bigint(&row, request.timeline_id);
		tv_put_bigint(&row, ring.places);
		tv_put_number(&row, ring.area_m2);
		tv_put_text(&row, tv_metric_name(area->metric));
		tv_put(&row, ring.geom, false);
		tv_emit(fcinfo, &row);
		pfree(DatumGetPointer(ring.geom));
	}
	tv_env_delete(env);
	return (Datum) 0;
}
