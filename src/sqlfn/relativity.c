/*
 * relativity.c: SQL-callable relativity: the kernel's functions of plain numbers,
 * the rocket, and the three clocks of a list of edges.
 *
 * All are immutable.  The functions of numbers are called for millions of rows and
 * allocate nothing: a TvmEnv on the stack holds the error, if there is one.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"

#include "bridge/server/error.h"
#include "bridge/server/json.h"
#include "bridge/network/rules.h"
#include "kernel/relativity/dd.h"
#include "kernel/relativity/lorentz.h"
#include "kernel/relativity/orbit.h"
#include "kernel/relativity/rocket.h"

/* tv_name(a, b,...) is tvm_name(env, a, b, ..., &result). */
#define TV_FUNCTION(name, ...) \
	PG_FUNCTION_INFO_V1(tv_##name); \
	Datum \
	tv_##name(PG_FUNCTION_ARGS) \
	{ \
		TvmEnv		env; \
		double		result; \
		TvmStatus	status = tvm_##name(&env, __VA_ARGS__, &result); \
	\
		if (unlikely(status != TVM_OK)) \
			tv_report(status, &env.error); \
		PG_RETURN_FLOAT8(result); \
	} \
	extern Datum tv_##name(PG_FUNCTION_ARGS)

#define A PG_GETARG_FLOAT8(0)
#define B PG_GETARG_FLOAT8(1)
#define C PG_GETARG_FLOAT8(2)
#define D PG_GETARG_FLOAT8(3)
#define E PG_GETARG_FLOAT8(4)

TV_FUNCTION(gamma, A);
TV_FUNCTION(gamma_minus_one, A);
TV_FUNCTION(sr_proper_seconds, A, B);
TV_FUNCTION(sr_proper_offset_seconds, A, B);
TV_FUNCTION(sr_coordinate_seconds, A, B);
TV_FUNCTION(sr_coordinate_offset_seconds, A, B);
TV_FUNCTION(velocity_add, A, B);
TV_FUNCTION(velocity_add_offset, A, B);
TV_FUNCTION(doppler, A);
TV_FUNCTION(doppler_minus_one, A);
TV_FUNCTION(schwarzschild_radius, A);
TV_FUNCTION(gr_factor, A, B);
TV_FUNCTION(gr_factor_minus_one, A, B);
TV_FUNCTION(gr_coordinate_seconds, A, B, C);
TV_FUNCTION(gr_coordinate_offset_seconds, A, B, C);
TV_FUNCTION(gr_proper_seconds, A, B, C);
TV_FUNCTION(gr_proper_offset_seconds, A, B, C);
TV_FUNCTION(clock_rate, A, B, C);
TV_FUNCTION(clock_rate_offset, A, B, C);
TV_FUNCTION(clock_rate_offset_against, A, B, C, D, E);
TV_FUNCTION(orbit_speed, A, B);
TV_FUNCTION(orbit_rate, A, B);
TV_FUNCTION(orbit_rate_offset, A, B);
TV_FUNCTION(orbit_rate_offset_against, A, B, C);

#undef A
#undef B
#undef C
#undef D
#undef E

PG_FUNCTION_INFO_V1(tv_geoid_rate_offset);
PG_FUNCTION_INFO_V1(tv_rocket);
PG_FUNCTION_INFO_V1(tv_eta);

Datum
tv_geoid_rate_offset(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(-TVM_GEOID_LG);
}

/* The function's result row, all of whose columns are double precision. */
static Datum
row_of(FunctionCallInfo fcinfo, const double *columns, int count)
{
	TupleDesc	desc;
	Datum		values[8];
	bool		nulls[8] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != count)
		elog(ERROR, "return type must be a row type");
	Assert(count <= lengthof(values));
	for (int i = 0; i < count; i++)
		values[i] = Float8GetDatum(columns[i]);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

Datum
tv_rocket(PG_FUNCTION_ARGS)
{
	TvmEnv		env;
	TvmRocket	rocket;
	TvmStatus	status = tvm_rocket(&env, PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1),
									PG_GETARG_BOOL(2), &rocket);

	if (status != TVM_OK)
		tv_report(status, &env.error);
	{
		const double columns[] = {
			rocket.coordinate_s, rocket.proper_s, rocket.proper_minus_coordinate_s,
			rocket.peak_speed_mps, rocket.peak_below_c_mps, rocket.peak_gamma,
			rocket.peak_gamma_minus_one, rocket.peak_rapidity
		};

		PG_RETURN_DATUM(row_of(fcinfo, columns, lengthof(columns)));
	}
}

