/*
 * density.c: the steps of a run on a density matrix; see methods.h and density_maps.h.
 *
 * There is one trajectory, which has all the noise in it.  A measurement whose bit
 * somebody reads parts it into branches, each a matrix whose trace is its
 * probability: one is gone on with and the state kept for the other, depth first.  A
 * call of begin, gates and end is a branch; run->finished is 1 after the last.
 *
 * Shots are drawn from the exact distribution as the branches come: of those left a
 * binomial number falls on each basis state.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernel/quantum/state/binomial.h"
#include "kernel/quantum/run/density_maps.h"
#include "kernel/quantum/engine/plan.h"
#include "kernel/quantum/run/methods.h"

/* A branch less probable than this is rounding. */
#define LEAST_BRANCH 1e-15

/* It takes as long as 4^n / PACE trajectories: see docs/circuit.md. */
#define PACE 32
#define MOST_QUBITS 10

typedef struct Level
{
	TvmState	rho;
	uint64_t   *bits;
	size_t		next;			/* the measurement */
	int			value;			/* that it reads there */
} Level;

struct TvmDensity
{
	TvmDensityMaps maps;
	TvmBitsRead reads;
	TvmState	rho;
	TvmState	ideal;			/* fidelity: a state vector; count is 0 where there is none */
	int			depth;
	Level		level[TVM_DENSITY_BRANCHES];
	int			value;			/* what run->next reads in the branch taken up; -1: nothing */
	double		trace;			/* of the branches so far */
	double		purity;			/* of the only branch */
	bool		misread;		/* there is readout error */
	uint64_t	leaves;

	TvmRng		places;			/* of the shots */
	TvmRng		rng;			/* of what is misread */
	uint64_t	left;			/* shots not drawn yet */
	double		rest;			/* probability of what has not been walked over */
	uint64_t	last;			/* the last basis state that had any */
};

/* Measurements where the run branches, at most. */
static size_t
branch_points(const TvmCircuit *circuit, const TvmRunOptions *options, const TvmAnalysis *found)
{
	TvmBitsRead reads;
	size_t		measured = 0;
	size_t		read = 0;

	tvm_density_reads(circuit, options->shots > 0, &reads);
	for (size_t i = 0; i < circuit->count; i++)
	{
		measured += circuit->gates[i].op == TVM_OP_MEASURE;
		read += tvm_density_branches(&circuit->gates[i], &reads);
	}
	return read < measured - found->finals ? read : measured - found->finals;
}

static bool
density_can(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options,
			const TvmAnalysis *found, TvmWhyNot *why)
{
	const char *detail;

	if (branch_points(circuit, options, found) > TVM_DENSITY_BRANCHES)
		detail = "more than 10 measurements in the middle of a circuit";
	else if (found->random && tvm_run_needs_ideal(found, noise, options))
		detail = "a fidelity where the circuit measures or resets in the middle (\"fidelity\": false leaves it out)";
	else if (options->collapse)
		detail = "the states on the way";
	else
		return true;
	why->message = "a density matrix does not tell this";
	snprintf(why->detail, sizeof(why->detail), "%s", detail);
	return false;
}

static bool
density_pays(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options,
			 const TvmAnalysis *found)
{
	TvmWhyNot	why;

	return circuit->qubits <= MOST_QUBITS && density_can(circuit, noise, options, found, &why) &&
		tvm_run_count(found, noise, options) * PACE >=
		(uint64_t) 1 << (2 * circuit->qubits + branch_points(circuit, options, found));
}

static uint64_t
density_bytes(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options,
			  const TvmAnalysis *found)
{
	uint32_t	twice = 2 * circuit->qubits;
	uint64_t	rho = tvm_state_bytes(twice, options->precision);
	uint64_t	bytes = tvm_bytes_add(sizeof(struct TvmDensity), rho);

	for (size_t i = branch_points(circuit, options, found); i-- > 0;)
		bytes = tvm_bytes_add(bytes, tvm_bytes_add(rho, TVM_MAX_BITS / 8));
	if (tvm_run_needs_ideal(found, noise, options))
		bytes = tvm_bytes_add(bytes, tvm_state_bytes(circuit->qubits, options->precision));
	if (options->probabilities)
		bytes = tvm_bytes_add(bytes, tvm_state_bytes(circuit->qubits, TVM_SINGLE));
	bytes = tvm_bytes_add(bytes, tvm_plan_bytes(twice, TVM_PLAN_GATES));
	bytes = tvm_bytes_add(bytes, TVM_STATE_SCRATCH);
	return tvm_bytes_add(bytes, tvm_density_bytes(circuit, noise));
}

