/*
 * tableau.c: the steps of a run on a stabilizer tableau; see methods.h for the
 * steps and tableau_parts.h for the two ways.
 *
 * The probabilities of a state are listed from its support, which is an affine
 * space: see support.h.
 */
#include <stdio.h>
#include <string.h>

#include "kernel/quantum/run/tableau_parts.h"
#include "kernel/quantum/run/tableau_terms.h"

/*
 * So many noisy trajectories are faster in lanes on any number of qubits: the memory of a repetition
 * code on 15 takes 0.9 ms in lanes, 10,000 shots with their fidelity, and 12.8 s on amplitudes.
 */
#define LANES_LEAST 100

/* A gate that waits for a bit, in a way that the Pauli frames of many lanes cannot follow. */
static bool
parts_lanes(const TvmGate *gate)
{
	TvmCliffordStep steps[TVM_CLIFFORD_STEPS];
	uint32_t	count;

	if (!tvm_op_is_unitary(gate->op) || !tvm_clifford_steps(gate, steps, &count))
		return true;
	for (uint32_t i = 0; i < count; i++)
		if (steps[i].kind > TVM_CLIFFORD_Z)
			return true;
	return false;
}

/* Has the ideal run of a trajectory outcomes of its own? */
static bool
follows(const TvmNoise *noise, const TvmRunOptions *options, const TvmAnalysis *found)
{
	return found->random && tvm_run_needs_ideal(found, noise, options);
}

/* Can a run of a Clifford circuit take many trajectories at once? */
static bool
runs_in_lanes(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options,
			  const TvmAnalysis *found)
{
	uint64_t	written[TVM_MAX_BITS / 64] = {0};

	if (follows(noise, options, found) && !tvm_follow_can(circuit, options->memory_limit))
		return false;
	for (size_t i = 0; i < circuit->count; i++)
		if (tvm_condition_of(&circuit->gates[i], written) == TVM_CONDITION_WAITS &&
			parts_lanes(&circuit->gates[i]))
			return false;
	return true;
}

static bool
tableau_can(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options,
			const TvmAnalysis *found, TvmWhyNot *why)
{
	char		name[64];
	size_t		gate;
	uint64_t	steps;

	(void) options;
	(void) found;
	if (tvm_clifford_circuit(circuit, noise, &gate, &steps))
		return true;
	why->message = "a tableau cannot run this circuit";
	if (gate == circuit->count)
	{
		snprintf(why->detail, sizeof(why->detail), "amplitude_damping is not a channel of Pauli errors");
		return false;
	}
	tvm_gate_name(&circuit->gates[gate], name, sizeof(name));
	snprintf(why->detail, sizeof(why->detail), "gates[%zu]: %s is not a Clifford gate", gate, name);
	return false;
}

static bool
tableau_pays(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options,
			 const TvmAnalysis *found)
{
	TvmWhyNot	why;

	return !options->alike && tvm_run_count(found, noise, options) >= LANES_LEAST &&
		tableau_can(circuit, noise, options, found, &why) && runs_in_lanes(circuit, noise, options, found);
}

static uint64_t
terms_of(const TvmRunOptions *options)
{
	uint64_t	terms = 0;

	for (size_t i = 0; i < options->observable_count; i++)
		terms += options->observables[i].count;
	return terms;
}

static uint32_t
rows_of(const TvmCircuit *circuit, const TvmAnalysis *found)
{
	return found->measures ? circuit->bits : circuit->qubits;
}

/* How many different states are counted for the list of probabilities. */
static uint64_t
seen_at_most(const TvmRunOptions *options, bool deterministic, bool in_lanes)
{
	uint64_t	trajectories = options->shots > options->trajectories ? options->shots :
		options->trajectories;

	if (deterministic)
		return 1;
	return in_lanes ? trajectories : TVM_TALLY_STATES + (1 << TVM_TALLY_RANK);
}

