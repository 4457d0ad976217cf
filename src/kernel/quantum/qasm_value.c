/*
 * qasm_value.c: values of OpenQASM: numbers, linear forms in the inputs, literals.
 */
#include "kernel/quantum/qasm_expr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_DIGITS 320

/*------------------------------------------------------------------------ numbers */

QasmValue
qasm_of_int(int64_t integer)
{
	QasmValue	value = {.type = QASM_TYPE_INT, .integer = integer, .real = (double) integer};

	return value;
}

QasmValue
qasm_of_real(double real)
{
	QasmValue	value = {.type = QASM_TYPE_REAL, .real = real};

	return value;
}

QasmValue
qasm_of_bool(bool truth)
{
	QasmValue	value = {.type = QASM_TYPE_BOOL, .integer = truth, .real = truth};

	return value;
}

QasmValue
qasm_unknown(void)
{
	QasmValue	value = {.type = QASM_TYPE_REAL, .unknown = true};

	return value;
}

/* Linear forms: kept in the reader's lists, so an index is all that a value needs. */
static TvmStatus
add_term(QasmReader *r, uint32_t input, double factor)
{
	TvmStatus	status = qasm_grow32(r, &r->terms, r->term_count, &r->term_capacity, sizeof(TvmQasmTerm));

	if (status == TVM_OK)
		r->terms[r->term_count++] = (TvmQasmTerm) {input, factor};
	return status;
}

static TvmStatus
end_linear(QasmReader *r, uint32_t first, uint32_t *linear)
{
	TvmStatus	status;

	*linear = 0;
	if (r->term_count == first)
		return TVM_OK;
	/* Number 0 means that there is none. */
	if (r->linear_count == 0)
	{
		status = qasm_grow32(r, &r->linears, 0, &r->linear_capacity, sizeof(QasmLinear));
		if (status != TVM_OK)
			return status;
		r->linears[r->linear_count++] = (QasmLinear) {0, 0};
	}
	status = qasm_grow32(r, &r->linears, r->linear_count, &r->linear_capacity, sizeof(QasmLinear));
	if (status != TVM_OK)
		return status;
	r->linears[r->linear_count] = (QasmLinear) {first, r->term_count - first};
	*linear = r->linear_count++;
	return TVM_OK;
}

TvmStatus
qasm_of_input(QasmReader *r, uint32_t input, QasmValue *out)
{
	uint32_t	first = r->term_count;
	TvmStatus	status = add_term(r, input, 1);

	*out = qasm_of_real(0);
	return status == TVM_OK ? end_linear(r, first, &out->linear) : status;
}

/* a + factor * b, the terms merged in the order of their inputs. */
TvmStatus
qasm_angle_add(QasmReader *r, QasmAngle a, double factor, QasmAngle b, QasmAngle *out)
{
	QasmLinear	none = {0, 0};
	QasmLinear	x = a.linear > 0 ? r->linears[a.linear] : none;
	QasmLinear	y = b.linear > 0 ? r->linears[b.linear] : none;
	uint32_t	first = r->term_count;
	uint32_t	i = 0,
				j = 0;
	TvmStatus	status = TVM_OK;

	out->value = a.value + factor * b.value;
	out->linear = a.linear;
	if (y.count == 0)
		return TVM_OK;
	while (status == TVM_OK && (i < x.count || j < y.count))
	{
		TvmQasmTerm s = i < x.count ? r->terms[x.first + i] : (TvmQasmTerm) {UINT32_MAX, 0};
		TvmQasmTerm t = j < y.count ? r->terms[y.first + j] : (TvmQasmTerm) {UINT32_MAX, 0};
		uint32_t	input = s.input < t.input ? s.input : t.input;
		double		sum = 0;

		if (s.input == input)
			sum += s.factor, i++;
		if (t.input == input)
			sum += factor * t.factor, j++;
		if (sum != 0)
			status = add_term(r, input, sum);
	}
	return status == TVM_OK ? end_linear(r, first, &out->linear) : status;
}

TvmStatus
qasm_angle_scale(QasmReader *r, double factor, QasmAngle a, QasmAngle *out)
{
	QasmAngle	zero = {0, 0};

	if (a.linear == 0)
	{
		*out = (QasmAngle) {factor * a.value, 0};
		return TVM_OK;
	}
	return qasm_angle_add(r, zero, factor, a, out);
}

