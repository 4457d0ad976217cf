/*
 * name.c: SQL-callable functions of names: how they are compared, and what triggers make them from.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "bridge/geo/point_maker.h"
#include "bridge/geo/polyline.h"
#include "bridge/place/course.h"
#include "bridge/place/fold.h"
#include "bridge/place/names.h"
#include "bridge/place/reverse.h"
#include "bridge/place/search.h"
#include "bridge/server/array.h"
#include "bridge/server/env.h"
#include "bridge/server/error.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_fold);
PG_FUNCTION_INFO_V1(tv_is_named);
PG_FUNCTION_INFO_V1(tv_names_list);
PG_FUNCTION_INFO_V1(tv_course_middle);
PG_FUNCTION_INFO_V1(tv_search);
PG_FUNCTION_INFO_V1(tv_reverse);

Datum
tv_fold(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	Size		length;
	char	   *folded = tv_name_fold(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), PG_GETARG_BOOL(1), 0, &length);

	PG_RETURN_TEXT_P(cstring_to_text_with_len(folded, length));
}

Datum
tv_is_named(PG_FUNCTION_ARGS)
{
	if (!PG_ARGISNULL(0))
		PG_RETURN_BOOL(true);
	PG_RETURN_BOOL(!PG_ARGISNULL(1) && tv_is_named_by(NULL, PG_GETARG_JSONB_P(1)));
}

Datum
tv_names_list(PG_FUNCTION_ARGS)
{
	const text *called = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	Jsonb	   *props = PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1);
	TvName		names[TV_NAMES];
	float4		importance = tv_name_importance(props);
	int			count = tv_names_of(called, props, names);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < count; i++)
	{
		const TvName *name = &names[i];
		TvRow		row = {0};

		tv_put(&row, Int16GetDatum(i), false);
		tv_put(&row, name->lang == NULL ? (Datum) 0 : PointerGetDatum(cstring_to_text_with_len(name->lang, name->lang_length)), name->lang == NULL);
		tv_put(&row, PointerGetDatum(cstring_to_text_with_len(name->name, name->name_length)), false);
		tv_put_text(&row, name->folded);
		tv_put(&row, Float4GetDatum(importance), false);
		tv_emit(fcinfo, &row);
	}
	PG_RETURN_VOID();
}

Datum
tv_course_middle(PG_FUNCTION_ARGS)
{
	TupleDesc	columns;
	Datum		values[3] = {0};
	bool		nulls[3] = {true, true, true};
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, 0);

	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("its result is a row")));
	if (!PG_ARGISNULL(0) && OidIsValid(type))
	{
		TvLine		line;
		TvPosition	middle;
		float4		reach;
		Oid			send;
		bool		is_varlena;

		getTypeBinaryOutputInfo(type, &send, &is_varlena);
		line = tv_line_read(CurrentMemoryContext, OidSendFunctionCall(send, PG_GETARG_DATUM(0)), 0);
		if (tv_course_bound(&line, &middle, &reach))
		{
			values[0] = Float8GetDatum(middle.lon);
			values[1] = Float8GetDatum(middle.lat);
			values[2] = Float4GetDatum(reach);
			memset(nulls, 0, sizeof(nulls));
		}
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls)));
}

static double
get_degrees(FunctionCallInfo fcinfo, int argument, const char *name, double most)
{
	double		value;

	tv_require_argument(fcinfo, argument, name);
	value = PG_GETARG_FLOAT8(argument);
	if (!(value >= -most && value <= most))
		tv_report_invalid(name, "not on the Earth", psprintf("%g is outside -%g..%g.", value, most, most), NULL);
	return value;
}

static Oid
column_type(FunctionCallInfo fcinfo, int column)
{
	return TupleDescAttr(((ReturnSetInfo *) fcinfo->resultinfo)->setDesc, column)->atttypid;
}

static void
emit_found(FunctionCallInfo fcinfo, const TvSearch *search, const TvFound *found, TvPointMaker *maker, double radius_m)
{
	TvRow		row = {0};

	tv_put_text(&row, tv_name_kind(found->kind));
	tv_put_bigint(&row, found->ref_id);
	tv_put_text(&row, found->name);
	tv_put(&row, found->lang == NULL ? (Datum) 0 : CStringGetTextDatum(found->lang), found->lang == NULL);
	tv_put_text(&row, tv_name_match(found->match));
	tv_put_number(&row, found->score);
	tv_put_number(&row, found->importance);
	tv_put_number(&row, found->lon);
	tv_put_number(&row, found->lat);
	tv_put(&row, tv_point_make(maker, found->lon, found->lat), false);
	tv_put(&row, Float8GetDatum(radius_m * found->away), !search->has_near);
	tv_emit(fcinfo, &row);
}

Datum
tv_search(PG_FUNCTION_ARGS)
{
	TvSearch	search = {
		.world_id = tv_get_bigint(fcinfo, 0, "world_id"),
		.timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id"),
		.has_near = !PG_ARGISNULL(3) || !PG_ARGISNULL(4)
	};
	TvFoundList list = {0};
	double		radius_m;
	int32		most;
	text	   *typed;
	TvEnv	   *env;
	TvPointMaker *maker;

	tv_require_argument(fcinfo, 2, "query");
	tv_require_argument(fcinfo, 5, "max_results");
	most = PG_GETARG_INT32(5);
	if (most < 1 || most > TV_SEARCH_MOST)
		tv_report_invalid("max_results", "not a number of rows", psprintf("%d is outside 1..%d.", most, TV_SEARCH_MOST), NULL);
	search.most = most;
	if (search.has_near)
		search.near = (TvPosition) {.lon = get_degrees(fcinfo, 3, "near_lon", 180),.lat = get_degrees(fcinfo, 4, "near_lat", 90)};
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	search.geometry = column_type(fcinfo, 9);
	/* No more of it counts. */
	typed = PG_GETARG_TEXT_P_SLICE(2, 0, 4096);
	search.typed = VARDATA(typed);
	search.typed_length = VARSIZE(typed) - VARHDRSZ;
	env = tv_env_create("tv_search");
	SPI_connect();
	tv_search_find(env, &search, &list, &radius_m);
	SPI_finish();
	maker = tv_point_maker(env, search.geometry);
	for (uint32 i = 0; i < list.count; i++)
		emit_found(fcinfo, &search, &list.found[i], maker, radius_m);
	tv_env_delete(env);
	return (Datum) 0;
}

