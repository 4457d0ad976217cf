/*
 * vector.c: the steps of a run on a state vector; see methods.h.
 *
 * What is run is a group of trajectories (branches.h).  Pauli errors do not depend on
 * the state: they are drawn ahead, up to the first that happens to any member, and
 * the gates until there are applied at once.
 */
#include <string.h>

#include "kernel/quantum/state/gate_matrices.h"
#include "kernel/quantum/state/measure.h"
#include "kernel/quantum/engine/plan.h"
#include "kernel/quantum/state/reduced.h"
#include "kernel/quantum/run/branches.h"

/* An outcome is one that the ideal state has where it gives it this much; less is rounding. */
#define LIKELY_OUTCOME 1e-12

/* Apart from the seed's own streams: for outcomes that only the ideal run has. */
#define IDEAL_SEED 0xA5A5F00D5EED1DEAu

typedef struct TvmBranches TvmBranches;

/* Whatever the circuit; what is too large is a matter of memory. */
static bool
vector_can(const TvmCircuit *circuit, const TvmNoise *noise, const TvmRunOptions *options,
		   const TvmAnalysis *found, TvmWhyNot *why)
{
	(void) circuit;
	(void) noise;
	(void) options;
	(void) found;
	(void) why;
	return true;
}

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
	return tvm_bytes_add(bytes, tvm_branches_bytes(circuit, tvm_run_count(found, noise, options)));
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
	{
		run->probability = tvm_alloc_zero(env, run->state.count, sizeof(double));
		if (run->probability == NULL)
			status = TVM_NOMEM;
	}
	if (status == TVM_OK)
		status = tvm_branches_open(env, run, run->options.memory_limit == 0 ? UINT64_MAX :
								   run->options.memory_limit - run->bytes);
	return status;
}

static void
vector_close(TvmEnv *env, TvmRun *run)
{
	tvm_free(env, run->ideal_bits);
	tvm_free(env, run->probability);
	tvm_state_free(env, &run->state);
	tvm_state_free(env, &run->ideal);
	tvm_branches_close(env, run);
}

static void
learn(const TvmRun *run, TvmKnown *known, uint32_t qubit, int value)
{
	if (run->circuit->qubits >= TVM_KNOWN_LEAST)
		tvm_known_set(known, qubit, value);
}

/* How probable a qubit's values are: no look at the state where that is known. */
static TvmStatus
weigh(TvmEnv *env, const TvmState *state, const TvmKnown *known, uint32_t qubit, double p[2])
{
	if ((known->mask >> qubit & 1) == 0)
		return tvm_measure_both(env, state, qubit, p);
	p[1] = (double) (known->value >> qubit & 1);
	p[0] = 1 - p[1];
	return TVM_OK;
}

/* The state after an outcome, which a qubit that is known has had before. */
static TvmStatus
keep_outcome(TvmEnv *env, TvmRun *run, TvmState *state, TvmKnown *known, const TvmGate *gate, int outcome,
			 const double p[2])
{
	uint32_t	qubit = gate->targets[0];
	bool		reset = gate->op == TVM_OP_RESET;
	TvmStatus	status = TVM_OK;

	run->unscaled = run->unscaled || (known->mask >> qubit & 1) != 0;
	if ((known->mask >> qubit & 1) == 0)
	{
		status = tvm_measure_keep(env, state, qubit, outcome, p, reset);
		learn(run, known, qubit, reset ? 0 : outcome);
	}
	else if (reset && outcome == 1)
	{
		TvmGate		x;
		TvmCircuit	flip = {.qubits = run->circuit->qubits, .count = 1, .gates = &x};

		tvm_gate_init(&x, TVM_OP_X);
		x.target_count = 1;
		x.targets = &qubit;
		status = tvm_gates_apply_known(env, state, &flip, 0, 1, known);
	}
	return status;
}

