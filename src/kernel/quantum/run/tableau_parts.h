/*
 * tableau_parts.h: what a run on a tableau keeps; inside the kernel only.
 *
 * Two ways.  In lanes: one reference run without noise on the tableau, and every
 * trajectory or shot as a lane of Pauli frames, up to 1024 at a time; where the ideal
 * state has to follow the noisy one's outcomes, a second Pauli frame for each lane says how
 * they differ.  One by one: each trajectory on a tableau of its own, where a gate that is
 * no Pauli waits for a classical bit, a measurement and a reset among them.
 */
#ifndef TVM_RUN_TABLEAU_PARTS_H
#define TVM_RUN_TABLEAU_PARTS_H

#include "kernel/quantum/stabilizer/pauli_frames.h"
#include "kernel/quantum/run/methods.h"
#include "kernel/quantum/stabilizer/support.h"
#include "kernel/quantum/stabilizer/tableau.h"

/*
 * Probabilities: how often each coset of the support was seen (in lanes), or each
 * basis state in units of 2^-TVM_TALLY_RANK (one by one, while supports and their
 * number stay small).
 */
#define TVM_COSET_RANK 49		/* basis states of a larger support have less than 1e-15 */
#define TVM_TALLY_RANK 10
#define TVM_TALLY_STATES 65536

/* The shots of a support as small as that are drawn by the numbers of its states. */
#define TVM_FEW_RANK 10

struct TvmStabilizer
{
	TvmCliffordProgram program;
	TvmTableau	state;			/* the reference's, or the trajectory's */
	TvmTableau	copy;			/* to be measured */
	TvmTableau	ideal;			/* one by one, with a fidelity; x is NULL elsewhere */
	TvmRng		ideal_rng;		/* for outcomes that only the ideal run has */
	TvmSupport	support;		/* of the state at the end */
	bool		in_lanes;
	bool		ready;			/* the reference has run, and its support is found */
	uint64_t   *reference_bits;
	uint8_t    *conditions;		/* by gate: TvmCondition */
	uint8_t    *outcomes;		/* the reference's, by gate */
	TvmPauliFrames pauli_frames;
	bool		follows;		/* the ideal run follows each lane's outcomes: tableau_follow.c */
	TvmPauliFrames apart;		/* the string that the noisy state is on the ideal one; ideal bits */
	uint64_t	off[TVM_PAULI_FRAMES_WORDS];	/* lanes whose outcomes the ideal state excludes */
	uint64_t	alike;			/* lanes so far that ended in the ideal state ... */
	uint64_t	unlike;			/* ... and that did not */
	uint64_t   *strings;		/* of each collapse in turn, the string that turns its outcome */
	size_t		string;			/* the next one */
	uint32_t	from;			/* the lanes of this batch that count: from ... */
	uint32_t	to;				/* ... before */
	uint64_t   *keys;			/* of 64 lanes */
	double	   *values;			/* of an observable, by lane */
	int8_t	   *terms;			/* expectations of all terms of all observables ... */
	int8_t	   *bloch;			/* ... and of X, Y, Z of each qubit in the reference's state */
	TvmCounts	seen;			/* see above */
	bool		lost;			/* more than may be seen */
};

/* Gates up to `to`, but for final measurements; inline, so that `apply` is no call by an address. */
static inline TvmStatus
tvm_stabilizer_gates(TvmEnv *env, TvmRun *run, size_t to, size_t cancel_interval,
					 TvmStatus (*apply) (TvmEnv *env, TvmRun *run, size_t index))
{
	for (; run->next < to; run->next++)
	{
		TvmStatus	status;

		if (run->next % cancel_interval == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (run->deferred[run->next])
			continue;
		status = apply(env, run, run->next);
		if (status != TVM_OK)
			return status;
	}
	return TVM_OK;
}

/* In lanes: a part of the steps (tableau_batch.c). */
extern void tvm_lanes_begin(TvmRun *run);
extern TvmStatus tvm_lanes_gates(TvmEnv *env, TvmRun *run, size_t to);
extern TvmStatus tvm_lanes_end(TvmEnv *env, TvmRun *run);

/* Turn the reference's Bloch vectors into those of the first lane that counts. */
extern void tvm_lanes_turn(const TvmRun *run, double *xyz);

/*
 * The ideal run beside the lanes (tableau_follow.c): what it takes, whether there is room for
 * it; before a batch, before a collapse of the reference, and after each gate.
 */
extern uint64_t tvm_follow_bytes(const TvmCircuit *circuit);
extern bool tvm_follow_can(const TvmCircuit *circuit, uint64_t memory_limit);
extern TvmStatus tvm_follow_open(TvmEnv *env, TvmRun *run);
extern void tvm_follow_begin(TvmStabilizer *s);
extern void tvm_follow_learn(TvmStabilizer *s, uint32_t qubit);
extern void tvm_follow_gate(TvmStabilizer *s, const TvmGate *gate, const TvmCliffordStep *steps,
							uint64_t count, bool waits);
extern void tvm_follow_collapse(TvmStabilizer *s, const TvmGate *gate, int outcome);
extern void tvm_follow_close(TvmEnv *env, TvmStabilizer *s);

/* One by one (tableau_single.c). */
extern void tvm_single_begin(TvmRun *run);
extern TvmStatus tvm_single_gates(TvmEnv *env, TvmRun *run, size_t to);
extern TvmStatus tvm_single_end(TvmEnv *env, TvmRun *run);

#endif							/* TVM_RUN_TABLEAU_PARTS_H */
