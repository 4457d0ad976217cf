/*
 * draw.h: a picture of a circuit, as text in the manner of Qiskit's drawer or as SVG.
 *
 * Gates stand as early as their own wires and the lines between them allow, so
 * the order of columns is not the order of gates, but the circuit is the same.
 * A picture wider than asked for goes on below, as many times as it takes.
 */
#ifndef TVM_DRAW_DRAW_H
#define TVM_DRAW_DRAW_H

#include "kernel/quantum/draw/options.h"

/* "text", "ascii", "svg"; not case-sensitive; false when there is none. */
extern bool tvm_draw_format_of(const char *name, TvmDrawFormat *format);

/*
 * Draw into *out, `*length` bytes and a NUL, for the caller to tvm_free().
 * TVM_LIMIT, need and limit in the detail, before a picture that is too large is
 * made; TVM_INVALID, path "width".
 */
extern TvmStatus tvm_circuit_draw(TvmEnv *env, const TvmCircuit *circuit,
								  const TvmDrawOptions *options, char **out, size_t *length);

#endif							/* TVM_DRAW_DRAW_H */
