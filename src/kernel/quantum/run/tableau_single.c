/*
 * tableau_single.c: a run on a tableau, one trajectory at a time; see tableau_parts.h.
 *
 * What vector.c does with amplitudes, from the same draws in the same order;
 * only that a coin takes the place of a number against a probability.
 */
#include <string.h>

#include "kernel/quantum/run/tableau_parts.h"
#include "kernel/quantum/run/tableau_terms.h"

#define IDEAL_SEED 0xA5A5F00D5EED1DEAu

/* A tableau with what its noise draws from. */
typedef struct Noisy
{
	TvmTableau *tableau;
	TvmRng	   *rng;
} Noisy;

static int
coin(TvmRng *rng)
{
	return tvm_rng_double(rng) < 0.5;
}

void
tvm_single_begin(TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;

	tvm_tableau_reset(&s->state);
	if (!run->compares)
		return;
	run->ideal_lost = false;
	tvm_rng_init(&run->stabilizer->ideal_rng, run->options.seed ^ IDEAL_SEED,
				 (uint64_t) run->options.stream << 32 | run->trajectory);
	memset(run->ideal_bits, 0, run->words * sizeof(uint64_t));
	tvm_tableau_reset(&s->ideal);
}

static TvmStatus
channel(TvmEnv *env, void *context, TvmChannel channel, double p, const uint32_t *qubits)
{
	Noisy	   *noisy = context;
	uint32_t	k = channel == TVM_CHANNEL_DEPOLARIZING_2 ? 2 : 1;
	uint32_t	others = ((uint32_t) 1 << 2 * k) - 1;
	double		u = tvm_rng_double(noisy->rng);
	uint32_t	chosen = 1;		/* X */

	(void) env;
	if (channel == TVM_CHANNEL_AMPLITUDE_DAMPING)
		return TVM_OK;			/* with p = 0, or there would be no tableau */
	if (channel == TVM_CHANNEL_DEPOLARIZING || channel == TVM_CHANNEL_DEPOLARIZING_2)
	{
		p = p * others / (others + 1);
		chosen = 1 + (uint32_t) (u / p * others);
		chosen = chosen > others ? others : chosen;
	}
	else if (channel != TVM_CHANNEL_BIT_FLIP)
		chosen = 2;				/* Z */
	if (channel == TVM_CHANNEL_PHASE_DAMPING)
		p = tvm_noise_damping_flip(p);
	if (!(u < p))
		return TVM_OK;
	for (uint32_t i = 0; i < k; i++)
	{
		TvmCliffordStep step = {TVM_CLIFFORD_X, qubits[i], qubits[i]};

		if ((chosen >> 2 * i & 1) != 0)
			tvm_tableau_apply(noisy->tableau, &step, 1);
		step.kind = TVM_CLIFFORD_Z;
		if ((chosen >> (2 * i + 1) & 1) != 0)
			tvm_tableau_apply(noisy->tableau, &step, 1);
	}
	return TVM_OK;
}

/* The ideal state's side of a measurement or reset; outcome -1: the noisy state was not asked. */
static void
follow(TvmRun *run, const TvmGate *gate, int outcome)
{
	TvmTableau *ideal = &run->stabilizer->ideal;
	uint32_t	qubit = gate->targets[0];
	int			drawn = gate->op == TVM_OP_RESET || outcome < 0 ? coin(&run->stabilizer->ideal_rng) : 0;
	int			wish = outcome < 0 ? drawn : outcome;

	if (run->ideal_lost)
		return;
	if (gate->op == TVM_OP_RESET)
		tvm_tableau_reset_qubit(ideal, qubit, wish);
	else
	{
		int			found = tvm_tableau_measure(ideal, qubit, wish, NULL);

		run->ideal_lost = outcome >= 0 && found != outcome;
		tvm_bits_put(run->ideal_bits, (uint32_t) gate->bit, (outcome >= 0 ? outcome : found) > 0);
	}
}

