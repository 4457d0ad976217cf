/*
 * kraus.h: channels of noise as maps on the density matrix of the qubits that they act on.
 *
 * A map on k qubits is 4^k x 4^k: the index of a row or column is that of the ket's
 * qubits, and above it that of the bra's.
 */
#ifndef TVM_NOISE_KRAUS_H
#define TVM_NOISE_KRAUS_H

#include "kernel/quantum/circuit/complex.h"
#include "kernel/quantum/noise/noise.h"

/* The map of a channel: 16 x 16 at most. */
#define TVM_MAP_MAX 256

/* map += weight * (K x conj K), K on k qubits. */
extern void tvm_kraus_add(TvmComplex *map, const TvmComplex *kraus, uint32_t k, double weight);

/* The map of a channel on k qubits, which it returns: all of TVM_MAP_MAX entries are written. */
extern uint32_t tvm_channel_map(TvmChannel channel, double p, TvmComplex *map);

#endif							/* TVM_NOISE_KRAUS_H */
