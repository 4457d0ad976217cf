/*
 * svg.c: a picture of a circuit as SVG: shapes and text, no styles that a page could
 * override, no scripts, no identifiers that could be there twice.
 *
 * It stands where text.c would put it: a column is COLUMN pixels wide, a row
 * ROW pixels high.
 */
#include <stdio.h>
#include <string.h>

#include "kernel/quantum/draw/drawing.h"

#define COLUMN 9
#define ROW 44
#define BOX 30					/* height of a box on one wire */
#define EDGE 12					/* around the picture */
#define GAP 20					/* between two pieces */

#define INK "#1b2a41"
#define CLASSICAL "#5b6b80"

typedef struct Svg
{
	TvmEnv	   *env;
	TvmDrawing *out;
	TvmStatus	status;			/* of all that was put so far */
	const TvmDrawLayout *layout;
	int			top;			/* of the piece in hand */
} Svg;

#define PUT(svg, ...) \
	do { if ((svg)->status == TVM_OK) \
		(svg)->status = tvm_draw_printf((svg)->env, (svg)->out, __VA_ARGS__); } while (0)

/* Text as XML has it. */
static void
escape(const char *text, char *out, size_t size)
{
	size_t		at = 0;

	for (; *text != '\0' && at + 7 < size; text++)
	{
		char		plain[2] = {*text, '\0'};
		const char *part = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" :
			*text == '"' ? "&quot;" : plain;

		at += (size_t) snprintf(out + at, size - at, "%s", part);
	}
	out[at] = '\0';
}

static int
row_y(const Svg *svg, uint32_t row)
{
	return svg->top + (int) row * ROW + ROW / 2;
}

static void
put_line(Svg *svg, int x1, int y1, int x2, int y2)
{
	PUT(svg, "<path d=\"M%d %dL%d %d\"/>\n", x1, y1, x2, y2);
}

/* The double line of classical bits. */
static void
put_double(Svg *svg, int x1, int y1, int x2, int y2)
{
	int			dx = x1 == x2 ? 2 : 0;
	int			dy = x1 == x2 ? 0 : 2;

	PUT(svg, "<path stroke=\"" CLASSICAL "\" d=\"M%d %dL%d %dM%d %dL%d %d\"/>\n", x1 - dx, y1 - dy,
		x2 - dx, y2 - dy, x1 + dx, y1 + dy, x2 + dx, y2 + dy);
}

static void
put_text(Svg *svg, int x, int y, const char *anchor, const char *text)
{
	char		escaped[6 * TVM_DRAW_LABEL];

	escape(text, escaped, sizeof(escaped));
	PUT(svg, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" stroke=\"none\">", x, y + 5, anchor);
	if (svg->status == TVM_OK)
		svg->status = tvm_draw_put(svg->env, svg->out, escaped, strlen(escaped));
	PUT(svg, "</text>\n");
}

static void
put_box(Svg *svg, int left, int width, uint32_t low, uint32_t high, const char *fill)
{
	int			y = row_y(svg, low) - BOX / 2;

	PUT(svg, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\" fill=\"%s\"/>\n", left, y,
		width, row_y(svg, high) + BOX / 2 - y, fill);
}

static void
put_control(Svg *svg, int x, uint32_t row, bool state)
{
	PUT(svg, "<circle cx=\"%d\" cy=\"%d\" r=\"4.5\" fill=\"%s\"/>\n", x, row_y(svg, row),
		state ? INK : "#fff");
}

static void
put_barrier(Svg *svg, const TvmGate *gate, int x)
{
	uint32_t	qubits = svg->layout->circuit->qubits;
	uint32_t	count = gate->target_count > 0 ? gate->target_count : qubits;

	for (uint32_t i = 0; i < count; i++)
	{
		int			y = row_y(svg, gate->target_count > 0 ? gate->targets[i] : i);

		PUT(svg, "<path stroke-dasharray=\"4 3\" stroke=\"" CLASSICAL "\" d=\"M%d %dL%d %d\"/>\n", x,
			y - ROW / 2, x, y + ROW / 2);
	}
}

static void
put_swap(Svg *svg, const TvmGate *gate, int x)
{
	for (uint32_t i = 0; i < gate->target_count; i++)
	{
		int			y = row_y(svg, gate->targets[i]);

		PUT(svg, "<path stroke-width=\"2\" d=\"M%d %dL%d %dM%d %dL%d %d\"/>\n", x - 5, y - 5, x + 5,
			y + 5, x - 5, y + 5, x + 5, y - 5);
	}
}

