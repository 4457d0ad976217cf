/*
 * common.h: a run as data, and what is alike in all methods: how many trajectories, shots as they
 * are read, means.  The interface is run.h; what a method has of its own is methods.h.
 */
#ifndef TVM_RUN_COMMON_H
#define TVM_RUN_COMMON_H

#include "kernel/rng.h"
#include "kernel/quantum/circuit/analysis.h"
#include "kernel/quantum/circuit/circuit.h"
#include "kernel/quantum/engine/known.h"
#include "kernel/quantum/noise/noise.h"
#include "kernel/quantum/state/counts.h"
#include "kernel/quantum/state/observable.h"
#include "kernel/quantum/state/state.h"

/* How the state is kept, named as in Qiskit Aer. */
typedef enum TvmRunMethod
{
	TVM_METHOD_AUTO,			/* whichever the run needs: run.method tells which was taken */
	TVM_METHOD_STATEVECTOR,		/* 2^n amplitudes */
	TVM_METHOD_STABILIZER,		/* a tableau: Clifford gates and Pauli noise, up to TVM_MAX_QUBITS */
	TVM_METHOD_DENSITY,			/* 4^n: all the noise in one run, no sampling error but in shots */
	TVM_METHOD_COUNT
} TvmRunMethod;

typedef struct TvmRunOptions
{
	TvmRunMethod method;
	uint64_t	seed;
	uint32_t	stream;			/* an attempt, say: other streams of one seed do not overlap */
	uint64_t	shots;
	uint64_t	trajectories;	/* at least so many, where they are random */
	uint64_t	memory_limit;	/* bytes; 0: none */
	TvmPrecision precision;		/* of the amplitudes */
	bool		alike;			/* "auto" is no tableau, whatever the gates are */
	bool		mixed;			/* "auto" may be what has no amplitudes: nobody looks at states */
	bool		steps;			/* somebody looks at the state between gates: none is put off */
	bool		collapse;		/* final measurements collapse the state, as a viewer of steps expects */
	bool		fidelity;		/* compare with the ideal state: a second state in memory */
	bool		bloch;			/* mean Bloch vectors */
	bool		probabilities;	/* mean probabilities: 8 bytes for each basis state, where random */
	const TvmObservable *observables;
	size_t		observable_count;
} TvmRunOptions;

/* A running mean and the sum of squared deviations from it (Welford). */
typedef struct TvmMean
{
	uint64_t	count;
	double		mean;
	double		squares;
} TvmMean;

extern void tvm_mean_add(TvmMean *mean, double value);
extern void tvm_mean_add_times(TvmMean *mean, double value, uint64_t times);
extern double tvm_mean_error(const TvmMean *mean);	/* the standard error; 0 below two values */

/* The steps of a method: methods.h. */
typedef struct TvmRunSteps TvmRunSteps;

/* What TVM_METHOD_STABILIZER keeps: tableau_parts.h. */
typedef struct TvmStabilizer TvmStabilizer;

typedef struct TvmRun
{
	const TvmCircuit *circuit;
	const TvmNoise *noise;		/* NULL: none */
	TvmRunOptions options;
	TvmRunMethod method;		/* the one taken: never TVM_METHOD_AUTO */
	const TvmRunSteps *steps;

	bool		deterministic;
	bool		measures;		/* the circuit has a MEASURE: a shot is its bits */
	uint64_t	trajectories;	/* to run in all */
	uint64_t	finished;		/* of them; a step may finish several */
	uint64_t	until;			/* a step that does ends before this one */
	uint64_t	bytes;			/* what was checked against the limit */
	uint8_t    *deferred;		/* for each gate: a final measurement, drawn at the end */
	size_t	   *finals;			/* the gates that are */
	size_t		final_count;

	uint64_t	trajectory;		/* the running one */
	size_t		next;			/* its next gate */
	size_t		hand;			/* so many gates from there on are being applied ... */
	size_t		hand_gates;		/* ... which are so many to the engine: env->done counts them */
	TvmRng		rng;
	uint64_t   *bits;			/* the classical bits of the running trajectory */
	uint32_t	words;			/* 64-bit words of them */

	TvmState	state;			/* TVM_METHOD_STATEVECTOR, as what follows */
	TvmState	ideal;			/* fidelity: count is 0 where there is none */
	uint64_t   *ideal_bits;
	TvmKnown	known;			/* of the state, and of the ideal one */
	TvmKnown	ideal_known;
	bool		unscaled;		/* an outcome that was known has left their norms as they were */
	bool		ideal_lost;		/* the ideal state excludes an outcome: fidelity 0 */
	bool		ideal_shared;	/* the ideal state is the same for all trajectories ... */
	bool		ideal_ready;	/* ... and has been computed */
	double	   *probability;	/* sums: 2^qubits; NULL when deterministic */

	struct TvmDensity *density; /* TVM_METHOD_DENSITY: density.c */
	double		purity;			/* of its last state; 0: not known */
	struct TvmBranches *branches;	/* trajectories that are run together: branches.h */
	TvmStabilizer *stabilizer;	/* TVM_METHOD_STABILIZER, with the ideal_ fields above */
	bool		compares;		/* there is an ideal state */

	TvmCounts	counts;
	uint64_t   *key;			/* scratch for one shot */
	TvmMean		fidelity;
	TvmMean    *expectation;	/* observable_count of them */
	double	   *bloch;			/* sums: 3 * qubits */
	double	   *scratch;		/* 3 * qubits */
	double		norm;			/* of the last finished trajectory's state */
} TvmRun;

/* Where nothing differs from the ideal run, fidelity is 1 and needs no second state. */
extern bool tvm_run_is_deterministic(const TvmAnalysis *found, const TvmNoise *noise);
extern uint64_t tvm_run_count(const TvmAnalysis *found, const TvmNoise *noise,
							  const TvmRunOptions *options);	/* of trajectories */
extern bool tvm_run_needs_ideal(const TvmAnalysis *found, const TvmNoise *noise,
								const TvmRunOptions *options);

/* The engine begins with this: for who looks on in cancelled(). */
static inline void
tvm_run_take_in_hand(TvmEnv *env, TvmRun *run, size_t gates, size_t engine_gates)
{
	env->done = 0;
	run->hand = gates;
	run->hand_gates = engine_gates;
}

/* Does the gate's condition hold? */
static inline bool
tvm_run_holds(const TvmGate *gate, const uint64_t *bits)
{
	for (uint32_t i = 0; i < gate->if_count; i++)
		if (tvm_bits_get(bits, gate->if_bits[i]) != (gate->if_values[i] != 0))
			return false;
	return true;
}

/* One shot into run->key, with its readout errors: bit q of `qubits` is what qubit q gave. */
extern void tvm_run_read_out(TvmRun *run, const uint64_t *qubits);

static inline uint64_t
tvm_bytes_add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

#endif							/* TVM_RUN_COMMON_H */
