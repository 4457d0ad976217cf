/*
 * syntax.c: how expressions are written: precedence climbing over the tokens.
 *
 * Recursion is bounded by qasm_enter(), so a million parentheses are an error and not
 * a full stack.
 */
#include "kernel/quantum/qasm/expression.h"

#include <string.h>

#define UNARY_LEVEL 90			/* binds tighter than every binary operator but the power */
#define POWER_LEVEL 100
#define MAX_ARGUMENTS 4

static TvmStatus binary(QasmReader *r, int level, QasmValue *out);

/* How tightly an operator binds; 0: it is none. */
static int
level_of(const QasmReader *r, uint8_t kind)
{
	if (kind == '+' || kind == '-')
		return 70;
	if (kind == '*' || kind == '/')
		return 80;
	if (r->version == 2)
		return kind == '^' ? POWER_LEVEL : 0;
	switch (kind)
	{
		case QASM_OR:
			return 10;
		case QASM_AND:
			return 15;
		case '|':
			return 20;
		case '^':
			return 25;
		case '&':
			return 30;
		case QASM_EQUAL:
		case QASM_UNEQUAL:
			return 40;
		case '<':
		case '>':
		case QASM_LESS_EQUAL:
		case QASM_GREATER_EQUAL:
			return 50;
		case QASM_SHIFT_LEFT:
		case QASM_SHIFT_RIGHT:
			return 60;
		case '%':
			return 80;
		case QASM_POWER:
			return POWER_LEVEL;
		default:
			return 0;
	}
}

static bool
constant(const QasmReader *r, QasmValue *out)
{
	static const struct
	{
		const char *name;
		double		value;
	}			constants[] = {
		{"pi", 3.14159265358979323846}, {"\xCF\x80", 3.14159265358979323846},
		{"tau", 6.28318530717958647692}, {"\xCF\x84", 6.28318530717958647692},
		{"euler", 2.71828182845904523536}, {"\xE2\x84\x87", 2.71828182845904523536}
	};

	for (size_t i = 0; i < (r->version == 2 ? 1 : sizeof(constants) / sizeof(constants[0])); i++)
		if (qasm_is_name(r, constants[i].name))
		{
			*out = qasm_of_real(constants[i].value);
			return true;
		}
	if (r->version == 3 && (qasm_is_name(r, "true") || qasm_is_name(r, "false")))
	{
		*out = qasm_of_bool(qasm_is_name(r, "true"));
		return true;
	}
	return false;
}

/* f(a, b), the token in hand being f. */
static TvmStatus
function(QasmReader *r, QasmValue *out)
{
	uint32_t	token = r->at;
	QasmValue	args[MAX_ARGUMENTS];
	uint32_t	count = 0;
	TvmStatus	status = TVM_OK;

	r->at += 2;
	do
	{
		if (count == MAX_ARGUMENTS)
			return qasm_fail(r, token, "wrong number of arguments", NULL, NULL);
		status = binary(r, 1, &args[count++]);
	} while (status == TVM_OK && qasm_more(r, ')'));
	if (status == TVM_OK)
		status = qasm_expect(r, ')', "\")\" expected");
	return status == TVM_OK ? qasm_function(r, token, args, count, out) : status;
}

bool
qasm_is_type(const QasmReader *r, QasmType *type)
{
	if (r->version == 2)
		return false;
	if (qasm_is_name(r, "int") || qasm_is_name(r, "uint"))
		*type = QASM_TYPE_INT;
	else if (qasm_is_name(r, "float") || qasm_is_name(r, "angle"))
		*type = QASM_TYPE_REAL;
	else if (qasm_is_name(r, "bool"))
		*type = QASM_TYPE_BOOL;
	else
		return false;
	return true;
}

static TvmStatus
cast(QasmReader *r, QasmType type, QasmValue *out)
{
	uint32_t	token = r->at++;
	QasmValue	value;
	TvmStatus	status = TVM_OK;

	if (qasm_accept(r, '['))
	{
		status = qasm_integer(r, "a width expected", &value);
		if (status == TVM_OK)
			status = qasm_expect(r, ']', "\"]\" expected");
	}
	if (status == TVM_OK)
		status = qasm_expect(r, '(', "\"(\" expected");
	if (status == TVM_OK)
		status = binary(r, 1, &value);
	if (status == TVM_OK)
		status = qasm_expect(r, ')', "\")\" expected");
	return status == TVM_OK ? qasm_cast(r, token, type, &value, out) : status;
}