/* Where each qubit of a wide box is, along its left side. */
static void
put_numbers(Svg *svg, const TvmGate *gate, const TvmDrawShape *shape, int left)
{
	for (uint32_t row = shape->box_low; row <= shape->box_high; row++)
	{
		int			target = tvm_draw_target(gate, row);
		char		number[16];
		bool		state;

		if (target >= 0)
		{
			snprintf(number, sizeof(number), "%d", target);
			put_text(svg, left + 5, row_y(svg, row), "start", number);
		}
		else if (tvm_draw_is_control(gate, row, &state))
			put_control(svg, left + 9, row, state);
	}
}

/* Above the box come its controls, one line for all of them, which the box then covers. */
static void
put_controls(Svg *svg, const TvmGate *gate, const TvmDrawShape *shape, int x)
{
	uint32_t	low = shape->box_low;
	uint32_t	high = shape->box_high;

	for (uint32_t i = 0; i < gate->control_count; i++)
	{
		low = gate->controls[i] < low ? gate->controls[i] : low;
		high = gate->controls[i] > high ? gate->controls[i] : high;
	}
	if (low < high)
		put_line(svg, x, row_y(svg, low), x, row_y(svg, high));
	for (uint32_t i = 0; i < gate->control_count; i++)
		if (gate->controls[i] < shape->box_low || gate->controls[i] > shape->box_high ||
			shape->kind == TVM_DRAW_DOTS || shape->kind == TVM_DRAW_SWAP)
			put_control(svg, x, gate->controls[i], gate->control_state[i] != 0);
}

static void
put_classical(Svg *svg, const TvmGate *gate, const TvmDrawShape *shape, int x)
{
	uint32_t	row = svg->layout->circuit->qubits;
	int			y = row_y(svg, row);
	char		number[16];

	if (gate->if_count > 0)
	{
		int			width = (int) (shape->condition_width + 2) * COLUMN;

		put_double(svg, x, row_y(svg, shape->box_high), x, y);
		put_box(svg, x - width / 2, width, row, row, "#f4f4f4");
		put_text(svg, x, y, "middle", shape->condition);
		return;
	}
	put_double(svg, x, row_y(svg, shape->box_high), x, y - 8);
	PUT(svg, "<path fill=\"" CLASSICAL "\" stroke=\"none\" d=\"M%d %dL%d %dL%d %dZ\"/>\n", x - 6,
		y - 10, x + 6, y - 10, x, y - 2);
	snprintf(number, sizeof(number), "%d", gate->bit);
	put_text(svg, x, y + 14, "middle", number);
}

/* A dial instead of the letter. */
static void
put_dial(Svg *svg, int x, int y)
{
	PUT(svg, "<path fill=\"none\" d=\"M%d %dA9 9 0 0 1 %d %dM%d %dL%d %d\"/>\n", x - 9, y + 6, x + 9,
		y + 6, x, y + 6, x + 7, y - 7);
}

static void
put_gate(Svg *svg, size_t index, int x)
{
	const TvmGate *gate = &svg->layout->circuit->gates[index];
	TvmDrawShape shape;
	int			width;
	int			left;

	tvm_draw_shape(svg->layout, index, &shape);
	width = (int) shape.box_width * COLUMN - 6;
	left = x - width / 2;
	if (shape.high == svg->layout->circuit->qubits)
		put_classical(svg, gate, &shape, x);
	switch (shape.kind)
	{
		case TVM_DRAW_BARRIER:
			put_barrier(svg, gate, x);
			return;
		case TVM_DRAW_MEASURE:
			put_box(svg, x - BOX / 2, BOX, shape.box_low, shape.box_low, "#e6e6e6");
			put_dial(svg, x, row_y(svg, shape.box_low));
			return;
		case TVM_DRAW_RESET:
			put_box(svg, left, width, shape.box_low, shape.box_low, "#e6e6e6");
			put_text(svg, x, row_y(svg, shape.box_low), "middle", shape.label);
			return;
		default:
			put_controls(svg, gate, &shape, x);
	}
	switch (shape.kind)
	{
		case TVM_DRAW_SWAP:
			put_swap(svg, gate, x);
			break;
		case TVM_DRAW_DOTS:
			for (uint32_t i = 0; i < gate->target_count; i++)
				put_control(svg, x, gate->targets[i], true);
			if (shape.label_width > 0)
				put_text(svg, x + 8, row_y(svg, shape.low) + ROW / 2, "start", shape.label);
			break;
		case TVM_DRAW_NOT:
			PUT(svg, "<circle cx=\"%d\" cy=\"%d\" r=\"11\" fill=\"#fff\"/>\n", x,
				row_y(svg, shape.box_low));
			put_line(svg, x - 11, row_y(svg, shape.box_low), x + 11, row_y(svg, shape.box_low));
			put_line(svg, x, row_y(svg, shape.box_low) - 11, x, row_y(svg, shape.box_low) + 11);
			break;
		default:
			put_box(svg, left, width, shape.box_low, shape.box_high, "#dbe9fb");
			if (shape.kind == TVM_DRAW_WIDE_BOX)
				put_numbers(svg, gate, &shape, left);
			put_text(svg, x + (shape.kind == TVM_DRAW_WIDE_BOX ? 6 : 0),
					 (row_y(svg, shape.box_low) + row_y(svg, shape.box_high)) / 2, "middle",
					 shape.label);
	}
}

