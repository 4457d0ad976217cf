/*
 * circuit_run.c: a circuit's run, stepwise, and its result; see circuit_run.h.
 *
 * Everything of a run lives in its TvEnv.  The kernel checks the memory of a run
 * before it allocates any; what the server adds (the rows or the document of
 * the answer) is checked here, against the same setting.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "bridge/circuit_run.h"
#include "bridge/guc.h"

/* Where a mean is asked for and no number of shots or trajectories is given. */
#define DEFAULT_TRAJECTORIES 1000

/* Basis states below this are rounding, not physics, and not listed. */
#define LEAST_PROBABILITY 1e-15

/* A count in the result: its digits, the punctuation, and jsonb's copy of both. */
#define COUNT_BYTES(bits) (2 * ((uint64) (bits) + 64))

static void
open_kernel(TvCircuitRun *run, const TvCircuitSpec *spec)
{
	TvmRunOptions options;
	int64		trajectories = run->options.trajectories;

	tvm_run_options_init(&options);
	options.method = run->options.method;
	options.precision = run->options.precision;
	options.seed = (uint64) spec->seed;
	options.stream = run->options.attempt >= 0 ? run->options.attempt : spec->attempt;
	options.shots = spec->shots;
	options.trajectories = trajectories >= 0 ? trajectories : spec->shots > 0 ? 0 : DEFAULT_TRAJECTORIES;
	options.memory_limit = tv_circuit_memory_kb * (uint64) 1024;
	options.collapse = spec->purpose == TV_RUN_STEPS;
	switch (spec->purpose)
	{
		case TV_RUN_RESULT:
			options.fidelity = run->options.has_noise && run->options.fidelity;
			options.bloch = run->options.bloch;
			options.probabilities = run->options.top > 0;
			options.observables = run->options.observables;
			options.observable_count = run->options.observable_count;
			break;
		case TV_RUN_FIDELITY:
			options.fidelity = run->options.has_noise;
			break;
		case TV_RUN_STATE:
		case TV_RUN_STEPS:
			break;
	}
	tv_check(run->env, tvm_run_open(&run->env->tvm, &run->kernel, &run->circuit->kernel,
									run->options.has_noise ? &run->options.noise : NULL, &options));
}

TvCircuitRun *
tv_circuit_run_open(TvEnv *env, const TvCircuitSpec *spec)
{
	MemoryContext caller = MemoryContextSwitchTo(env->context);
	TvCircuitRun *run = palloc0(sizeof(TvCircuitRun));
	TvPath		circuit_path = TV_PATH_KEY(NULL, spec->circuit_path);
	TvPath		options_path = TV_PATH_KEY(NULL, spec->options_path != NULL ? spec->options_path : "options");
	TvPath		shots = TV_PATH_KEY(NULL, "shots");
	const TvPath *path = spec->circuit_path != NULL ? &circuit_path : NULL;
	JsonbValue	circuit,
				options;

	run->env = env;
	run->started = GetCurrentTimestamp();
	run->shots = spec->shots;
	run->seed = spec->seed;
	if (spec->shots < 0 || spec->shots > TVM_MAX_SHOTS)
		tv_json_fail(&shots, "not a number of shots", NULL, INT64_FORMAT " is outside 0..%d",
					 spec->shots, TVM_MAX_SHOTS);
	tv_circuit_options_init(&run->options);
	if (spec->options != NULL)
	{
		tv_json_root(spec->options, &options);
		tv_circuit_options_params(&options, &options_path, &run->options);
	}
	tv_json_root(spec->circuit, &circuit);
	run->circuit = tv_circuit_read(env, &circuit, path, run->options.params);
	tv_circuit_require_bound(run->circuit, path);
	if (spec->options != NULL)
		tv_circuit_options_read(env, &options, &options_path, run->circuit->kernel.qubits, &run->options);
	open_kernel(run, spec);
	MemoryContextSwitchTo(caller);
	return run;
}

