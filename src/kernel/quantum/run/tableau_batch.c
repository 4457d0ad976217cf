/*
 * tableau_batch.c: a run on a tableau, up to 1024 trajectories at a time; see tableau_parts.h.
 *
 * The reference steps along with the first batch, with 0 for every open outcome;
 * later batches have its outcomes.  A batch draws from the stream of its first
 * trajectory, whichever of its lanes are asked for.
 */
#include <string.h>

#include "kernel/quantum/run/tableau_parts.h"
#include "kernel/quantum/run/tableau_terms.h"

#define CANCEL_INTERVAL 256		/* gates, each a microsecond or less in either */

void
tvm_lanes_begin(TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	uint64_t	lanes = (uint64_t) 64 * s->pauli_frames.words;
	uint64_t	first = run->trajectory / lanes * lanes;
	uint64_t	until = run->until < first + lanes ? run->until : first + lanes;

	s->from = (uint32_t) (run->trajectory - first);
	s->to = (uint32_t) (until - first);
	tvm_rng_init(&s->pauli_frames.rng, run->options.seed, (uint64_t) run->options.stream << 32 | first);
	tvm_pauli_frames_start(&s->pauli_frames);
	tvm_follow_begin(s);
	memset(s->reference_bits, 0, run->words * sizeof(uint64_t));
	if (!s->ready)
		tvm_tableau_reset(&s->state);
}

static TvmStatus
apply(TvmEnv *env, TvmRun *run, size_t index)
{
	TvmStabilizer *s = run->stabilizer;
	const TvmGate *gate = &run->circuit->gates[index];
	const TvmCliffordStep *steps = &s->program.steps[s->program.first[index]];
	uint64_t	count = s->program.first[index + 1] - s->program.first[index];
	bool		waits = s->conditions[index] == TVM_CONDITION_WAITS;
	bool		held = !waits || tvm_run_holds(gate, s->reference_bits);

	if (s->conditions[index] == TVM_CONDITION_FAILS)
		return TVM_OK;
	tvm_pauli_frames_select(&s->pauli_frames, waits ? gate : NULL);
	if (gate->op == TVM_OP_MEASURE)
	{
		if (!s->ready)
		{
			tvm_follow_learn(s, gate->targets[0]);
			s->outcomes[index] = (uint8_t) tvm_tableau_measure(&s->state, gate->targets[0], 0, NULL);
		}
		tvm_bits_put(s->reference_bits, (uint32_t) gate->bit, s->outcomes[index] != 0);
		tvm_pauli_frames_measure(&s->pauli_frames, run->noise, gate->targets[0], s->outcomes[index],
								 (uint32_t) gate->bit);
		tvm_follow_collapse(s, gate, s->outcomes[index]);
	}
	else if (gate->op == TVM_OP_RESET)
	{
		if (!s->ready)
		{
			tvm_follow_learn(s, gate->targets[0]);
			tvm_tableau_reset_qubit(&s->state, gate->targets[0], 0);
		}
		tvm_pauli_frames_reset(&s->pauli_frames, gate->targets[0]);
		tvm_follow_collapse(s, gate, 0);
	}
	else
	{
		if (!s->ready && held)
			tvm_tableau_apply(&s->state, steps, count);
		if (waits)
			tvm_pauli_frames_differ(&s->pauli_frames, steps, count, held);
		else
			tvm_pauli_frames_apply(&s->pauli_frames, steps, count);
		tvm_follow_gate(s, gate, steps, count, waits);
	}
	return run->noise == NULL ? TVM_OK : tvm_pauli_frames_noise(env, &s->pauli_frames, run->noise, gate);
}

TvmStatus
tvm_lanes_gates(TvmEnv *env, TvmRun *run, size_t to)
{
	return tvm_stabilizer_gates(env, run, to, CANCEL_INTERVAL, apply);
}

/* The reference has run: what its state has to tell. */
static TvmStatus
finish_reference(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	int8_t	   *terms = s->terms;
	TvmStatus	status = tvm_support_find(env, &s->support, &s->state);

	for (size_t i = 0; i < run->options.observable_count && status == TVM_OK; i++)
	{
		status = tvm_stabilizer_terms(env, &s->state, &run->options.observables[i], terms);
		terms += run->options.observables[i].count;
	}
	if (status == TVM_OK && run->bloch != NULL)
		status = tvm_stabilizer_bloch(env, &s->state, s->bloch);
	s->ready = status == TVM_OK;
	return status;
}

