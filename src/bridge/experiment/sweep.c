/*
 * sweep.c: the points of a sweep; see sweep.h.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "bridge/server/error.h"
#include "bridge/circuit/parameters.h"
#include "bridge/experiment/sweep.h"
#include "kernel/quantum/circuit/analysis.h"

/* A number as text and in jsonb, or a member's name and punctuation. */
#define NUMBER_BYTES 64

/* ----------------------------------------------------------------- reading */

typedef struct Axis
{
	char	   *name;
	int64		count;
	double	   *values;
} Axis;

static int64
axis_count(const JsonbValue *value, const TvPath *path)
{
	return tv_json_integer(value, path, 1, TV_SWEEP_MOST_POINTS, "not a number of points");
}

static void
read_range(Axis *axis, const JsonbValue *value, const TvPath *path)
{
	static const char *const names[] = {"from", "to", "count"};
	JsonbValue	member[lengthof(names)];
	double		from,
				to;

	tv_json_fields(tv_json_object(value, path), names, lengthof(names), member, path);
	for (int i = 0; i < lengthof(names); i++)
	{
		TvPath		here = TV_PATH_KEY(path, names[i]);

		if (!tv_json_present(&member[i]))
			tv_json_fail(&here, "is missing", "A range is {\"from\", \"to\", \"count\"}.", NULL);
	}
	{
		TvPath		from_path = TV_PATH_KEY(path, names[0]);
		TvPath		to_path = TV_PATH_KEY(path, names[1]);
		TvPath		count_path = TV_PATH_KEY(path, names[2]);

		from = tv_json_number(&member[0], &from_path);
		to = tv_json_number(&member[1], &to_path);
		axis->count = axis_count(&member[2], &count_path);
	}
	axis->values = palloc_array(double, axis->count);

	if (!isfinite(to - from))
		tv_json_fail(path, "not a range", "Its ends are too far apart.", NULL);
	for (int64 i = 0; i < axis->count; i++)	/* both ends are exact */
		axis->values[i] = i > 0 && i == axis->count - 1 ? to : from + (to - from) / Max(axis->count - 1, 1) * i;
}

static void
read_list(Axis *axis, const JsonbValue *value, const TvPath *path)
{
	TvJsonScan	scan;
	JsonbValue	element;

	axis->count = JsonContainerSize(value->val.binary.data);
	if (axis->count < 1 || axis->count > TV_SWEEP_MOST_POINTS)
		tv_json_fail(path, "not a number of points", NULL, INT64_FORMAT " is outside 1..%d",
					 axis->count, TV_SWEEP_MOST_POINTS);
	axis->values = palloc_array(double, axis->count);
	tv_json_scan(&scan, value->val.binary.data);
	while (tv_json_next(&scan, &element))
	{
		TvPath		here = TV_PATH_INDEX(path, scan.index);

		axis->values[scan.index] = tv_json_number(&element, &here);
	}
}

static void
require_count(const TvSweep *sweep, const TvPath *path)
{
	if (sweep->points > TV_SWEEP_MOST_POINTS || sweep->points > TV_SWEEP_MOST_VALUES / sweep->count)
		tv_json_fail(path, "too many points", "Sweep over fewer of them at a time.",
					 INT64_FORMAT " points of %d parameters: at most %d points and %d values are allowed.",
					 sweep->points, sweep->count, TV_SWEEP_MOST_POINTS, TV_SWEEP_MOST_VALUES);
}

static void
allocate(TvSweep *sweep)
{
	sweep->names = palloc_array(char *, sweep->count);
	sweep->values = palloc_array(double, sweep->points * sweep->count);
}

static void
read_grid(TvSweep *sweep, const JsonbValue *value, const TvPath *path)
{
	JsonbContainer *grid = tv_json_object(value, path);
	Axis	   *axes = palloc0_array(Axis, TV_SWEEP_MOST_PARAMETERS);
	TvJsonScan	scan;
	JsonbValue	member;
	int64		run = 1;		/* how many points keep a parameter's value */

	sweep->source = "params.grid";
	sweep->points = 1;
	if (JsonContainerSize(grid) < 1 || JsonContainerSize(grid) > TV_SWEEP_MOST_PARAMETERS)
		tv_json_fail(path, "not a number of parameters", NULL, "%u is outside 1..%d",
					 JsonContainerSize(grid), TV_SWEEP_MOST_PARAMETERS);
	tv_json_scan(&scan, grid);
	while (tv_json_next(&scan, &member))
	{
		TvPath		here = {path, scan.key.val.string.val, scan.key.val.string.len, 0};
		Axis	   *axis = &axes[sweep->count++];

		axis->name = pnstrdup(scan.key.val.string.val, scan.key.val.string.len);
		if (member.type == jbvBinary && JsonContainerIsArray(member.val.binary.data))
			read_list(axis, &member, &here);
		else
			read_range(axis, &member, &here);
		/* Each factor is at most TV_SWEEP_MOST_POINTS. */
		sweep->points *= axis->count;
		require_count(sweep, path);
	}
	allocate(sweep);
	for (int k = sweep->count - 1; k >= 0; k--)
	{
		sweep->names[k] = axes[k].name;
		for (int64 point = 0; point < sweep->points; point++)
			sweep->values[point * sweep->count + k] = axes[k].values[point / run % axes[k].count];
		run *= axes[k].count;
	}
}

