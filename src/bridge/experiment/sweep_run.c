/*
 * sweep_run.c: a sweep carried out; see sweep_run.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/memutils.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/circuit/result.h"
#include "bridge/experiment/frame_policy.h"
#include "bridge/server/json.h"
#include "bridge/experiment/sweep_run.h"

/* ------------------------------------------------------------------- open */

static const TvPath params_path = {NULL, "params", -1, 0};
static const TvPath circuit_path = {&params_path, "circuit", -1, 0};
static const TvPath options_path = {&params_path, "options", -1, 0};

static char *
document_hash(Jsonb *document)
{
	TvEnv	   *env = tv_env_create("sweep circuit");
	JsonbValue	root;
	char	   *hash;

	tv_json_root(document, &root);
	hash = tv_circuit_digest(tv_circuit_read(env, &root, &circuit_path, NULL));
	tv_env_delete(env);
	return hash;
}

static void
open_gradient(TvSweepRun *run)
{
	const TvSweep *sweep = run->sweep;
	TvEnv	   *env = tv_env_create("sweep gradient");
	MemoryContext caller = MemoryContextSwitchTo(env->context);
	TvCircuitOptions *options = palloc(sizeof(TvCircuitOptions));
	JsonbValue	root;

	env->deadline = run->spec.deadline;
	run->gradient_env = env;
	run->parameters = tv_parameters_read(env, run->spec.circuit, &circuit_path, tv_sweep_given(run->spec.options),
										 (const char *const *) sweep->names, sweep->count);
	tv_circuit_options_init(options);
	tv_json_root(tv_sweep_options(sweep, run->spec.options, 0), &root);
	tv_circuit_options_read(env, &root, &options_path, run->parameters->circuit->kernel.qubits, options);
	tvm_run_options_init(&run->gradient_options);
	run->gradient_options.method = options->method;
	run->gradient_options.precision = options->precision;
	run->gradient_options.memory_limit = tv_circuit_memory_limit();
	run->gradient_options.observables = options->observables;
	run->gradient_options.observable_count = options->observable_count;
	run->gradient = palloc_array(double, Max(options->observable_count * sweep->count, 1));
	MemoryContextSwitchTo(caller);
}

TvSweepRun *
tv_sweep_run_open(const TvSweepSpec *spec)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "timevmaps sweep", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	TvSweepRun *run = palloc0(sizeof(TvSweepRun));

	run->spec = *spec;
	run->sweep = spec->sweep;
	run->context = context;
	run->point_context = AllocSetContextCreate(context, "timevmaps point", ALLOCSET_DEFAULT_SIZES);
	run->done = -1;
	run->started = GetCurrentTimestamp();
	run->hash = document_hash(spec->circuit);
	initStringInfo(&run->counts);
	if (spec->gradient)
		open_gradient(run);
	MemoryContextSwitchTo(caller);
	return run;
}

/* -------------------------------------------------------------- one point */

static void
open_point(TvSweepRun *run)
{
	TvCircuitSpec spec = {
		.circuit = run->spec.circuit,
		.circuit_path = "params.circuit",
		.options = tv_sweep_options(run->sweep, run->spec.options, run->point),
		.options_path = "params.options",
		.shots = run->spec.shots,
		.seed = run->spec.seed,
		.purpose = TV_RUN_RESULT,
		.alike = true			/* or some angles would be run by one method and some by another */
	};
	TvEnv	   *env = tv_env_create("sweep point");

	env->deadline = run->spec.deadline;
	run->run = tv_circuit_run_open(env, &spec);
}

/* What the first point tells about all of them. */
static void
allocate(TvSweepRun *run)
{
	const TvCircuitOptions *options = &run->run->options;
	int64		points = run->sweep->points;

	run->method = tvm_method_name(run->run->kernel.method);
	if (run->spec.frame != 0 && run->run->kernel.method != TVM_METHOD_STATEVECTOR)
		run->spec.frame = TVM_FRAME_BLOCH;
	run->precision = tvm_precision_name(run->run->kernel.options.precision);
	run->qubits = run->run->circuit->kernel.qubits;
	run->gates = run->run->circuit->kernel.count;
	run->trajectories = run->run->kernel.trajectories;
	run->series_count = options->observable_count;
	run->series = palloc0_array(TvSweepSeries, Max(run->series_count, 1));
	for (int i = 0; i < run->series_count; i++)
	{
		run->series[i].text = pstrdup(options->observable_texts[i]);
		run->series[i].values = palloc_array(double, points);
		run->series[i].errors = palloc_array(double, points);
		if (run->spec.gradient)
			run->series[i].gradients = palloc_array(double, points * run->sweep->count);
	}
	if (options->entropy_count > 0)
	{
		run->entropy = palloc_array(double, points);
		run->entropy_error = palloc_array(double, points);
	}
	if (options->has_noise && options->fidelity)
	{
		run->fidelity = palloc_array(double, points);
		run->fidelity_error = palloc_array(double, points);
	}
}