static void
put_piece(Svg *svg, uint32_t from, uint32_t to)
{
	const TvmDrawLayout *layout = svg->layout;
	int			start = EDGE + (int) layout->margin * COLUMN;
	int			x = start;

	for (uint32_t l = from; l < to; l++)
		x += (int) tvm_draw_layer_width(&layout->layers[l]) * COLUMN;
	for (uint32_t row = 0; row < layout->rows; row++)
	{
		char		name[32];

		tvm_draw_wire_name(layout, row, name, sizeof(name));
		name[strcspn(name, ":")] = '\0';
		if (row == layout->circuit->qubits)
			snprintf(name, sizeof(name), "c (%u)", layout->circuit->bits);
		put_text(svg, start - 6, row_y(svg, row), "end", name);
		if (row < layout->circuit->qubits)
			put_line(svg, start, row_y(svg, row), x + 6, row_y(svg, row));
		else
			put_double(svg, start, row_y(svg, row), x + 6, row_y(svg, row));
	}
	x = start;
	for (uint32_t l = from; l < to && svg->status == TVM_OK; l++)
	{
		const TvmDrawLayer *layer = &layout->layers[l];

		if (tvm_cancelled(svg->env))
			svg->status = TVM_CANCELLED;
		for (size_t i = layer->first; i < layer[1].first && svg->status == TVM_OK; i++)
			put_gate(svg, layout->order[i], x + (int) layer->left * COLUMN + COLUMN / 2);
		x += (int) tvm_draw_layer_width(layer) * COLUMN;
	}
}

/* The widest piece's columns. */
static uint64_t
widest(const TvmDrawLayout *layout)
{
	uint64_t	widest = 0;
	uint32_t	from = 0;

	while (from < layout->layer_count)
	{
		uint32_t	to = tvm_draw_piece_end(layout, from);
		uint64_t	width = 0;

		for (uint32_t l = from; l < to; l++)
			width += tvm_draw_layer_width(&layout->layers[l]);
		widest = width > widest ? width : widest;
		from = to;
	}
	return widest;
}

TvmStatus
tvm_draw_svg(TvmEnv *env, const TvmDrawLayout *layout, TvmDrawing *out)
{
	Svg			svg = {env, out, TVM_OK, layout, EDGE};
	uint64_t	width = (layout->margin + widest(layout) + 1) * COLUMN + 2 * EDGE;
	uint64_t	piece = (uint64_t) layout->rows * ROW;
	uint64_t	height = layout->pieces * (piece + GAP) - GAP + 2 * EDGE;
	const TvmCircuit *circuit = layout->circuit;
	uint32_t	from = 0;
	char		title[128];

	snprintf(title, sizeof(title), "Quantum circuit of %u qubit%s and %zu gate%s", circuit->qubits,
			 circuit->qubits == 1 ? "" : "s", circuit->count, circuit->count == 1 ? "" : "s");
	PUT(&svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"%s\" "
		"width=\"%llu\" height=\"%llu\" viewBox=\"0 0 %llu %llu\">\n<title>%s</title>\n", title,
		(unsigned long long) width, (unsigned long long) height, (unsigned long long) width,
		(unsigned long long) height, title);
	PUT(&svg, "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\" fill=\"" INK
		"\" stroke=\"" INK "\" stroke-width=\"1.3\">\n");
	do
	{
		uint32_t	to = tvm_draw_piece_end(layout, from);

		put_piece(&svg, from, to);
		svg.top += (int) (piece + GAP);
		from = to;
	} while (svg.status == TVM_OK && from < layout->layer_count);
	PUT(&svg, "</g>\n</svg>");
	return svg.status;
}