static void
read_points(TvSweep *sweep, const JsonbValue *value, const TvPath *path)
{
	JsonbContainer *list = tv_json_array(value, path);
	TvJsonScan	points;
	JsonbValue	point;

	sweep->source = "params.points[0]";
	sweep->points = JsonContainerSize(list);
	if (sweep->points < 1)
		tv_json_fail(path, "empty list", NULL, NULL);
	tv_json_scan(&points, list);
	while (tv_json_next(&points, &point))
	{
		TvPath		here = TV_PATH_INDEX(path, points.index);
		JsonbContainer *object = tv_json_object(&point, &here);
		JsonbValue *values;
		TvJsonScan	members;
		JsonbValue	member;

		tv_interrupts_at(points.index);
		if (points.index == 0)
		{
			int			k = 0;

			sweep->count = JsonContainerSize(object);
			if (sweep->count < 1 || sweep->count > TV_SWEEP_MOST_PARAMETERS)
				tv_json_fail(&here, "not a number of parameters", NULL, "%d is outside 1..%d",
							 sweep->count, TV_SWEEP_MOST_PARAMETERS);
			require_count(sweep, path);
			allocate(sweep);
			tv_json_scan(&members, object);
			while (tv_json_next(&members, &member))
				sweep->names[k++] = pnstrdup(members.key.val.string.val, members.key.val.string.len);
		}
		values = palloc_array(JsonbValue, sweep->count);
		tv_json_fields(object, (const char *const *) sweep->names, sweep->count, values, &here);
		for (int k = 0; k < sweep->count; k++)
		{
			TvPath		name = TV_PATH_KEY(&here, sweep->names[k]);

			if (!tv_json_present(&values[k]))
				tv_json_fail(&name, "is missing", "Each point gives the same parameters.", NULL);
			sweep->values[points.index * sweep->count + k] = tv_json_number(&values[k], &name);
		}
		pfree(values);
	}
}

TvSweep *
tv_sweep_read(const JsonbValue *grid, const JsonbValue *points, const TvPath *params)
{
	TvSweep    *sweep = palloc0(sizeof(TvSweep));
	TvPath		grid_path = TV_PATH_KEY(params, "grid");
	TvPath		points_path = TV_PATH_KEY(params, "points");

	if (tv_json_present(grid) == tv_json_present(points))
		tv_json_fail(&grid_path, tv_json_present(grid) ? "given together with points" : "is missing",
					 "Give either grid or points.", NULL);
	if (tv_json_present(grid))
		read_grid(sweep, grid, &grid_path);
	else
		read_points(sweep, points, &points_path);
	return sweep;
}

/* ------------------------------------------------------------------ points */

void
tv_sweep_write_point(StringInfo text, const TvSweep *sweep, int64 point)
{
	for (int k = 0; k < sweep->count; k++)
	{
		appendStringInfoString(text, k > 0 ? ", " : "{");
		escape_json(text, sweep->names[k]);
		appendStringInfoString(text, ": ");
		tv_json_write_number(text, sweep->values[point * sweep->count + k]);
	}
	appendStringInfoChar(text, '}');
}

static Jsonb *
parse(const char *text)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
}

static Jsonb *
concat(Jsonb *a, Jsonb *b)
{
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(a), JsonbPGetDatum(b)));
}

int64
tv_sweep_attempt(Jsonb *options)
{
	TvPath		params = TV_PATH_KEY(NULL, "params");
	TvPath		parent = TV_PATH_KEY(&params, "options");
	TvPath		path = TV_PATH_KEY(&parent, "attempt");
	JsonbValue *attempt = options == NULL ? NULL :
		getKeyJsonValueFromContainer(&options->root, "attempt", strlen("attempt"), NULL);

	return attempt == NULL || !tv_json_present(attempt)
		? 0 : tv_json_integer(attempt, &path, 0, PG_UINT32_MAX, "not an attempt");
}

Jsonb *
tv_sweep_given(Jsonb *options)
{
	TvPath		root = TV_PATH_KEY(NULL, "params");
	TvPath		parent = TV_PATH_KEY(&root, "options");
	TvPath		path = TV_PATH_KEY(&parent, "params");
	JsonbValue *given = options == NULL ? NULL :
		getKeyJsonValueFromContainer(&options->root, "params", strlen("params"), NULL);

	if (given == NULL || !tv_json_present(given))
		return NULL;
	(void) tv_json_object(given, &path);
	return JsonbValueToJsonb(given);
}

