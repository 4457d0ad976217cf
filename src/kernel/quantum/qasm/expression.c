/*
 * expression.c: operators and functions of OpenQASM's expressions.
 *
 * Version 2 has real numbers, version 3 also integers, booleans, measured bits (which
 * give conditions) and inputs (in which a number may be linear).  Every number is
 * finite: what is not is an error where it arises.
 */
#include "kernel/quantum/qasm/expression.h"

#include <math.h>
#include <string.h>

/*----------------------------------------------------------------------- operators */

/* A number that is not of a measured bit. */
static TvmStatus
require_number(QasmReader *r, uint32_t token, const QasmValue *value)
{
	if (value->type == QASM_TYPE_BITS || value->type == QASM_TYPE_CONDITION)
		return qasm_fail(r, token, "a measured bit is not a number",
						 "Measured bits can be compared, in the condition of an if.", NULL);
	return TVM_OK;
}

static TvmStatus
require_constant(QasmReader *r, uint32_t token, const QasmValue *value)
{
	TvmStatus	status = require_number(r, token, value);

	if (status == TVM_OK && value->linear > 0)
		return qasm_fail(r, token, "an input is used other than linearly",
						 "Inputs can be added, and multiplied and divided by numbers.", NULL);
	return status;
}

static bool
multiply(int64_t a, int64_t b, int64_t *product)
{
	/* By division: no product is formed that could overflow. */
	if (a > 0 ? (b > 0 ? a > INT64_MAX / b : b < INT64_MIN / a)
		: a < 0 && (b > 0 ? a < INT64_MIN / b : b < 0 && b < INT64_MAX / a))
		return false;
	*product = a * b;
	return true;
}

static bool
integer_power(int64_t base, int64_t exponent, int64_t *power)
{
	int64_t		result = 1;

	while (exponent > 0)
	{
		if ((exponent & 1) != 0 && !multiply(result, base, &result))
			return false;
		exponent >>= 1;
		if (exponent > 0 && !multiply(base, base, &base))
			return false;
	}
	*power = result;
	return true;
}

/* Integers stay integers where the result is one; false where it has to be a real. */
static bool
integer_operation(uint8_t op, int64_t a, int64_t b, int64_t *out, bool *overflow)
{
	*overflow = false;
	switch (op)
	{
		case '+':
			*overflow = b > 0 ? a > INT64_MAX - b : a < INT64_MIN - b;
			break;
		case '-':
			*overflow = b < 0 ? a > INT64_MAX + b : a < INT64_MIN + b;
			break;
		case '*':
			*overflow = !multiply(a, b, out);
			return true;
		case QASM_POWER:
			if (b < 0)
				return false;
			*overflow = !integer_power(a, b, out);
			return true;
		case '/':
			if (b == 0 || (b == -1 && a == INT64_MIN) || a % b != 0)
				return false;
			*out = a / b;
			return true;
		case '%':
			if (b == 0)
				return false;
			*out = b == -1 ? 0 : a % b;
			return true;
		case QASM_SHIFT_LEFT:
			*overflow = b < 0 || b > 62 || a < 0 || a > INT64_MAX >> b;
			if (!*overflow)
				*out = a << b;
			return true;
		case QASM_SHIFT_RIGHT:
			*overflow = b < 0 || a < 0;
			if (!*overflow)
				*out = b > 62 ? 0 : a >> b;
			return true;
		case '&':
			*out = a & b;
			return true;
		case '|':
			*out = a | b;
			return true;
		case '^':
			*out = a ^ b;
			return true;
		default:
			return false;
	}
	if (!*overflow)
		*out = op == '+' ? a + b : a - b;
	return true;
}

static double
real_operation(uint8_t op, double a, double b)
{
	switch (op)
	{
		case '+':
			return a + b;
		case '-':
			return a - b;
		case '*':
			return a * b;
		case '/':
			return a / b;
		case '%':
			return fmod(a, b);
		default:
			return pow(a, b);
	}
}