static TvmStatus
apply(TvmEnv *env, TvmRun *run, size_t index)
{
	TvmStabilizer *s = run->stabilizer;
	const TvmGate *gate = &run->circuit->gates[index];
	const TvmCliffordStep *steps = &s->program.steps[s->program.first[index]];
	uint64_t	count = s->program.first[index + 1] - s->program.first[index];
	TvmStatus	status = TVM_OK;
	int			outcome = -1;

	if (tvm_run_holds(gate, run->bits))
	{
		Noisy		noisy = {&s->state, &run->rng};

		if (gate->op == TVM_OP_MEASURE)
		{
			outcome = tvm_tableau_measure(&s->state, gate->targets[0], coin(&run->rng), NULL);
			tvm_bits_put(run->bits, (uint32_t) gate->bit,
						 tvm_noise_read(run->noise, gate->targets[0], outcome, &run->rng) != 0);
		}
		else if (gate->op == TVM_OP_RESET)
			outcome = tvm_tableau_reset_qubit(&s->state, gate->targets[0], coin(&run->rng));
		else
			tvm_tableau_apply(&s->state, steps, count);
		if (run->noise != NULL)
			status = tvm_noise_follow(env, run->noise, gate, channel, &noisy);
	}
	if (!run->compares || !tvm_run_holds(gate, run->ideal_bits))
		return status;
	if (gate->op == TVM_OP_MEASURE || gate->op == TVM_OP_RESET)
		follow(run, gate, outcome);
	else
		tvm_tableau_apply(&s->ideal, steps, count);
	return status;
}

TvmStatus
tvm_single_gates(TvmEnv *env, TvmRun *run, size_t to)
{
	return tvm_stabilizer_gates(env, run, to, 64, apply);
}

/* One basis state, measured on a copy; qubits that no shot shows are left out. */
static TvmStatus
draw_shot(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	uint64_t	qubits[TVM_MAX_QUBITS / 64 + 1] = {0};
	size_t		count = run->measures ? run->final_count : run->circuit->qubits;

	if (run->trajectory >= run->options.shots)
		return TVM_OK;
	tvm_tableau_copy(&s->copy, &s->state);
	for (size_t i = 0; i < count; i++)
	{
		uint32_t	qubit = run->measures ? run->circuit->gates[run->finals[i]].targets[0] : (uint32_t) i;

		if (i % 64 == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		tvm_bits_put(qubits, qubit, tvm_tableau_measure(&s->copy, qubit, coin(&run->rng), NULL) != 0);
	}
	tvm_run_read_out(run, qubits);
	return tvm_counts_add(env, &run->counts, run->key, 1);
}

/* The basis states of this trajectory, while they and those of all are few. */
static TvmStatus
tally(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	uint64_t	state[TVM_MAX_QUBITS / 64 + 1];
	TvmStatus	status;

	if (!run->options.probabilities || s->lost)
		return TVM_OK;
	status = tvm_support_find(env, &s->support, &s->state);
	if (status != TVM_OK)
		return status;
	s->lost = s->support.rank > TVM_TALLY_RANK;
	for (uint64_t i = 0; !s->lost && i < (uint64_t) 1 << s->support.rank && status == TVM_OK; i++)
	{
		tvm_support_state(&s->support, i, state);
		status = tvm_counts_add(env, &s->seen, state,
								(uint64_t) 1 << (TVM_TALLY_RANK - s->support.rank));
		s->lost = s->seen.count > TVM_TALLY_STATES;
	}
	return status;
}

TvmStatus
tvm_single_end(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	int8_t	   *expectation = s->terms;
	TvmStatus	status = draw_shot(env, run);
	double		value = 0;

	if (status == TVM_OK && run->compares)
	{
		tvm_tableau_copy(&s->copy, &s->state);
		if (!run->ideal_lost)
			status = tvm_tableau_fidelity(env, &s->ideal, &s->copy, &value);
		tvm_mean_add(&run->fidelity, value);
	}
	for (size_t i = 0; i < run->options.observable_count && status == TVM_OK; i++)
	{
		const TvmObservable *observable = &run->options.observables[i];

		value = 0;
		status = tvm_stabilizer_terms(env, &s->state, observable, expectation);
		for (size_t j = 0; j < observable->count && status == TVM_OK; j++)
			value += observable->terms[j].coefficient * expectation[j];
		tvm_mean_add(&run->expectation[i], value);
	}
	if (status == TVM_OK && run->bloch != NULL)
	{
		status = tvm_stabilizer_bloch(env, &s->state, s->bloch);
		for (size_t i = 0; i < 3 * (size_t) run->circuit->qubits && status == TVM_OK; i++)
			run->bloch[i] += s->bloch[i];
	}
	if (status == TVM_OK)
		status = tally(env, run);
	if (status == TVM_OK)
		run->finished++;
	return status;
}