/* The state of the circuit without noise. */
static TvmStatus
make_ideal(TvmEnv *env, TvmRun *run)
{
	const TvmCircuit *circuit = run->circuit;
	TvmState   *ideal = &run->density->ideal;
	TvmStatus	status = tvm_state_init_as(env, ideal, circuit->qubits, run->options.precision, 0);

	/* Nothing is random, so what is not unitary does nothing, and bits that are read are 0. */
	for (size_t i = 0; i < circuit->count && status == TVM_OK; i++)
	{
		size_t		end = tvm_stretch_end(circuit, i, circuit->count);

		status = tvm_gates_apply(env, ideal, circuit, i, end);
		if (end > i)
			i = end - 1;
		else if (status == TVM_OK && tvm_op_is_unitary(circuit->gates[i].op) &&
				 tvm_run_holds(&circuit->gates[i], run->bits))
			status = tvm_gates_apply(env, ideal, circuit, i, i + 1);
	}
	return status;
}

static TvmStatus
density_open(TvmEnv *env, TvmRun *run, const TvmAnalysis *found)
{
	struct TvmDensity *density = tvm_alloc_zero(env, 1, sizeof(struct TvmDensity));
	TvmStatus	status;

	run->density = density;
	if (density == NULL)
		return TVM_NOMEM;
	run->trajectories = run->until = 1;
	run->deterministic = false;
	density->left = run->options.shots;
	density->rest = 1;
	tvm_rng_init(&density->rng, run->options.seed, (uint64_t) run->options.stream << 32);
	tvm_places_init(&density->places, &density->rng);
	for (uint32_t q = 0; q < run->circuit->qubits && run->noise != NULL; q++)
		density->misread = density->misread || tvm_noise_read_draws(run->noise, q) > 0;
	tvm_density_reads(run->circuit, run->options.shots > 0, &density->reads);
	status = tvm_density_maps(env, &density->maps, run->circuit, run->noise, run->deferred,
							  run->options.shots > 0, run->options.steps);
	if (status == TVM_OK)
		status = tvm_state_init_as(env, &density->rho, 2 * run->circuit->qubits,
								   run->options.precision, 0);
	if (status == TVM_OK && tvm_run_needs_ideal(found, run->noise, &run->options))
		status = make_ideal(env, run);
	if (status == TVM_OK && run->options.probabilities)
	{
		run->probability = tvm_alloc_zero(env, (size_t) 1 << run->circuit->qubits, sizeof(double));
		if (run->probability == NULL)
			status = TVM_NOMEM;
	}
	return status;
}

static void
density_close(TvmEnv *env, TvmRun *run)
{
	struct TvmDensity *density = run->density;

	tvm_free(env, run->probability);
	if (density == NULL)
		return;
	for (int i = 0; i < TVM_DENSITY_BRANCHES; i++)
	{
		tvm_state_free(env, &density->level[i].rho);
		tvm_free(env, density->level[i].bits);
	}
	tvm_density_maps_free(env, &density->maps);
	tvm_state_free(env, &density->rho);
	tvm_state_free(env, &density->ideal);
	tvm_free(env, density);
}

/* The probabilities that the qubit is in |o> and that `value` is read. */
static double
read_as(const TvmRun *run, uint32_t qubit, int value, const double p[2], double weight[2])
{
	for (int outcome = 0; outcome < 2; outcome++)
		weight[outcome] = tvm_noise_reads(run->noise, qubit, outcome, value);
	return weight[0] * p[0] + weight[1] * p[1];
}