/* The lanes of a word that count, and are below `to`. */
static uint64_t
counting(const TvmStabilizer *s, uint32_t word, uint64_t to)
{
	uint64_t	mask = ~(uint64_t) 0;
	uint64_t	first = (uint64_t) 64 * word;

	if (s->from > first)
		mask = s->from - first >= 64 ? 0 : mask << (s->from - first);
	if (to < first + 64)
		mask = to <= first ? 0 : mask & (~(uint64_t) 0 >> (64 - (to - first)));
	return mask;
}

/* Read what is measured at the end, and count the lanes before `to` as shots. */
static TvmStatus
count_shots(TvmEnv *env, TvmRun *run, uint64_t to)
{
	TvmStabilizer *s = run->stabilizer;
	TvmPauliFrames *frames = &s->pauli_frames;
	uint32_t	words = run->counts.words;
	TvmStatus	status = TVM_OK;

	for (size_t i = 0; run->measures && i < run->final_count; i++)
	{
		const TvmGate *gate = &run->circuit->gates[run->finals[i]];

		tvm_pauli_frames_read(frames, run->noise, gate->targets[0],
							  tvm_bits_get(s->support.base, gate->targets[0]), (uint32_t) gate->bit);
	}
	for (uint32_t q = 0; !run->measures && q < frames->qubits; q++)
		tvm_pauli_frames_read(frames, run->noise, q, tvm_bits_get(s->support.base, q), q);
	for (uint32_t w = 0; w < frames->words && status == TVM_OK; w++)
	{
		uint64_t	left = counting(s, w, to);

		if (left == 0)
			continue;
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		tvm_pauli_frames_keys(frames, frames->bits, run->counts.bits, w, s->keys, words);
		for (; left != 0 && status == TVM_OK; left &= left - 1)
			status = tvm_counts_add(env, &run->counts,
									s->keys + (size_t) __builtin_ctzll(left) * words, 1);
	}
	return status;
}

/* Which lanes' strings anticommute with a term: those see its expectation with the other sign. */
static void
turned(const TvmPauliFrames *frames, const TvmPauliTerm *term, uint64_t *out)
{
	memset(out, 0, frames->words * sizeof(uint64_t));
	for (uint32_t j = 0; j < term->count; j++)
	{
		const uint64_t *x = frames->x + (size_t) term->qubits[j] * frames->words;
		const uint64_t *z = frames->z + (size_t) term->qubits[j] * frames->words;

		for (uint32_t w = 0; w < frames->words; w++)
			out[w] ^= (term->paulis[j] != 'X' ? x[w] : 0) ^ (term->paulis[j] != 'Z' ? z[w] : 0);
	}
}

static TvmStatus
add_expectations(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	const int8_t *expectation = s->terms;
	uint64_t	sign[TVM_PAULI_FRAMES_WORDS];

	for (size_t i = 0; i < run->options.observable_count; i++)
	{
		const TvmObservable *observable = &run->options.observables[i];

		for (uint32_t lane = s->from; lane < s->to; lane++)
			s->values[lane] = 0;
		for (size_t j = 0; j < observable->count; j++, expectation++)
		{
			double		value = observable->terms[j].coefficient * *expectation;

			if (j % 64 == 0 && tvm_cancelled(env))
				return TVM_CANCELLED;
			if (*expectation == 0)
				continue;
			turned(&s->pauli_frames, &observable->terms[j], sign);
			for (uint32_t lane = s->from; lane < s->to; lane++)
				s->values[lane] += tvm_bits_get(sign, lane) ? -value : value;
		}
		for (uint32_t lane = s->from; lane < s->to; lane++)
			tvm_mean_add(&run->expectation[i], s->values[lane]);
	}
	return TVM_OK;
}

static void
add_bloch(TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	uint64_t	sign[TVM_PAULI_FRAMES_WORDS];

	for (uint32_t q = 0; run->bloch != NULL && q < s->pauli_frames.qubits; q++)
		for (uint32_t axis = 0; axis < 3; axis++)
		{
			char		letter = "XYZ"[axis];
			TvmPauliTerm term = {1, 1, &q, &letter};
			int			minus = 0;

			if (s->bloch[3 * q + axis] == 0)
				continue;
			turned(&s->pauli_frames, &term, sign);
			for (uint32_t w = 0; w < s->pauli_frames.words; w++)
				minus += __builtin_popcountll(sign[w] & counting(s, w, s->to));
			run->bloch[3 * q + axis] += s->bloch[3 * q + axis] * ((double) (s->to - s->from) - 2 * minus);
		}
}