/* A name: a constant, a parameter, bits. */
static TvmStatus
named(QasmReader *r, QasmValue *out)
{
	QasmType	type;
	QasmSymbol *symbol;
	QasmOperand operand;
	TvmStatus	status;

	if (qasm_is_type(r, &type))
		return cast(r, type, out);
	symbol = qasm_find(r, r->at);
	if (symbol != NULL && symbol->kind == QASM_KIND_VALUE)
	{
		*out = symbol->value;
		r->at++;
		return TVM_OK;
	}
	if (r->tokens[r->at + 1].kind == '(')
		return function(r, out);
	if (symbol == NULL && constant(r, out))
	{
		r->at++;
		return TVM_OK;
	}
	if (symbol == NULL)
		return qasm_fail(r, r->at, "unknown name", NULL, "\"%.*s\" is not defined here.", QASM_QUOTE(r, r->at));
	if (symbol->kind != QASM_KIND_BITS || r->version == 2 || r->in_gate)
		return qasm_fail(r, r->at, "not a number", NULL, "\"%.*s\" is something else.", QASM_QUOTE(r, r->at));
	status = qasm_operand(r, QASM_KIND_BITS, &operand);
	*out = (QasmValue) {.type = QASM_TYPE_BITS, .count = operand.count, .bits = operand.list};
	return status;
}

static TvmStatus
primary(QasmReader *r, QasmValue *out)
{
	TvmStatus	status;

	if (qasm_is(r, QASM_INTEGER) || qasm_is(r, QASM_REAL))
		return qasm_literal(r, false, out);
	if (qasm_is(r, QASM_SUFFIXED))
		return qasm_fail(r, r->at, r->version == 2 ? "not a number" : "not a number; durations and complex numbers are not supported",
						 NULL, "\"%.*s\"", QASM_QUOTE(r, r->at));
	if (qasm_is(r, QASM_NAME))
		return named(r, out);
	if (qasm_is(r, QASM_STRING) && r->version == 3)
		return qasm_bit_string(r, out);
	if (!qasm_accept(r, '('))
		return qasm_unexpected(r, "an expression expected");
	status = binary(r, 1, out);
	return status == TVM_OK ? qasm_expect(r, ')', "\")\" expected") : status;
}

static TvmStatus
unary(QasmReader *r, QasmValue *out)
{
	uint32_t	token = r->at;
	uint8_t		op = r->tokens[token].kind;
	QasmValue	value;
	TvmStatus	status;

	if (op != '-' && op != '+' && (r->version == 2 || (op != '!' && op != '~')))
		return primary(r, out);
	r->at++;
	status = binary(r, UNARY_LEVEL, &value);
	if (status != TVM_OK || op == '+')
	{
		*out = value;
		return status;
	}
	return qasm_unary(r, op, token, &value, out);
}

/* Operators that bind at least as tightly as `level`; the power groups to the right. */
static TvmStatus
binary(QasmReader *r, int level, QasmValue *out)
{
	TvmStatus	status = qasm_enter(r);

	if (status != TVM_OK)
		return status;
	r->owed++;
	status = unary(r, out);
	if (status == TVM_OK)
		status = qasm_spend(r, 0);
	while (status == TVM_OK)
	{
		uint32_t	token = r->at;
		uint8_t		op = r->tokens[token].kind;
		int			its = level_of(r, op);
		QasmValue	left = *out;
		QasmValue	right;

		if (its == 0 || its < level)
			break;
		r->at++;
		status = binary(r, its == POWER_LEVEL ? UNARY_LEVEL : its + 1, &right);
		if (status == TVM_OK)
			status = qasm_binary(r, op, token, &left, &right, out);
	}
	r->depth--;
	return status;
}

TvmStatus
qasm_expression(QasmReader *r, QasmValue *out)
{
	return binary(r, 1, out);
}

TvmStatus
qasm_constant(QasmReader *r, QasmValue *out)
{
	uint32_t	token = r->at;
	TvmStatus	status = binary(r, 1, out);

	if (status == TVM_OK && (out->type == QASM_TYPE_BITS || out->type == QASM_TYPE_CONDITION))
		return qasm_fail(r, token, "a measured bit is not a number",
						 "Measured bits can be compared, in the condition of an if.", NULL);
	return status;
}

TvmStatus
qasm_number(QasmReader *r, QasmValue *out)
{
	uint32_t	token = r->at;
	TvmStatus	status = qasm_constant(r, out);

	if (status == TVM_OK && out->type == QASM_TYPE_STRING)
		return qasm_fail(r, token, "a string of bits is not a number", "int(\"01\") is one.", NULL);
	return status;
}

TvmStatus
qasm_integer(QasmReader *r, const char *message, QasmValue *out)
{
	uint32_t	token = r->at;
	TvmStatus	status;

	if (r->version == 2)
	{
		/* Only a literal, which is a whole number there as well. */
		if (!qasm_is(r, QASM_INTEGER))
			return qasm_unexpected(r, message);
		status = qasm_literal(r, true, out);
	}
	else
		status = qasm_number(r, out);
	if (status == TVM_OK && out->type == QASM_TYPE_LARGE)
		return qasm_fail(r, token, "integer too large", NULL, "2^63 - 1 is the largest.");
	if (status == TVM_OK && out->type == QASM_TYPE_REAL && !out->unknown)
		return qasm_fail(r, token, message, NULL, "It is not an integer.");
	return status;
}