static TvmStatus
take(TvmEnv *env, TvmRun *run, int value)
{
	struct TvmDensity *density = run->density;
	const TvmGate *gate = &run->circuit->gates[run->next];
	const double nothing[2] = {0, 0};
	double		weight[2];

	(void) read_as(run, gate->targets[0], value, nothing, weight);
	tvm_bits_put(run->bits, (uint32_t) gate->bit, value != 0);
	density->value = -1;
	return tvm_density_keep(env, &density->rho, gate->targets[0], weight);
}

/* A measurement whose bit is read: go on with one value, keep the other for later. */
static TvmStatus
branch(TvmEnv *env, TvmRun *run)
{
	struct TvmDensity *density = run->density;
	const TvmGate *gate = &run->circuit->gates[run->next];
	Level	   *level = &density->level[density->depth];
	double		p[2];
	double		weight[2];
	double		read[2];
	TvmStatus	status = TVM_OK;

	tvm_density_both(&density->rho, gate->targets[0], p);
	for (int value = 0; value < 2; value++)
		read[value] = read_as(run, gate->targets[0], value, p, weight);
	if (!(read[0] > LEAST_BRANCH) || !(read[1] > LEAST_BRANCH))
		return take(env, run, read[1] > read[0]);
	if (level->bits == NULL)
		level->bits = tvm_alloc(env, run->words, sizeof(uint64_t));
	if (level->bits == NULL)
		return TVM_NOMEM;
	if (level->rho.count == 0)
		status = tvm_state_init_as(env, &level->rho, density->rho.qubits, run->options.precision, 0);
	if (status == TVM_OK)
		status = tvm_state_copy(env, &level->rho, &density->rho);
	if (status != TVM_OK)
		return status;
	memcpy(level->bits, run->bits, run->words * sizeof(uint64_t));
	level->next = run->next;
	level->value = 1;
	density->depth++;
	return take(env, run, 0);
}

static TvmStatus
density_begin(TvmEnv *env, TvmRun *run)
{
	struct TvmDensity *density = run->density;
	Level	   *level;
	TvmState	kept;

	density->value = -1;
	run->trajectory = 0;
	if (density->depth == 0)
		return tvm_state_set_basis(env, &density->rho, 0);
	level = &density->level[--density->depth];
	kept = density->rho;
	density->rho = level->rho;
	level->rho = kept;
	memcpy(run->bits, level->bits, run->words * sizeof(uint64_t));
	run->next = level->next;
	density->value = level->value;
	return TVM_OK;
}

static TvmStatus
density_gates(TvmEnv *env, TvmRun *run, size_t to)
{
	struct TvmDensity *density = run->density;
	const TvmDensityMaps *maps = &density->maps;
	TvmStatus	status = TVM_OK;

	while (run->next < to && status == TVM_OK)
	{
		const TvmGate *gate = &run->circuit->gates[run->next];
		size_t		end = run->next;

		if (density->value >= 0)
			status = take(env, run, density->value);
		else if (!maps->apart[run->next])
		{
			while (end < to && !maps->apart[end])
				end++;
			tvm_run_take_in_hand(env, run, end - run->next, maps->start[end] - maps->start[run->next]);
			status = tvm_gates_apply(env, &density->rho, &maps->twice, maps->start[run->next],
									 maps->start[end]);
			run->hand = 0;
			run->next = end;
			continue;
		}
		else if (!tvm_run_holds(gate, run->bits))
		{
			run->next++;
			continue;
		}
		else if (gate->op == TVM_OP_MEASURE &&
				 tvm_density_branches(gate, &density->reads))
			status = branch(env, run);

		/* What the gate does, its noise, or the noise after a measurement. */
		if (status == TVM_OK)
			status = tvm_gates_apply(env, &density->rho, &maps->twice, maps->start[run->next],
									 maps->start[run->next + 1]);
		run->next++;
	}
	return status;
}

static TvmStatus
count_shots(TvmEnv *env, TvmRun *run, uint64_t index, uint64_t times)
{
	TvmStatus	status = TVM_OK;

	if (times == 0)
		return TVM_OK;
	if (!run->density->misread)
	{
		tvm_run_read_out(run, &index);
		return tvm_counts_add(env, &run->counts, run->key, times);
	}
	run->rng = run->density->rng;
	for (uint64_t i = 0; i < times && status == TVM_OK; i++)
	{
		if (i % 1024 == 1023 && tvm_cancelled(env))
			return TVM_CANCELLED;
		tvm_run_read_out(run, &index);
		status = tvm_counts_add(env, &run->counts, run->key, 1);
	}
	run->density->rng = run->rng;
	return status;
}

