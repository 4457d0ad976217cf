/*
 * text.c: a picture of a circuit as text.
 *
 * A canvas holds one piece of the picture.  A cell is a character, or a set of
 * arms: lines that leave it upwards, to the left and so on.  Lines that meet add
 * their arms, so the border that two boxes share, or a wire that a control crosses,
 * needs no code of its own: the character is chosen when the canvas is printed.
 */
#include <string.h>

#include "kernel/quantum/draw/drawing.h"

#define UP 1u
#define DOWN 2u
#define LEFT 4u
#define RIGHT 8u
#define TWICE_UP 16u			/* double lines are classical */
#define TWICE_DOWN 32u
#define TWICE_SIDES 64u			/* left and right */
#define SIDES (LEFT | RIGHT)
#define CHARACTER 0x80000000u	/* what is below is a code point, not arms */
#define IS(c) (CHARACTER | (uint32_t) (c))

typedef struct Canvas
{
	const TvmDrawLayout *layout;
	bool		ascii;
	uint32_t	width;
	uint32_t   *cells;			/* layout->lines rows of `width` */
} Canvas;

/* The line of a row's wire. */
static uint32_t
line_of(const Canvas *canvas, uint32_t row)
{
	return 2 * row + 1 + (row == canvas->layout->circuit->qubits ? canvas->layout->apart : 0);
}

static uint32_t *
cell(Canvas *canvas, uint32_t line, uint32_t column)
{
	return &canvas->cells[(size_t) line * canvas->width + column];
}

/* Lines meet; a character stays. */
static void
add_arms(Canvas *canvas, uint32_t line, uint32_t column, uint32_t arms)
{
	uint32_t   *at = cell(canvas, line, column);

	if ((*at & CHARACTER) == 0)
		*at |= arms;
}

static void
put_text(Canvas *canvas, uint32_t line, uint32_t column, const char *text)
{
	while (*text != '\0')
		*cell(canvas, line, column++) = IS(tvm_draw_next_char(&text));
}

static void
vertical(Canvas *canvas, uint32_t column, uint32_t from, uint32_t to, uint32_t up, uint32_t down)
{
	for (uint32_t line = from; line <= to; line++)
		add_arms(canvas, line, column, (line > from ? up : 0) | (line < to ? down : 0));
}

/* The borders of a box whose wires are rows low to high; what is inside is blank. */
static void
box(Canvas *canvas, uint32_t left, uint32_t width, uint32_t low, uint32_t high, bool classical)
{
	uint32_t	right = left + width - 1;
	uint32_t	top = line_of(canvas, low) - 1;
	uint32_t	bottom = line_of(canvas, high) + 1;

	add_arms(canvas, top, left, DOWN | RIGHT);
	add_arms(canvas, top, right, DOWN | LEFT);
	add_arms(canvas, bottom, left, UP | RIGHT);
	add_arms(canvas, bottom, right, UP | LEFT);
	for (uint32_t column = left + 1; column < right; column++)
	{
		add_arms(canvas, top, column, SIDES);
		add_arms(canvas, bottom, column, SIDES);
	}
	for (uint32_t line = top + 1; line < bottom; line++)
	{
		bool		on_wire = classical || line % 2 == 1;

		for (uint32_t column = left + 1; column < right; column++)
			*cell(canvas, line, column) = IS(' ');
		*cell(canvas, line, left) = UP | DOWN | (on_wire ? LEFT : 0);
		*cell(canvas, line, right) = UP | DOWN | (on_wire ? RIGHT : 0);
		if (canvas->ascii)
			*cell(canvas, line, left) = *cell(canvas, line, right) = IS('|');
		else if (classical)
		{
			*cell(canvas, line, left) = IS(0x2561);
			*cell(canvas, line, right) = IS(0x255E);
		}
	}
}

static void
control(Canvas *canvas, uint32_t row, uint32_t column, bool state)
{
	*cell(canvas, line_of(canvas, row), column) = IS(!state ? 'o' : canvas->ascii ? '*' : 0x25A0);
}

