/*
 * drawing.c: text that grows, and what both renderers ask of the layout; see drawing.h.
 */
#include "kernel/quantum/draw/drawing.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

TvmStatus
tvm_draw_put(TvmEnv *env, TvmDrawing *drawing, const char *bytes, size_t length)
{
	if (drawing->length + length + 1 > drawing->capacity)
	{
		size_t		capacity = drawing->capacity == 0 ? 1024 : 2 * drawing->capacity;
		char	   *larger;

		while (capacity < drawing->length + length + 1)
			capacity *= 2;
		larger = tvm_alloc(env, capacity, 1);
		if (larger == NULL)
			return TVM_NOMEM;
		if (drawing->length > 0)
			memcpy(larger, drawing->bytes, drawing->length);
		tvm_free(env, drawing->bytes);
		drawing->bytes = larger;
		drawing->capacity = capacity;
	}
	memcpy(drawing->bytes + drawing->length, bytes, length);
	drawing->length += length;
	drawing->bytes[drawing->length] = '\0';
	return TVM_OK;
}

TvmStatus
tvm_draw_printf(TvmEnv *env, TvmDrawing *drawing, const char *format,...)
{
	char		piece[1024];
	va_list		args;
	int			length;

	va_start(args, format);
	length = vsnprintf(piece, sizeof(piece), format, args);
	va_end(args);
	if (length < 0 || (size_t) length >= sizeof(piece))
		length = (int) strlen(piece);
	return tvm_draw_put(env, drawing, piece, (size_t) length);
}

void
tvm_draw_wire_name(const TvmDrawLayout *layout, uint32_t row, char *out, size_t size)
{
	if (row < layout->circuit->qubits)
		snprintf(out, size, "q_%u: ", row);
	else
		snprintf(out, size, "c: %u/", layout->circuit->bits);
}

bool
tvm_draw_is_control(const TvmGate *gate, uint32_t qubit, bool *state)
{
	for (uint32_t i = 0; i < gate->control_count; i++)
		if (gate->controls[i] == qubit)
		{
			*state = gate->control_state[i] != 0;
			return true;
		}
	return false;
}

int
tvm_draw_target(const TvmGate *gate, uint32_t qubit)
{
	for (uint32_t i = 0; i < gate->target_count; i++)
		if (gate->targets[i] == qubit)
			return (int) i;
	return -1;
}

uint32_t
tvm_draw_piece_end(const TvmDrawLayout *layout, uint32_t from)
{
	uint64_t	columns = layout->margin + 2;	/* a mark at either end */
	uint32_t	end = from;

	while (end < layout->layer_count)
	{
		columns += tvm_draw_layer_width(&layout->layers[end]);
		if (layout->options->width > 0 && end > from && columns > layout->options->width)
			break;
		end++;
	}
	return end;
}
