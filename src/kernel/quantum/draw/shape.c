/*
 * shape.c: how one gate of a picture looks: its kind, its label, what it covers.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel/quantum/circuit/gates.h"
#include "kernel/quantum/draw/layout.h"

#define PI 3.14159265358979323846
#define NAME_CHARACTERS 24		/* of a parameter's name */
#define CONDITION_BITS 4		/* of a condition that are named one by one */

/* A label in the making; what does not fit is left out. */
typedef struct Label
{
	char	   *bytes;
	size_t		length;
	bool		ascii;
} Label;

static void label_add(Label *label, const char *format,...) TVM_PRINTF(2, 3);

static void
label_add(Label *label, const char *format,...)
{
	va_list		args;
	int			written;

	va_start(args, format);
	written = vsnprintf(label->bytes + label->length, TVM_DRAW_LABEL - label->length, format, args);
	va_end(args);
	if (written > 0)
		label->length += (size_t) written;
	if (label->length >= TVM_DRAW_LABEL)
		label->length = TVM_DRAW_LABEL - 1;
}

uint32_t
tvm_draw_next_char(const char **text)
{
	const unsigned char *s = (const unsigned char *) *text;
	uint32_t	c = s[0];
	int			more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;

	if (more > 0)
		c &= 0x3Fu >> more;
	for (int i = 1; i <= more; i++)
	{
		if ((s[i] & 0xC0) != 0x80)
		{
			more = i - 1;
			c = '?';
			break;
		}
		c = c << 6 | (s[i] & 0x3F);
	}
	*text += 1 + more;
	return c;
}

static uint32_t
columns_of(const char *text)
{
	uint32_t	columns = 0;

	for (; *text != '\0'; columns++)
		(void) tvm_draw_next_char(&text);
	return columns;
}

/*
 * A parameter's name, which is anything that a client wrote: control characters
 * would break a line, or XML, and long names the picture.
 */
static void
label_name(Label *label, const char *name)
{
	int			count = 0;

	while (*name != '\0' && count++ < NAME_CHARACTERS)
	{
		const char *start = name;
		uint32_t	c = tvm_draw_next_char(&name);
		bool		plain = c >= 0x20 && c < 0x7F;
		bool		other = c >= 0xA0 && c != 0xFFFE && c != 0xFFFF && c != 0x2028 && c != 0x2029;

		if (plain || (other && !label->ascii))
			label_add(label, "%.*s", (int) (name - start), start);
		else
			label_add(label, "?");
	}
	if (*name != '\0')
		label_add(label, "..");
}

/* A multiple of pi/16 or pi/12 as a fraction, anything else by its digits. */
static void
label_angle(Label *label, double angle)
{
	const char *pi = label->ascii ? "pi" : "\xCF\x80";
	static const int denominators[] = {1, 2, 3, 4, 5, 6, 8, 12, 16, 32, 64};

	if (angle == 0 || fabs(angle) > 100 * PI)
	{
		label_add(label, "%.5g", angle == 0 ? 0.0 : angle);
		return;
	}
	for (size_t i = 0; i < sizeof(denominators) / sizeof(denominators[0]); i++)
	{
		int			d = denominators[i];
		double		n = angle * d / PI;
		double		whole = nearbyint(n);

		if (whole == 0 || fabs(n - whole) > 1e-9)
			continue;
		if (fabs(whole) == 1)
			label_add(label, "%s%s", whole < 0 ? "-" : "", pi);
		else
			label_add(label, "%.0f%s", whole, pi);
		if (d > 1)
			label_add(label, "/%d", d);
		return;
	}
	label_add(label, "%.5g", angle);
}

/* The name of an angle without a value, NULL where it has one. */
static const char *
name_of(const TvmDrawOptions *options, size_t gate, const char *angle)
{
	size_t		low = 0;
	size_t		high = options->name_count;

	while (low < high)
	{
		size_t		middle = low + (high - low) / 2;

		if (options->names[middle].gate < gate)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < options->name_count && options->names[low].gate == gate; low++)
		if (strcmp(options->names[low].angle, angle) == 0)
			return options->names[low].name;
	return NULL;
}

static void
label_one_angle(Label *label, const TvmDrawLayout *layout, size_t index, const char *angle,
				double value, char before)
{
	const char *name = name_of(layout->options, index, angle);

	label_add(label, "%c", before);
	if (name != NULL)
		label_name(label, name);
	else
		label_angle(label, value);
}

/* "(theta, phi, lambda)" as many as the operation takes; a U's gamma where it has one. */
static void
label_angles(Label *label, const TvmDrawLayout *layout, size_t index)
{
	const TvmGate *gate = &layout->circuit->gates[index];
	int			angles = tvm_op_angles(gate->op);
	double		gamma = gate->gamma;

	if (angles == 0)
		return;
	label_one_angle(label, layout, index, "theta", gate->theta, '(');
	if (gate->op == TVM_OP_U)
	{
		if (gate->control_count == 1)
			gamma = tvm_gamma_of_cu(gate->theta, gamma);
		label_one_angle(label, layout, index, "phi", gate->phi, ',');
		label_one_angle(label, layout, index, "lambda", gate->lambda, ',');
		if (fabs(gamma) > 1e-12 || name_of(layout->options, index, "gamma") != NULL)
			label_one_angle(label, layout, index, "gamma", gamma, ',');
	}
	label_add(label, ")");
}

