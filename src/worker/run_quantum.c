/*
 * run_quantum.c: frames of a circuit's first trajectory, gate by gate in a run of their
 * own, then the run that the result is of, which goes as tv_run_circuit()'s.
 *
 * The computation runs in slices of a fraction of a second with no transaction
 * open; between them frames and progress are stored in short transactions.  All
 * memory is in the run's TvEnv below runner->job and goes with it.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "bridge/circuit/result.h"
#include "bridge/server/error.h"
#include "bridge/experiment/frame_policy.h"
#include "bridge/server/json.h"
#include "bridge/experiment/spec.h"
#include "worker/attempt.h"
#include "worker/pending.h"
#include "worker/runners.h"
#include "worker/watch.h"

/* Frames of states up to so many qubits list their most probable basis states. */
#define SUMMARY_QUBITS 16
#define SUMMARY_STATES 4

typedef struct Quantum
{
	TvJob	   *job;
	TvExperiment *experiment;
	TvCircuitRun *run;
	TvFramePolicy policy;
	bool		looks;			/* the run in hand is that of the frames */
	bool		looked;			/* and that is over */
	bool		more;			/* something is left of this phase */

	TvPending	pending;
	TvResult	result;
} Quantum;

/* From 0 to 1; frames take one trajectory more. */
static double
progress_of(const Quantum *quantum)
{
	double		trajectories = quantum->run->kernel.trajectories;
	double		done = tv_circuit_run_progress(quantum->run) * trajectories;

	if (quantum->looks || quantum->looked)
		trajectories++;
	return (quantum->looked ? done + 1 : done) / trajectories;
}

/* Gates of the only trajectory, and of the frames' run before it; or else trajectories. */
static void
how_far(const void *run, TvProgress *progress)
{
	const Quantum *quantum = run;
	const TvmRun *kernel = &quantum->run->kernel;
	int64		gates = kernel->circuit->count;

	progress->fraction = progress_of(quantum);
	if (kernel->trajectories > 1)
	{
		progress->unit = TV_STEP_TRAJECTORY;
		progress->step = quantum->looks ? 0 : kernel->finished;
		progress->of = kernel->trajectories;
	}
	else
	{
		progress->unit = TV_STEP_GATE;
		progress->step = (int64) tvm_run_gates_done(&quantum->run->env->tvm, kernel) + (quantum->looked ? gates : 0);
		progress->of = quantum->looks || quantum->looked ? 2 * gates : gates;
	}
}

static void
open_run(Quantum *quantum, bool looks)
{
	const TvExperiment *experiment = quantum->experiment;
	TvCircuitSpec spec = tv_experiment_circuit_spec(experiment, quantum->job->id, (uint32) quantum->job->claim);
	TvEnv	   *env = tv_env_create("experiment");

	env->deadline = tv_attempt_deadline(quantum->job, experiment);
	spec.steps = looks;
	spec.amplitudes = looks && tv_frames_need_amplitudes(&experiment->frames);
	quantum->looks = looks;
	quantum->run = tv_circuit_run_open(env, &spec);
	tv_watch_progress(how_far, quantum);
}

static void
open_circuit(Quantum *quantum, MemoryContext frames)
{
	const TvExperiment *experiment = quantum->experiment;

	open_run(quantum, !experiment->frames.off);
	quantum->policy = tv_frame_policy(&experiment->frames, quantum->run->circuit->kernel.qubits,
									  quantum->run->circuit->kernel.count);
	if (quantum->run->kernel.method != TVM_METHOD_STATEVECTOR)
		quantum->policy.content = TVM_FRAME_BLOCH;
	tv_pending_begin(&quantum->pending, frames);
}

static void
open_slice(TvRunner *runner, void *arg)
{
	open_circuit(arg, runner->job);
}

/* After the frames' run, the one that counts. */
static void
open_again_slice(TvRunner *runner, void *arg)
{
	Quantum    *quantum = arg;

	tv_watch_progress(NULL, NULL);
	tv_env_delete(quantum->run->env);
	quantum->looked = true;
	open_run(quantum, false);
}

/* ------------------------------------------------------------------ frames */

static Jsonb *
summary(Quantum *quantum, size_t step)
{
	const TvmRun *kernel = &quantum->run->kernel;
	StringInfoData text;
	char		op[64];

	tvm_gate_name(&kernel->circuit->gates[step - 1], op, sizeof(op));
	initStringInfo(&text);
	appendStringInfo(&text, "{\"op\": \"%s\", \"content\": \"%s\", \"qubits\": %u", op,
					 tvm_frame_kind_name(quantum->policy.content), kernel->circuit->qubits);
	if (kernel->method == TVM_METHOD_STATEVECTOR && kernel->state.qubits <= SUMMARY_QUBITS)
	{
		TvmTop		top[SUMMARY_STATES];
		size_t		found;

		tv_check(quantum->run->env,
				 tvm_state_top(&quantum->run->env->tvm, &kernel->state, SUMMARY_STATES, 1e-12, top, &found));
		appendStringInfoString(&text, ", \"top\": {");
		for (size_t i = 0; i < found; i++)
		{
			appendStringInfo(&text, "%s\"", i > 0 ? ", " : "");
			for (int bit = kernel->state.qubits - 1; bit >= 0; bit--)
				appendStringInfoChar(&text, top[i].basis >> bit & 1 ? '1' : '0');
			appendStringInfoString(&text, "\": ");
			tv_json_write_number(&text, top[i].probability);
		}
		appendStringInfoChar(&text, '}');
	}
	appendStringInfoChar(&text, '}');
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data)));
}

