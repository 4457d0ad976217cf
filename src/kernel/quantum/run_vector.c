/*
 * run_vector.c: the steps of a run on a state vector; see run_steps.h.
 */
#include <string.h>

#include "kernel/quantum/gates.h"
#include "kernel/quantum/measure.h"
#include "kernel/quantum/plan.h"
#include "kernel/quantum/reduced.h"
#include "kernel/quantum/run_steps.h"

/* A reset follows the noisy outcome only where the ideal state gives it this much. */
#define LIKELY_OUTCOME 1e-12

/* Apart from the seed's own streams: for outcomes that only the ideal run has. */
#define IDEAL_SEED 0xA5A5F00D5EED1DEAu

static uint64_t
vector_bytes(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options,
			 const TvmAnalysis *found)
{
	uint64_t	state = tvm_state_bytes(circuit->qubits, options->precision);
	uint64_t	bytes = state;

	if (tvm_run_needs_ideal(found, noise, options))
		bytes = tvm_bytes_add(bytes, state);
	if (options->probabilities && !tvm_run_is_deterministic(found, noise))
		bytes = tvm_bytes_add(bytes, tvm_state_bytes(circuit->qubits, TVM_SINGLE));	/* doubles */
	bytes = tvm_bytes_add(bytes, tvm_plan_bytes(circuit->qubits, circuit->count));
	if (found->gathers)
		bytes = tvm_bytes_add(bytes, TVM_STATE_SCRATCH);
	return bytes;
}

