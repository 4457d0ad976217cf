/*
 * run.c: a circuit's run, stepwise; see run.h.
 *
 * Everything of a run lives in its TvEnv.  The kernel checks the memory of a run
 * before it allocates any; what the server adds (the rows or the document of
 * the answer) is checked here, against the same setting.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/circuit/run.h"
#include "kernel/quantum/state/entropy.h"

/* Where a mean is asked for and no number of shots or trajectories is given. */
#define DEFAULT_TRAJECTORIES 1000

/* What of a limit is left to a run beside the entropy that the options ask for; PT413 where nothing is. */
static uint64
entropy_limit(const TvCircuitOptions *options, uint32 qubits, uint64 limit)
{
	uint64		bytes = tvm_cut_entropy_bytes(qubits, options->entropy_count);

	tv_circuit_require_memory(bytes, "The entropy of the cut");
	return Max(limit - bytes, 1);
}

int
tv_circuit_run_top_count(const TvCircuitRun *run)
{
	uint32		qubits = run->circuit->kernel.qubits;

	return qubits < 30 ? Min(run->options.top, 1 << qubits) : run->options.top;
}

static void
require_top_memory(const TvCircuitRun *run)
{
	uint32		qubits = run->circuit->kernel.qubits;

	tv_circuit_require_memory(tv_circuit_run_top_count(run) * (sizeof(TvmTop) + (qubits + 63) / 64 * sizeof(uint64_t) + TV_COUNT_BYTES(qubits)),
							  "The list of probabilities");
}

/* What the kernel is told; what the answer takes besides is known here already. */
static TvmRunOptions
kernel_options(const TvCircuitRun *run, const TvCircuitSpec *spec)
{
	TvmRunOptions options;
	int64		trajectories = run->options.trajectories;

	tvm_run_options_init(&options);
	options.method = run->options.method;
	options.precision = run->options.precision;
	if (spec->amplitudes && options.method == TVM_METHOD_AUTO)
		options.method = TVM_METHOD_STATEVECTOR;
	options.mixed = !spec->amplitudes;
	options.alike = spec->alike;
	options.steps = spec->steps;
	options.seed = (uint64) spec->seed;
	options.stream = run->options.attempt >= 0 ? run->options.attempt : spec->attempt;
	options.shots = spec->shots;
	options.trajectories = trajectories >= 0 ? trajectories : spec->shots > 0 ? 0 : DEFAULT_TRAJECTORIES;
	options.memory_limit = tv_circuit_memory_limit();
	options.collapse = spec->purpose == TV_RUN_STEPS;
	switch (spec->purpose)
	{
		case TV_RUN_RESULT:
			options.fidelity = run->options.has_noise && run->options.fidelity;
			options.bloch = run->options.bloch;
			options.probabilities = run->options.top > 0;
			require_top_memory(run);
			options.observables = run->options.observables;
			options.observable_count = run->options.observable_count;
			break;
		case TV_RUN_FIDELITY:
			options.fidelity = run->options.has_noise;
			break;
		case TV_RUN_VALUES:
			options.bloch = spec->observable == NULL;
			options.observables = run->options.observables;
			options.observable_count = run->options.observable_count;
			options.mixed = false;
			break;
		case TV_RUN_STATE:
		case TV_RUN_STEPS:
			options.method = TVM_METHOD_STATEVECTOR;
			break;
	}
	if (run->options.entropy_count > 0)
		options.memory_limit = entropy_limit(&run->options, run->circuit->kernel.qubits, options.memory_limit);
	return options;
}

static void
check(TvCircuitRun *run, const TvCircuitSpec *spec, TvmStatus status)
{
	if (status == TVM_INVALID)
		tvm_fail_path(&run->env->tvm, "%s", spec->options_path != NULL ? spec->options_path : "options");
	tv_check(run->env, status);
}

static void
open_kernel(TvCircuitRun *run, const TvCircuitSpec *spec)
{
	TvmRunOptions options = kernel_options(run, spec);

	check(run, spec, tvm_run_open(&run->env->tvm, &run->kernel, &run->circuit->kernel,
								  run->options.has_noise ? &run->options.noise : NULL, &options));
}

void
tv_circuit_run_check(TvCircuitRun *run, const TvCircuitSpec *spec)
{
	TvmRunOptions options = kernel_options(run, spec);

	check(run, spec, tvm_run_check(&run->env->tvm, &run->circuit->kernel,
								   run->options.has_noise ? &run->options.noise : NULL, &options));
}