static TvmStatus
arithmetic(QasmReader *r, uint8_t op, uint32_t token, const QasmValue *a, const QasmValue *b, QasmValue *out)
{
	int64_t		integer;
	bool		overflow;

	if ((a->type == QASM_TYPE_LARGE && b->type != QASM_TYPE_REAL) || (b->type == QASM_TYPE_LARGE && a->type != QASM_TYPE_REAL))
		return qasm_fail(r, token, "integer too large", NULL, "\"%.*s\" takes integers up to 2^63 - 1.", QASM_QUOTE(r, token));
	if (a->type != QASM_TYPE_REAL && b->type != QASM_TYPE_REAL &&
		integer_operation(op, a->integer, b->integer, &integer, &overflow))
	{
		if (overflow)
			return qasm_fail(r, token, "integer overflow", NULL, NULL);
		*out = qasm_of_int(integer);
		return TVM_OK;
	}
	if (strchr("+-*/%^", op) == NULL && op != QASM_POWER)
		return qasm_fail(r, token, "not integers", NULL, "\"%.*s\" takes integers.", QASM_QUOTE(r, token));
	if (op == '^' && r->version != 2)
		return qasm_fail(r, token, "not integers", "The power is written **.", NULL);
	*out = qasm_of_real(real_operation(op, a->real, b->real));
	return qasm_check_finite(r, token, out);
}

/* With inputs: sums, and products and quotients with numbers. */
static TvmStatus
linear_operation(QasmReader *r, uint8_t op, uint32_t token, const QasmValue *a, const QasmValue *b, QasmValue *out)
{
	QasmAngle	x = {a->real, a->linear};
	QasmAngle	y = {b->real, b->linear};
	QasmAngle	sum;
	TvmStatus	status;

	if (op == '+' || op == '-')
		status = qasm_angle_add(r, x, op == '+' ? 1 : -1, y, &sum);
	else if (op == '*' && b->linear == 0)
		status = qasm_angle_scale(r, b->real, x, &sum);
	else if (op == '*' && a->linear == 0)
		status = qasm_angle_scale(r, a->real, y, &sum);
	else if (op == '/' && b->linear == 0)
		status = qasm_angle_scale(r, 1 / b->real, x, &sum);
	else
		return require_constant(r, token, a->linear > 0 ? a : b);
	*out = qasm_of_real(sum.value);
	out->linear = sum.linear;
	return status == TVM_OK ? qasm_check_finite(r, token, out) : status;
}