bool
tv_circuit_run_gates(TvCircuitRun *run, size_t to)
{
	size_t		count = run->circuit->kernel.count;

	CHECK_FOR_INTERRUPTS();
	Assert(run->kernel.finished == 0);
	if (!run->begun)
	{
		tv_check(run->env, tvm_run_begin(&run->env->tvm, &run->kernel, 0));
		run->begun = true;
	}
	if (run->kernel.next >= count)
		return false;
	tv_check(run->env, tvm_run_gates(&run->env->tvm, &run->kernel, Min(to, count)));
	return true;
}

bytea *
tv_circuit_run_frame(TvCircuitRun *run, TvmFrameKind kind, uint64 top)
{
	uint32		qubits = run->circuit->kernel.qubits;
	uint64		bytes = tvm_frame_bytes(kind, qubits, top);
	size_t		length;
	bytea	   *payload;

	tv_circuit_require_memory(bytes, "A frame");
	if (!AllocSizeIsValid(bytes + VARHDRSZ))
		tv_circuit_require_memory(PG_UINT64_MAX, "A frame");
	payload = palloc(bytes + VARHDRSZ);
	tv_check(run->env, tvm_frame_encode(&run->env->tvm, &run->kernel.state, kind, run->kernel.next, top,
										(unsigned char *) VARDATA(payload), &length));
	SET_VARSIZE(payload, length + VARHDRSZ);
	return payload;
}

/* Gates of the trajectory in hand until the time is over; true when there are none left. */
static bool
run_gates_until(TvCircuitRun *run, TimestampTz end)
{
	size_t		count = run->circuit->kernel.count;

	while (run->kernel.next < count)
	{
		if (end != DT_NOEND && GetCurrentTimestamp() >= end)
			return false;
		CHECK_FOR_INTERRUPTS();
		tv_check(run->env, tvm_run_gates(&run->env->tvm, &run->kernel,
										 end != DT_NOEND ? run->kernel.next + 1 : count));
	}
	return true;
}

bool
tv_circuit_run_more(TvCircuitRun *run, int milliseconds)
{
	TvmEnv	   *env = &run->env->tvm;
	TimestampTz end = milliseconds > 0
		? TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds) : DT_NOEND;

	while (run->kernel.finished < run->kernel.trajectories)
	{
		CHECK_FOR_INTERRUPTS();
		if (!run->begun)
		{
			if (end != DT_NOEND && GetCurrentTimestamp() >= end)
				return true;
			tv_check(run->env, tvm_run_begin(env, &run->kernel, run->kernel.finished));
			run->begun = true;
		}
		if (!run_gates_until(run, end))
			return true;
		tv_check(run->env, tvm_run_end(env, &run->kernel));
		run->begun = false;
	}
	return false;
}

double
tv_circuit_run_progress(const TvCircuitRun *run)
{
	double		gates = run->circuit->kernel.count;
	double		part = run->begun && gates > 0 ? run->kernel.next / gates : 0;

	return Min((run->kernel.finished + part) / run->kernel.trajectories, 1.0);
}

static void
write_member(StringInfo text, const char *name, double value)
{
	appendStringInfo(text, "\"%s\": ", name);
	tv_json_write_number(text, value);
}

static void
write_counts(StringInfo text, const TvmCounts *counts)
{
	char	   *key;

	tv_circuit_require_memory(counts->count * COUNT_BYTES(counts->bits), "The list of counts");
	key = palloc(counts->bits + 1);
	appendStringInfoString(text, ", \"counts\": {");
	for (size_t i = 0; i < counts->count; i++)
	{
		tvm_bits_format(counts->keys + i * counts->words, counts->bits, key);
		appendStringInfo(text, "%s\"%s\": " UINT64_FORMAT, i > 0 ? ", " : "", key, counts->times[i]);
		CHECK_FOR_INTERRUPTS();
	}
	appendStringInfoChar(text, '}');
}