static uint64_t
tableau_bytes(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options,
			  const TvmAnalysis *found)
{
	size_t		gate;
	uint64_t	steps;
	uint64_t	bytes;

	(void) tvm_clifford_circuit(circuit, noise, &gate, &steps);
	bytes = steps * sizeof(TvmCliffordStep) + ((uint64_t) circuit->count + 1) * 10;
	bytes += 3 * tvm_tableau_bytes(circuit->qubits) + tvm_support_bytes(circuit->qubits);
	bytes += tvm_pauli_frames_bytes(circuit->qubits, rows_of(circuit, found));
	if (follows(noise, options, found) && runs_in_lanes(circuit, noise, options, found))
		bytes += tvm_follow_bytes(circuit);
	bytes += terms_of(options) + 3 * (uint64_t) circuit->qubits + circuit->bits;
	bytes += TVM_PAULI_FRAMES_LANES * sizeof(double);
	bytes += 64 * (TVM_MAX_BITS / 64 + 1) * sizeof(uint64_t);
	if (options->probabilities)
		bytes += tvm_counts_bytes(circuit->qubits,
								  seen_at_most(options, tvm_run_is_deterministic(found, noise),
											   runs_in_lanes(circuit, noise, options, found)));
	return bytes;
}

/* Words of lanes: no more than the trajectories, or the shots of a deterministic run, need. */
static uint32_t
lane_words(const TvmRun *run)
{
	uint64_t	lanes = run->deterministic ? run->options.shots : run->trajectories;
	uint64_t	words = (lanes + 63) / 64;

	words = (words + TVM_PAULI_FRAMES_VECTOR - 1) / TVM_PAULI_FRAMES_VECTOR * TVM_PAULI_FRAMES_VECTOR;
	if (words < TVM_PAULI_FRAMES_VECTOR)
		return TVM_PAULI_FRAMES_VECTOR;
	return words > TVM_PAULI_FRAMES_WORDS ? TVM_PAULI_FRAMES_WORDS : (uint32_t) words;
}

static TvmStatus
open_lanes(TvmEnv *env, TvmRun *run, const TvmAnalysis *found)
{
	TvmStabilizer *s = run->stabilizer;
	uint32_t	rows = rows_of(run->circuit, found);
	uint32_t	words = (rows > run->circuit->qubits ? rows : run->circuit->qubits) / 64 + 1;
	uint64_t	written[TVM_MAX_BITS / 64] = {0};
	TvmStatus	status;

	s->conditions = tvm_alloc(env, run->circuit->count, 1);
	s->outcomes = tvm_alloc_zero(env, run->circuit->count, 1);
	s->reference_bits = tvm_alloc_zero(env, run->words, sizeof(uint64_t));
	s->keys = tvm_alloc(env, 64 * (size_t) words, sizeof(uint64_t));
	s->values = tvm_alloc(env, TVM_PAULI_FRAMES_LANES, sizeof(double));
	if (s->conditions == NULL || s->outcomes == NULL || s->reference_bits == NULL || s->keys == NULL ||
		s->values == NULL)
		return TVM_NOMEM;
	for (size_t i = 0; i < run->circuit->count; i++)
		s->conditions[i] = (uint8_t) tvm_condition_of(&run->circuit->gates[i], written);
	status = tvm_pauli_frames_init(env, &s->pauli_frames, run->circuit->qubits, rows, lane_words(run));
	if (status == TVM_OK && follows(run->noise, &run->options, found))
		status = tvm_follow_open(env, run);
	return status;
}

static TvmStatus
open_single(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	TvmStatus	status = tvm_tableau_init(env, &s->copy, run->circuit->qubits);

	if (status != TVM_OK || !run->compares)
		return status;
	run->ideal_bits = tvm_alloc_zero(env, run->words, sizeof(uint64_t));
	if (run->ideal_bits == NULL)
		return TVM_NOMEM;
	return tvm_tableau_init(env, &s->ideal, run->circuit->qubits);
}

