/*
 * draw.c: the layout of a picture of a circuit; see draw.h and layout.h.
 *
 * What is taken is one bit for each wire and layer while gates find their
 * places, and sixteen bytes a gate.
 */
#include "kernel/quantum/draw/draw.h"

#include <string.h>

#include "kernel/quantum/draw/drawing.h"

#define CANCEL_INTERVAL 4096	/* gates */

/* Bytes of a picture for each of its characters: a canvas of 4, UTF-8 of 3 that may double. */
#define CELL_BYTES 13

/* In SVG, bytes for each gate and each qubit of one, which may double as well. */
#define SVG_GATE_BYTES 2000
#define SVG_QUBIT_BYTES 300

bool
tvm_draw_format_of(const char *name, TvmDrawFormat *format)
{
	static const char *const names[TVM_DRAW_FORMAT_COUNT] = {"text", "ascii", "svg"};

	for (int i = 0; i < TVM_DRAW_FORMAT_COUNT; i++)
	{
		const char *known = names[i];
		const char *given = name;

		while (*known != '\0' && (*given | 0x20) == *known)
			known++, given++;
		if (*known == '\0' && *given == '\0')
		{
			*format = (TvmDrawFormat) i;
			return true;
		}
	}
	return false;
}

/* Which rows of which layer are taken: a bit for each, a layer's words together. */
typedef struct Places
{
	uint64_t   *taken;
	uint32_t	words;			/* of a layer */
	uint32_t	capacity;		/* layers */
	uint32_t   *next;			/* by row: the layer after the last that the row's own gates use */
} Places;

/* The bits of word `w` that belong to rows low to high. */
static uint64_t
mask_of(uint32_t w, uint32_t low, uint32_t high)
{
	uint64_t	mask = ~(uint64_t) 0;

	if (w == low / 64)
		mask &= ~(uint64_t) 0 << low % 64;
	if (w == high / 64)
		mask &= ~(uint64_t) 0 >> (63 - high % 64);
	return mask;
}

static bool
is_free(const Places *places, uint32_t layer, uint32_t low, uint32_t high)
{
	const uint64_t *taken = places->taken + (size_t) layer * places->words;

	for (uint32_t w = low / 64; w <= high / 64; w++)
		if ((taken[w] & mask_of(w, low, high)) != 0)
			return false;
	return true;
}

static TvmStatus
grow_places(TvmEnv *env, Places *places)
{
	uint32_t	capacity = 2 * places->capacity;
	uint64_t   *larger = tvm_alloc_zero(env, (size_t) capacity * places->words, sizeof(uint64_t));

	if (larger == NULL)
		return TVM_NOMEM;
	memcpy(larger, places->taken, (size_t) places->capacity * places->words * sizeof(uint64_t));
	tvm_free(env, places->taken);
	places->taken = larger;
	places->capacity = capacity;
	return TVM_OK;
}

/* The rows whose order of gates counts: qubits, and the classical row where a bit is used. */
static uint32_t
earliest(const Places *places, const TvmGate *gate, const TvmDrawShape *shape, uint32_t qubits)
{
	uint32_t	layer = 0;

	if (gate->op == TVM_OP_BARRIER && gate->target_count == 0)
		for (uint32_t q = 0; q < qubits; q++)
			layer = places->next[q] > layer ? places->next[q] : layer;
	for (uint32_t i = 0; i < gate->target_count; i++)
		layer = places->next[gate->targets[i]] > layer ? places->next[gate->targets[i]] : layer;
	for (uint32_t i = 0; i < gate->control_count; i++)
		layer = places->next[gate->controls[i]] > layer ? places->next[gate->controls[i]] : layer;
	if (shape->high == qubits)
		layer = places->next[qubits] > layer ? places->next[qubits] : layer;
	return layer;
}

static void
occupy(Places *places, uint32_t layer, const TvmGate *gate, const TvmDrawShape *shape,
	   uint32_t qubits)
{
	uint64_t   *taken = places->taken + (size_t) layer * places->words;

	for (uint32_t w = shape->low / 64; w <= shape->high / 64; w++)
		taken[w] |= mask_of(w, shape->low, shape->high);
	if (gate->op == TVM_OP_BARRIER && gate->target_count == 0)
		for (uint32_t q = 0; q < qubits; q++)
			places->next[q] = layer + 1;
	for (uint32_t i = 0; i < gate->target_count; i++)
		places->next[gate->targets[i]] = layer + 1;
	for (uint32_t i = 0; i < gate->control_count; i++)
		places->next[gate->controls[i]] = layer + 1;
	if (shape->high == qubits)
		places->next[qubits] = layer + 1;
}