static void
write_top(StringInfo text, TvCircuitRun *run)
{
	uint32		qubits = run->circuit->kernel.qubits;
	char	   *bits = palloc(qubits + 1);
	TvmTop	   *top = palloc_array(TvmTop, Max(run->options.top, 1));
	size_t		found = 0;

	if (run->options.top > 0)
		tv_check(run->env, tvm_run_top(&run->env->tvm, &run->kernel, run->options.top, top, &found));
	appendStringInfoString(text, ", \"probabilities\": [");
	for (size_t i = 0; i < found && top[i].probability > LEAST_PROBABILITY; i++)
	{
		tvm_bits_format(&top[i].basis, qubits, bits);
		appendStringInfo(text, "%s{\"basis\": " UINT64_FORMAT ", \"bits\": \"%s\", ",
						 i > 0 ? ", " : "", top[i].basis, bits);
		write_member(text, "probability", top[i].probability);
		appendStringInfoChar(text, '}');
	}
	appendStringInfoChar(text, ']');
}

static void
write_bloch(StringInfo text, const double *xyz, uint32 qubits)
{
	appendStringInfoString(text, ", \"bloch\": [");
	for (uint32 qubit = 0; qubit < qubits; qubit++)
	{
		appendStringInfo(text, "%s{\"qubit\": %u, ", qubit > 0 ? ", " : "", qubit);
		write_member(text, "x", xyz[3 * qubit]);
		appendStringInfoString(text, ", ");
		write_member(text, "y", xyz[3 * qubit + 1]);
		appendStringInfoString(text, ", ");
		write_member(text, "z", xyz[3 * qubit + 2]);
		appendStringInfoChar(text, '}');
	}
	appendStringInfoChar(text, ']');
}

static void
write_expectations(StringInfo text, const TvCircuitOptions *options, const TvmMean *expectation)
{
	appendStringInfoString(text, ", \"expectations\": [");
	for (int i = 0; i < options->observable_count; i++)
	{
		appendStringInfo(text, "%s{\"observable\": ", i > 0 ? ", " : "");
		escape_json(text, options->observable_texts[i]);
		appendStringInfoString(text, ", ");
		write_member(text, "value", expectation[i].mean);
		appendStringInfoString(text, ", ");
		write_member(text, "error", tvm_mean_error(&expectation[i]));
		appendStringInfoChar(text, '}');
	}
	appendStringInfoChar(text, ']');
}

Jsonb *
tv_circuit_run_result(TvCircuitRun *run)
{
	const TvmCircuit *circuit = &run->circuit->kernel;
	TvmRunResult result;
	StringInfoData text;
	Jsonb	   *document;

	Assert(run->kernel.finished == run->kernel.trajectories);
	tv_check(run->env, tvm_run_result(&run->env->tvm, &run->kernel, &result));
	initStringInfo(&text);
	appendStringInfo(&text, "{\"engine\": %d, \"hash\": \"%s\", \"qubits\": %u, \"bits\": %u, \"gates\": %zu, "
					 "\"seed\": " INT64_FORMAT ", \"attempt\": %u, \"method\": \"%s\", \"precision\": \"%s\", \"shots\": " INT64_FORMAT ", \"trajectories\": " UINT64_FORMAT ", ",
					 TV_CIRCUIT_ENGINE, tv_circuit_digest(run->circuit), circuit->qubits, circuit->bits,
					 circuit->count, run->seed, run->kernel.options.stream,
					 tvm_method_name(run->kernel.method), tvm_precision_name(run->kernel.options.precision),
					 run->shots, result.trajectories);
	write_member(&text, "norm", result.norm);
	write_counts(&text, result.counts);
	write_top(&text, run);
	if (result.bloch != NULL)
		write_bloch(&text, result.bloch, circuit->qubits);
	write_expectations(&text, &run->options, result.expectation);
	if (run->options.has_noise && run->options.fidelity)
	{
		appendStringInfoString(&text, ", ");
		write_member(&text, "fidelity", result.fidelity);
		appendStringInfoString(&text, ", ");
		write_member(&text, "fidelity_error", result.fidelity_error);
	}
	else if (!run->options.has_noise)
		appendStringInfoString(&text, ", \"fidelity\": 1, \"fidelity_error\": 0");
	appendStringInfoString(&text, ", ");
	write_member(&text, "duration_s", (GetCurrentTimestamp() - run->started) / 1e6);
	appendStringInfoChar(&text, '}');
	document = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data)));
	pfree(text.data);
	return document;
}
