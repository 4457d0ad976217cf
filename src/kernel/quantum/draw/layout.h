/*
 * layout.h: where everything in a picture of a circuit stands; inside the kernel only.
 *
 * Wires are rows: qubits 0 to n-1, and below them one row for all classical bits.
 * Row r's wire is line 2r + 1 of a picture (the classical one's may be one lower);
 * the lines between carry the borders of boxes.  A layer is a column of gates that do not cross: all of them have
 * their vertical line at the same place, `left` columns from the layer's start.
 * The layout is the drawing's; renderers only read it.
 */
#ifndef TVM_DRAW_LAYOUT_H
#define TVM_DRAW_LAYOUT_H

#include "kernel/quantum/draw/options.h"

#define TVM_DRAW_LABEL 256		/* bytes of a label, NUL included */

typedef enum TvmDrawKind
{
	TVM_DRAW_BOX,				/* a box on one qubit */
	TVM_DRAW_WIDE_BOX,			/* a box over several, with their numbers in it */
	TVM_DRAW_NOT,				/* X with controls: a box in text, a circled plus in SVG */
	TVM_DRAW_DOTS,				/* a phase: a dot on every qubit, and perhaps a label */
	TVM_DRAW_SWAP,
	TVM_DRAW_MEASURE,
	TVM_DRAW_RESET,
	TVM_DRAW_BARRIER
} TvmDrawKind;

/* How one gate looks. */
typedef struct TvmDrawShape
{
	TvmDrawKind kind;
	uint32_t	low;			/* rows from the first ... */
	uint32_t	high;			/* ... to the last that the gate covers, the classical one too */
	uint32_t	box_low;		/* the targets' */
	uint32_t	box_high;
	uint32_t	left;			/* columns on either side of the vertical line */
	uint32_t	right;
	uint32_t	box_width;		/* of the box, its borders included */
	uint32_t	label_width;	/* columns of the label */
	char		label[TVM_DRAW_LABEL];
	uint32_t	condition_width;	/* 0: no condition */
	char		condition[TVM_DRAW_LABEL];
} TvmDrawShape;

typedef struct TvmDrawLayer
{
	size_t		first;			/* its gates: order[first] to order[next layer's first] */
	uint32_t	left;
	uint32_t	right;
} TvmDrawLayer;

typedef struct TvmDrawLayout
{
	const TvmCircuit *circuit;
	const TvmDrawOptions *options;
	uint32_t	rows;			/* qubits, and one more where there are classical bits */
	uint32_t	apart;			/* lines between qubits and classical bits: 1 where a gate waits for one */
	uint32_t	lines;			/* 2 rows + 1 + apart */
	uint32_t	margin;			/* columns of the names of wires */
	uint32_t   *layer_of;		/* by gate */
	size_t	   *order;			/* gates, by layer */
	TvmDrawLayer *layers;		/* count + 1 of them */
	uint32_t	layer_count;
	uint64_t	columns;		/* of all layers */
	uint32_t	pieces;			/* one below the other */
} TvmDrawLayout;

extern void tvm_draw_shape(const TvmDrawLayout *layout, size_t gate, TvmDrawShape *shape);

/* Columns from the left of a layer to its right end. */
static inline uint32_t
tvm_draw_layer_width(const TvmDrawLayer *layer)
{
	return layer->left + 1 + layer->right;
}

/* Decode one UTF-8 character and go past it; what is not one gives '?'. */
extern uint32_t tvm_draw_next_char(const char **text);

#endif							/* TVM_DRAW_LAYOUT_H */
