/*
 * zone.c: zones as SQL functions: how they are drawn.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#include "bridge/server/env.h"
#include "bridge/zone/shape.h"

PG_FUNCTION_INFO_V1(tv_zone_outline);
PG_FUNCTION_INFO_V1(tv_read_area);

static Datum
box_array(const TvmAreaBox *box)
{
	Datum		sides[] = {Float8GetDatum(box->west), Float8GetDatum(box->south), Float8GetDatum(box->east), Float8GetDatum(box->north)};

	return PointerGetDatum(construct_array(sides, lengthof(sides), FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

Datum
tv_zone_outline(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_zone_outline");
	Oid			geometry = get_fn_expr_argtype(fcinfo->flinfo, 0);
	Oid			send;
	bool		is_varlena;
	TvmArea		drawn;
	TvmOutline	outline;
	TvmStatus	status;
	TupleDesc	columns;
	Datum		values[5] = {0};
	bool		nulls[5] = {0};

	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "tv_zone_outline returns no row");
	getTypeBinaryOutputInfo(geometry, &send, &is_varlena);
	drawn = tv_shape_read(env, OidSendFunctionCall(send, PG_GETARG_DATUM(0)), "geom");
	status = tvm_outline_make(&env->tvm, &drawn, &outline);
	if (status == TVM_INVALID)
		tvm_fail_path(&env->tvm, "geom");
	tv_check(env, status);
	nulls[0] = outline.flat.ring_count == 0;
	nulls[1] = outline.caps.ring_count == 0;
	if (!nulls[0])
		values[0] = tv_shape_make(geometry, &outline.flat);
	if (!nulls[1])
		values[1] = tv_shape_make(geometry, &outline.caps);
	values[2] = BoolGetDatum(outline.beyond);
	values[3] = Float8GetDatum(outline.steradians);
	values[4] = box_array(&outline.box);
	tv_env_delete(env);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(columns, values, nulls)));
}

Datum
tv_read_area(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_read_area");
	TvmArea		drawn = tv_shape_read_json(env, PG_GETARG_JSONB_P(0), "area");
	Datum		made = tv_shape_make(get_func_rettype(fcinfo->flinfo->fn_oid), &drawn);

	tv_env_delete(env);
	PG_RETURN_DATUM(made);
}
