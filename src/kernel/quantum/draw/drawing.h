/*
 * drawing.h: what both renderers of a picture need; inside the kernel only.
 */
#ifndef TVM_DRAW_DRAWING_H
#define TVM_DRAW_DRAWING_H

#include "kernel/quantum/draw/layout.h"

/* Text that grows; it belongs to whoever made it. */
typedef struct TvmDrawing
{
	char	   *bytes;
	size_t		length;
	size_t		capacity;
} TvmDrawing;

/* The layer after the last that still fits a piece which starts with layer `from`. */
extern uint32_t tvm_draw_piece_end(const TvmDrawLayout *layout, uint32_t from);

/* "q_0: " or "c: 2/" */
extern void tvm_draw_wire_name(const TvmDrawLayout *layout, uint32_t row, char *out, size_t size);

extern bool tvm_draw_is_control(const TvmGate *gate, uint32_t qubit, bool *state);

/* The place of a qubit among the targets, -1 where it is none. */
extern int	tvm_draw_target(const TvmGate *gate, uint32_t qubit);

extern TvmStatus tvm_draw_put(TvmEnv *env, TvmDrawing *drawing, const char *bytes, size_t length);
extern TvmStatus tvm_draw_printf(TvmEnv *env, TvmDrawing *drawing, const char *format,...)
			TVM_PRINTF(3, 4);

/* The renderers. */
extern TvmStatus tvm_draw_text(TvmEnv *env, const TvmDrawLayout *layout, TvmDrawing *out);
extern TvmStatus tvm_draw_svg(TvmEnv *env, const TvmDrawLayout *layout, TvmDrawing *out);

#endif							/* TVM_DRAW_DRAWING_H */