/* Walk over the branch's distribution, which follows those of the branches before. */
static TvmStatus
draw_shots(TvmEnv *env, TvmRun *run)
{
	struct TvmDensity *density = run->density;
	uint64_t	count = (uint64_t) 1 << run->circuit->qubits;
	TvmStatus	status = TVM_OK;

	for (uint64_t i = 0; i < count && density->left > 0 && status == TVM_OK; i++)
	{
		double		p = tvm_density_diagonal(&density->rho, i);
		uint64_t	times;

		if (!(p > 0))
			continue;
		times = p < density->rest ?
			tvm_binomial_at(&density->places, density->leaves * count + i, density->left, p / density->rest) : density->left;
		density->left -= times;
		density->rest -= p;
		density->last = i;
		status = count_shots(env, run, i, times);
	}

	/* Rounding may leave some past the end. */
	if (status == TVM_OK && density->depth == 0)
	{
		uint64_t	times = density->left;

		density->left = 0;
		status = count_shots(env, run, density->last, times);
	}
	return status;
}

static TvmStatus
density_end(TvmEnv *env, TvmRun *run)
{
	struct TvmDensity *density = run->density;
	const TvmState *rho = &density->rho;
	TvmStatus	status = draw_shots(env, run);

	if (status == TVM_OK && density->leaves++ == 0)
		status = tvm_density_purity(env, rho, &density->purity);
	if (status != TVM_OK)
		return status;
	density->trace += tvm_density_trace(rho);
	if (run->bloch != NULL)
		tvm_density_bloch(rho, run->bloch);
	for (uint64_t i = 0; run->probability != NULL && i < (uint64_t) 1 << run->circuit->qubits; i++)
		run->probability[i] += tvm_density_diagonal(rho, i);
	for (size_t i = 0; i < run->options.observable_count; i++)
	{
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		run->expectation[i].count = 1;
		run->expectation[i].mean += tvm_density_expectation(rho, &run->options.observables[i]);
	}
	if (density->ideal.count > 0)
	{
		double		fidelity;

		status = tvm_density_fidelity(env, rho, &density->ideal, &fidelity);
		if (status != TVM_OK)
			return status;
		run->fidelity.count = 1;
		run->fidelity.mean += fidelity;
	}
	run->finished = density->depth == 0 ? 1 : 0;
	return TVM_OK;
}

/* Of the branch in hand. */
static TvmStatus
density_bloch(TvmEnv *env, TvmRun *run, double *xyz)
{
	const TvmState *rho = &run->density->rho;
	double		trace = tvm_density_trace(rho);

	(void) env;
	memset(xyz, 0, 3 * (size_t) run->circuit->qubits * sizeof(double));
	tvm_density_bloch(rho, xyz);
	for (uint32_t i = 0; i < 3 * run->circuit->qubits; i++)
		xyz[i] /= trace;
	return TVM_OK;
}

static TvmStatus
density_result(TvmEnv *env, TvmRun *run, double scale)
{
	(void) env;
	(void) scale;
	run->norm = sqrt(run->density->trace);
	run->purity = run->density->leaves == 1 ? run->density->purity : 0;
	return TVM_OK;
}

static TvmStatus
density_top(TvmEnv *env, const TvmRun *run, size_t k, TvmTop *out, uint64_t *keys, size_t *found)
{
	TvmStatus	status = TVM_OK;

	if (run->probability != NULL)
		status = tvm_probabilities_top(env, run->probability, (uint64_t) 1 << run->circuit->qubits,
									   k, 0, out, found);
	for (size_t i = 0; keys != NULL && status == TVM_OK && i < *found; i++)
		keys[i] = out[i].basis;
	return status;
}

const TvmRunSteps tvm_run_density = {
	.can = density_can,
	.pays = density_pays,
	.bytes = density_bytes,
	.open = density_open,
	.begin = density_begin,
	.gates = density_gates,
	.end = density_end,
	.bloch = density_bloch,
	.result = density_result,
	.top = density_top,
	.close = density_close,
};