static void
take_frame(Quantum *quantum, size_t step)
{
	MemoryContext caller = MemoryContextSwitchTo(quantum->pending.context);

	tv_pending_add(&quantum->pending, step,
				   tv_circuit_run_frame(quantum->run, quantum->policy.content, TV_FRAMES_TOP),
				   summary(quantum, step));
	MemoryContextSwitchTo(caller);
}

/* Gates of the first trajectory, one by one, until it is time to store something. */
static void
gates_slice(TvRunner *runner, void *arg)
{
	Quantum    *quantum = arg;
	size_t		count = quantum->run->circuit->kernel.count;
	TimestampTz start = GetCurrentTimestamp();

	do
	{
		size_t		step = quantum->run->kernel.next + 1;

		quantum->more = tv_circuit_run_gates(quantum->run, step);
		if (!quantum->more)
			return;
		if (quantum->policy.every > 0 && (step % quantum->policy.every == 0 || step == count))
			take_frame(quantum, step);
	} while (!tv_pending_full(&quantum->pending) &&
			 !TimestampDifferenceExceeds(start, GetCurrentTimestamp(), TV_SLICE_MS));
}

static void
trajectories_slice(TvRunner *runner, void *arg)
{
	Quantum    *quantum = arg;

	quantum->more = tv_circuit_run_more(quantum->run, TV_SLICE_MS);
}

/* False: the attempt is over, by an error or because it is not ours. */
static bool
store(TvRunner *runner, Quantum *quantum, ErrorData **error)
{
	return tv_pending_store(runner, quantum->job, &quantum->pending, progress_of(quantum),
							quantum->run->circuit->kernel.count, error);
}

/* Repeat a slice until nothing is left of it. */
static bool
run_phase(TvRunner *runner, Quantum *quantum, TvUnit slice, ErrorData **error)
{
	quantum->more = true;
	while (quantum->more)
	{
		*error = tv_slice(runner, slice, quantum);
		if (*error != NULL)
			return false;
		if (tv_pending_due(&quantum->pending) && !store(runner, quantum, error))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------ result */

static void
result_slice(TvRunner *runner, void *arg)
{
	Quantum    *quantum = arg;
	TvCircuitRun *run = quantum->run;
	TvCircuitNumbers numbers;

	quantum->result.metrics = tv_circuit_run_result(run, &numbers);
	quantum->result.hash = tv_circuit_digest(run->circuit);
	quantum->result.artifacts = tv_attempt_circuit_artifacts(quantum->job, quantum->experiment, quantum->result.hash,
															 run->seed, tvm_method_name(run->kernel.method),
															 tvm_precision_name(run->kernel.options.precision));
	quantum->result.has_fidelity = numbers.has_fidelity;
	quantum->result.fidelity = numbers.fidelity;
	if (quantum->job->gateway_id != 0 && !numbers.has_fidelity)
		tv_report_invalid("params.options.fidelity", "a gateway needs the fidelity", NULL,
						  "Leave the option out.");
	tv_watch_progress(NULL, NULL);
	tv_env_delete(run->env);
}

ErrorData *
tv_run_quantum(TvRunner *runner, TvJob *job, TvExperiment *experiment)
{
	Quantum    *quantum;
	ErrorData  *error = NULL;

	quantum = MemoryContextAllocZero(runner->job, sizeof(Quantum));
	quantum->job = job;
	quantum->experiment = experiment;
	if ((error = tv_attempt_load_circuit(runner, job, experiment)) != NULL)
		return error;
	if ((error = tv_slice(runner, open_slice, quantum)) != NULL)
		return error;
	if (quantum->looks)
	{
		if (!run_phase(runner, quantum, gates_slice, &error))
			return error;
		if (quantum->pending.count > 0 && !store(runner, quantum, &error))
			return error;
		if ((error = tv_slice(runner, open_again_slice, quantum)) != NULL)
			return error;
	}
	if (!run_phase(runner, quantum, trajectories_slice, &error))
		return error;
	if ((error = tv_slice(runner, result_slice, quantum)) != NULL)
		return error;
	return tv_attempt_finish(runner, job, &quantum->result);
}

/* At most as many frames as wait to be stored otherwise. */
void
tv_run_quantum_at_once(TvJob *job, TvExperiment *experiment, TvWhole *whole)
{
	Quantum    *quantum = palloc0(sizeof(Quantum));

	quantum->job = job;
	quantum->experiment = experiment;
	if (experiment->circuit == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("a stored circuit is not run at once")));
	open_circuit(quantum, CurrentMemoryContext);
	quantum->more = quantum->looks;
	while (quantum->more)
	{
		gates_slice(NULL, quantum);
		if (quantum->more && tv_pending_full(&quantum->pending))
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("there are too many frames to be made at once")));
	}
	if (quantum->looks)
		open_again_slice(NULL, quantum);
	do
		trajectories_slice(NULL, quantum);
	while (quantum->more);
	whole->frames = quantum->pending.frames;
	whole->frame_count = quantum->pending.count;
	whole->steps = (int64) quantum->run->circuit->kernel.count;
	result_slice(NULL, quantum);
	whole->result = quantum->result;
}
