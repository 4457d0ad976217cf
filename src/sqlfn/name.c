/*
 * name.c: SQL-callable functions of names: how they are compared, and what triggers make them from.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "bridge/geo/polyline.h"
#include "bridge/place/course.h"
#include "bridge/place/fold.h"
#include "bridge/place/names.h"
#include "sqlfn/row.h"

PG_FUNCTION_INFO_V1(tv_fold);
PG_FUNCTION_INFO_V1(tv_is_named);
PG_FUNCTION_INFO_V1(tv_names_list);
PG_FUNCTION_INFO_V1(tv_course_middle);

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