static void
keep_point(TvSweepRun *run)
{
	TvCircuitNumbers numbers;
	Jsonb	   *result = tv_circuit_run_result(run->run, &numbers);

	for (int i = 0; i < run->series_count; i++)
	{
		run->series[i].values[run->point] = numbers.expectation[i].mean;
		run->series[i].errors[run->point] = tvm_mean_error(&numbers.expectation[i]);
	}
	if (run->fidelity != NULL)
	{
		run->fidelity[run->point] = numbers.fidelity;
		run->fidelity_error[run->point] = numbers.fidelity_error;
	}
	if (run->entropy != NULL)
	{
		run->entropy[run->point] = run->run->entropy.mean;
		run->entropy_error[run->point] = tvm_mean_error(&run->run->entropy);
	}
	if (run->spec.shots > 0)
	{
		JsonbValue *counts = getKeyJsonValueFromContainer(&result->root, "counts", strlen("counts"), NULL);
		JsonbContainer *object = counts->val.binary.data;

		if (run->point > 0)
			appendStringInfoString(&run->counts, ", ");
		(void) JsonbToCString(&run->counts, object, counts->val.binary.len);
	}
}

static void
derive_point(TvSweepRun *run)
{
	int			count = run->sweep->count;

	tv_parameters_gradient(run->gradient_env, run->parameters, &circuit_path,
						   run->sweep->values + run->point * count, &run->gradient_options, run->gradient);
	for (int i = 0; i < run->series_count; i++)
		memcpy(run->series[i].gradients + run->point * count, run->gradient + i * count, count * sizeof(double));
}

/*
 * The state after the gates of the first trajectory.  Where there are others, which may
 * go along with it, the run begins anew, so that it is tv_run_circuit()'s.
 */
static void
take_frame(TvSweepRun *run)
{
	bool		several = run->run->kernel.trajectories > 1;

	while (tv_circuit_run_gates(run->run, run->gates))
		;
	run->frame = tv_circuit_run_frame(run->run, run->spec.frame, TV_FRAMES_TOP);
	run->frame_kind = run->run->kernel.method == TVM_METHOD_STATEVECTOR ? run->spec.frame : TVM_FRAME_BLOCH;
	if (several)
	{
		tv_env_delete(run->run->env);
		run->run = NULL;
		open_point(run);
	}
}

bool
tv_sweep_run_some(TvSweepRun *run, int milliseconds)
{
	MemoryContext caller = MemoryContextSwitchTo(run->point_context);

	Assert(run->point < run->sweep->points);
	CHECK_FOR_INTERRUPTS();
	if (run->run == NULL)
	{
		MemoryContextReset(run->point_context);
		run->frame = NULL;
		open_point(run);
		if (run->point == 0)
		{
			MemoryContextSwitchTo(run->context);
			allocate(run);
			MemoryContextSwitchTo(run->point_context);
		}

		if (run->spec.frame != 0)
			take_frame(run);
	}
	if (tv_circuit_run_more(run->run, milliseconds))
	{
		MemoryContextSwitchTo(caller);
		return false;
	}
	keep_point(run);
	tv_env_delete(run->run->env);
	run->run = NULL;
	if (run->spec.gradient)
		derive_point(run);
	run->done = run->point++;
	MemoryContextSwitchTo(caller);
	return true;
}

double
tv_sweep_run_progress(const TvSweepRun *run)
{
	double		part = run->run != NULL ? tv_circuit_run_progress(run->run) : 0;

	return Min((run->point + part) / run->sweep->points, 1.0);
}

/* ------------------------------------------------------------------ result */