/* In the order of edge_names. */
enum
{
	EDGE_LENGTH, EDGE_SPEED, EDGE_DRAG, EDGE_COUNT
};

static const char *const edge_names[EDGE_COUNT] = {"length_m", "speed_kph", "base_drag"};

/* A member of an edge; only the drag may be absent. */
static double
read_member(const JsonbValue *values, int member, const TvPath *edge)
{
	const TvPath here = TV_PATH_KEY(edge, edge_names[member]);

	if (tv_json_present(&values[member]))
		return tv_json_number(&values[member], &here);
	if (member != EDGE_DRAG)
		tv_json_fail(&here, "missing", "An edge has length_m, speed_kph and, if it likes, base_drag.", NULL);
	return 0;
}

/* Read one edge and add it to the totals. */
static void
add_edge(TvEnv *env, const TvmWorldRules *rules, const JsonbValue *edge, const TvPath *path,
		 TvmClocks *clocks, TvmDd *distance)
{
	JsonbValue	values[EDGE_COUNT];
	double		length_m;
	double		speed_kph;
	double		drag;
	TvmClocks	step;
	TvmStatus	status;

	tv_json_fields(tv_json_object(edge, path), edge_names, EDGE_COUNT, values, path);
	length_m = read_member(values, EDGE_LENGTH, path);
	speed_kph = read_member(values, EDGE_SPEED, path);
	drag = read_member(values, EDGE_DRAG, path);
	status = tvm_clocks_segment(&env->tvm, rules, length_m, speed_kph, drag, &step);
	if (status != TVM_OK)
	{
		tvm_fail_path(&env->tvm, "edges[" INT64_FORMAT "]", path->index);
		tv_check(env, status);
	}
	tvm_clocks_add(clocks, &step);
	*distance = tvm_dd_add_double(*distance, length_m);
}

Datum
tv_eta(PG_FUNCTION_ARGS)
{
	Jsonb	   *edges = PG_GETARG_JSONB_P(0);
	Jsonb	   *world_rules = PG_GETARG_JSONB_P(1);
	TvEnv	   *env = tv_env_create("tv_eta");
	const TvPath root = TV_PATH_KEY(NULL, "edges");
	JsonbValue	document;
	JsonbValue	edge;
	TvJsonScan	scan;
	TvmWorldRules rules;
	TvmClocks	clocks = {0};
	TvmDd		distance = {0, 0};
	double		distance_m;

	tv_rules_parse(env, world_rules, &rules);
	tv_json_root(edges, &document);
	tv_json_scan(&scan, tv_json_array(&document, &root));
	while (tv_json_next(&scan, &edge))
		add_edge(env, &rules, &edge, &TV_PATH_INDEX(&root, scan.index), &clocks, &distance);
	tv_check(env, tvm_clocks_check(&env->tvm, &clocks));
	tv_check(env, tvm_round(&env->tvm, distance, &distance_m));
	tv_env_delete(env);
	{
		const double columns[] = {
			distance_m, tvm_clocks_read(&clocks, rules.clock),
			clocks.local_s, clocks.coordinate_s, clocks.traveler_s,
			clocks.coordinate_minus_local_s, clocks.traveler_minus_local_s
		};

		PG_RETURN_DATUM(row_of(fcinfo, columns, lengthof(columns)));
	}
}
