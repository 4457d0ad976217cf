/*
 * run.h: a run of a circuit: trajectories, shots, and what is averaged over them.
 *
 * A run is a function of (circuit, noise, options): trajectory t draws from the
 * generator's stream (options.stream * 2^32 + t) alone, so any trajectories may
 * be run, in any order and in pieces.  Those that draw the same outcomes and errors
 * are run together, as long as they do; what they give does not depend on it.
 *
 * Two modes, chosen by tvm_run_open():
 *   - deterministic (run.deterministic): nothing but final measurements is
 *     random.  There is one trajectory, and all shots are sampled from its
 *     last state at once.  "Final" measurements are unconditional MEASUREs
 *     after which nothing but a MEASURE or BARRIER touches the qubit and no
 *     condition reads the bit.
 *   - trajectories: a measurement in the middle, a RESET of a used qubit, or
 *     noise makes each trajectory another.  Trajectory t is shot t while
 *     t < shots; there are max(shots, options.trajectories, 1) of them.
 * In both, final measurements do not collapse the state (unless
 * options.collapse): states, probabilities and expectations are those just
 * before them, and a shot is drawn from it at the end of its trajectory.
 *
 * A shot is the string of classical bits c[m-1]...c[0] when the circuit has a
 * MEASURE, of all qubits q[n-1]...q[0] otherwise.  Readout error concerns both.
 *
 * Fidelity is the mean over trajectories of |<ideal|trajectory>|^2, which is
 * <ideal|rho|ideal>, ideal being the circuit without noise.  Where a circuit
 * measures in the middle, the ideal state follows the outcomes of the noisy
 * one, and a trajectory whose outcome the ideal state excludes counts 0; a
 * RESET's outcome, which nobody sees, it follows only where it can.
 *
 * Stepwise, so that a caller may do other work between the calls:
 *
 *     tvm_run_open(env, &run, &circuit, &noise, &options);
 *     while (run.finished < run.trajectories)      or all of that in one call:
 *     {                                            tvm_run_trajectories(env, &run, 0,
 *         tvm_run_begin(env, &run, run.finished);                       run.trajectories);
 *         tvm_run_gates(env, &run, to); ...
 *         tvm_run_end(env, &run);
 *     }
 *     tvm_run_result(env, &run, &result);
 *     tvm_run_close(env, &run);                    also after a failure, also of tvm_run_open()
 *
 * The run owns its states and sums.  The circuit, the noise and the observables
 * are the caller's and must outlive it; run.state may be read between calls.
 */
#ifndef TVM_RUN_RUN_H
#define TVM_RUN_RUN_H

#include "kernel/quantum/run/common.h"

#define TVM_MAX_SHOTS 1000000000
#define TVM_MAX_TRAJECTORIES 1000000000

extern const char *tvm_method_name(TvmRunMethod method);	/* "auto", "statevector", ... */
extern bool tvm_method_of(const char *name, TvmRunMethod *method);	/* false when there is none */

/*
 * "auto" takes the tableau, where it can, from so many qubits on, under noise for many
 * trajectories, and where a state vector would take more memory than allowed.
 */
#define TVM_STABILIZER_QUBITS 16

/* All off, seed 0. */
extern void tvm_run_options_init(TvmRunOptions *options);

/*
 * Check the options (TVM_INVALID, path "shots", "trajectories", "observables[0]"),
 * take a method (TVM_INVALID, path "method", for a stabilizer run of what is not
 * Clifford), and check the memory that it needs (TVM_LIMIT, need and limit in the
 * detail); nothing is allocated.  noise may be NULL.
 */
extern TvmStatus tvm_run_check(TvmEnv *env, const TvmCircuit *circuit, const TvmNoise *noise,
							   const TvmRunOptions *options);

/* The same, and then allocate. */
extern TvmStatus tvm_run_open(TvmEnv *env, TvmRun *run, const TvmCircuit *circuit,
							  const TvmNoise *noise, const TvmRunOptions *options);

/*
 * Start trajectory t: |0...0>, all bits 0, its own stream of numbers; with it those
 * after it, up to run->until, that draw the same.  Where some of them parted earlier,
 * it is those that are taken up, in the middle of the circuit perhaps; so after
 * run->finished has risen by k, t + k is next.  To look at a trajectory on its
 * way, set run->until to t + 1.
 */
extern TvmStatus tvm_run_begin(TvmEnv *env, TvmRun *run, uint64_t t);

/* Apply the gates [run->next, to), at most all of them. */
extern TvmStatus tvm_run_gates(TvmEnv *env, TvmRun *run, size_t to);

/* Gates applied of the trajectory in hand, and part of the next while the engine is at it: for who looks on in cancelled(). */
extern double tvm_run_gates_done(const TvmEnv *env, const TvmRun *run);

/*
 * Apply the gates that are left, draw the shots, add to the sums.  run->finished rises
 * by as many trajectories as went along with this one.
 */
extern TvmStatus tvm_run_end(TvmEnv *env, TvmRun *run);

/* The three for trajectories [first, first + count). */
extern TvmStatus tvm_run_trajectories(TvmEnv *env, TvmRun *run, uint64_t first, uint64_t count);

typedef struct TvmRunResult
{
	uint64_t	trajectories;	/* finished */
	const TvmCounts *counts;	/* sorted by bit string; count 0 without shots */
	double		norm;			/* of the last state */
	double		purity;			/* of a density matrix without branches; 0: not known */
	double		fidelity;		/* 1 where it was not asked for */
	double		fidelity_error; /* the standard error of the mean */
	const TvmMean *expectation; /* for each observable: .mean, tvm_mean_error() */
	const double *bloch;		/* means, xyz of qubit 0 first; NULL where not asked for */
	const double *probability;	/* state vector alone: means, 2^qubits; NULL where not asked for or deterministic:
								 * read run.state then, or call tvm_run_top() */
} TvmRunResult;

/* What the finished trajectories give.  Call it once, at the end: it turns sums into means. */
extern TvmStatus tvm_run_result(TvmEnv *env, TvmRun *run, TvmRunResult *result);

/* The Bloch vectors of the trajectory in hand as it is now, xyz[3 * qubits]. */
extern TvmStatus tvm_run_bloch(TvmEnv *env, TvmRun *run, double *xyz);

/*
 * After tvm_run_result(), the k most probable basis states, equal ones in ascending
 * order: none unless options.probabilities where the run is random, nor from a
 * tableau whose basis states are too many to be listed.  `keys` may be NULL: the
 * whole basis states, (qubits + 63) / 64 words for each; out[].basis is the first word.
 */
extern TvmStatus tvm_run_top(TvmEnv *env, const TvmRun *run, size_t k, TvmTop *out, uint64_t *keys,
							 size_t *found);

extern void tvm_run_close(TvmEnv *env, TvmRun *run);

#endif							/* TVM_RUN_RUN_H */