/* Controls above and below a box that covers rows box_low to box_high. */
static void
join_controls(Canvas *canvas, const TvmGate *gate, const TvmDrawShape *shape, uint32_t column)
{
	uint32_t	low = shape->box_low;
	uint32_t	high = shape->box_high;

	for (uint32_t i = 0; i < gate->control_count; i++)
	{
		uint32_t	row = gate->controls[i];

		if (row >= shape->box_low && row <= shape->box_high)
			continue;
		low = row < low ? row : low;
		high = row > high ? row : high;
		control(canvas, row, column, gate->control_state[i] != 0);
	}
	if (low < shape->box_low)
		vertical(canvas, column, line_of(canvas, low), 2 * shape->box_low, UP, DOWN);
	if (high > shape->box_high)
		vertical(canvas, column, 2 * shape->box_high + 2, line_of(canvas, high), UP, DOWN);
}

/* The numbers of its qubits along a wide box's left side; controls may be among them. */
static void
number_qubits(Canvas *canvas, const TvmGate *gate, const TvmDrawShape *shape, uint32_t left)
{
	for (uint32_t row = shape->box_low; row <= shape->box_high; row++)
	{
		int			target = tvm_draw_target(gate, row);
		bool		state;

		if (target >= 10)
			*cell(canvas, line_of(canvas, row), left + 1) = IS('0' + target / 10);
		if (target >= 0)
			*cell(canvas, line_of(canvas, row), left + 1 + (target >= 10)) = IS('0' + target % 10);
		else if (tvm_draw_is_control(gate, row, &state))
			control(canvas, row, left + 1, state);
	}
}

/* Dots or crosses on all of a gate's qubits, joined, with a label beside the line. */
static void
draw_marks(Canvas *canvas, const TvmGate *gate, const TvmDrawShape *shape, uint32_t column)
{
	uint32_t	high = shape->high < canvas->layout->circuit->qubits ? shape->high : 0;

	for (uint32_t i = 0; i < gate->target_count; i++)
	{
		uint32_t	row = gate->targets[i];

		if (shape->kind == TVM_DRAW_SWAP)
			*cell(canvas, line_of(canvas, row), column) = IS('X');
		else
			control(canvas, row, column, true);
		high = row > high ? row : high;
	}
	for (uint32_t i = 0; i < gate->control_count; i++)
	{
		control(canvas, gate->controls[i], column, gate->control_state[i] != 0);
		high = gate->controls[i] > high ? gate->controls[i] : high;
	}
	vertical(canvas, column, line_of(canvas, shape->low), line_of(canvas, high), UP, DOWN);
	if (shape->kind == TVM_DRAW_DOTS)
		put_text(canvas, 2 * shape->low + 2, column + 1, shape->label);
}

static void
draw_barrier(Canvas *canvas, const TvmGate *gate, uint32_t column)
{
	uint32_t	qubits = canvas->layout->circuit->qubits;
	uint32_t	count = gate->target_count > 0 ? gate->target_count : qubits;

	for (uint32_t i = 0; i < count; i++)
	{
		uint32_t	row = gate->target_count > 0 ? gate->targets[i] : i;

		for (uint32_t line = 2 * row; line <= 2 * row + 2; line++)
			*cell(canvas, line, column) = IS(canvas->ascii ? ':' : 0x2591);
	}
}

/* What goes down to the classical bits: a measured bit, or what a gate waits for. */
static void
draw_classical(Canvas *canvas, const TvmGate *gate, const TvmDrawShape *shape, uint32_t column)
{
	uint32_t	row = canvas->layout->circuit->qubits;
	uint32_t	from;
	uint32_t	lowest = shape->box_high;
	char		number[16];
	uint32_t	digits = 0;

	for (uint32_t i = 0; i < gate->control_count; i++)
		lowest = gate->controls[i] > lowest ? gate->controls[i] : lowest;
	from = line_of(canvas, lowest);
	if (lowest == shape->box_high && shape->kind != TVM_DRAW_SWAP &&
		shape->kind != TVM_DRAW_DOTS && shape->kind != TVM_DRAW_RESET)
		from++;
	if (gate->if_count > 0)
	{
		uint32_t	left = column - (shape->condition_width + 4) / 2;

		box(canvas, left, shape->condition_width + 4, row, row, true);
		put_text(canvas, line_of(canvas, row), left + 2, shape->condition);
		vertical(canvas, column, from, line_of(canvas, row) - 1, TWICE_UP, TWICE_DOWN);
		return;
	}
	vertical(canvas, column, from, line_of(canvas, row), TWICE_UP, TWICE_DOWN);
	for (int32_t bit = gate->bit; digits == 0 || bit > 0; bit /= 10)
		number[digits++] = (char) ('0' + bit % 10);
	for (uint32_t i = 0; i < digits; i++)
		*cell(canvas, line_of(canvas, row) + 1, column - digits / 2 + i) = IS(number[digits - 1 - i]);
}