static TvmStatus
too_large(TvmEnv *env, const char *what, uint64_t need, uint64_t limit)
{
	return tvm_fail(env, TVM_LIMIT, "the picture is too large", "Draw a part of the circuit.",
					"%llu %s are needed, the limit is %llu", (unsigned long long) need, what,
					(unsigned long long) limit);
}

/* A layer for each gate: the earliest after those of its wires whose rows are free. */
static TvmStatus
place_gates(TvmEnv *env, TvmDrawLayout *layout, Places *places)
{
	const TvmCircuit *circuit = layout->circuit;
	TvmDrawShape shape;

	for (size_t i = 0; i < circuit->count; i++)
	{
		const TvmGate *gate = &circuit->gates[i];
		uint32_t	layer;

		if (i % CANCEL_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		tvm_draw_shape(layout, i, &shape);
		layer = earliest(places, gate, &shape, circuit->qubits);
		while (layer < layout->layer_count && !is_free(places, layer, shape.low, shape.high))
			layer++;
		if (layer == places->capacity)
		{
			TvmStatus	status = grow_places(env, places);

			if (status != TVM_OK)
				return status;
		}
		if (layer >= layout->layer_count)
			layout->layer_count = layer + 1;

		/* No layer is narrower than 3 columns, so this is far from where it would end. */
		if ((uint64_t) layout->layer_count * 3 * layout->lines > TVM_DRAW_MAX_CELLS)
			return too_large(env, "characters", (uint64_t) layout->layer_count * 3 * layout->lines,
							 TVM_DRAW_MAX_CELLS);
		layout->layer_of[i] = layer;
		occupy(places, layer, gate, &shape, circuit->qubits);
	}
	return TVM_OK;
}

/* Gates by layer, and the width of each layer. */
static TvmStatus
sort_gates(TvmEnv *env, TvmDrawLayout *layout)
{
	const TvmCircuit *circuit = layout->circuit;
	TvmDrawLayer *layers = tvm_alloc_zero(env, (size_t) layout->layer_count + 1, sizeof(TvmDrawLayer));
	size_t		sum = 0;
	TvmDrawShape shape;

	layout->layers = layers;
	if (layers == NULL)
		return TVM_NOMEM;
	for (size_t i = 0; i < circuit->count; i++)
	{
		TvmDrawLayer *layer = &layers[layout->layer_of[i]];

		if (i % CANCEL_INTERVAL == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		tvm_draw_shape(layout, i, &shape);
		layer->first++;
		layer->left = shape.left > layer->left ? shape.left : layer->left;
		layer->right = shape.right > layer->right ? shape.right : layer->right;
	}
	for (uint32_t l = 0; l < layout->layer_count; l++)
	{
		size_t		count = layers[l].first;

		layers[l].first = sum;
		sum += count;
		layout->columns += tvm_draw_layer_width(&layers[l]);
	}
	layers[layout->layer_count].first = sum;
	for (size_t i = 0; i < circuit->count; i++)
		layout->order[layers[layout->layer_of[i]].first++] = i;
	for (uint32_t l = layout->layer_count; l > 0; l--)
		layers[l].first = layers[l - 1].first;
	layers[0].first = 0;
	return TVM_OK;
}

static uint64_t
svg_bytes(const TvmDrawLayout *layout)
{
	uint64_t	bytes = 0;

	for (size_t i = 0; i < layout->circuit->count; i++)
	{
		const TvmGate *gate = &layout->circuit->gates[i];
		uint32_t	qubits = gate->target_count + gate->control_count;

		if (gate->op == TVM_OP_BARRIER && gate->target_count == 0)
			qubits = layout->circuit->qubits;
		bytes += SVG_GATE_BYTES + (uint64_t) qubits * SVG_QUBIT_BYTES;
	}
	return bytes + (uint64_t) layout->pieces * layout->rows * SVG_QUBIT_BYTES;
}

/* Count the pieces, and check what the picture takes before any of it is made. */
static TvmStatus
measure(TvmEnv *env, TvmDrawLayout *layout)
{
	const TvmDrawOptions *options = layout->options;
	uint64_t	cells;
	uint64_t	bytes;
	uint32_t	from = 0;

	do
	{
		from = tvm_draw_piece_end(layout, from);
		layout->pieces++;
	} while (from < layout->layer_count);
	cells = (layout->columns + (uint64_t) layout->pieces * (layout->margin + 2)) * layout->lines;
	if (cells > TVM_DRAW_MAX_CELLS)
		return too_large(env, "characters", cells, TVM_DRAW_MAX_CELLS);
	bytes = options->format == TVM_DRAW_SVG ? svg_bytes(layout) : cells * CELL_BYTES;
	bytes += layout->circuit->count * 16 + (uint64_t) layout->layer_count * sizeof(TvmDrawLayer);
	if (options->memory_limit > 0 && bytes > options->memory_limit)
		return too_large(env, "bytes", bytes, options->memory_limit);
	return TVM_OK;
}

static TvmStatus
lay_out(TvmEnv *env, TvmDrawLayout *layout, Places *places)
{
	const TvmCircuit *circuit = layout->circuit;
	TvmStatus	status;

	places->words = (layout->rows + 63) / 64;
	places->capacity = 64;
	places->taken = tvm_alloc_zero(env, (size_t) places->capacity * places->words, sizeof(uint64_t));
	places->next = tvm_alloc_zero(env, (size_t) circuit->qubits + 1, sizeof(uint32_t));
	layout->layer_of = tvm_alloc(env, circuit->count, sizeof(uint32_t));
	layout->order = tvm_alloc(env, circuit->count, sizeof(size_t));
	if (places->taken == NULL || places->next == NULL || layout->layer_of == NULL ||
		layout->order == NULL)
		return TVM_NOMEM;
	for (uint32_t row = 0; row < layout->rows; row++)
	{
		char		name[32];
		uint32_t	width;

		tvm_draw_wire_name(layout, row, name, sizeof(name));
		width = (uint32_t) strlen(name);
		layout->margin = width > layout->margin ? width : layout->margin;
	}
	status = place_gates(env, layout, places);
	if (status == TVM_OK)
		status = sort_gates(env, layout);
	return status == TVM_OK ? measure(env, layout) : status;
}

static TvmStatus
check_width(TvmEnv *env, uint32_t width)
{
	if (width == 0 || (width >= TVM_DRAW_LEAST_WIDTH && width <= TVM_DRAW_MOST_WIDTH))
		return TVM_OK;
	tvm_fail(env, TVM_INVALID, "not a width", "0 is for a picture in one piece.",
			 "%u is outside %d..%d", width, TVM_DRAW_LEAST_WIDTH, TVM_DRAW_MOST_WIDTH);
	tvm_fail_path(env, "width");
	return TVM_INVALID;
}

TvmStatus
tvm_circuit_draw(TvmEnv *env, const TvmCircuit *circuit, const TvmDrawOptions *options,
				 char **out, size_t *length)
{
	TvmDrawLayout layout = {.circuit = circuit, .options = options};
	TvmDrawing	drawing = {NULL, 0, 0};
	Places		places = {NULL, 0, 0, NULL};
	TvmStatus	status = check_width(env, options->width);

	if (status != TVM_OK)
		return status;
	layout.rows = circuit->qubits + (circuit->bits > 0);
	for (size_t i = 0; i < circuit->count; i++)
		layout.apart |= circuit->gates[i].if_count > 0;
	layout.lines = 2 * layout.rows + 1 + layout.apart;
	status = lay_out(env, &layout, &places);
	tvm_free(env, places.taken);
	tvm_free(env, places.next);
	if (status == TVM_OK)
		status = options->format == TVM_DRAW_SVG ? tvm_draw_svg(env, &layout, &drawing) :
			tvm_draw_text(env, &layout, &drawing);
	tvm_free(env, layout.layer_of);
	tvm_free(env, layout.order);
	tvm_free(env, layout.layers);
	if (status != TVM_OK)
		tvm_free(env, drawing.bytes);
	else
	{
		*out = drawing.bytes;
		*length = drawing.length;
	}
	return status;
}
