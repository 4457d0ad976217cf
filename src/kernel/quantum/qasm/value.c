/*
 * value.c: values of OpenQASM: numbers, linear forms in the inputs, literals.
 */
#include "kernel/quantum/qasm/expression.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/quantum/circuit/decimal.h"

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
	r->owed += x.count + y.count;
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

static double
real_of_limbs(const uint32_t *limbs, uint32_t count)
{
	double		real = 0;

	for (uint32_t i = count; i-- > 0;)
		real = real * 4294967296.0 + limbs[i];
	return real;
}

QasmValue
qasm_of_limbs(uint32_t *limbs, uint32_t count)
{
	QasmValue	value = {.type = QASM_TYPE_LARGE, .limbs = limbs};

	while (count > 0 && limbs[count - 1] == 0)
		count--;
	if (count < 2 || (count == 2 && limbs[1] >> 31 == 0))
		return qasm_of_int((int64_t) ((count > 1 ? (uint64_t) limbs[1] << 32 : 0) | (count > 0 ? limbs[0] : 0)));
	value.count = count;
	value.real = real_of_limbs(limbs, count);
	return value;
}

static TvmStatus
too_many_bits(QasmReader *r)
{
	return qasm_fail(r, r->at, "integer too large", NULL, "2^%d - 1 is the largest.", TVM_MAX_BITS);
}

static int
digit_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 99;
}

/* 0x1F, 0o17, 0b101: each digit has so many bits. */
static TvmStatus
prefixed_integer(QasmReader *r, QasmValue *out)
{
	const QasmToken *token = &r->tokens[r->at];
	const char *digits = r->text + token->at;
	uint32_t	bits = (digits[1] | 32) == 'x' ? 4 : (digits[1] | 32) == 'o' ? 3 : 1;
	uint32_t	limbs[TVM_LIMBS] = {0};
	uint32_t	n = 0;
	uint32_t   *kept;
	TvmStatus	status = qasm_spend(r, 1 + token->length / 32);

	for (uint32_t i = token->length; i-- > 2 && status == TVM_OK;)
	{
		uint32_t	digit = (uint32_t) digit_of(digits[i]);

		if (digits[i] == '_')
			continue;
		if (digit >> bits != 0)
			return qasm_fail(r, r->at, "not a number", NULL, "\"%.*s\"", QASM_QUOTE(r, r->at));
		for (uint32_t j = 0; j < bits; j++, n++)
			if ((digit >> j & 1) != 0 && n >= TVM_MAX_BITS)
				return too_many_bits(r);
			else if ((digit >> j & 1) != 0)
				limbs[n / 32] |= (uint32_t) 1 << n % 32;
	}
	if (status == TVM_OK)
		status = qasm_take(r, TVM_LIMBS, sizeof(uint32_t), &kept);
	if (status != TVM_OK)
		return status;
	memcpy(kept, limbs, sizeof(limbs));
	*out = qasm_of_limbs(kept, TVM_LIMBS);
	r->at++;
	return TVM_OK;
}

/* Decimal digits, however many zeros there are before them. */
static TvmStatus
decimal_integer(QasmReader *r, QasmValue *out)
{
	const QasmToken *token = &r->tokens[r->at];
	char		digits[TVM_DECIMAL_DIGITS];
	uint32_t	n = 0;
	uint32_t	count;
	uint32_t   *limbs;
	TvmStatus	status;

	for (uint32_t i = 0; i < token->length; i++)
	{
		char		c = r->text[token->at + i];

		if (c == '_' || (c == '0' && n == 0))
			continue;
		if (n == TVM_DECIMAL_DIGITS)
			return too_many_bits(r);
		digits[n++] = c;
	}

	/* Nine digits at a time go over all limbs: a step is about 0.15 us. */
	status = qasm_spend(r, token->length / 32 + n * n / 16384);
	if (status == TVM_OK)
		status = qasm_take(r, TVM_LIMBS, sizeof(uint32_t), &limbs);
	if (status != TVM_OK)
		return status;
	if (!tvm_decimal_read(digits, n, limbs, &count))
		return too_many_bits(r);
	*out = qasm_of_limbs(limbs, count);
	r->at++;
	return TVM_OK;
}

static TvmStatus
real_number(QasmReader *r, QasmValue *out)
{
	const QasmToken *token = &r->tokens[r->at];
	char		digits[NUMBER_DIGITS];
	uint32_t	n = 0;

	for (uint32_t i = 0; i < token->length; i++)
	{
		char		c = r->text[token->at + i];

		if (n == NUMBER_DIGITS - 1)
			return qasm_fail(r, r->at, "too many digits", NULL, "More than %d.", NUMBER_DIGITS - 1);
		if (c != '_')
			digits[n++] = c;
	}
	digits[n] = '\0';
	*out = qasm_of_real(strtod(digits, NULL));
	if (!isfinite(out->real))
		return qasm_fail(r, r->at, "not a finite number", NULL, NULL);
	r->at++;
	return TVM_OK;
}

/* The token in hand, an INTEGER or REAL; underscores between digits mean nothing. */
TvmStatus
qasm_literal(QasmReader *r, bool whole, QasmValue *out)
{
	const QasmToken *token = &r->tokens[r->at];
	const char *text = r->text + token->at;
	bool		prefixed = token->kind == QASM_INTEGER && token->length > 1 && (unsigned char) text[1] > '9' && text[1] != '_';

	if (r->version == 2 && (prefixed || memchr(text, '_', token->length) != NULL))
		return qasm_fail(r, r->at, "not a number", NULL, "\"%.*s\"", QASM_QUOTE(r, r->at));
	if (prefixed)
		return prefixed_integer(r, out);
	return token->kind == QASM_REAL || (r->version == 2 && !whole) ? real_number(r, out) : decimal_integer(r, out);
}

/* "0110", the highest first. */
TvmStatus
qasm_bit_string(QasmReader *r, QasmValue *out)
{
	const QasmToken *token = &r->tokens[r->at];
	const char *text = r->text + token->at;
	uint32_t	n = 0;
	TvmStatus	status = qasm_take(r, TVM_LIMBS, sizeof(uint32_t), &out->limbs);

	if (status == TVM_OK)
		status = qasm_spend(r, 1 + token->length / 32);
	if (status != TVM_OK)
		return status;
	memset(out->limbs, 0, TVM_LIMBS * sizeof(uint32_t));
	for (uint32_t i = token->length - 1; i-- > 1;)
	{
		bool		between = text[i] == '_' && i > 1 && text[i - 1] != '_' && text[i + 1] != text[0];

		if (between)
			continue;
		if ((text[i] != '0' && text[i] != '1') || text[0] != '"')
			return qasm_fail(r, r->at, "not a string of bits", NULL, "%.*s", QASM_QUOTE(r, r->at));
		if (n == TVM_MAX_BITS)
			return qasm_fail(r, r->at, "not a string of bits", NULL, "%d times 0 or 1 at most.", TVM_MAX_BITS);
		out->limbs[n / 32] |= (uint32_t) (text[i] - '0') << n % 32;
		n++;
	}
	if (n == 0)
		return qasm_fail(r, r->at, "not a string of bits", NULL, "%.*s", QASM_QUOTE(r, r->at));
	*out = (QasmValue) {.type = QASM_TYPE_STRING, .count = n, .limbs = out->limbs, .real = real_of_limbs(out->limbs, (n + 31) / 32)};
	r->at++;
	return TVM_OK;
}