static void
read_observable(TvCircuitRun *run, const char *text)
{
	TvmObservable *observable = palloc0(sizeof(TvmObservable));
	TvmStatus	status = tvm_observable_parse(&run->env->tvm, text, strlen(text), run->circuit->kernel.qubits, observable);

	if (status != TVM_OK)
		tvm_fail_path(&run->env->tvm, "observable");
	tv_check(run->env, status);
	run->options.observables = observable;
	run->options.observable_count = 1;
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
	if (spec->observable != NULL)
		read_observable(run, spec->observable);
	if (spec->check)
		tv_circuit_run_check(run, spec);
	else
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
		/* Alone: what is looked at is trajectory 0's from its first gate to its last. */
		run->kernel.until = 1;
		tv_check(run->env, tvm_run_begin(&run->env->tvm, &run->kernel, 0));
		run->begun = true;
	}
	if (run->kernel.next >= count)
		return false;
	while (run->kernel.next < Min(to, count))
	{
		CHECK_FOR_INTERRUPTS();
		tv_check(run->env, tvm_run_gates(&run->env->tvm, &run->kernel,
										 Min(to, tv_circuit_piece_end(&run->circuit->kernel, run->kernel.next))));
	}
	return true;
}

/* Without amplitudes (a tableau, a density matrix) frames are Bloch vectors. */
static size_t
encode_bloch(TvCircuitRun *run, unsigned char *out)
{
	uint32		qubits = run->circuit->kernel.qubits;
	double	   *xyz = palloc_array(double, 3 * qubits);
	size_t		length;

	tv_check(run->env, tvm_run_bloch(&run->env->tvm, &run->kernel, xyz));
	length = tvm_frame_encode_values(TVM_FRAME_BLOCH, qubits, run->kernel.next, xyz, out);
	pfree(xyz);
	return length;
}

bytea *
tv_circuit_run_frame(TvCircuitRun *run, TvmFrameKind kind, uint64 top)
{
	uint32		qubits = run->circuit->kernel.qubits;
	bool		has_state = run->kernel.method == TVM_METHOD_STATEVECTOR;
	uint64		bytes = tvm_frame_bytes(has_state ? kind : TVM_FRAME_BLOCH, qubits, top);
	size_t		length;
	bytea	   *payload;

	tv_circuit_require_memory(bytes, "A frame");
	if (!AllocSizeIsValid(bytes + VARHDRSZ))
		tv_circuit_require_memory(PG_UINT64_MAX, "A frame");
	payload = palloc(bytes + VARHDRSZ);
	if (has_state)
		tv_check(run->env, tvm_frame_encode(&run->env->tvm, &run->kernel.state, kind, run->kernel.next, top,
											(unsigned char *) VARDATA(payload), &length));
	else
		length = encode_bloch(run, (unsigned char *) VARDATA(payload));
	SET_VARSIZE(payload, length + VARHDRSZ);
	return payload;
}

/* Gates of the trajectories in hand until the time is over; true when there are none left. */
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
										 tv_circuit_piece_end(&run->circuit->kernel, run->kernel.next)));
	}
	return true;
}

/* The trajectories in hand end, which are as many as went along with the first. */
static void
end_trajectories(TvCircuitRun *run)
{
	TvmEnv	   *env = &run->env->tvm;
	uint64		finished = run->kernel.finished;
	double		bits;

	if (run->options.entropy_count > 0)
		tv_check(run->env, tvm_cut_entropy(env, &run->kernel.state, run->options.entropy,
										   run->options.entropy_count, &bits));
	tv_check(run->env, tvm_run_end(env, &run->kernel));
	run->begun = false;
	if (run->options.entropy_count > 0)
		tvm_mean_add_times(&run->entropy, bits, run->kernel.finished - finished);
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
			run->kernel.until = run->kernel.trajectories;
			tv_check(run->env, tvm_run_begin(env, &run->kernel, run->kernel.finished));
			run->begun = true;
		}
		if (!run_gates_until(run, end))
			return true;
		end_trajectories(run);
	}
	return false;
}

double
tv_circuit_run_progress(const TvCircuitRun *run)
{
	double		gates = run->circuit->kernel.count;
	double		part = run->begun && gates > 0 ? tvm_run_gates_done(&run->env->tvm, &run->kernel) / gates : 0;

	return Min((run->kernel.finished + part) / run->kernel.trajectories, 1.0);
}