/* Every number and factor of a value is finite. */
TvmStatus
qasm_check_finite(QasmReader *r, uint32_t token, const QasmValue *value)
{
	bool		finite = isfinite(value->real) != 0;

	if (value->linear > 0)
		for (uint32_t i = 0; i < r->linears[value->linear].count; i++)
			finite = finite && isfinite(r->terms[r->linears[value->linear].first + i].factor);
	if (finite || value->unknown)
		return TVM_OK;
	return qasm_fail(r, token, "not a finite number", NULL, NULL);
}

TvmStatus
qasm_angle_power(QasmReader *r, double factor, QasmAngle *angle)
{
	TvmStatus	status = qasm_angle_scale(r, factor, *angle, angle);
	QasmValue	value = qasm_of_real(angle->value);

	value.linear = angle->linear;
	return status == TVM_OK ? qasm_check_finite(r, r->call, &value) : status;
}

/*------------------------------------------------------------------------ literals */

static TvmStatus
prefixed_integer(QasmReader *r, const char *digits, uint32_t token, QasmValue *out)
{
	char		letter = digits[1];
	int			base = letter == 'x' || letter == 'X' ? 16 : letter == 'o' || letter == 'O' ? 8 :
		letter == 'b' || letter == 'B' ? 2 : 0;
	uint64_t	sum = 0;
	bool		any = false;

	for (const char *c = digits + 2; *c != '\0' && base > 0; c++)
	{
		int			digit = *c >= '0' && *c <= '9' ? *c - '0' :
			(*c | 32) >= 'a' && (*c | 32) <= 'f' ? (*c | 32) - 'a' + 10 : 99;

		if (digit >= base)
			base = 0;
		else if (sum > (uint64_t) (INT64_MAX - digit) / (uint64_t) base)
			return qasm_fail(r, token, "integer too large", NULL, "2^63 - 1 is the largest.");
		else
			sum = sum * (uint64_t) base + (uint64_t) digit;
		any = true;
	}
	if (base == 0 || !any)
		return qasm_fail(r, token, "not a number", NULL, "\"%.*s\"", QASM_QUOTE(r, token));
	*out = qasm_of_int((int64_t) sum);
	return TVM_OK;
}

/* The token in hand, an INTEGER or REAL; underscores between digits mean nothing. */
TvmStatus
qasm_literal(QasmReader *r, QasmValue *out)
{
	const QasmToken *token = &r->tokens[r->at];
	char		digits[NUMBER_DIGITS];
	uint32_t	n = 0;
	uint64_t	sum = 0;

	for (uint32_t i = 0; i < token->length; i++)
	{
		char		c = r->text[token->at + i];

		if (n == NUMBER_DIGITS - 1)
			return qasm_fail(r, r->at, "too many digits", NULL, "More than %d.", NUMBER_DIGITS - 1);
		if (c != '_')
			digits[n++] = c;
	}
	digits[n] = '\0';
	if (token->kind == QASM_INTEGER && n > 1 && (unsigned char) digits[1] > '9')
	{
		TvmStatus	status = r->version == 2 ? qasm_fail(r, r->at, "not a number", NULL, NULL)
			: prefixed_integer(r, digits, r->at, out);

		r->at += status == TVM_OK;
		return status;
	}
	if (token->kind == QASM_REAL || r->version == 2)
	{
		*out = qasm_of_real(strtod(digits, NULL));
		if (!isfinite(out->real))
			return qasm_fail(r, r->at, "not a finite number", NULL, NULL);
		r->at++;
		return TVM_OK;
	}
	for (uint32_t i = 0; i < n; i++)
	{
		if (sum > (uint64_t) (INT64_MAX - (digits[i] - '0')) / 10)
			return qasm_fail(r, r->at, "integer too large", NULL, "2^63 - 1 is the largest.");
		sum = sum * 10 + (uint64_t) (digits[i] - '0');
	}
	*out = qasm_of_int((int64_t) sum);
	r->at++;
	return TVM_OK;
}

/* "0110", highest first, as a number. */
TvmStatus
qasm_bit_string(QasmReader *r, QasmValue *out)
{
	const QasmToken *token = &r->tokens[r->at];
	int64_t		sum = 0;
	int			digits = 0;

	for (uint32_t i = 1; i + 1 < token->length; i++)
	{
		char		c = r->text[token->at + i];

		if (c == '_')
			continue;
		if ((c != '0' && c != '1') || ++digits > 62)
			return qasm_fail(r, r->at, "not a string of bits", NULL, "62 times 0 or 1 at most.");
		sum = 2 * sum + (c - '0');
	}
	*out = qasm_of_int(sum);
	r->at++;
	return TVM_OK;
}