static void
label_operation(Label *label, const TvmDrawLayout *layout, size_t index)
{
	const TvmOperation *operation = &tvm_operations[layout->circuit->gates[index].op];

	label_add(label, "%s", label->ascii && operation->ascii != NULL ? operation->ascii : operation->label);
	label_angles(label, layout, index);
}

/* "c_0=0x1", "c_3=0x1,c_1=0x0"; and where the gate writes a bit too, "->c_2". */
static void
label_condition(Label *label, const TvmGate *gate)
{
	for (uint32_t i = 0; i < gate->if_count && i < CONDITION_BITS; i++)
		label_add(label, "%sc_%u=0x%d", i > 0 ? "," : "", gate->if_bits[i],
				  gate->if_values[i] != 0);
	if (gate->if_count > CONDITION_BITS)
		label_add(label, ",..");
	if (gate->op == TVM_OP_MEASURE)
		label_add(label, "->c_%d", gate->bit);
}

static TvmDrawKind
kind_of(const TvmGate *gate)
{
	switch (gate->op)
	{
		case TVM_OP_MEASURE:
			return TVM_DRAW_MEASURE;
		case TVM_OP_RESET:
			return TVM_DRAW_RESET;
		case TVM_OP_BARRIER:
			return TVM_DRAW_BARRIER;
		case TVM_OP_SWAP:
			return TVM_DRAW_SWAP;
		case TVM_OP_RZZ:
			return TVM_DRAW_DOTS;
		case TVM_OP_Z:
		case TVM_OP_P:
			return gate->control_count > 0 ? TVM_DRAW_DOTS : TVM_DRAW_BOX;
		case TVM_OP_X:
			return gate->control_count > 0 ? TVM_DRAW_NOT : TVM_DRAW_BOX;
		default:
			return gate->target_count > 1 ? TVM_DRAW_WIDE_BOX : TVM_DRAW_BOX;
	}
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t
most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* The rows from the first to the last that the gate covers. */
static void
find_span(const TvmDrawLayout *layout, const TvmGate *gate, TvmDrawShape *shape)
{
	uint32_t	qubits = layout->circuit->qubits;

	shape->box_low = qubits;
	shape->box_high = 0;
	for (uint32_t i = 0; i < gate->target_count; i++)
	{
		shape->box_low = least(shape->box_low, gate->targets[i]);
		shape->box_high = most(shape->box_high, gate->targets[i]);
	}
	if (gate->op == TVM_OP_BARRIER && gate->target_count == 0)
	{
		shape->box_low = 0;
		shape->box_high = qubits - 1;
	}
	shape->low = shape->box_low;
	shape->high = shape->box_high;
	for (uint32_t i = 0; i < gate->control_count; i++)
	{
		shape->low = least(shape->low, gate->controls[i]);
		shape->high = most(shape->high, gate->controls[i]);
	}
	if (gate->op == TVM_OP_MEASURE || gate->if_count > 0)
		shape->high = qubits;
}

static uint32_t
digits_of(uint32_t number)
{
	uint32_t	digits = 1;

	for (; number >= 10; number /= 10)
		digits++;
	return digits;
}

/* The box's width and how far the shape reaches to both sides of its vertical line. */
static void
find_extent(const TvmGate *gate, TvmDrawShape *shape)
{
	uint32_t	width;

	switch (shape->kind)
	{
		case TVM_DRAW_BOX:
		case TVM_DRAW_NOT:
			shape->box_width = shape->label_width + 4;
			break;
		case TVM_DRAW_WIDE_BOX:
			shape->box_width = shape->label_width + 4 + digits_of(gate->target_count - 1);
			break;
		case TVM_DRAW_RESET:
			shape->box_width = shape->label_width + 2;
			break;
		default:
			shape->box_width = 3;
	}
	shape->left = shape->box_width / 2;
	shape->right = shape->box_width - 1 - shape->left;
	if (shape->kind == TVM_DRAW_DOTS)
		shape->right = shape->label_width > 0 ? shape->label_width + 1 : 1;
	if (gate->if_count > 0)
		width = shape->condition_width + 4;
	else if (gate->op == TVM_OP_MEASURE)
		width = digits_of((uint32_t) gate->bit);
	else
		return;
	shape->left = most(shape->left, width / 2);
	shape->right = most(shape->right, width - 1 - width / 2);
}

void
tvm_draw_shape(const TvmDrawLayout *layout, size_t index, TvmDrawShape *shape)
{
	const TvmGate *gate = &layout->circuit->gates[index];
	bool		ascii = layout->options->format == TVM_DRAW_ASCII;
	Label		label = {shape->label, 0, ascii};
	Label		condition = {shape->condition, 0, ascii};

	shape->kind = kind_of(gate);
	shape->label[0] = shape->condition[0] = '\0';
	if (shape->kind != TVM_DRAW_SWAP && shape->kind != TVM_DRAW_BARRIER &&
		!(shape->kind == TVM_DRAW_DOTS && gate->op == TVM_OP_Z))
		label_operation(&label, layout, index);
	if (gate->if_count > 0)
		label_condition(&condition, gate);
	shape->label_width = columns_of(shape->label);
	shape->condition_width = columns_of(shape->condition);
	find_span(layout, gate, shape);
	find_extent(gate, shape);
}