static void
draw_gate(Canvas *canvas, size_t index, uint32_t column)
{
	const TvmGate *gate = &canvas->layout->circuit->gates[index];
	TvmDrawShape shape;
	uint32_t	left;
	uint32_t	numbers;

	tvm_draw_shape(canvas->layout, index, &shape);
	left = column - shape.box_width / 2;
	numbers = shape.box_width - shape.label_width - 4;
	switch (shape.kind)
	{
		case TVM_DRAW_MEASURE:
			box(canvas, left, shape.box_width, shape.box_low, shape.box_high, false);
			put_text(canvas, line_of(canvas, shape.box_low), column, shape.label);
			break;
		case TVM_DRAW_RESET:
			put_text(canvas, line_of(canvas, shape.box_low), left + 1, shape.label);
			break;
		case TVM_DRAW_BARRIER:
			draw_barrier(canvas, gate, column);
			break;
		case TVM_DRAW_SWAP:
		case TVM_DRAW_DOTS:
			draw_marks(canvas, gate, &shape, column);
			break;
		case TVM_DRAW_BOX:
		case TVM_DRAW_NOT:
			numbers = 0;
			/* fall through */
		case TVM_DRAW_WIDE_BOX:
			box(canvas, left, shape.box_width, shape.box_low, shape.box_high, false);
			put_text(canvas, shape.box_low + shape.box_high + 1, left + 2 + numbers, shape.label);
			if (numbers > 0)
				number_qubits(canvas, gate, &shape, left);
			join_controls(canvas, gate, &shape, column);
			break;
	}
	if (shape.high == canvas->layout->circuit->qubits)
		draw_classical(canvas, gate, &shape, column);
}

static void
draw_wires(Canvas *canvas, bool goes_on, bool came_from)
{
	const TvmDrawLayout *layout = canvas->layout;
	uint32_t	start = came_from ? 1 : 0;
	uint32_t	end = canvas->width - (goes_on ? 1 : 0);

	for (size_t i = 0; i < (size_t) layout->lines * canvas->width; i++)
		canvas->cells[i] = 0;
	for (uint32_t row = 0; row < layout->rows; row++)
	{
		char		name[32];

		tvm_draw_wire_name(layout, row, name, sizeof(name));
		put_text(canvas, line_of(canvas, row), start + layout->margin - (uint32_t) strlen(name), name);
		for (uint32_t column = start + layout->margin; column < end; column++)
			*cell(canvas, line_of(canvas, row), column) = row < layout->circuit->qubits ? SIDES : TWICE_SIDES;
	}
	for (uint32_t line = 0; line < layout->lines; line++)
	{
		if (came_from)
			*cell(canvas, line, 0) = IS(canvas->ascii ? '<' : 0xAB);
		if (goes_on)
			*cell(canvas, line, end) = IS(canvas->ascii ? '>' : 0xBB);
	}
}

/* The character of a set of arms. */
static uint32_t
glyph(uint32_t arms, bool ascii)
{
	static const uint16_t single[16] = {
		' ', 0x2575, 0x2577, 0x2502, 0x2574, 0x2518, 0x2510, 0x2524,
		0x2576, 0x2514, 0x250C, 0x251C, 0x2500, 0x2534, 0x252C, 0x253C
	};
	uint32_t	twice = arms & (TWICE_UP | TWICE_DOWN);
	bool		wire = (arms & SIDES) != 0;

	if ((arms & CHARACTER) != 0)
		return arms & ~CHARACTER;
	if (ascii)
	{
		if ((arms & TWICE_SIDES) != 0)
			return twice != 0 ? '#' : '=';
		if (twice != 0)
			return wire ? '+' : '|';
		if ((arms & (UP | DOWN)) == 0)
			return arms == 0 ? ' ' : '-';
		return wire ? '+' : '|';
	}
	if ((arms & TWICE_SIDES) != 0)
		return twice == 0 ? 0x2550 : twice == TWICE_UP ? 0x2569 : 0x256C;
	if (twice == TWICE_UP)
		return wire ? 0x2568 : 0x2551;
	if (twice == TWICE_DOWN)
		return wire ? 0x2565 : 0x2551;
	if (twice != 0)
		return wire ? 0x256B : 0x2551;
	return single[arms & 15];
}

