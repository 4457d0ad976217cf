/*
 * run.c: trajectories of a circuit, shots and means; see run.h.
 */
#include "kernel/quantum/run.h"

#include <math.h>
#include <string.h>

#include "kernel/quantum/analysis.h"
#include "kernel/quantum/gates.h"
#include "kernel/quantum/measure.h"
#include "kernel/quantum/reduced.h"

/* A reset follows the noisy outcome only where the ideal state gives it this much. */
#define LIKELY_OUTCOME 1e-12

/* Apart from the seed's own streams: for outcomes that only the ideal run has. */
#define IDEAL_SEED 0xA5A5F00D5EED1DEAu

static bool
is_deterministic(const TvmAnalysis *found, const TvmNoise *noise)
{
	return !found->random && (noise == NULL || !tvm_noise_acts(noise));
}

/* Where nothing differs from the ideal run, fidelity is 1 and needs no second state. */
static bool
needs_ideal(const TvmAnalysis *found, const TvmNoise *noise, const TvmRunOptions *options)
{
	return options->fidelity && noise != NULL && noise->count > 0 &&
		!is_deterministic(found, noise);
}

void
tvm_run_options_init(TvmRunOptions *options)
{
	memset(options, 0, sizeof(*options));
}

static uint64_t
add_bytes(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t
bytes_of(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options,
		 const TvmAnalysis *found)
{
	uint64_t	state = tvm_state_bytes(circuit->qubits);
	uint64_t	bytes = state;

	if (needs_ideal(found, noise, options))
		bytes = add_bytes(bytes, state);
	if (options->probabilities && !is_deterministic(found, noise))
		bytes = add_bytes(bytes, state / 2);
	if (found->gathers)
		bytes = add_bytes(bytes, TVM_STATE_SCRATCH);
	if (options->shots > 0)
		bytes = add_bytes(bytes, tvm_counts_bytes(found->measures ? circuit->bits :
												  circuit->qubits, options->shots));
	bytes = add_bytes(bytes, (uint64_t) circuit->count + found->finals * sizeof(size_t));
	return add_bytes(bytes, (uint64_t) circuit->qubits * 6 * sizeof(double) +
					 (uint64_t) circuit->bits +
					 (uint64_t) options->observable_count * sizeof(TvmMean));
}

uint64_t
tvm_run_bytes(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options)
{
	TvmAnalysis found = tvm_circuit_analyse(circuit, options->collapse, NULL);

	return bytes_of(circuit, noise, options, &found);
}

void
tvm_mean_add(TvmMean *mean, double value)
{
	double		off = value - mean->mean;

	mean->count++;
	mean->mean += off / (double) mean->count;
	mean->squares += off * (value - mean->mean);
}

double
tvm_mean_error(const TvmMean *mean)
{
	double		count = (double) mean->count;

	return mean->count < 2 ? 0 : sqrt(mean->squares / (count - 1) / count);
}

static TvmStatus
invalid(TvmEnv *env, const char *path, const char *message, uint64_t value, uint64_t limit)
{
	tvm_fail(env, TVM_INVALID, message, NULL, "%llu is above %llu", (unsigned long long) value,
			 (unsigned long long) limit);
	tvm_fail_path(env, "%s", path);
	return TVM_INVALID;
}

static TvmStatus
check_options(TvmEnv *env, const TvmCircuit *circuit, const TvmNoise *noise,
			  const TvmRunOptions *options)
{
	if (options->shots > TVM_MAX_SHOTS)
		return invalid(env, "shots", "too many shots", options->shots, TVM_MAX_SHOTS);
	if (options->trajectories > TVM_MAX_TRAJECTORIES)
		return invalid(env, "trajectories", "too many trajectories", options->trajectories,
					   TVM_MAX_TRAJECTORIES);
	for (size_t i = 0; i < options->observable_count; i++)
	{
		if (options->observables[i].qubits == circuit->qubits)
			continue;
		tvm_fail(env, TVM_INVALID, "an observable of another number of qubits", NULL,
				 "%u, not %u", options->observables[i].qubits, circuit->qubits);
		tvm_fail_path(env, "observables[%zu]", i);
		return TVM_INVALID;
	}
	if (noise != NULL && noise->qubits != circuit->qubits)
	{
		tvm_fail(env, TVM_INVALID, "noise for another number of qubits", NULL, "%u, not %u",
				 noise->qubits, circuit->qubits);
		tvm_fail_path(env, "noise");
		return TVM_INVALID;
	}
	return TVM_OK;
}

/* The small arrays; the states come after them. */
static TvmStatus
allocate(TvmEnv *env, TvmRun *run, const TvmAnalysis *found)
{
	const TvmCircuit *circuit = run->circuit;
	const TvmRunOptions *options = &run->options;
	uint32_t	width = found->measures ? circuit->bits : circuit->qubits;
	uint32_t	most = circuit->bits > circuit->qubits ? circuit->bits : circuit->qubits;
	size_t		at = 0;

	run->words = most / 64 + 1;
	run->deferred = tvm_alloc(env, circuit->count, 1);
	run->finals = tvm_alloc(env, found->finals, sizeof(size_t));
	run->bits = tvm_alloc_zero(env, run->words, sizeof(uint64_t));
	run->ideal_bits = tvm_alloc_zero(env, run->words, sizeof(uint64_t));
	run->key = tvm_alloc_zero(env, run->words, sizeof(uint64_t));
	run->expectation = tvm_alloc_zero(env, options->observable_count, sizeof(TvmMean));
	run->scratch = tvm_alloc(env, 3 * (size_t) circuit->qubits, sizeof(double));
	if (run->deferred == NULL || run->finals == NULL || run->bits == NULL ||
		run->ideal_bits == NULL || run->key == NULL || run->expectation == NULL ||
		run->scratch == NULL)
		return TVM_NOMEM;
	if (options->bloch)
	{
		run->bloch = tvm_alloc_zero(env, 3 * (size_t) circuit->qubits, sizeof(double));
		if (run->bloch == NULL)
			return TVM_NOMEM;
	}
	tvm_circuit_analyse(circuit, options->collapse, run->deferred);
	for (size_t i = 0; i < circuit->count; i++)
		if (run->deferred[i])
			run->finals[at++] = i;
	run->final_count = at;
	return tvm_counts_init(env, &run->counts, width);
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

TvmStatus
tvm_run_open(TvmEnv *env, TvmRun *run, const TvmCircuit *circuit, const TvmNoise *noise,
			 const TvmRunOptions *options)
{
	TvmAnalysis found = tvm_circuit_analyse(circuit, options->collapse, NULL);
	TvmStatus	status;

	memset(run, 0, sizeof(*run));
	run->circuit = circuit;
	run->noise = noise;
	run->options = *options;
	status = check_options(env, circuit, noise, options);
	if (status != TVM_OK)
		return status;
	run->bytes = bytes_of(circuit, noise, options, &found);
	status = tvm_memory_check(env, circuit->qubits, run->bytes, options->memory_limit);
	if (status != TVM_OK)
		return status;
	run->deterministic = is_deterministic(&found, noise);
	run->measures = found.measures;
	run->trajectories = 1;
	if (!run->deterministic)
		run->trajectories = options->shots > options->trajectories ? options->shots :
			options->trajectories > 0 ? options->trajectories : 1;
	status = allocate(env, run, &found);
	if (status == TVM_OK)
		status = tvm_state_init(env, &run->state, circuit->qubits, 0);
	if (status == TVM_OK && needs_ideal(&found, noise, options))
	{
		run->ideal_shared = !found.random;
		status = tvm_state_init(env, &run->ideal, circuit->qubits, 0);
	}
	if (status == TVM_OK && options->probabilities && !run->deterministic)
		status = allocate_probabilities(env, run);
	return status;
}

void
tvm_run_close(TvmEnv *env, TvmRun *run)
{
	tvm_free(env, run->deferred);
	tvm_free(env, run->finals);
	tvm_free(env, run->bits);
	tvm_free(env, run->ideal_bits);
	tvm_free(env, run->key);
	tvm_free(env, run->expectation);
	tvm_free(env, run->bloch);
	tvm_free(env, run->probability);
	tvm_free(env, run->scratch);
	tvm_counts_free(env, &run->counts);
	tvm_state_free(env, &run->state);
	tvm_state_free(env, &run->ideal);
	memset(run, 0, sizeof(*run));
}

/* Does the gate's condition hold? */
static bool
holds(const TvmGate *gate, const uint64_t *bits)
{
	for (uint32_t i = 0; i < gate->if_count; i++)
		if (tvm_bits_get(bits, gate->if_bits[i]) != (gate->if_values[i] != 0))
			return false;
	return true;
}

/* The ideal state of a circuit that is the same for all trajectories, once. */
static TvmStatus
prepare_ideal(TvmEnv *env, TvmRun *run)
{
	TvmStatus	status = tvm_state_set_basis(env, &run->ideal, 0);

	memset(run->ideal_bits, 0, run->words * sizeof(uint64_t));
	for (size_t i = 0; i < run->circuit->count && status == TVM_OK; i++)
	{
		const TvmGate *gate = &run->circuit->gates[i];

		/* What is not unitary here is a final measurement, or a reset of |0>. */
		if (tvm_op_is_unitary(gate->op) && holds(gate, run->ideal_bits))
			status = tvm_gate_apply(env, &run->ideal, gate);
	}
	run->ideal_ready = status == TVM_OK;
	return status;
}

TvmStatus
tvm_run_begin(TvmEnv *env, TvmRun *run, uint64_t t)
{
	uint64_t	stream = (uint64_t) run->options.stream << 32 | t;
	TvmStatus	status = TVM_OK;

	run->trajectory = t;
	run->next = 0;
	run->ideal_lost = false;
	tvm_rng_init(&run->rng, run->options.seed, stream);
	tvm_rng_init(&run->ideal_rng, run->options.seed ^ IDEAL_SEED, stream);
	memset(run->bits, 0, run->words * sizeof(uint64_t));
	if (run->ideal.amp != NULL && run->ideal_shared)
		status = run->ideal_ready ? TVM_OK : prepare_ideal(env, run);
	else if (run->ideal.amp != NULL)
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
	if (run->ideal.amp == NULL || run->ideal_shared || !holds(gate, run->ideal_bits))
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

	if (holds(gate, run->bits))
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

TvmStatus
tvm_run_gates(TvmEnv *env, TvmRun *run, size_t to)
{
	if (to > run->circuit->count)
		to = run->circuit->count;
	for (; run->next < to; run->next++)
	{
		TvmStatus	status;

		if (run->deferred[run->next])
			continue;
		status = apply(env, run, &run->circuit->gates[run->next]);
		if (status != TVM_OK)
			return status;
	}
	return TVM_OK;
}

/* One shot, whose basis state has been drawn, with its readout errors. */
static void
read_out(TvmRun *run, uint64_t index)
{
	if (!run->measures)
	{
		run->key[0] = index;
		for (uint32_t q = 0; run->noise != NULL && q < run->circuit->qubits; q++)
			tvm_bits_put(run->key, q, tvm_noise_read(run->noise, q, (int) (index >> q & 1),
												&run->rng) != 0);
		return;
	}
	memcpy(run->key, run->bits, run->words * sizeof(uint64_t));
	for (size_t i = 0; i < run->final_count; i++)
	{
		const TvmGate *gate = &run->circuit->gates[run->finals[i]];
		int			value = (int) (index >> gate->targets[0] & 1);

		tvm_bits_put(run->key, (uint32_t) gate->bit,
				tvm_noise_read(run->noise, gate->targets[0], value, &run->rng) != 0);
	}
}

static TvmStatus
count_shots(TvmEnv *env, void *context, uint64_t index, uint64_t times)
{
	TvmRun	   *run = context;
	TvmStatus	status = TVM_OK;

	if (run->noise == NULL)
	{
		read_out(run, index);
		return tvm_counts_add(env, &run->counts, run->key, times);
	}
	for (uint64_t i = 0; i < times && status == TVM_OK; i++)
	{
		if (i % 1024 == 1023 && tvm_cancelled(env))
			return TVM_CANCELLED;
		read_out(run, index);
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
		read_out(run, index);
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
		run->probability[i] += tvm_complex_norm2(run->state.amp[i]);
	}
	return TVM_OK;
}

static TvmStatus
add_to_sums(TvmEnv *env, TvmRun *run)
{
	double		value = 1;
	TvmStatus	status = TVM_OK;

	if (run->ideal.amp != NULL)
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

TvmStatus
tvm_run_end(TvmEnv *env, TvmRun *run)
{
	TvmStatus	status = tvm_run_gates(env, run, run->circuit->count);

	if (status == TVM_OK)
		status = draw_shots(env, run);
	if (status == TVM_OK)
		status = add_to_sums(env, run);
	if (status == TVM_OK)
		run->finished++;
	return status;
}

TvmStatus
tvm_run_trajectories(TvmEnv *env, TvmRun *run, uint64_t first, uint64_t count)
{
	TvmStatus	status = TVM_OK;

	for (uint64_t t = first; t < first + count && status == TVM_OK; t++)
	{
		status = tvm_run_begin(env, run, t);
		if (status == TVM_OK)
			status = tvm_run_end(env, run);
	}
	return status;
}

TvmStatus
tvm_run_result(TvmEnv *env, TvmRun *run, TvmRunResult *result)
{
	double		scale = run->finished > 0 ? 1 / (double) run->finished : 0;
	TvmStatus	status = tvm_counts_sort(env, &run->counts);

	if (status == TVM_OK)
		status = tvm_state_norm(env, &run->state, &run->norm);
	if (status != TVM_OK)
		return status;
	for (size_t i = 0; run->bloch != NULL && i < 3 * (size_t) run->circuit->qubits; i++)
		run->bloch[i] *= scale;
	for (uint64_t i = 0; run->probability != NULL && i < run->state.count; i++)
	{
		if (i % TVM_STATE_CHUNK == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		run->probability[i] *= scale;
	}
	result->trajectories = run->finished;
	result->counts = &run->counts;
	result->norm = run->norm;
	result->fidelity = run->fidelity.count > 0 ? run->fidelity.mean : 1;
	result->fidelity_error = tvm_mean_error(&run->fidelity);
	result->expectation = run->expectation;
	result->bloch = run->bloch;
	result->probability = run->probability;
	return TVM_OK;
}

TvmStatus
tvm_run_top(TvmEnv *env, const TvmRun *run, size_t k, TvmTop *out, size_t *found)
{
	*found = 0;
	if (run->deterministic)
		return tvm_state_top(env, &run->state, k, 0, out, found);
	if (run->probability == NULL)
		return TVM_OK;
	return tvm_probabilities_top(env, run->probability, run->state.count, k, 0, out, found);
}