static void
put_name(TvRow *row, const char *name)
{
	tv_put(row, name == NULL ? (Datum) 0 : CStringGetTextDatum(name), name == NULL);
}

static const char *
side_name(TvSide side)
{
	switch (side)
	{
		case TV_SIDE_ON:
			return "on";
		case TV_SIDE_LEFT:
			return "left";
		case TV_SIDE_RIGHT:
			return "right";
	}
	return NULL;
}

static void
put_zones(TvRow *row, const TvReverse *found)
{
	int			count = found->zone_count;
	int			lower = 1;
	Datum	   *names = palloc(sizeof(Datum) * Max(count, 1));
	bool	   *unnamed = palloc(sizeof(bool) * Max(count, 1));

	for (int i = 0; i < count; i++)
	{
		names[i] = found->zone_names[i];
		unnamed[i] = names[i] == (Datum) 0;
	}
	tv_put(row, tv_array_of_bigints(found->zone_ids, count), false);
	tv_put(row, PointerGetDatum(count == 0 ? construct_empty_array(TEXTOID)
								: construct_md_array(names, unnamed, 1, &count, &lower, TEXTOID, -1, false, TYPALIGN_INT)), false);
}

static void
emit_reverse(FunctionCallInfo fcinfo, TvEnv *env, const TvReverse *found, Oid geometry)
{
	const TvSnap *snap = &found->snap;
	TvRow		row = {0};

	tv_put(&row, Int64GetDatum(snap->segment_id), !found->has_segment);
	put_name(&row, found->segment_name);
	tv_put(&row, Int64GetDatum(snap->a_place_id), !found->has_segment);
	put_name(&row, found->a_name);
	tv_put(&row, Int64GetDatum(snap->b_place_id), !found->has_segment);
	put_name(&row, found->b_name);
	tv_put(&row, Float8GetDatum(snap->fraction), !found->has_segment);
	put_name(&row, found->has_segment ? side_name(found->side) : NULL);
	tv_put(&row, Float8GetDatum(snap->distance_m), !found->has_segment);
	tv_put(&row, Float8GetDatum(snap->position.lon), !found->has_segment);
	tv_put(&row, Float8GetDatum(snap->position.lat), !found->has_segment);
	tv_put(&row, found->has_segment ? tv_point_make(tv_point_maker(env, geometry), snap->position.lon, snap->position.lat) : (Datum) 0, !found->has_segment);
	tv_put(&row, Int64GetDatum(found->place.ref_id), !found->has_place);
	put_name(&row, found->has_place ? found->place.name : NULL);
	tv_put(&row, Float8GetDatum(found->radius_m * found->place.away), !found->has_place);
	put_zones(&row, found);
	put_name(&row, found->address);
	tv_emit(fcinfo, &row);
}

Datum
tv_reverse(PG_FUNCTION_ARGS)
{
	int64		world_id = tv_get_bigint(fcinfo, 0, "world_id");
	int64		timeline_id = tv_get_bigint(fcinfo, 1, "timeline_id");
	TvPosition	at = {.lon = get_degrees(fcinfo, 2, "lon", 180), .lat = get_degrees(fcinfo, 3, "lat", 90)};
	double		most_m;
	TvReverse	found;
	Oid			geometry;
	TvEnv	   *env;

	tv_require_argument(fcinfo, 4, "max_m");
	most_m = PG_GETARG_FLOAT8(4);
	if (!(most_m >= 0))
		tv_report_invalid("max_m", "not a distance", psprintf("It is %g.", most_m), "Metres, 0 or more.");
	InitMaterializedSRF(fcinfo, 0);
	tv_require_tables();
	geometry = column_type(fcinfo, 11);
	env = tv_env_create("tv_reverse");
	SPI_connect();
	tv_reverse_find(env, world_id, timeline_id, at, most_m, geometry, &found);
	SPI_finish();
	emit_reverse(fcinfo, env, &found, geometry);
	tv_env_delete(env);
	return (Datum) 0;
}
