/*
 * noise.h: noise channels, attached to gates by rules, as Monte-Carlo
 * trajectories of a state vector.
 *
 * A rule names a channel and the gates and qubits after which it acts.  Rules
 * act in their order, each on every qubit that the gate touches (controls
 * too), qubits in the gate's order: targets, then controls.  A gate that its
 * condition skipped brings no noise; BARRIER and MEASURE bring none (a
 * measurement's error is READOUT).
 *
 *   BIT_FLIP           X with probability p                          0 <= p <= 1
 *   PHASE_FLIP         Z with probability p                          0 <= p <= 1
 *   DEPOLARIZING       rho -> (1 - p) rho + p I/2, as Qiskit's       0 <= p <= 4/3
 *   DEPOLARIZING_2     the same with I/4, on both qubits of a gate   0 <= p <= 16/15
 *                      that touches exactly two; not on others
 *   AMPLITUDE_DAMPING  |1> decays to |0> with probability p          0 <= p <= 1
 *   PHASE_DAMPING      coherences shrink by sqrt(1 - p)              0 <= p <= 1
 *   READOUT            a measured 0 is read as 1 with probability p,
 *                      a measured 1 as 0 with probability p10        0 <= p, p10 <= 1
 *
 * So depolarizing with p applies one of the 4^k - 1 Paulis other than the
 * identity with probability p / 4^k each; p = 1 is the fully mixed state.
 * Phase damping is simulated as a phase flip with probability
 * (1 - sqrt(1 - p)) / 2, which is the same map; amplitude damping by quantum jumps.
 */
#ifndef TVM_NOISE_NOISE_H
#define TVM_NOISE_NOISE_H

#include "kernel/rng.h"
#include "kernel/quantum/circuit/circuit.h"
#include "kernel/quantum/state/state.h"

typedef enum TvmChannel
{
	TVM_CHANNEL_BIT_FLIP,
	TVM_CHANNEL_PHASE_FLIP,
	TVM_CHANNEL_DEPOLARIZING,
	TVM_CHANNEL_DEPOLARIZING_2,
	TVM_CHANNEL_AMPLITUDE_DAMPING,
	TVM_CHANNEL_PHASE_DAMPING,
	TVM_CHANNEL_READOUT,
	TVM_CHANNEL_COUNT
} TvmChannel;

/* Bit op of TvmNoiseRule.ops. */
#define TVM_OP_BIT(op) ((uint64_t) 1 << (op))

typedef struct TvmNoiseRule
{
	TvmChannel	channel;
	double		p;
	double		p10;			/* READOUT alone */
	uint64_t	ops;			/* a set of TVM_OP_BIT(); 0: all unitary operations (I is one, BARRIER is not); unused by READOUT */
	uint32_t	gate_qubits;	/* 0: any; else only gates that touch so many qubits, controls included */
	uint32_t	qubit_count;	/* 0: every qubit */
	uint32_t   *qubits;			/* the qubits that the channel acts on */
} TvmNoiseRule;

typedef struct TvmNoise
{
	uint32_t	qubits;			/* of the circuits it is for */
	size_t		count;
	size_t		capacity;
	TvmNoiseRule *rules;
} TvmNoise;

extern const char *tvm_channel_name(TvmChannel channel);	/* "bit_flip", ... */

/* By its name, not case-sensitive; false when there is none. */
extern bool tvm_channel_of(const char *name, TvmChannel *channel);

extern void tvm_noise_init(TvmNoise *noise, uint32_t qubits);
extern void tvm_noise_free(TvmEnv *env, TvmNoise *noise);

/*
 * Check a rule and append a deep copy.  On TVM_INVALID the path is relative to
 * the rule: "p", "p10", "ops", "gate_qubits", "qubits[1]"; the caller prefixes "noise[0]".
 * One noise serves circuits of all sizes: what a rule says of qubits, or of gates on more
 * of them, that these circuits have not got is dropped, and so is a rule of which nothing is left.
 */
extern TvmStatus tvm_noise_add(TvmEnv *env, TvmNoise *noise, const TvmNoiseRule *rule);

/* Does any rule but READOUT act with a probability above zero? */
extern bool tvm_noise_acts(const TvmNoise *noise);

/*
 * Call `visit` for each channel that follows `gate`, in their order, with the one or
 * two qubits that it acts on.
 */
typedef TvmStatus (*TvmNoiseVisit) (TvmEnv *env, void *context, TvmChannel channel, double p,
									const uint32_t *qubits);
extern TvmStatus tvm_noise_follow(TvmEnv *env, const TvmNoise *noise, const TvmGate *gate,
								  TvmNoiseVisit visit, void *context);

/* Does a rule act on the qubit? */
extern bool tvm_noise_concerns(const TvmNoiseRule *rule, uint32_t qubit);

/* The probability of a Z with which phase damping is the same map. */
extern double tvm_noise_damping_flip(double p);

/* A channel that follows a gate, and which comes after it; all zero before the first. */
typedef struct TvmNoiseSite
{
	TvmChannel	channel;
	double		p;
	uint32_t	qubits[2];
	size_t		rule;
	uint32_t	place;
} TvmNoiseSite;

/* Go on to the next channel; false after the last. */
extern bool tvm_noise_next(const TvmNoise *noise, const TvmGate *gate, TvmNoiseSite *site);

/* Is it Pauli errors that do not depend on the state? */
extern bool tvm_channel_is_pauli(TvmChannel channel);

/*
 * The error that such a channel makes of the uniform number u: 0 none, else bits 2i
 * and 2i + 1 tell of an X and a Z on the channel's i-th qubit; and its application.
 */
extern uint32_t tvm_channel_draw(TvmChannel channel, double p, double u);
extern TvmStatus tvm_channel_flip(TvmEnv *env, TvmChannel channel, uint32_t pauli,
								  TvmState *state, const uint32_t *qubits);

/* Amplitude damping where |0> and |1> have p[0] and p[1]: does it decay with u; and do it. */
extern bool tvm_damping_jumps(double gamma, const double p[2], double u);
extern TvmStatus tvm_damping_apply(TvmEnv *env, double gamma, const double p[2], bool jump,
								   TvmState *state, uint32_t qubit);

/* What the readout rules make of a measured value; draws nothing when none concerns the qubit. */
extern int	tvm_noise_read(const TvmNoise *noise, uint32_t qubit, int value, TvmRng *rng);

/* The probability that `value` is read where the qubit is found to be `outcome`. */
extern double tvm_noise_reads(const TvmNoise *noise, uint32_t qubit, int outcome, int value);

/* How many numbers that draws, whatever the value. */
extern uint32_t tvm_noise_read_draws(const TvmNoise *noise, uint32_t qubit);

#endif							/* TVM_NOISE_NOISE_H */