/* X turns Y and Z, Z turns X and Y; a stabilizer turns nothing that is not 0. */
void
tvm_lanes_turn(const TvmRun *run, double *xyz)
{
	const TvmPauliFrames *frames = &run->stabilizer->pauli_frames;
	uint32_t	lane = run->stabilizer->from;

	for (uint32_t q = 0; q < frames->qubits; q++)
	{
		bool		by_x = tvm_bits_get(frames->x + (size_t) q * frames->words, lane);
		bool		by_z = tvm_bits_get(frames->z + (size_t) q * frames->words, lane);

		if (by_z)
			xyz[3 * q] = -xyz[3 * q];
		if (by_x != by_z)
			xyz[3 * q + 1] = -xyz[3 * q + 1];
		if (by_x)
			xyz[3 * q + 2] = -xyz[3 * q + 2];
	}
}

/*
 * A lane's state is the ideal one where the string between them commutes with all
 * stabilizers, and orthogonal to it elsewhere.  Where the ideal state is the reference's,
 * that is the lane's own.  The support's work has the stabilizers, signs apart.
 */
static TvmStatus
add_fidelity(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	const TvmPauliFrames *frames = s->follows ? &s->apart : &s->pauli_frames;
	uint32_t	words = s->support.words;
	uint64_t	off[TVM_PAULI_FRAMES_WORDS];
	uint64_t	lost = 0;
	bool		some = !s->follows || s->pauli_frames.apart != NULL;	/* a lane is still the ideal state */

	memcpy(off, s->off, sizeof(off));
	for (uint32_t i = 0; i < frames->qubits && some; i++)
	{
		const uint64_t *x = s->support.work + (size_t) i * (2 * words + 1);
		const uint64_t *z = x + words;
		uint64_t	odd[TVM_PAULI_FRAMES_WORDS] = {0};

		if (i % 16 == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		for (uint32_t word = 0; word < words; word++)
			for (uint64_t left = x[word] | z[word]; left != 0; left &= left - 1)
			{
				uint32_t	bit = (uint32_t) __builtin_ctzll(left);
				size_t		at = ((size_t) 64 * word + bit) * frames->words;
				bool		on_x = x[word] >> bit & 1;
				bool		on_z = z[word] >> bit & 1;

				for (uint32_t w = 0; on_x && w < frames->words; w++)
					odd[w] ^= frames->z[at + w];
				for (uint32_t w = 0; on_z && w < frames->words; w++)
					odd[w] ^= frames->x[at + w];
			}
		some = false;
		for (uint32_t w = 0; w < frames->words; w++)
		{
			off[w] |= odd[w];
			some |= (counting(s, w, s->to) & ~off[w]) != 0;
		}
	}
	for (uint32_t w = 0; w < frames->words; w++)
		lost += (uint64_t) __builtin_popcountll(off[w] & counting(s, w, s->to));
	s->unlike += lost;
	s->alike += s->to - s->from - lost;
	return TVM_OK;
}

/* Count each lane's coset of the support.  Strings change, by stabilizers alone. */
static TvmStatus
add_cosets(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	TvmPauliFrames *frames = &s->pauli_frames;
	const TvmSupport *support = &s->support;
	uint32_t	stride = s->seen.words;
	uint64_t	lead[TVM_PAULI_FRAMES_WORDS];
	TvmStatus	status = TVM_OK;

	if (support->rank > TVM_COSET_RANK)
		return TVM_OK;
	for (uint32_t i = 0; i < support->rank; i++)
	{
		const uint64_t *row = support->rows + (size_t) i * support->words;

		memcpy(lead, frames->x + (size_t) support->lead[i] * frames->words,
			   frames->words * sizeof(uint64_t));
		for (uint32_t q = 0; q < frames->qubits; q++)
			for (uint32_t w = 0; tvm_bits_get(row, q) && w < frames->words; w++)
				frames->x[(size_t) q * frames->words + w] ^= lead[w];
	}
	for (uint32_t w = 0; w < frames->words && status == TVM_OK; w++)
	{
		uint64_t	left = counting(s, w, s->to);

		if (left == 0)
			continue;
		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		tvm_pauli_frames_keys(frames, frames->x, frames->qubits, w, s->keys, stride);
		for (; left != 0 && status == TVM_OK; left &= left - 1)
			status = tvm_counts_add(env, &s->seen, s->keys + (size_t) __builtin_ctzll(left) * stride, 1);
	}
	return status;
}

/* The sums of a deterministic run: the reference is the one trajectory. */
static TvmStatus
add_reference(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	const int8_t *expectation = s->terms;
	uint64_t   *none = s->keys;

	for (size_t i = 0; i < run->options.observable_count; i++)
	{
		const TvmObservable *observable = &run->options.observables[i];
		double		value = 0;

		for (size_t j = 0; j < observable->count; j++)
			value += observable->terms[j].coefficient * *expectation++;
		tvm_mean_add(&run->expectation[i], value);
	}
	for (size_t i = 0; run->bloch != NULL && i < 3 * (size_t) run->circuit->qubits; i++)
		run->bloch[i] += s->bloch[i];
	if (s->support.rank > TVM_COSET_RANK)
		return TVM_OK;
	memset(none, 0, s->seen.words * sizeof(uint64_t));
	return tvm_counts_add(env, &s->seen, none, 1);
}

/*
 * Where the basis states are few, as a Bell pair's or a GHZ state's are, each shot is
 * the number of one of them: at 1000 qubits and 10,000 gates a million shots take
 * 10 ms this way and 490 ms in lanes.
 */
static TvmStatus
draw_few(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	uint64_t	states = (uint64_t) 1 << s->support.rank;
	uint64_t	times[1 << TVM_FEW_RANK] = {0};
	uint64_t	state[TVM_MAX_QUBITS / 64 + 1];
	TvmStatus	status = TVM_OK;

	for (uint64_t i = 0; i < run->options.shots; i++)
	{
		if (i % 65536 == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		times[tvm_rng_u32(&run->rng) & (states - 1)]++;
	}
	for (uint64_t i = 0; i < states && status == TVM_OK; i++)
	{
		if (times[i] == 0)
			continue;
		tvm_support_state(&s->support, i, state);
		tvm_run_read_out(run, state);
		status = tvm_counts_add(env, &run->counts, run->key, times[i]);
	}
	return status;
}

/*
 * Shots of a deterministic run, as lanes too: batch b draws from the stream of its
 * first shot.  The first batch has run already.
 */
static TvmStatus
draw_shots(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	uint64_t	lanes = (uint64_t) 64 * s->pauli_frames.words;
	uint64_t	shots = run->options.shots;
	TvmStatus	status = TVM_OK;

	if (run->noise == NULL && s->support.rank <= TVM_FEW_RANK)
		return draw_few(env, run);
	for (uint64_t first = 0; first < shots && status == TVM_OK; first += lanes)
	{
		uint64_t	to = shots - first < lanes ? shots - first : lanes;

		if (first > 0)
		{
			run->trajectory = first;
			run->until = shots;
			run->next = 0;
			tvm_lanes_begin(run);
			status = tvm_lanes_gates(env, run, run->circuit->count);
		}
		s->from = 0;
		if (status == TVM_OK)
			status = count_shots(env, run, to);
	}
	run->trajectory = 0;
	return status;
}

TvmStatus
tvm_lanes_end(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	uint64_t	first = run->trajectory - s->from;
	uint64_t	shots = run->options.shots > first ? run->options.shots - first : 0;
	TvmStatus	status = s->ready ? TVM_OK : finish_reference(env, run);

	if (status != TVM_OK)
		return status;
	if (run->deterministic)
	{
		status = add_reference(env, run);
		if (status == TVM_OK)
			status = draw_shots(env, run);
		run->finished++;
		return status;
	}
	if (shots > 0)
		status = count_shots(env, run, shots < s->to ? shots : s->to);
	if (status == TVM_OK)
		status = add_expectations(env, run);
	if (status == TVM_OK && run->compares)
		status = add_fidelity(env, run);
	if (status == TVM_OK)
		add_bloch(run);
	if (status == TVM_OK && run->options.probabilities)
		status = add_cosets(env, run);
	if (status == TVM_OK)
		run->finished += s->to - s->from;
	return status;
}