/* Zero, a chunk at a time. */
static TvmStatus
allocate_probabilities(TvmEnv *env, TvmRun *run)
{
	run->probability = tvm_alloc(env, run->state.count, sizeof(double));
	if (run->probability == NULL)
		return TVM_NOMEM;
	for (uint64_t i = 0; i < run->state.count; i++)
	{
		if (i % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		run->probability[i] = 0;
	}
	return TVM_OK;
}

static TvmStatus
vector_open(TvmEnv *env, TvmRun *run, const TvmAnalysis *found)
{
	uint32_t	qubits = run->circuit->qubits;
	TvmStatus	status;

	run->ideal_bits = tvm_alloc_zero(env, run->words, sizeof(uint64_t));
	if (run->ideal_bits == NULL)
		return TVM_NOMEM;
	status = tvm_state_init_as(env, &run->state, qubits, run->options.precision, 0);
	if (status == TVM_OK && tvm_run_needs_ideal(found, run->noise, &run->options))
	{
		run->ideal_shared = !found->random;
		status = tvm_state_init_as(env, &run->ideal, qubits, run->options.precision, 0);
	}
	if (status == TVM_OK && run->options.probabilities && !run->deterministic)
		status = allocate_probabilities(env, run);
	return status;
}

static void
vector_close(TvmEnv *env, TvmRun *run)
{
	tvm_free(env, run->ideal_bits);
	tvm_free(env, run->probability);
	tvm_state_free(env, &run->state);
	tvm_state_free(env, &run->ideal);
}

/* The ideal state of a circuit that is the same for all trajectories, once. */
static TvmStatus
prepare_ideal(TvmEnv *env, TvmRun *run)
{
	const TvmCircuit *circuit = run->circuit;
	TvmStatus	status = tvm_state_set_basis(env, &run->ideal, 0);

	memset(run->ideal_bits, 0, run->words * sizeof(uint64_t));
	for (size_t i = 0; i < circuit->count && status == TVM_OK; i++)
	{
		const TvmGate *gate = &circuit->gates[i];
		size_t		end = tvm_stretch_end(circuit, i, circuit->count);

		/* What is not unitary here is a final measurement, or a reset of |0>. */
		status = tvm_gates_apply(env, &run->ideal, circuit, i, end);
		if (end > i)
			i = end - 1;
		else if (tvm_op_is_unitary(gate->op) && tvm_run_holds(gate, run->ideal_bits))
			status = tvm_gate_apply(env, &run->ideal, gate);
	}
	run->ideal_ready = status == TVM_OK;
	return status;
}

static TvmStatus
vector_begin(TvmEnv *env, TvmRun *run)
{
	uint64_t	stream = (uint64_t) run->options.stream << 32 | run->trajectory;
	TvmStatus	status = TVM_OK;

	run->ideal_lost = false;
	tvm_rng_init(&run->ideal_rng, run->options.seed ^ IDEAL_SEED, stream);
	if (run->ideal.count != 0 && run->ideal_shared)
		status = run->ideal_ready ? TVM_OK : prepare_ideal(env, run);
	else if (run->ideal.count != 0)
	{
		memset(run->ideal_bits, 0, run->words * sizeof(uint64_t));
		status = tvm_state_set_basis(env, &run->ideal, 0);
	}
	if (status == TVM_OK)
		status = tvm_state_set_basis(env, &run->state, 0);
	return status;
}

/*
 * The ideal state's side of a measurement or reset.  `outcome` is what the noisy
 * state gave, -1 where it was not asked.
 */
static TvmStatus
follow(TvmEnv *env, TvmRun *run, const TvmGate *gate, int outcome)
{
	uint32_t	qubit = gate->targets[0];
	double		probability;
	TvmStatus	status;

	if (run->ideal_lost)
		return TVM_OK;
	if (gate->op == TVM_OP_RESET)
	{
		double		u = tvm_rng_double(&run->ideal_rng);

		status = tvm_measure_probability(env, &run->ideal, qubit, &probability);
		if (status != TVM_OK)
			return status;

		/* Drawing with 0 gives |1> and with 1 gives |0>, where they are possible. */
		if (outcome == 1)
			u = probability > LIKELY_OUTCOME ? 0 : 1;
		else if (outcome == 0)
			u = 1 - probability > LIKELY_OUTCOME ? 1 : 0;
		return tvm_measure_reset(env, &run->ideal, qubit, u, NULL);
	}
	if (outcome < 0)
		status = tvm_measure_qubit(env, &run->ideal, qubit, tvm_rng_double(&run->ideal_rng),
								   &outcome);
	else
	{
		status = tvm_measure_force(env, &run->ideal, qubit, outcome, &probability);
		run->ideal_lost = status == TVM_OK && probability <= 0;
	}
	tvm_bits_put(run->ideal_bits, (uint32_t) gate->bit, outcome > 0);
	return status;
}

/* A gate on the ideal state, where that is a run of its own. */
static TvmStatus
apply_ideal(TvmEnv *env, TvmRun *run, const TvmGate *gate, int outcome)
{
	if (run->ideal.count == 0 || run->ideal_shared || !tvm_run_holds(gate, run->ideal_bits))
		return TVM_OK;
	if (gate->op == TVM_OP_MEASURE || gate->op == TVM_OP_RESET)
		return follow(env, run, gate, outcome);
	return tvm_gate_apply(env, &run->ideal, gate);
}

static TvmStatus
apply(TvmEnv *env, TvmRun *run, const TvmGate *gate)
{
	TvmStatus	status = TVM_OK;
	int			outcome = -1;

	if (tvm_run_holds(gate, run->bits))
	{
		if (gate->op == TVM_OP_MEASURE)
		{
			status = tvm_measure_qubit(env, &run->state, gate->targets[0],
									   tvm_rng_double(&run->rng), &outcome);
			if (status == TVM_OK)
				tvm_bits_put(run->bits, (uint32_t) gate->bit,
						tvm_noise_read(run->noise, gate->targets[0], outcome, &run->rng) != 0);
		}
		else if (gate->op == TVM_OP_RESET)
			status = tvm_measure_reset(env, &run->state, gate->targets[0],
									   tvm_rng_double(&run->rng), &outcome);
		else
			status = tvm_gate_apply(env, &run->state, gate);
		if (status == TVM_OK && run->noise != NULL)
			status = tvm_noise_apply(env, run->noise, gate, &run->state, &run->rng);
	}
	if (status == TVM_OK)
		status = apply_ideal(env, run, gate, outcome);
	return status;
}

/* Gates [run->next, end), none of which measures, waits for a bit or brings noise. */
static TvmStatus
apply_stretch(TvmEnv *env, TvmRun *run, size_t end)
{
	TvmStatus	status = tvm_gates_apply(env, &run->state, run->circuit, run->next, end);

	if (status == TVM_OK && run->ideal.count != 0 && !run->ideal_shared)
		status = tvm_gates_apply(env, &run->ideal, run->circuit, run->next, end);
	return status;
}

static TvmStatus
vector_gates(TvmEnv *env, TvmRun *run, size_t to)
{
	bool		quiet = run->noise == NULL || !tvm_noise_acts(run->noise);

	for (; run->next < to; run->next++)
	{
		size_t		end = quiet ? tvm_stretch_end(run->circuit, run->next, to) : run->next;
		TvmStatus	status = apply_stretch(env, run, end);

		if (end > run->next)
			run->next = end - 1;
		else if (!run->deferred[run->next])
			status = apply(env, run, &run->circuit->gates[run->next]);
		if (status != TVM_OK)
			return status;
	}
	return TVM_OK;
}

static TvmStatus
count_shots(TvmEnv *env, void *context, uint64_t index, uint64_t times)
{
	TvmRun	   *run = context;
	TvmStatus	status = TVM_OK;

	if (run->noise == NULL)
	{
		tvm_run_read_out(run, &index);
		return tvm_counts_add(env, &run->counts, run->key, times);
	}
	for (uint64_t i = 0; i < times && status == TVM_OK; i++)
	{
		if (i % 1024 == 1023 && tvm_cancelled(env))
			return TVM_CANCELLED;
		tvm_run_read_out(run, &index);
		status = tvm_counts_add(env, &run->counts, run->key, 1);
	}
	return status;
}

static TvmStatus
draw_shots(TvmEnv *env, TvmRun *run)
{
	uint64_t	index = 0;
	TvmStatus	status = TVM_OK;

	if (run->deterministic)
		return tvm_measure_shots(env, &run->state, run->options.shots, &run->rng, count_shots,
								 run);
	if (run->trajectory >= run->options.shots)
		return TVM_OK;
	if (!run->measures || run->final_count > 0)
		status = tvm_measure_sample(env, &run->state, tvm_rng_double(&run->rng), &index);
	if (status == TVM_OK)
	{
		tvm_run_read_out(run, &index);
		status = tvm_counts_add(env, &run->counts, run->key, 1);
	}
	return status;
}

static TvmStatus
add_probabilities(TvmEnv *env, TvmRun *run)
{
	for (uint64_t i = 0; i < run->state.count; i++)
	{
		if (i % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		run->probability[i] += tvm_complex_norm2(tvm_get(&run->state, i));
	}
	return TVM_OK;
}

static TvmStatus
add_to_sums(TvmEnv *env, TvmRun *run)
{
	double		value = 1;
	TvmStatus	status = TVM_OK;

	if (run->ideal.count != 0)
	{
		if (run->ideal_lost)
			value = 0;
		else
			status = tvm_state_fidelity(env, &run->ideal, &run->state, &value);
		tvm_mean_add(&run->fidelity, value);
	}
	for (size_t i = 0; i < run->options.observable_count && status == TVM_OK; i++)
	{
		status = tvm_observable_expectation(env, &run->state, &run->options.observables[i],
											&value);
		tvm_mean_add(&run->expectation[i], value);
	}
	if (status == TVM_OK && run->bloch != NULL)
	{
		status = tvm_reduced_bloch_all(env, &run->state, run->scratch);
		for (size_t i = 0; i < 3 * (size_t) run->circuit->qubits; i++)
			run->bloch[i] += run->scratch[i];
	}
	if (status == TVM_OK && run->probability != NULL)
		status = add_probabilities(env, run);
	return status;
}

static TvmStatus
vector_end(TvmEnv *env, TvmRun *run)
{
	TvmStatus	status = draw_shots(env, run);

	if (status == TVM_OK)
		status = add_to_sums(env, run);
	if (status == TVM_OK)
		run->finished++;
	return status;
}

static TvmStatus
vector_result(TvmEnv *env, TvmRun *run, double scale)
{
	TvmStatus	status = tvm_state_norm(env, &run->state, &run->norm);

	if (status != TVM_OK)
		return status;
	for (uint64_t i = 0; run->probability != NULL && i < run->state.count; i++)
	{
		if (i % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		run->probability[i] *= scale;
	}
	return TVM_OK;
}

static TvmStatus
vector_top(TvmEnv *env, const TvmRun *run, size_t k, TvmTop *out, size_t *found)
{
	if (run->deterministic)
		return tvm_state_top(env, &run->state, k, 0, out, found);
	if (run->probability == NULL)
		return TVM_OK;
	return tvm_probabilities_top(env, run->probability, run->state.count, k, 0, out, found);
}

const TvmRunSteps tvm_run_vector = {
	.bytes = vector_bytes,
	.open = vector_open,
	.begin = vector_begin,
	.gates = vector_gates,
	.end = vector_end,
	.result = vector_result,
	.top = vector_top,
	.close = vector_close,
};
