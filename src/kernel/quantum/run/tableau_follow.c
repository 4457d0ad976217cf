/*
 * tableau_follow.c: the ideal run beside each lane of a tableau's run; see tableau_parts.h.
 *
 * Both states of a lane are Pauli strings on the reference's, so the noisy one is a string
 * D on the ideal one, and D is all that is kept of it: `apart`.  It starts as the identity,
 * gates that both make conjugate it, errors multiply it, and so does a Pauli that one of
 * the two makes and the other does not.  Z of a qubit is measured, and D has an X there:
 *
 *   - the outcome is open: the ideal state follows it.  P D |ideal> = D P' |ideal>, where
 *     P' is the projection on the other outcome, and P' |ideal> = P' S |ideal> = S P |ideal>
 *     for a stabilizer S that anticommutes with Z.  So D becomes D S.
 *   - it is not: the ideal state excludes it, and the lane is lost.  A reset's outcome
 *     nobody sees, so there D only loses its X.
 *
 * Whether an outcome is open, and S but for its sign, are the reference's, the same in all
 * lanes: learnt once.  At the end a lane's fidelity is 1 where it is not lost and D commutes
 * with all stabilizers, and 0 elsewhere.
 */
#include <string.h>

#include "kernel/quantum/run/tableau_parts.h"

/* A circuit whose strings S take more has a tableau for each trajectory. */
#define ROOM ((uint64_t) 64 << 20)

/* Of a string's X bits, and of its Z bits. */
static size_t
string_words(uint32_t qubits)
{
	return qubits / 64 + 1;
}

/* What collapses on the way has a string S, or zeros where its outcome is not open. */
static uint64_t
collapses(const TvmCircuit *circuit)
{
	uint64_t	count = 0;

	for (size_t i = 0; i < circuit->count; i++)
		count += circuit->gates[i].op == TVM_OP_MEASURE || circuit->gates[i].op == TVM_OP_RESET;
	return count;
}

static uint64_t
strings_bytes(const TvmCircuit *circuit)
{
	return collapses(circuit) * 2 * string_words(circuit->qubits) * sizeof(uint64_t);
}

uint64_t
tvm_follow_bytes(const TvmCircuit *circuit)
{
	return strings_bytes(circuit) + tvm_pauli_frames_bytes(circuit->qubits, circuit->bits);
}

bool
tvm_follow_can(const TvmCircuit *circuit, uint64_t memory_limit)
{
	uint64_t	bytes = strings_bytes(circuit);

	return bytes <= ROOM && (memory_limit == 0 || bytes <= memory_limit / 4);
}

TvmStatus
tvm_follow_open(TvmEnv *env, TvmRun *run)
{
	TvmStabilizer *s = run->stabilizer;
	uint32_t	qubits = run->circuit->qubits;
	TvmStatus	status = tvm_pauli_frames_init(env, &s->apart, qubits, run->circuit->bits, s->pauli_frames.words);

	s->follows = true;
	s->strings = tvm_alloc(env, collapses(run->circuit) * 2 * string_words(qubits), sizeof(uint64_t));
	return s->strings == NULL ? TVM_NOMEM : status;
}

void
tvm_follow_begin(TvmStabilizer *s)
{
	if (!s->follows)
		return;
	tvm_pauli_frames_clear(&s->apart);
	memset(s->off, 0, sizeof(s->off));
	s->string = 0;
	s->pauli_frames.apart = &s->apart;
}

/* Where no lane is left, there is nothing to follow. */
static void
lose(TvmStabilizer *s, const uint64_t *lanes)
{
	uint64_t	left = 0;

	for (uint32_t w = 0; w < s->apart.words; w++)
	{
		s->off[w] |= lanes[w];
		left |= ~s->off[w];
	}
	if (left == 0)
		s->pauli_frames.apart = NULL;
}

void
tvm_follow_gate(TvmStabilizer *s, const TvmGate *gate, const TvmCliffordStep *steps, uint64_t count, bool waits)
{
	if (s->pauli_frames.apart == NULL)
		return;
	if (!waits)
	{
		tvm_pauli_frames_apply(&s->apart, steps, count);
		return;
	}

	/* The ideal run waits for what it measured, without readout errors. */
	tvm_pauli_frames_select(&s->apart, gate);
	for (uint32_t w = 0; w < s->apart.words; w++)
		s->apart.active[w] ^= s->pauli_frames.active[w];
	tvm_pauli_frames_differ(&s->apart, steps, count, false);
}

void
tvm_follow_learn(TvmStabilizer *s, uint32_t qubit)
{
	size_t		words = string_words(s->apart.qubits);
	uint64_t   *x = s->strings + 2 * words * s->string;

	if (!s->follows)
		return;
	memset(x, 0, 2 * words * sizeof(uint64_t));
	(void) tvm_tableau_open(&s->state, qubit, x, x + words);
}

/* D where it has an X on the qubit, `lanes`. */
static void
turn(TvmStabilizer *s, const TvmGate *gate, const uint64_t *lanes, const uint64_t *string)
{
	uint32_t	qubit = gate->targets[0];

	if (tvm_bits_get(string, qubit))
		tvm_pauli_frames_multiply(&s->apart, lanes, string, string + string_words(s->apart.qubits));
	else if (gate->op == TVM_OP_MEASURE)
		lose(s, lanes);
	else
		memset(s->apart.x + (size_t) qubit * s->apart.words, 0, s->apart.words * sizeof(uint64_t));
}

void
tvm_follow_collapse(TvmStabilizer *s, const TvmGate *gate, int outcome)
{
	size_t		at = (size_t) gate->targets[0] * s->apart.words;
	const uint64_t *string = s->strings + 2 * string_words(s->apart.qubits) * s->string;
	uint64_t	lanes[TVM_PAULI_FRAMES_WORDS];
	uint64_t	any = 0;

	s->string += s->follows;
	if (s->pauli_frames.apart == NULL)
		return;
	for (uint32_t w = 0; gate->op == TVM_OP_MEASURE && w < s->apart.words; w++)
		s->apart.bits[(size_t) gate->bit * s->apart.words + w] = outcome != 0 ? ~s->pauli_frames.x[at + w] : s->pauli_frames.x[at + w];
	for (uint32_t w = 0; w < s->apart.words; w++)
		any |= lanes[w] = s->apart.x[at + w];
	if (any != 0)
		turn(s, gate, lanes, string);
}

void
tvm_follow_close(TvmEnv *env, TvmStabilizer *s)
{
	tvm_pauli_frames_free(env, &s->apart);
	tvm_free(env, s->strings);
}