/* The ideal state of a circuit that is the same for all trajectories, once. */
static TvmStatus
prepare_ideal(TvmEnv *env, TvmRun *run)
{
	const TvmCircuit *circuit = run->circuit;
	TvmKnown	known = tvm_known_start(circuit->qubits);
	TvmStatus	status = tvm_state_set_basis(env, &run->ideal, 0);

	memset(run->ideal_bits, 0, run->words * sizeof(uint64_t));
	for (size_t i = 0; i < circuit->count && status == TVM_OK; i++)
	{
		const TvmGate *gate = &circuit->gates[i];
		size_t		end = tvm_stretch_end(circuit, i, circuit->count);

		/* What is not unitary here is a final measurement, or a reset of |0>. */
		status = tvm_gates_apply_known(env, &run->ideal, circuit, i, end, &known);
		if (end > i)
			i = end - 1;
		else if (tvm_op_is_unitary(gate->op) && tvm_run_holds(gate, run->ideal_bits))
		{
			tvm_known_follow(&known, gate);
			status = tvm_gate_apply(env, &run->ideal, gate);
		}
	}
	run->ideal_ready = status == TVM_OK;
	return status;
}

/* The state, the bits and the ideal state as they are before the first gate. */
static TvmStatus
start_over(TvmEnv *env, TvmRun *run)
{
	TvmStatus	status = TVM_OK;

	run->next = 0;
	run->ideal_lost = false;
	run->known = run->ideal_known = tvm_known_start(run->circuit->qubits);
	memset(run->bits, 0, run->words * sizeof(uint64_t));
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

static TvmStatus
vector_begin(TvmEnv *env, TvmRun *run)
{
	bool		again = true;
	TvmStatus	status = TVM_OK;

	if (run->branches->depth > 0)
		status = tvm_branches_resume(env, run, &again);
	else
		tvm_branches_start(run);
	if (status == TVM_OK && again)
		status = start_over(env, run);
	return status;
}

static bool
has_ideal(const TvmRun *run)
{
	return run->ideal.count != 0 && !run->ideal_shared;
}

/* Gates [run->next, end), none of which measures, waits for a bit or brings an error. */
static TvmStatus
apply_stretch(TvmEnv *env, TvmRun *run, size_t end)
{
	TvmStretches *stretches = &run->branches->stretches;
	size_t		gates = end - run->next;
	TvmStatus	status;

	tvm_run_take_in_hand(env, run, gates, has_ideal(run) ? 2 * gates : gates);
	status = tvm_stretches_apply(env, stretches, &run->state, run->next, end, &run->known);
	if (status == TVM_OK && has_ideal(run))
		status = tvm_stretches_apply(env, stretches, &run->ideal, run->next, end, &run->ideal_known);
	run->hand = 0;
	return status;
}

/* Each member draws the error of a channel of Paulis: is there any? */
static bool
draw_errors(TvmRun *run)
{
	TvmBranches *branches = run->branches;
	const TvmNoiseSite *site = &branches->place.site;
	uint64_t	index = branches->place.draws++;
	bool		any = false;

	for (size_t i = branches->from; i < branches->end; i++)
	{
		branches->code[i] = (uint8_t) tvm_channel_draw(site->channel, site->p,
													   tvm_branches_number(run, branches, i, index));
		any = any || branches->code[i] != 0;
	}
	return any;
}

/*
 * The channels that follow a gate, from place.site on: TVM_DRAWN_CHANNEL where
 * members have drawn an error, TVM_IN_NOISE before a channel that depends on the
 * state, TVM_AT_IDEAL past the last.
 */
static TvmStatus
draw_ahead(TvmEnv *env, TvmRun *run, const TvmGate *gate)
{
	TvmPlace   *place = &run->branches->place;

	for (;;)
	{
		TvmNoiseSite before = place->site;

		place->stage = TVM_AT_IDEAL;
		if (!run->branches->noisy || !tvm_noise_next(run->noise, gate, &place->site))
			return TVM_OK;
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		if (!tvm_channel_is_pauli(place->site.channel))
		{
			place->site = before;
			place->stage = TVM_IN_NOISE;
			return TVM_OK;
		}
		if (draw_errors(run))
		{
			place->stage = TVM_DRAWN_CHANNEL;
			return TVM_OK;
		}
	}
}

/* A measurement or a reset, of the members one by one: each its code. */
static TvmStatus
draw_outcomes(TvmEnv *env, TvmRun *run, const TvmGate *gate)
{
	TvmBranches *branches = run->branches;
	TvmPlace   *place = &branches->place;
	uint32_t	qubit = gate->targets[0];
	uint32_t	reads = gate->op == TVM_OP_MEASURE ? tvm_noise_read_draws(run->noise, qubit) : 0;
	TvmStatus	status = weigh(env, &run->state, &run->known, qubit, place->p);

	for (size_t i = branches->from; i < branches->end && status == TVM_OK; i++)
	{
		int			outcome = tvm_measure_finds(place->p, tvm_branches_number(run, branches, i, place->draws));
		int			read = outcome;

		if (reads > 0)
		{
			TvmRng		rng;

			tvm_rng_init(&rng, run->options.seed, (uint64_t) run->options.stream << 32 |
						 (branches->first + branches->member[i]));
			tvm_rng_seek(&rng, place->draws + 1);
			read = tvm_noise_read(run->noise, qubit, outcome, &rng) != 0;
		}
		branches->code[i] = (uint8_t) (outcome | read << 1);
		if (i % 4096 == 4095 && tvm_cancelled(env))
			status = TVM_CANCELLED;
	}
	place->draws += 1 + reads;
	place->stage = TVM_DRAWN_GATE;
	return status == TVM_OK ? tvm_branches_split(env, run) : status;
}

/* A gate that is not part of a stretch. */
static TvmStatus
take_gate(TvmEnv *env, TvmRun *run, const TvmGate *gate)
{
	TvmPlace   *place = &run->branches->place;

	if (run->deferred[run->next])
	{
		run->next++;
		return TVM_OK;
	}
	memset(&place->site, 0, sizeof(place->site));
	place->outcome = -1;
	place->stage = TVM_AT_IDEAL;
	if (!tvm_run_holds(gate, run->bits))
		return TVM_OK;
	if (!tvm_op_is_unitary(gate->op))
		return draw_outcomes(env, run, gate);
	place->stage = TVM_IN_NOISE;
	tvm_known_follow(&run->known, gate);
	return tvm_gate_apply(env, &run->state, gate);
}

/* From the start of a gate to what next may part the group, before the gate `to`. */
static TvmStatus
at_gate(TvmEnv *env, TvmRun *run, size_t to)
{
	const TvmCircuit *circuit = run->circuit;
	TvmPlace   *place = &run->branches->place;
	size_t		at = run->next;
	TvmStatus	status = TVM_OK;

	place->stage = TVM_AT_IDEAL;
	if (!run->branches->noisy)
		at = tvm_stretch_end(circuit, at, to);
	while (at < to && status == TVM_OK && place->stage == TVM_AT_IDEAL &&
		   tvm_stretch_end(circuit, at, at + 1) > at)
	{
		memset(&place->site, 0, sizeof(place->site));
		status = draw_ahead(env, run, &circuit->gates[at++]);
	}
	if (status == TVM_OK)
		status = apply_stretch(env, run, at);
	if (status != TVM_OK)
		return status;
	if (place->stage != TVM_AT_IDEAL)	/* inside the last gate of the stretch */
	{
		run->next = at - 1;
		place->outcome = -1;
		return place->stage == TVM_DRAWN_CHANNEL ? tvm_branches_split(env, run) : TVM_OK;
	}
	run->next = at;
	place->stage = TVM_AT_GATE;
	return at < to ? take_gate(env, run, &circuit->gates[at]) : TVM_OK;
}

/* What the group has drawn at a measurement or a reset happens. */
static TvmStatus
apply_outcome(TvmEnv *env, TvmRun *run, const TvmGate *gate)
{
	TvmPlace   *place = &run->branches->place;
	int			code = run->branches->code[run->branches->from];
	bool		reset = gate->op == TVM_OP_RESET;

	place->outcome = code & 1;
	if (!reset)
		tvm_bits_put(run->bits, (uint32_t) gate->bit, code >> 1 != 0);
	place->stage = TVM_IN_NOISE;
	return keep_outcome(env, run, &run->state, &run->known, gate, place->outcome, place->p);
}

static TvmStatus
apply_channel(TvmEnv *env, TvmRun *run)
{
	TvmPlace   *place = &run->branches->place;
	const TvmNoiseSite *site = &place->site;
	uint32_t	code = run->branches->code[run->branches->from];

	place->stage = TVM_IN_NOISE;
	memset(&run->known, 0, sizeof(run->known));
	if (tvm_channel_is_pauli(site->channel))
		return tvm_channel_flip(env, site->channel, code, &run->state, site->qubits);
	return tvm_damping_apply(env, site->p, place->p, code != 0, &run->state, site->qubits[0]);
}

/* The channels left after a gate, until one parts the group. */
static TvmStatus
in_noise(TvmEnv *env, TvmRun *run, const TvmGate *gate)
{
	TvmBranches *branches = run->branches;
	TvmPlace   *place = &branches->place;
	TvmStatus	status = draw_ahead(env, run, gate);

	if (status != TVM_OK || place->stage == TVM_AT_IDEAL)
		return status;
	if (place->stage == TVM_IN_NOISE)	/* amplitude damping */
	{
		(void) tvm_noise_next(run->noise, gate, &place->site);
		status = tvm_measure_both(env, &run->state, place->site.qubits[0], place->p);
		if (status != TVM_OK)
			return status;
		for (size_t i = branches->from; i < branches->end; i++)
			branches->code[i] = tvm_damping_jumps(place->site.p, place->p,
												  tvm_branches_number(run, branches, i, place->draws));
		place->draws++;
		place->stage = TVM_DRAWN_CHANNEL;
	}
	return tvm_branches_split(env, run);
}

/*
 * The ideal state's side of a measurement or reset.  Where the noisy state was
 * asked, the ideal one follows, a reset's outcome only where it can; else it draws.
 */
static TvmStatus
draw_ideal(TvmEnv *env, TvmRun *run, const TvmGate *gate)
{
	TvmBranches *branches = run->branches;
	TvmPlace   *place = &branches->place;
	double	   *p = place->p;
	uint64_t	stream = (uint64_t) run->options.stream << 32 | branches->first;
	TvmStatus	status = weigh(env, &run->ideal, &run->ideal_known, gate->targets[0], p);

	for (size_t i = branches->from; i < branches->end; i++)
	{
		int			code = place->outcome;

		if (code < 0)
			code = tvm_measure_finds(p, tvm_rng_double_at(run->options.seed ^ IDEAL_SEED,
														  stream + branches->member[i],
														  place->ideal_draws));
		else if (gate->op == TVM_OP_RESET && !(p[code] > LIKELY_OUTCOME * (p[0] + p[1])))
			code = !code;
		branches->code[i] = (uint8_t) code;
	}
	place->ideal_draws++;
	place->stage = TVM_DRAWN_IDEAL;
	return status == TVM_OK ? tvm_branches_split(env, run) : status;
}

static TvmStatus
apply_ideal(TvmEnv *env, TvmRun *run, const TvmGate *gate)
{
	TvmPlace   *place = &run->branches->place;
	int			code = run->branches->code[run->branches->from];

	place->stage = TVM_AT_GATE;
	run->next++;
	if (gate->op == TVM_OP_MEASURE)
		tvm_bits_put(run->ideal_bits, (uint32_t) gate->bit, code != 0);
	run->ideal_lost = place->p[code] <= LIKELY_OUTCOME * (place->p[0] + place->p[1]);
	if (run->ideal_lost)
		return TVM_OK;
	return keep_outcome(env, run, &run->ideal, &run->ideal_known, gate, code, place->p);
}

static TvmStatus
at_ideal(TvmEnv *env, TvmRun *run, const TvmGate *gate)
{
	bool		unitary = tvm_op_is_unitary(gate->op);

	/* A gate without a condition was applied to the ideal state as part of a stretch. */
	if (has_ideal(run) && !(unitary && gate->if_count == 0) && tvm_run_holds(gate, run->ideal_bits))
	{
		if (!unitary && !run->ideal_lost)
			return draw_ideal(env, run, gate);
		if (unitary)
		{
			run->branches->place.stage = TVM_AT_GATE;
			run->next++;
			tvm_known_follow(&run->ideal_known, gate);
			return tvm_gate_apply(env, &run->ideal, gate);
		}
	}
	run->branches->place.stage = TVM_AT_GATE;
	run->next++;
	return TVM_OK;
}

static TvmStatus
vector_gates(TvmEnv *env, TvmRun *run, size_t to)
{
	TvmStatus	status = TVM_OK;

	while (run->next < to && status == TVM_OK)
	{
		const TvmGate *gate = &run->circuit->gates[run->next];

		switch (run->branches->place.stage)
		{
			case TVM_AT_GATE:
				status = at_gate(env, run, to);
				break;
			case TVM_DRAWN_GATE:
				status = apply_outcome(env, run, gate);
				break;
			case TVM_IN_NOISE:
				status = in_noise(env, run, gate);
				break;
			case TVM_DRAWN_CHANNEL:
				status = apply_channel(env, run);
				break;
			case TVM_AT_IDEAL:
				status = at_ideal(env, run, gate);
				break;
			case TVM_DRAWN_IDEAL:
				status = apply_ideal(env, run, gate);
				break;
		}
	}
	return status;
}

static TvmStatus
vector_end(TvmEnv *env, TvmRun *run)
{
	uint64_t	weight = run->branches->end - run->branches->from;
	TvmStatus	status = TVM_OK;

	if (run->unscaled)
		status = tvm_state_normalize(env, &run->state);
	if (status == TVM_OK && run->unscaled && has_ideal(run))
		status = tvm_state_normalize(env, &run->ideal);
	if (status == TVM_OK)
		status = tvm_branches_shots(env, run);
	if (status == TVM_OK)
		status = tvm_branches_sums(env, run, weight);
	if (status == TVM_OK)
		run->finished += weight;
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
vector_bloch(TvmEnv *env, TvmRun *run, double *xyz)
{
	return tvm_reduced_bloch_all(env, &run->state, xyz);
}

static TvmStatus
vector_top(TvmEnv *env, const TvmRun *run, size_t k, TvmTop *out, uint64_t *keys, size_t *found)
{
	TvmStatus	status = TVM_OK;

	if (run->deterministic)
		status = tvm_state_top(env, &run->state, k, 0, out, found);
	else if (run->probability != NULL)
		status = tvm_probabilities_top(env, run->probability, run->state.count, k, 0, out, found);
	for (size_t i = 0; keys != NULL && status == TVM_OK && i < *found; i++)
		keys[i] = out[i].basis;
	return status;
}

const TvmRunSteps tvm_run_vector = {
	.can = vector_can,
	.bytes = vector_bytes,
	.open = vector_open,
	.begin = vector_begin,
	.gates = vector_gates,
	.end = vector_end,
	.bloch = vector_bloch,
	.result = vector_result,
	.top = vector_top,
	.close = vector_close,
};