static void
write_list(StringInfo text, const char *name, const double *values, int64 count)
{
	appendStringInfo(text, ", \"%s\": [", name);
	for (int64 i = 0; i < count; i++)
	{
		tv_interrupts_at(i);
		if (i > 0)
			appendStringInfoString(text, ", ");
		tv_json_write_number(text, values[i]);
	}
	appendStringInfoChar(text, ']');
}

/* A list of lists, one for each point. */
static void
write_rows(StringInfo text, const char *name, const double *values, int64 points, int count)
{
	appendStringInfo(text, ", \"%s\": [", name);
	for (int64 point = 0; point < points; point++)
	{
		tv_interrupts_at(point);
		appendStringInfoString(text, point > 0 ? ", [" : "[");
		for (int k = 0; k < count; k++)
		{
			if (k > 0)
				appendStringInfoString(text, ", ");
			tv_json_write_number(text, values[point * count + k]);
		}
		appendStringInfoChar(text, ']');
	}
	appendStringInfoChar(text, ']');
}

static void
write_best(StringInfo text, const TvSweep *sweep, const char *name, const double *values, int64 point)
{
	appendStringInfo(text, ", \"%s\": {\"point\": " INT64_FORMAT ", \"value\": ", name, point);
	tv_json_write_number(text, values[point]);
	appendStringInfoString(text, ", \"params\": ");
	tv_sweep_write_point(text, sweep, point);
	appendStringInfoChar(text, '}');
}

static void
write_series(StringInfo text, const TvSweep *sweep, const TvSweepSeries *series)
{
	int64		least = 0;
	int64		most = 0;

	appendStringInfoString(text, "{\"observable\": ");
	escape_json(text, series->text);
	write_list(text, "values", series->values, sweep->points);
	write_list(text, "errors", series->errors, sweep->points);
	if (series->gradients != NULL)
		write_rows(text, "gradients", series->gradients, sweep->points, sweep->count);
	for (int64 point = 1; point < sweep->points; point++)
	{
		if (series->values[point] < series->values[least])
			least = point;
		if (series->values[point] > series->values[most])
			most = point;
	}
	write_best(text, sweep, "min", series->values, least);
	write_best(text, sweep, "max", series->values, most);
	appendStringInfoChar(text, '}');
}

char *
tv_sweep_run_result(TvSweepRun *run)
{
	const TvSweep *sweep = run->sweep;
	StringInfoData text;

	Assert(run->point == sweep->points);
	initStringInfo(&text);
	appendStringInfo(&text, "{\"engine\": %d, \"hash\": \"%s\", \"qubits\": %u, \"gates\": %zu, \"seed\": " INT64_FORMAT
					 ", \"attempt\": " INT64_FORMAT ", \"method\": \"%s\", \"shots\": " INT64_FORMAT ", \"trajectories\": " UINT64_FORMAT
					 ", \"count\": " INT64_FORMAT ", \"parameters\": [",
					 TV_CIRCUIT_ENGINE, run->hash, run->qubits, run->gates, run->spec.seed,
					 tv_sweep_attempt(run->spec.options), run->method, run->spec.shots, run->trajectories, sweep->points);
	for (int k = 0; k < sweep->count; k++)
	{
		if (k > 0)
			appendStringInfoString(&text, ", ");
		escape_json(&text, sweep->names[k]);
	}
	appendStringInfoChar(&text, ']');
	write_rows(&text, "points", sweep->values, sweep->points, sweep->count);
	appendStringInfoString(&text, ", \"observables\": [");
	for (int i = 0; i < run->series_count; i++)
	{
		if (i > 0)
			appendStringInfoString(&text, ", ");
		write_series(&text, sweep, &run->series[i]);
	}
	appendStringInfoChar(&text, ']');
	if (run->fidelity != NULL)
	{
		write_list(&text, "fidelity", run->fidelity, sweep->points);
		write_list(&text, "fidelity_error", run->fidelity_error, sweep->points);
	}
	if (run->entropy != NULL)
	{
		write_list(&text, "entropy", run->entropy, sweep->points);
		write_list(&text, "entropy_error", run->entropy_error, sweep->points);
	}
	if (run->spec.shots > 0)
		appendStringInfo(&text, ", \"counts\": [%s]", run->counts.data);
	appendStringInfoString(&text, ", \"duration_s\": ");
	tv_json_write_number(&text, (GetCurrentTimestamp() - run->started) / 1e6);
	appendStringInfoChar(&text, '}');
	return text.data;
}