static TvmStatus
tableau_open(TvmEnv *env, TvmRun *run, const TvmAnalysis *found)
{
	uint32_t	qubits = run->circuit->qubits;
	TvmStabilizer *s = tvm_alloc_zero(env, 1, sizeof(TvmStabilizer));
	size_t		gate;
	uint64_t	steps;
	TvmStatus	status;

	run->stabilizer = s;
	if (s == NULL)
		return TVM_NOMEM;
	run->compares = tvm_run_needs_ideal(found, run->noise, &run->options);
	s->in_lanes = runs_in_lanes(run->circuit, run->noise, &run->options, found);
	s->terms = tvm_alloc(env, terms_of(&run->options), 1);
	s->bloch = tvm_alloc(env, 3 * (size_t) qubits, 1);
	if (s->terms == NULL || s->bloch == NULL)
		return TVM_NOMEM;
	(void) tvm_clifford_circuit(run->circuit, run->noise, &gate, &steps);
	status = tvm_clifford_compile(env, run->circuit, steps, &s->program);
	if (status == TVM_OK)
		status = tvm_tableau_init(env, &s->state, qubits);
	if (status == TVM_OK)
		status = tvm_support_init(env, &s->support, qubits);
	if (status == TVM_OK)
		status = tvm_counts_init(env, &s->seen, qubits);
	if (status == TVM_OK)
		status = s->in_lanes ? open_lanes(env, run, found) : open_single(env, run);
	return status;
}

static void
tableau_close(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;

	tvm_free(env, run->ideal_bits);
	if (s == NULL)
		return;
	tvm_clifford_free(env, &s->program);
	tvm_tableau_free(env, &s->state);
	tvm_tableau_free(env, &s->copy);
	tvm_tableau_free(env, &s->ideal);
	tvm_support_free(env, &s->support);
	tvm_pauli_frames_free(env, &s->pauli_frames);
	tvm_follow_close(env, s);
	tvm_counts_free(env, &s->seen);
	tvm_free(env, s->reference_bits);
	tvm_free(env, s->conditions);
	tvm_free(env, s->outcomes);
	tvm_free(env, s->keys);
	tvm_free(env, s->values);
	tvm_free(env, s->terms);
	tvm_free(env, s->bloch);
	tvm_free(env, s);
}

static TvmStatus
tableau_begin(TvmEnv *env, TvmRun *run)
{
	(void) env;
	if (run->stabilizer->in_lanes)
		tvm_lanes_begin(run);
	else
		tvm_single_begin(run);
	return TVM_OK;
}

static TvmStatus
tableau_gates(TvmEnv *env, TvmRun *run, size_t to)
{
	return run->stabilizer->in_lanes ? tvm_lanes_gates(env, run, to) : tvm_single_gates(env, run, to);
}

static TvmStatus
tableau_end(TvmEnv *env, TvmRun *run)
{
	return run->stabilizer->in_lanes ? tvm_lanes_end(env, run) : tvm_single_end(env, run);
}

static TvmStatus
tableau_result(TvmEnv *env, TvmRun *run, double scale)
{
	(void) env;
	(void) scale;
	tvm_mean_add_times(&run->fidelity, 0, run->stabilizer->unlike);
	tvm_mean_add_times(&run->fidelity, 1, run->stabilizer->alike);
	run->norm = 1;
	return TVM_OK;
}

static TvmStatus
tableau_bloch(TvmEnv *env, TvmRun *run, double *xyz)
{
	TvmStabilizer *s = run->stabilizer;
	TvmStatus	status = tvm_stabilizer_bloch(env, &s->state, s->bloch);

	for (size_t i = 0; i < 3 * (size_t) run->circuit->qubits && status == TVM_OK; i++)
		xyz[i] = s->bloch[i];
	if (status == TVM_OK && s->in_lanes)
		tvm_lanes_turn(run, xyz);
	return status;
}

/* The k best so far, a heap whose root is the worst: least often, then the largest number. */
typedef struct Best
{
	TvmTop	   *top;			/* .probability: how often; .basis: where its key is */
	uint64_t   *keys;
	uint32_t	words;
	size_t		count;
	size_t		k;
} Best;

static int
compare_keys(const uint64_t *a, const uint64_t *b, uint32_t words)
{
	for (uint32_t w = words; w-- > 0;)
		if (a[w] != b[w])
			return a[w] < b[w] ? -1 : 1;
	return 0;
}

/* Is entry i worse than this? */
static bool
is_worse(const Best *best, size_t i, double times, const uint64_t *key)
{
	const TvmTop *entry = &best->top[i];

	if (entry->probability != times)
		return entry->probability < times;
	return compare_keys(best->keys + entry->basis * best->words, key, best->words) > 0;
}

static bool
is_worse_entry(const Best *best, size_t i, size_t j)
{
	return is_worse(best, i, best->top[j].probability, best->keys + best->top[j].basis * best->words);
}

