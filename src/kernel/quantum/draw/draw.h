/*
 * draw.h: a picture of a circuit, as text in the manner of Qiskit's drawer or as SVG.
 *
 * Gates stand as early as their own wires and the lines between them allow, so
 * the order of columns is not the order of gates, but the circuit is the same.
 * A picture wider than asked for goes on below, as many times as it takes.
 */
#ifndef TVM_DRAW_DRAW_H
#define TVM_DRAW_DRAW_H

#include "kernel/quantum/circuit/circuit.h"

typedef enum TvmDrawFormat
{
	TVM_DRAW_TEXT,				/* UTF-8, box-drawing characters */
	TVM_DRAW_ASCII,				/* the same in plain ASCII */
	TVM_DRAW_SVG,
	TVM_DRAW_FORMAT_COUNT
} TvmDrawFormat;

/* The largest picture, in characters: lines times columns, all pieces together. */
#define TVM_DRAW_MAX_CELLS ((uint64_t) 16000000)

#define TVM_DRAW_LEAST_WIDTH 20
#define TVM_DRAW_MOST_WIDTH 1000000

/* An angle that is drawn by a name instead of its value. */
typedef struct TvmDrawName
{
	size_t		gate;
	const char *angle;			/* "theta", "phi", "lambda" or "gamma" */
	const char *name;			/* UTF-8: "$alpha" */
} TvmDrawName;

typedef struct TvmDrawOptions
{
	TvmDrawFormat format;
	uint32_t	width;			/* columns after which a picture goes on below; 0: never */
	uint64_t	memory_limit;	/* bytes; 0: none */
	const TvmDrawName *names;	/* in the order of their gates */
	size_t		name_count;
} TvmDrawOptions;

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
