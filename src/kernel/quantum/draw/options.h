/*
 * options.h: how a picture is to be drawn.
 */
#ifndef TVM_DRAW_OPTIONS_H
#define TVM_DRAW_OPTIONS_H

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

#endif							/* TVM_DRAW_OPTIONS_H */