static void
swap_entries(Best *best, size_t i, size_t j)
{
	TvmTop		kept = best->top[i];

	best->top[i] = best->top[j];
	best->top[j] = kept;
}

static void
sift_down(Best *best, size_t i, size_t count)
{
	for (;;)
	{
		size_t		worst = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++)
			if (is_worse_entry(best, child, worst))
				worst = child;
		if (worst == i)
			return;
		swap_entries(best, i, worst);
		i = worst;
	}
}

/* False where the entry is not among the k best, nor would a later one of its coset be. */
static bool
offer(Best *best, double times, const uint64_t *key)
{
	size_t		i = best->count;

	if (best->count == best->k)
	{
		if (!is_worse(best, 0, times, key))
			return false;
		best->top[0].probability = times;
		memcpy(best->keys + best->top[0].basis * best->words, key, best->words * sizeof(uint64_t));
		sift_down(best, 0, best->count);
		return true;
	}
	best->top[i].basis = i;
	best->top[i].probability = times;
	memcpy(best->keys + i * best->words, key, best->words * sizeof(uint64_t));
	best->count++;
	for (; i > 0 && is_worse_entry(best, i, (i - 1) / 2); i = (i - 1) / 2)
		swap_entries(best, i, (i - 1) / 2);
	return true;
}

/* Offer what was seen: cosets, each of whose states is as probable, or single states. */
static TvmStatus
offer_all(TvmEnv *env, const TvmStabilizer *s, Best *best)
{
	uint64_t	state[TVM_MAX_QUBITS / 64 + 1];
	uint64_t	states = s->in_lanes ? (uint64_t) 1 << s->support.rank : 1;

	for (size_t i = 0; i < s->seen.count; i++)
	{
		const uint64_t *seen = s->seen.keys + i * s->seen.words;

		for (uint64_t index = 0; index < states; index++)
		{
			if (index % 1024 == 0 && tvm_cancelled(env))
				return TVM_CANCELLED;
			memset(state, 0, sizeof(state));
			if (s->in_lanes)
				tvm_support_state(&s->support, index, state);
			for (uint32_t w = 0; w < s->seen.words; w++)
				state[w] ^= seen[w];
			if (!offer(best, (double) s->seen.times[i], state))
				break;
		}
	}
	return TVM_OK;
}

static TvmStatus
tableau_top(TvmEnv *env, const TvmRun *run, size_t k, TvmTop *out, uint64_t *keys, size_t *found)
{
	const TvmStabilizer *s = run->stabilizer;
	uint32_t	words = s->seen.words;
	Best		best = {out, NULL, words, 0, k};
	double		total = (double) run->finished;
	TvmStatus	status;

	if (s->lost || k == 0)
		return TVM_OK;
	best.keys = tvm_alloc(env, k, words * sizeof(uint64_t));
	if (best.keys == NULL)
		return TVM_NOMEM;
	total *= (double) ((uint64_t) 1 << (s->in_lanes ? s->support.rank : TVM_TALLY_RANK));
	status = offer_all(env, s, &best);

	/* Heap sort: the worst goes to the end. */
	for (size_t left = best.count; left > 1 && status == TVM_OK; left--)
	{
		swap_entries(&best, 0, left - 1);
		sift_down(&best, 0, left - 1);
	}
	for (size_t i = 0; i < best.count && status == TVM_OK; i++)
	{
		const uint64_t *key = best.keys + out[i].basis * words;

		if (keys != NULL)
			memcpy(keys + i * words, key, words * sizeof(uint64_t));
		out[i].basis = key[0];
		out[i].re = out[i].im = 0;
		out[i].probability /= total;
	}
	tvm_free(env, best.keys);
	*found = status == TVM_OK ? best.count : 0;
	return status;
}

const TvmRunSteps tvm_run_tableau = {
	.can = tableau_can,
	.pays = tableau_pays,
	.bytes = tableau_bytes,
	.open = tableau_open,
	.begin = tableau_begin,
	.gates = tableau_gates,
	.end = tableau_end,
	.bloch = tableau_bloch,
	.result = tableau_result,
	.top = tableau_top,
	.close = tableau_close,
};
