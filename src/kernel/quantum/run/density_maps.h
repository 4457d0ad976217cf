/*
 * density_maps.h: the density matrix of n qubits, and a noisy circuit as maps on it.
 *
 * rho is kept as a state of 2n qubits: rho[r][c] is amplitude r + c * 2^n, so a gate
 * U is U on the qubits and its conjugate on those n above, a channel one matrix on
 * both, and all of it a circuit of 2n qubits that the planned engine runs.  The maps of
 * one qubit (gates, channels, resets) are multiplied until something else touches it.
 *
 * A measurement is dephasing where nobody reads its bit; else it is where the run
 * branches, a matrix for each value read, whose trace is its probability.
 */
#ifndef TVM_RUN_DENSITY_MAPS_H
#define TVM_RUN_DENSITY_MAPS_H

#include "kernel/quantum/circuit/circuit.h"
#include "kernel/quantum/noise/noise.h"
#include "kernel/quantum/state/observable.h"
#include "kernel/quantum/state/state.h"

/* A run has at most 2^TVM_DENSITY_BRANCHES branches. */
#define TVM_DENSITY_BRANCHES 10

typedef struct TvmDensityMaps
{
	TvmCircuit	twice;			/* its UNITARY gates need not be unitary */
	size_t	   *start;			/* gate i of the circuit is twice.gates[start[i], start[i + 1]), or
								 * later where its map waits for others on the qubit */
	uint8_t    *apart;			/* nothing waits before or after gate i: a branch, or one that waits for a bit */
} TvmDensityMaps;

/* The bits that somebody reads: conditions, and shots where there are any. */
typedef struct TvmBitsRead
{
	uint64_t	set[TVM_MAX_BITS / 64];
} TvmBitsRead;

extern void tvm_density_reads(const TvmCircuit *circuit, bool shots, TvmBitsRead *reads);

/* Is the gate a measurement where the run branches, unless it is a final one? */
extern bool tvm_density_branches(const TvmGate *gate, const TvmBitsRead *reads);

/* At most what tvm_density_maps() allocates. */
extern uint64_t tvm_density_bytes(const TvmCircuit *circuit, const TvmNoise *noise);

/*
 * `deferred`: final measurements, which do nothing; `steps`: no map waits for another.
 * Free it after a failure too.
 */
extern TvmStatus tvm_density_maps(TvmEnv *env, TvmDensityMaps *maps, const TvmCircuit *circuit,
								  const TvmNoise *noise, const uint8_t *deferred, bool shots,
								  bool steps);
extern void tvm_density_maps_free(TvmEnv *env, TvmDensityMaps *maps);

/* rho[i][i] */
static inline double
tvm_density_diagonal(const TvmState *rho, uint64_t i)
{
	return tvm_get(rho, i + (i << rho->qubits / 2)).re;
}

/* The probabilities of |0> and |1>. */
extern void tvm_density_both(const TvmState *rho, uint32_t qubit, double p[2]);

/* weight[0] P0 rho P0 + weight[1] P1 rho P1 */
extern TvmStatus tvm_density_keep(TvmEnv *env, TvmState *rho, uint32_t qubit,
								  const double weight[2]);

/* Add the Bloch vectors, times the trace, to xyz[3 * qubits]. */
extern void tvm_density_bloch(const TvmState *rho, double *xyz);

/* tr(observable rho), and <psi|rho|psi>. */
extern double tvm_density_expectation(const TvmState *rho, const TvmObservable *observable);
extern TvmStatus tvm_density_fidelity(TvmEnv *env, const TvmState *rho, const TvmState *psi,
									  double *fidelity);

extern double tvm_density_trace(const TvmState *rho);
extern TvmStatus tvm_density_purity(TvmEnv *env, const TvmState *rho, double *purity);	/* tr rho^2 */

#endif							/* TVM_RUN_DENSITY_MAPS_H */
