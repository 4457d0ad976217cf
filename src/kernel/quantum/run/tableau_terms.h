/*
 * tableau_terms.h: expectations of Pauli strings in a stabilizer state: each is -1, 0 or 1.
 */
#ifndef TVM_RUN_TABLEAU_TERMS_H
#define TVM_RUN_TABLEAU_TERMS_H

#include "kernel/quantum/stabilizer/tableau.h"
#include "kernel/quantum/state/observable.h"

/* Of each term of an observable; and of X, Y, Z of each qubit: out[3 * qubits]. */
extern TvmStatus tvm_stabilizer_terms(TvmEnv *env, const TvmTableau *tableau,
									  const TvmObservable *observable, int8_t *out);
extern TvmStatus tvm_stabilizer_bloch(TvmEnv *env, const TvmTableau *tableau, int8_t *out);

#endif							/* TVM_RUN_TABLEAU_TERMS_H */
