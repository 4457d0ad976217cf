/*
 * row.c: arguments and rows of functions about routes; see row.h.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "bridge/server/compat.h"
#include "bridge/route/route_line.h"
#include "bridge/server/error.h"
#include "sqlfn/row.h"

void
tv_require_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		tv_report_invalid(name, "must not be null", NULL, NULL);
}

int64
tv_get_bigint(FunctionCallInfo fcinfo, int argument, const char *name)
{
	tv_require_argument(fcinfo, argument, name);
	return PG_GETARG_INT64(argument);
}

int64 *
tv_get_bigints(FunctionCallInfo fcinfo, int argument, const char *name, uint32 *count)
{
	ArrayType  *array;
	Datum	   *elements;
	bool	   *nulls;
	int			element_count;
	int64	   *values;

	tv_require_argument(fcinfo, argument, name);
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

const char *
tv_get_name(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

Jsonb *
tv_get_document(FunctionCallInfo fcinfo, int argument)
{
	Jsonb	   *document;
	JsonbValue	value;

	if (PG_ARGISNULL(argument))
		return NULL;
	document = PG_GETARG_JSONB_P(argument);
	if (!JB_ROOT_IS_SCALAR(document) || !JsonbExtractScalar(&document->root, &value) || value.type != jbvString)
		return document;
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(pnstrdup(value.val.string.val, value.val.string.len))));
}

void
tv_get_supposed(FunctionCallInfo fcinfo, int argument, const char **profile, const TvWhatIf **what_if)
{
	*profile = tv_get_name(fcinfo, argument);
	*what_if = tv_what_if_parse(tv_get_document(fcinfo, argument + 1), NULL);
}

TvRouteRequest
tv_get_request(FunctionCallInfo fcinfo)
{
	TvRouteRequest request = {
		.world_id = tv_get_bigint(fcinfo, 0, "world_id"),
		.timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id"),
		.origin_place_id = tv_get_bigint(fcinfo, 2, "origin_place_id"),
		.dest_place_id = tv_get_bigint(fcinfo, 3, "dest_place_id"),
		.metric = tv_get_name(fcinfo, 5)
	};

	request.dest_timeline_id = PG_ARGISNULL(4) ? request.timeline_id : PG_GETARG_INT64(4);
	return request;
}

void
tv_put(TvRow *row, Datum value, bool is_null)
{
	Assert(row->count < TV_MAX_COLUMNS);
	row->values[row->count] = value;
	row->nulls[row->count++] = is_null;
}

void
tv_put_bigint(TvRow *row, int64 value)
{
	tv_put(row, Int64GetDatum(value), false);
}

void
tv_put_id(TvRow *row, int64 id)
{
	tv_put(row, Int64GetDatum(id), id == 0);
}

void
tv_put_number(TvRow *row, double value)
{
	tv_put(row, Float8GetDatum(value), false);
}

void
tv_put_text(TvRow *row, const char *value)
{
	tv_put(row, CStringGetTextDatum(value), false);
}

void
tv_emit(FunctionCallInfo fcinfo, TvRow *row)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	Assert(row->count == result->setDesc->natts);
	tuplestore_putvalues(result->setResult, result->setDesc, row->values, row->nulls);
}

void
tv_put_clocks(TvRow *row, const TvmClocks *clocks)
{
	tv_put_number(row, clocks->local_s);
	tv_put_number(row, clocks->coordinate_s);
	tv_put_number(row, clocks->traveler_s);
}

void
tv_put_differences(TvRow *row, const TvmClocks *clocks)
{
	tv_put_number(row, clocks->coordinate_minus_local_s);
	tv_put_number(row, clocks->traveler_minus_local_s);
}

void
tv_put_step_ids(TvRow *row, const TvRoute *route, uint32 first, uint32 last, Size id)
{
	int			count = last - first;
	int			lower = 1;
	Datum	   *ids = palloc(sizeof(Datum) * Max(count, 1));
	bool	   *nulls = palloc(sizeof(bool) * Max(count, 1));

	for (int i = 0; i < count; i++)
	{
		int64		value = *(const int64 *) ((const char *) &route->steps[first + i] + id);

		ids[i] = Int64GetDatum(value);
		nulls[i] = value == 0;
	}
	tv_put(row, PointerGetDatum(count == 0 ? construct_empty_array(INT8OID)
								: construct_md_array(ids, nulls, 1, &count, &lower, INT8OID, sizeof(int64),
													 FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)), false);
}

/* "Least traveler time, with special relativity; through 1 gateway." */
char *
tv_physics_note(const TvRoute *route, const char *how)
{
	const TvmWorldRules *rules = &route->rules;
	StringInfoData note;

	initStringInfo(&note);
	appendStringInfo(&note, "Least %s", tv_metric_quantity(route->metric));
	appendStringInfoString(&note, how);
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

void
tv_put_plan(TvRow *row, FunctionCallInfo fcinfo, TvEnv *env, const TvRouteRequest *request,
			const TvRoute *route, const char *how)
{
	TupleDesc	columns = ((ReturnSetInfo *) fcinfo->resultinfo)->setDesc;
	Datum		line = (Datum) 0;
	bool		has_line;

	tv_put_bigint(row, request->world_id);
	tv_put_bigint(row, request->timeline_id);
	tv_put_bigint(row, request->origin_place_id);
	tv_put_bigint(row, request->dest_place_id);
	tv_put_bigint(row, request->dest_timeline_id);
	tv_put_step_ids(row, route, 0, route->step_count, offsetof(TvRouteStep, place_id));
	tv_put_step_ids(row, route, 0, route->step_count, offsetof(TvRouteStep, timeline_id));
	tv_put_number(row, route->total->distance_m);
	tv_put_number(row, route->eta_seconds);
	tv_put_clocks(row, &route->total->clocks);
	tv_put_differences(row, &route->total->clocks);
	tv_put_text(row, tv_metric_name(route->metric));
	tv_put_text(row, tv_physics_note(route, how));
	has_line = tv_course(env, route, TupleDescAttr(columns, row->count)->atttypid, &line);
	tv_put(row, line, !has_line);
	tv_put(row, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()), false);
}
