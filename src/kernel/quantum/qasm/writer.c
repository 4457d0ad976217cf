/*
 * writer.c: text that grows, numbers, angles and conditions of a program; see writer.h.
 */
#include "kernel/quantum/qasm/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/quantum/circuit/decimal.h"

#define BYTES_BETWEEN_CANCELS 65536	/* a millisecond or two */
#define BITS_IN_A_STRING 33		/* of a condition in version 3: from here on a string compares them */

static bool
make_room(QasmWriter *w, size_t more)
{
	size_t		size = w->size == 0 ? 4096 : w->size;
	char	   *text;

	if (w->status == TVM_OK && w->length >= w->next_cancel)
	{
		w->next_cancel = w->length + BYTES_BETWEEN_CANCELS;
		if (tvm_cancelled(w->env))
			w->status = TVM_CANCELLED;
	}
	if (w->status != TVM_OK)
		return false;
	if (more < w->size - w->length)
		return true;
	while (size - w->length <= more)
		size *= 2;
	if (size > w->memory)
	{
		w->status = tvm_fail(w->env, TVM_LIMIT, "program needs more memory than allowed", NULL,
							 "Its text needs %llu bytes; %llu are allowed.", (unsigned long long) size,
							 (unsigned long long) w->memory);
		return false;
	}
	text = tvm_alloc(w->env, size, 1);
	if (text == NULL)
	{
		w->status = TVM_NOMEM;
		return false;
	}
	if (w->length > 0)
		memcpy(text, w->text, w->length);
	tvm_free(w->env, w->text);
	w->text = text;
	w->size = size;
	return true;
}

/* Nothing is left out in silence: what is longer than `piece` is printed again, where it goes. */
void
qasm_put(QasmWriter *w, const char *format,...)
{
	char		piece[512];
	va_list		args;
	int			length;

	va_start(args, format);
	length = vsnprintf(piece, sizeof(piece), format, args);
	va_end(args);
	if (length < 0 || !make_room(w, (size_t) length))
		return;
	if ((size_t) length < sizeof(piece))
		memcpy(w->text + w->length, piece, (size_t) length + 1);
	else
	{
		va_start(args, format);
		vsnprintf(w->text + w->length, (size_t) length + 1, format, args);
		va_end(args);
	}
	w->length += (size_t) length;
}

void
qasm_put_number(QasmWriter *w, double number)
{
	char		digits[40];

	for (int precision = 15; precision <= 17; precision++)
	{
		snprintf(digits, sizeof(digits), "%.*g", precision, number);
		if (strtod(digits, NULL) == number)
			break;
	}

	/* An integer without a point is too long for one of 64 bits; -0 is 0. */
	qasm_put(w, "%s%s", number == 0 ? "0" : digits,
			 strlen(digits) > 15 && strpbrk(digits, ".e") == NULL ? ".0" : "");
}

/* The parameters of an angle of the gate in hand; NULL if it has none. */
static const TvmQasmAngle *
free_angle(const QasmWriter *w, int which)
{
	for (size_t i = w->next_angle; i < w->qasm->angle_count && w->qasm->angles[i].gate == w->gate; i++)
		if (w->qasm->angles[i].angle == (uint32_t) which)
			return &w->qasm->angles[i];
	return NULL;
}

bool
qasm_angle_is_free(const QasmWriter *w, int which)
{
	return free_angle(w, which) != NULL;
}

void
qasm_put_angle(QasmWriter *w, int which, double value)
{
	const TvmQasmAngle *angle = free_angle(w, which);

	if (angle == NULL)
	{
		qasm_put_number(w, value);
		return;
	}
	for (uint32_t i = 0; i < angle->count; i++)
	{
		const TvmQasmTerm *term = &w->qasm->terms[angle->first + i];
		double		factor = term->factor;

		if (i > 0)
			qasm_put(w, factor < 0 ? " - " : " + ");
		else if (factor < 0)
			qasm_put(w, "-");
		factor = factor < 0 ? -factor : factor;
		if (factor != 1)
		{
			qasm_put_number(w, factor);
			qasm_put(w, "*");
		}
		qasm_put(w, "%s", w->names[term->input]);
	}
	if (value != 0)
	{
		qasm_put(w, value < 0 ? " - " : " + ");
		qasm_put_number(w, value < 0 ? -value : value);
	}
}

bool
qasm_one_register(const QasmWriter *w)
{
	return w->qasm->circuit.bits == 0 || w->run_count[0] == w->qasm->circuit.bits;
}

/* Bits in a row, many of them, against a string. */
static void
put_string_condition(QasmWriter *w, const uint32_t *bits, const uint8_t *values, uint32_t count)
{
	char		digits[TVM_MAX_BITS + 1];

	for (uint32_t i = 0; i < count; i++)
		digits[count - 1 - i] = values[i] != 0 ? '1' : '0';
	digits[count] = '\0';
	qasm_put(w, "c%s[%u:%u] == \"%s\"", w->suffix, bits[0], bits[count - 1], digits);
}

void
qasm_open_condition(QasmWriter *w, const TvmGate *gate)
{
	if (gate->if_count == 0)
		return;
	if (w->version == 2)
	{
		char		value[TVM_DECIMAL_DIGITS + 1];

		tvm_decimal_write(gate->if_values, gate->if_count, value);
		if (qasm_one_register(w))
			qasm_put(w, "if(c==%s) ", value);
		else
			qasm_put(w, "if(c%u==%s) ", gate->if_bits[0], value);
		return;
	}
	qasm_put(w, "if (");
	for (uint32_t i = 0, n; i < gate->if_count; i += n)
	{
		for (n = 1; i + n < gate->if_count && gate->if_bits[i + n] == gate->if_bits[i] + n;)
			n++;
		if (i > 0)
			qasm_put(w, " && ");
		if (n < BITS_IN_A_STRING)
			n = 1;
		if (n > 1)
			put_string_condition(w, &gate->if_bits[i], &gate->if_values[i], n);
		else
			qasm_put(w, "c%s[%u] == %d", w->suffix, gate->if_bits[i], gate->if_values[i]);
	}
	qasm_put(w, ") {\n");
}