/* Of whole numbers, one of them large: by their limbs, if neither is negative. */
static int
order_of_limbs(const QasmValue *a, const QasmValue *b)
{
	uint32_t	m = a->limbs != NULL ? qasm_limb_count(a) : 0;
	uint32_t	n = b->limbs != NULL ? qasm_limb_count(b) : 0;

	/* What has no limbs is below 2^63, and so below what has. */
	if (a->limbs == NULL || b->limbs == NULL)
		return (a->limbs != NULL) - (b->limbs != NULL);
	for (uint32_t i = m > n ? m : n; i-- > 0;)
	{
		uint32_t	x = i < m ? a->limbs[i] : 0;
		uint32_t	y = i < n ? b->limbs[i] : 0;

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static bool
compare_numbers(uint8_t op, const QasmValue *a, const QasmValue *b)
{
	bool		whole = a->type != QASM_TYPE_REAL && b->type != QASM_TYPE_REAL;
	int			order = !whole ? (a->real > b->real) - (a->real < b->real)
		: a->limbs != NULL || b->limbs != NULL ? order_of_limbs(a, b)
		: (a->integer > b->integer) - (a->integer < b->integer);

	switch (op)
	{
		case QASM_EQUAL:
			return order == 0;
		case QASM_UNEQUAL:
			return order != 0;
		case '<':
			return order < 0;
		case '>':
			return order > 0;
		case QASM_LESS_EQUAL:
			return order <= 0;
		default:
			return order >= 0;
	}
}

/* A register, or a part of one, against an integer. */
static TvmStatus
compare_bits(QasmReader *r, uint8_t op, uint32_t token, const QasmValue *a, const QasmValue *b, QasmValue *out)
{
	static const uint8_t mirrored[][2] = {{'<', '>'}, {'>', '<'}, {QASM_LESS_EQUAL, QASM_GREATER_EQUAL},
	{QASM_GREATER_EQUAL, QASM_LESS_EQUAL}};
	const QasmValue *bits = a->type == QASM_TYPE_BITS ? a : b;
	const QasmValue *number = bits == a ? b : a;
	const QasmValue zero = {.type = QASM_TYPE_INT};

	if (number->type == QASM_TYPE_REAL && !number->unknown)
		return qasm_fail(r, token, "bits can be compared with an integer only", NULL, NULL);
	if (bits == b)
		for (int i = 0; i < 4; i++)
			if (op == mirrored[i][0])
			{
				op = mirrored[i][1];
				break;
			}
	*out = (QasmValue) {.type = QASM_TYPE_CONDITION};
	return qasm_compare(r, bits->bits, bits->count, op, number->unknown ? &zero : number, &out->condition);
}

static bool
is_measured(const QasmValue *value)
{
	return value->type == QASM_TYPE_BITS || value->type == QASM_TYPE_CONDITION;
}

static TvmStatus
logical(QasmReader *r, uint8_t op, uint32_t token, const QasmValue *a, const QasmValue *b, QasmValue *out)
{
	QasmCondition *x;
	QasmCondition *y;
	TvmStatus	status;

	if (!is_measured(a) && !is_measured(b))
	{
		*out = qasm_of_bool(op == QASM_AND ? a->real != 0 && b->real != 0 : a->real != 0 || b->real != 0);
		return TVM_OK;
	}
	*out = (QasmValue) {.type = QASM_TYPE_CONDITION};
	status = qasm_condition_of(r, token, a, &x);
	if (status == TVM_OK)
		status = qasm_condition_of(r, token, b, &y);
	if (status != TVM_OK)
		return status;
	return op == QASM_AND ? qasm_and(r, x, y, &out->condition) : qasm_or(r, x, y, &out->condition);
}

/* == and != of two conditions: both or neither. */
static TvmStatus
same_condition(QasmReader *r, uint8_t op, uint32_t token, const QasmValue *a, const QasmValue *b, QasmValue *out)
{
	QasmCondition *x,
			   *y,
			   *not_x,
			   *not_y,
			   *both,
			   *neither;
	TvmStatus	status = qasm_condition_of(r, token, a, &x);

	if (status == TVM_OK)
		status = qasm_condition_of(r, token, b, &y);
	if (status == TVM_OK)
		status = qasm_not(r, x, &not_x);
	if (status == TVM_OK)
		status = qasm_not(r, y, &not_y);
	if (status == TVM_OK)
		status = qasm_and(r, x, op == QASM_EQUAL ? y : not_y, &both);
	if (status == TVM_OK)
		status = qasm_and(r, not_x, op == QASM_EQUAL ? not_y : y, &neither);
	if (status != TVM_OK)
		return status;
	*out = (QasmValue) {.type = QASM_TYPE_CONDITION};
	return qasm_or(r, both, neither, &out->condition);
}

static bool
is_comparison(uint8_t op)
{
	return op == QASM_EQUAL || op == QASM_UNEQUAL || op == '<' || op == '>' || op == QASM_LESS_EQUAL ||
		op == QASM_GREATER_EQUAL;
}

/* A string of bits as the integer that it is for comparisons and operators on bits. */
static QasmValue
integer_of_string(const QasmValue *value)
{
	return value->type == QASM_TYPE_STRING ? qasm_of_limbs(value->limbs, qasm_limb_count(value)) : *value;
}

static TvmStatus
require_no_string(QasmReader *r, uint32_t token, const QasmValue *value)
{
	if (value->type == QASM_TYPE_STRING)
		return qasm_fail(r, token, "a string of bits is not a number", "int(\"01\") is one.", NULL);
	return TVM_OK;
}

/* An operator on what is known when the program is read. */
static TvmStatus
operation(QasmReader *r, uint8_t op, uint32_t token, QasmValue a, QasmValue b, QasmValue *out)
{
	TvmStatus	status;

	if (a.linear > 0 || b.linear > 0)
		return linear_operation(r, op, token, &a, &b, out);
	status = require_constant(r, token, &a);
	if (status != TVM_OK || !is_comparison(op))
		return status != TVM_OK ? status : arithmetic(r, op, token, &a, &b, out);
	*out = qasm_of_bool(compare_numbers(op, &a, &b));
	return TVM_OK;
}

TvmStatus
qasm_binary(QasmReader *r, uint8_t op, uint32_t token, const QasmValue *a, const QasmValue *b, QasmValue *out)
{
	TvmStatus	status = TVM_OK;

	if (strchr("+-*/%", op) != NULL || op == QASM_POWER)
	{
		status = require_no_string(r, token, a);
		if (status == TVM_OK)
			status = require_no_string(r, token, b);
		if (status != TVM_OK)
			return status;
	}
	if (op == QASM_AND || op == QASM_OR)
	{
		if ((a->unknown || b->unknown) && !is_measured(a) && !is_measured(b))
		{
			*out = qasm_unknown();
			return TVM_OK;
		}
		return logical(r, op, token, a, b, out);
	}
	if (is_measured(a) || is_measured(b))
	{
		if (a->unknown || b->unknown)
		{
			*out = qasm_unknown();
			return TVM_OK;
		}
		if (is_comparison(op) && is_measured(a) != is_measured(b) &&
			(a->type == QASM_TYPE_BITS || b->type == QASM_TYPE_BITS))
			return compare_bits(r, op, token, a, b, out);
		if ((a->type == QASM_TYPE_BITS && a->count > 1) || (b->type == QASM_TYPE_BITS && b->count > 1))
			return qasm_fail(r, token, "bits can be compared with an integer only", NULL, NULL);
		if (op == QASM_EQUAL || op == QASM_UNEQUAL || op == '^')
			return same_condition(r, op == '^' ? QASM_UNEQUAL : op, token, a, b, out);
		if (op == '&' || op == '|')
			return logical(r, op == '&' ? QASM_AND : QASM_OR, token, a, b, out);
		return require_number(r, token, is_measured(a) ? a : b);
	}
	if (a->unknown || b->unknown)
	{
		*out = qasm_unknown();
		return TVM_OK;
	}
	return operation(r, op, token, integer_of_string(a), integer_of_string(b), out);
}

/* ~"0110" is "1001". */
static TvmStatus
flip_string(QasmReader *r, const QasmValue *a, QasmValue *out)
{
	uint32_t	count = qasm_limb_count(a);
	uint32_t   *limbs;
	TvmStatus	status = qasm_take(r, count, sizeof(uint32_t), &limbs);

	if (status != TVM_OK)
		return status;
	for (uint32_t i = 0; i < count; i++)
		limbs[i] = ~a->limbs[i];
	if (a->count % 32 != 0)
		limbs[count - 1] &= ((uint32_t) 1 << a->count % 32) - 1;
	*out = *a;
	out->limbs = limbs;
	out->real = 0;
	for (uint32_t i = 0; i < count; i++)
		out->real += limbs[i];	/* whether there is a 1 is all that is asked of it */
	return TVM_OK;
}

TvmStatus
qasm_unary(QasmReader *r, uint8_t op, uint32_t token, const QasmValue *a, QasmValue *out)
{
	QasmCondition *condition;
	QasmAngle	negative;
	TvmStatus	status;

	if (a->unknown && !is_measured(a))
	{
		*out = *a;
		return TVM_OK;
	}
	if (is_measured(a) && (op == '!' || (op == '~' && (a->type == QASM_TYPE_CONDITION || a->count == 1))))
	{
		status = qasm_condition_of(r, token, a, &condition);
		*out = (QasmValue) {.type = QASM_TYPE_CONDITION};
		return status == TVM_OK ? qasm_not(r, condition, &out->condition) : status;
	}
	if (op == '!')
	{
		*out = qasm_of_bool(a->real == 0);
		return require_constant(r, token, a);
	}
	if (op == '~' && a->type == QASM_TYPE_STRING)
		return flip_string(r, a, out);
	status = op == '~' ? require_constant(r, token, a) : require_number(r, token, a);
	if (status == TVM_OK)
		status = require_no_string(r, token, a);
	if (status != TVM_OK)
		return status;
	if (op == '~' && a->type == QASM_TYPE_LARGE)
		return qasm_fail(r, token, "integer too large", NULL, "\"~\" takes integers up to 2^63 - 1.");
	if (op == '~')
	{
		if (a->type == QASM_TYPE_REAL)
			return qasm_fail(r, token, "not integers", NULL, "\"~\" takes an integer.");
		*out = qasm_of_int(~a->integer);
		return TVM_OK;
	}
	if (a->type != QASM_TYPE_REAL && a->type != QASM_TYPE_LARGE)
	{
		if (a->integer == INT64_MIN)
			return qasm_fail(r, token, "integer overflow", NULL, NULL);
		*out = qasm_of_int(-a->integer);
		return TVM_OK;
	}
	status = qasm_angle_scale(r, -1, (QasmAngle) {a->real, a->linear}, &negative);
	*out = qasm_of_real(negative.value);
	out->linear = negative.linear;
	return status == TVM_OK ? qasm_check_finite(r, token, out) : status;
}

/*----------------------------------------------------------------------- functions */

typedef double (*Function) (double);

static TvmStatus
count_ones(QasmReader *r, uint32_t token, const QasmValue *a, QasmValue *out)
{
	int64_t		ones = 0;

	if (a->type == QASM_TYPE_REAL || a->integer < 0)
		return qasm_fail(r, token, "not integers", NULL, "\"popcount\" takes an integer that is not negative.");
	for (uint32_t i = 0; a->limbs != NULL && i < qasm_limb_count(a); i++)
		ones += __builtin_popcount(a->limbs[i]);
	*out = qasm_of_int(a->limbs != NULL ? ones : __builtin_popcountll((unsigned long long) a->integer));
	return TVM_OK;
}

TvmStatus
qasm_function(QasmReader *r, uint32_t token, const QasmValue *args, uint32_t count, QasmValue *out)
{
	static const struct
	{
		const char *name;
		Function	function;
		int			versions;	/* 2, 3 or 5: both */
	}			functions[] = {
		{"sin", sin, 5}, {"cos", cos, 5}, {"tan", tan, 5}, {"exp", exp, 5}, {"ln", log, 2}, {"sqrt", sqrt, 5},
		{"asin", asin, 2}, {"acos", acos, 2}, {"atan", atan, 2}, {"arcsin", asin, 3}, {"arccos", acos, 3},
		{"arctan", atan, 3}, {"log", log, 3}, {"floor", floor, 3}, {"ceiling", ceil, 3},
		{"popcount", NULL, 3}
	};
	const size_t known = sizeof(functions) / sizeof(functions[0]);
	size_t		i = 0;
	bool		two = r->version == 3 && (qasm_token_is(r, token, "pow") || qasm_token_is(r, token, "mod"));
	TvmStatus	status = TVM_OK;

	for (uint32_t k = 0; k < count && status == TVM_OK; k++)
		status = require_constant(r, token, &args[k]);
	if (status != TVM_OK)
		return status;
	while (i < known && !(qasm_token_is(r, token, functions[i].name) &&
						  (functions[i].versions == 5 || functions[i].versions == r->version)))
		i++;
	if (i == known && !two)
		return qasm_fail(r, token, "unknown function", NULL, "\"%.*s\" is none that OpenQASM %d has for real numbers.",
						 QASM_QUOTE(r, token), r->version);
	if (count != (two ? 2 : 1))
		return qasm_fail(r, token, "wrong number of arguments", NULL, "\"%.*s\" takes %d, not %u.",
						 QASM_QUOTE(r, token), two ? 2 : 1, count);
	if (args[0].unknown || args[count - 1].unknown)
	{
		*out = qasm_unknown();
		return TVM_OK;
	}
	for (uint32_t k = 0; k < count && (two || functions[i].function != NULL) && status == TVM_OK; k++)
		status = require_no_string(r, token, &args[k]);
	if (status != TVM_OK)
		return status;
	if (two)
		return arithmetic(r, qasm_token_is(r, token, "pow") ? QASM_POWER : '%', token, &args[0], &args[1], out);
	if (functions[i].function == NULL)
		return count_ones(r, token, &args[0], out);
	*out = qasm_of_real(functions[i].function(args[0].real));
	if (r->version == 3 && fabs(out->real) < 9e15 && (functions[i].function == floor || functions[i].function == ceil))
		*out = qasm_of_int((int64_t) out->real);
	return qasm_check_finite(r, token, out);
}

/* int, uint, float, angle, bool: as C does; a measured register as an integer is itself. */
TvmStatus
qasm_cast(QasmReader *r, uint32_t token, QasmType type, const QasmValue *a, QasmValue *out)
{
	*out = *a;
	if (a->unknown && !is_measured(a))
		return TVM_OK;
	if (is_measured(a))
	{
		if (type == QASM_TYPE_BOOL)
		{
			*out = (QasmValue) {.type = QASM_TYPE_CONDITION};
			return qasm_condition_of(r, token, a, &out->condition);
		}
		return type == QASM_TYPE_INT && a->type == QASM_TYPE_BITS ? TVM_OK : require_number(r, token, a);
	}
	if (type == QASM_TYPE_REAL)
	{
		out->type = type;
		out->limbs = NULL;
		return a->type == QASM_TYPE_STRING ? require_no_string(r, token, a) : qasm_check_finite(r, token, out);
	}
	if (a->linear > 0)
		return require_constant(r, token, a);
	if (type == QASM_TYPE_BOOL)
		*out = qasm_of_bool(a->real != 0);
	else if (a->limbs != NULL)
		*out = integer_of_string(a);
	else if (a->type != QASM_TYPE_REAL)
		*out = qasm_of_int(a->integer);
	else if (fabs(a->real) < 9.2e18)
		*out = qasm_of_int((int64_t) a->real);
	else
		return qasm_fail(r, token, "integer too large", NULL, "2^63 - 1 is the largest.");
	return TVM_OK;
}