static size_t
encode(uint32_t c, char *out)
{
	if (c < 0x80)
	{
		out[0] = (char) c;
		return 1;
	}
	if (c < 0x800)
	{
		out[0] = (char) (0xC0 | c >> 6);
		out[1] = (char) (0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000)
	{
		out[0] = (char) (0xE0 | c >> 12);
		out[1] = (char) (0x80 | (c >> 6 & 0x3F));
		out[2] = (char) (0x80 | (c & 0x3F));
		return 3;
	}
	out[0] = (char) (0xF0 | c >> 18);
	out[1] = (char) (0x80 | (c >> 12 & 0x3F));
	out[2] = (char) (0x80 | (c >> 6 & 0x3F));
	out[3] = (char) (0x80 | (c & 0x3F));
	return 4;
}

/* Lines without the blanks at their ends. */
static TvmStatus
print(TvmEnv *env, Canvas *canvas, TvmDrawing *out)
{
	TvmStatus	status = TVM_OK;

	for (uint32_t line = 0; line < canvas->layout->lines && status == TVM_OK; line++)
	{
		uint32_t	end = canvas->width;

		if (tvm_cancelled(env))
			return TVM_CANCELLED;
		while (end > 0 && glyph(*cell(canvas, line, end - 1), canvas->ascii) == ' ')
			end--;
		for (uint32_t column = 0; column < end && status == TVM_OK; column++)
		{
			char		bytes[4];
			size_t		length = encode(glyph(*cell(canvas, line, column), canvas->ascii), bytes);

			status = tvm_draw_put(env, out, bytes, length);
		}
		if (status == TVM_OK)
			status = tvm_draw_put(env, out, "\n", 1);
	}
	return status;
}

static TvmStatus
draw_piece(TvmEnv *env, const TvmDrawLayout *layout, uint32_t from, uint32_t to, TvmDrawing *out)
{
	Canvas		canvas = {layout, layout->options->format == TVM_DRAW_ASCII, 0, NULL};
	bool		came_from = from > 0;
	bool		goes_on = to < layout->layer_count;
	uint32_t	column = layout->margin + came_from;
	TvmStatus	status = TVM_OK;

	canvas.width = column + goes_on;
	for (uint32_t l = from; l < to; l++)
		canvas.width += tvm_draw_layer_width(&layout->layers[l]);
	canvas.cells = tvm_alloc(env, (size_t) canvas.width * layout->lines, sizeof(uint32_t));
	if (canvas.cells == NULL)
		return TVM_NOMEM;
	draw_wires(&canvas, goes_on, came_from);
	for (uint32_t l = from; l < to && status == TVM_OK; l++)
	{
		const TvmDrawLayer *layer = &layout->layers[l];

		if (tvm_cancelled(env))
			status = TVM_CANCELLED;
		for (size_t i = layer->first; i < layer[1].first; i++)
			draw_gate(&canvas, layout->order[i], column + layer->left);
		column += tvm_draw_layer_width(layer);
	}
	if (status == TVM_OK)
		status = print(env, &canvas, out);
	tvm_free(env, canvas.cells);
	return status;
}

TvmStatus
tvm_draw_text(TvmEnv *env, const TvmDrawLayout *layout, TvmDrawing *out)
{
	uint32_t	from = 0;
	TvmStatus	status;

	do
	{
		uint32_t	to = tvm_draw_piece_end(layout, from);

		status = draw_piece(env, layout, from, to, out);
		from = to;
	} while (status == TVM_OK && from < layout->layer_count);
	if (status == TVM_OK)
		out->bytes[--out->length] = '\0';	/* the last line's end */
	return status;
}