Jsonb *
tv_sweep_options(const TvSweep *sweep, Jsonb *options, int64 point)
{
	Jsonb	   *given = tv_sweep_given(options);
	StringInfoData text;
	Jsonb	   *params;

	initStringInfo(&text);
	tv_sweep_write_point(&text, sweep, point);
	params = parse(text.data);
	if (given != NULL)
		params = concat(given, params);
	resetStringInfo(&text);
	appendStringInfo(&text, "{\"attempt\": " INT64_FORMAT ", \"bloch\": false, \"top\": 0, \"params\": %s}",
					 tv_sweep_attempt(options) + point, JsonbToCString(NULL, &params->root, VARSIZE(params)));
	return options == NULL ? parse(text.data) : concat(options, parse(text.data));
}

/* ------------------------------------------------------------------- check */

/* Of each parameter, its size. */
static double *
largest_values(const TvSweep *sweep)
{
	double	   *most = palloc0_array(double, sweep->count);

	for (int64 i = 0; i < sweep->points * sweep->count; i++)
		most[i % sweep->count] = Max(most[i % sweep->count], fabs(sweep->values[i]));
	return most;
}

/* A parameter that no gate uses is a slip of the pen, and would give equal points. */
static void
check_parameters(const TvSweep *sweep, Jsonb *document, Jsonb *options, bool gradient)
{
	TvEnv	   *env = tv_env_create("sweep parameters");
	TvPath		root = TV_PATH_KEY(NULL, "params");
	TvPath		path = TV_PATH_KEY(&root, "circuit");
	TvParameters *parameters = tv_parameters_read(env, document, &path, tv_sweep_given(options),
												  (const char *const *) sweep->names, sweep->count);
	JsonbValue	root_value;

	/* As it is, too, for that is what its hash is of. */
	tv_json_root(document, &root_value);
	(void) tv_circuit_read(env, &root_value, &path, NULL);
	for (int k = 0; k < sweep->count; k++)
		if (!parameters->used[k])
			tv_report_invalid(psprintf("%s.%s", sweep->source, sweep->names[k]), "not a parameter of the circuit",
							  "No gate has an angle that names it.", NULL);
	tv_parameters_require_range(parameters, &path, largest_values(sweep));
	if (gradient)
		tv_parameters_gradient_check(env, parameters, &path);
	tv_env_delete(env);
}

/* A keys' bytes, its count's, and jsonb's copy of both. */
static uint64
counts_bytes(const TvmCircuit *circuit, int64 shots)
{
	bool		measures = tvm_circuit_analyse(circuit, false, NULL).measures;
	uint32		bits = measures ? circuit->bits : circuit->qubits;
	uint64		keys = bits < 40 ? Min((uint64) shots, (uint64) 1 << bits) : (uint64) shots;

	return keys * 2 * (bits + (uint64) NUMBER_BYTES);
}

static void
require_size(const TvSweep *sweep, const TvmCircuit *circuit, const TvCircuitOptions *read,
			 int64 shots, bool gradient)
{
	uint64		numbers = sweep->count + 6 + (uint64) read->observable_count * (2 + (gradient ? sweep->count : 0));
	uint64		point = numbers * NUMBER_BYTES + counts_bytes(circuit, shots);

	/* The parameters' names are in every frame's summary. */
	for (int k = 0; k < sweep->count; k++)
		point += strlen(sweep->names[k]);
	if (point > TV_SWEEP_MOST_BYTES / sweep->points)
		ereport(ERROR,
				(errcode(TV_ERRCODE_TOO_LARGE),
				 errmsg("params: the sweep's result would be too large"),
				 errdetail(INT64_FORMAT " points of up to " UINT64_FORMAT " bytes each are more than " UINT64_FORMAT " bytes.",
						   sweep->points, point, TV_SWEEP_MOST_BYTES),
				 errhint("Sweep over fewer points at a time, or ask for observables instead of shots.")));
}

void
tv_sweep_check(const TvSweep *sweep, Jsonb *document, const TvmCircuit *circuit,
			   Jsonb *options, const TvCircuitOptions *read, int64 shots, bool gradient)
{
	static const char *const unused[] = {"bloch", "top"};

	for (int i = 0; i < lengthof(unused) && options != NULL; i++)
	{
		JsonbValue *value = getKeyJsonValueFromContainer(&options->root, unused[i], strlen(unused[i]), NULL);

		if (value != NULL && tv_json_present(value))
			tv_report_invalid(psprintf("params.options.%s", unused[i]), "not used by a sweep", NULL,
							  "Frames hold Bloch vectors, probabilities or states of the points.");
	}
	if (tv_sweep_attempt(options) + sweep->points - 1 > PG_UINT32_MAX)
		tv_report_invalid("params.options.attempt", "leaves no attempts for the points",
						  "Each point has an attempt of its own, from this one on.", NULL);
	if (gradient && read->has_noise)
		tv_report_invalid("params.gradient", "not with noise", "Means over trajectories are not exact.", NULL);
	if (gradient && read->observable_count == 0)
		tv_report_invalid("params.gradient", "needs an observable", NULL,
						  "Name it in options.observable or options.observables.");
	check_parameters(sweep, document, options, gradient);
	require_size(sweep, circuit, read, shots, gradient);
}
