/*
 * statement.c: a program's statements.
 */
#include "kernel/quantum/qasm/expression.h"
#include "kernel/quantum/qasm/statement.h"

/* What the language has and a circuit has not; refused by name. */
static const char *const outside[] = {
	"def", "extern", "return", "while", "break", "continue", "end", "switch", "defcal", "defcalgrammar", "cal",
	"delay", "box", "duration", "stretch", "durationof", "array", "complex", "output", "mutable", "readonly",
	"pragma", "nop", "int", "uint", "float", "angle", "bool"
};

bool
qasm_is_outside(const QasmReader *r)
{
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		if (qasm_is_name(r, outside[i]))
			return true;
	return false;
}

/* An annotation is @name, a pragma also #pragma. */
static TvmStatus
refuse_outside(QasmReader *r)
{
	bool		sign = qasm_is(r, '@') || qasm_is(r, '#');

	if (sign && r->tokens[r->at + 1].kind == QASM_NAME)
		return qasm_fail(r, r->at, "not supported: annotations and pragmas", NULL, "\"%c%.*s\"", r->text[r->tokens[r->at].at],
						 QASM_QUOTE(r, r->at + 1));
	if (sign || qasm_is_outside(r))
		return qasm_fail(r, r->at, "not supported: part of OpenQASM that a circuit cannot express", NULL,
						 "\"%.*s\"", QASM_QUOTE(r, r->at));
	return TVM_OK;
}

static TvmStatus block(QasmReader *r);	/* { statements } or one statement */

/*-------------------------------------------------------------------- not unitary */

/* Each qubit into its bit. */
static TvmStatus
emit_measure(QasmReader *r, const QasmOperand *qubits, const QasmOperand *bits)
{
	TvmStatus	status = TVM_OK;

	if (qubits->count != bits->count && r->checking == 0)
		return qasm_fail(r, bits->token, "registers of different sizes", NULL,
						 "%u qubits are measured into %u bits.", qubits->count, bits->count);
	for (uint32_t i = 0; i < qubits->count && r->checking == 0 && status == TVM_OK; i++)
	{
		TvmGate		gate;

		tvm_gate_init(&gate, TVM_OP_MEASURE);
		gate.target_count = 1;
		gate.targets = &qubits->list[i];
		gate.bit = (int32_t) bits->list[i];
		status = qasm_emit_gate(r, &gate, NULL);
	}
	return status;
}

/* measure q -> c; */
static TvmStatus
measure(QasmReader *r)
{
	QasmOperand qubits,
				bits;
	TvmStatus	status;

	r->call = r->at++;
	status = qasm_operand(r, QASM_KIND_QUBITS, &qubits);
	if (status == TVM_OK && r->version == 3 && qasm_is(r, ';'))
		return qasm_fail(r, r->call, "not supported: a measurement without a bit",
						 "Measure into a bit: c = measure q;", NULL);
	if (status == TVM_OK)
		status = qasm_expect(r, QASM_ARROW, "\"->\" expected");
	if (status == TVM_OK)
		status = qasm_operand(r, QASM_KIND_BITS, &bits);
	if (status == TVM_OK)
		status = qasm_expect(r, ';', "\";\" expected");
	return status == TVM_OK ? emit_measure(r, &qubits, &bits) : status;
}

TvmStatus
qasm_assignment(QasmReader *r)
{
	QasmOperand qubits,
				bits;
	TvmStatus	status;

	r->call = r->at;
	status = qasm_operand(r, QASM_KIND_BITS, &bits);
	if (status == TVM_OK)
		status = qasm_expect(r, '=', "\"=\" expected");
	if (status == TVM_OK && !qasm_is_name(r, "measure"))
		return qasm_fail(r, r->at, "not supported: an assignment of anything but a measurement", NULL, NULL);
	r->at++;
	if (status == TVM_OK)
		status = qasm_operand(r, QASM_KIND_QUBITS, &qubits);
	if (status == TVM_OK)
		status = qasm_expect(r, ';', "\";\" expected");
	return status == TVM_OK ? emit_measure(r, &qubits, &bits) : status;
}

/* reset q; */
static TvmStatus
reset(QasmReader *r)
{
	QasmOperand qubits;
	TvmStatus	status;

	r->call = r->at++;
	status = qasm_operand(r, QASM_KIND_QUBITS, &qubits);
	if (status == TVM_OK)
		status = qasm_expect(r, ';', "\";\" expected");
	for (uint32_t i = 0; status == TVM_OK && i < qubits.count && r->checking == 0; i++)
	{
		TvmGate		gate;

		tvm_gate_init(&gate, TVM_OP_RESET);
		gate.target_count = 1;
		gate.targets = &qubits.list[i];
		status = qasm_emit_gate(r, &gate, NULL);
	}
	return status;
}

/* barrier q, p[1]; without operands (version 3) it is for all.  A qubit named twice counts once. */
static TvmStatus
barrier(QasmReader *r)
{
	QasmOperand *operands = NULL;
	uint32_t	count = 0;
	TvmGate		gate;
	TvmStatus	status = TVM_OK;

	r->call = r->in_gate ? r->call : r->at;
	r->at++;
	if (!qasm_is(r, ';') || r->version == 2)
		status = qasm_operands(r, QASM_KIND_QUBITS, &operands, &count);
	if (status == TVM_OK)
		status = qasm_expect(r, ';', "\";\" expected");
	if (status != TVM_OK || r->checking > 0 || r->recording > 0)
		return status;
	tvm_gate_init(&gate, TVM_OP_BARRIER);
	gate.targets = r->target_scratch;
	r->stamp++;
	for (uint32_t i = 0; i < count && status == TVM_OK; i++)
	{
		status = qasm_spend(r, operands[i].count / 64);
		for (uint32_t j = 0; j < operands[i].count; j++)
			if (r->seen[operands[i].list[j]] != r->stamp)
			{
				r->seen[operands[i].list[j]] = r->stamp;
				gate.targets[gate.target_count++] = operands[i].list[j];
			}
	}
	return status == TVM_OK ? qasm_emit_gate(r, &gate, NULL) : status;
}

/*--------------------------------------------------------------------- conditions */

/* A branch: under a condition, or only looked at. */
static TvmStatus
branch(QasmReader *r, QasmCondition *condition)
{
	QasmBranch	here = {r->branch, condition, condition, false};
	TvmStatus	status = TVM_OK;

	if (r->checking > 0 || condition->count == 0)
	{
		r->checking++;
		status = block(r);
		r->checking--;
		return status;
	}
	if (r->branch != NULL)
		status = qasm_and(r, r->branch->all, condition, &here.all);
	r->branch = &here;
	if (status == TVM_OK)
		status = block(r);
	r->branch = here.outer;
	if (status == TVM_OK && here.stale && qasm_is_name(r, "else"))
		return qasm_fail(r, r->at, "an if has measured into a bit that it asks for",
						 "Its else would ask for the new value.", NULL);
	return status;
}

/* if (c == 3) x q; in version 2 the comparison of a register is all there is. */
static TvmStatus
old_condition(QasmReader *r, QasmCondition **condition)
{
	QasmSymbol *symbol = qasm_is(r, QASM_NAME) ? qasm_find(r, r->at) : NULL;
	QasmValue	value;
	TvmStatus	status;

	if (symbol == NULL || symbol->kind != QASM_KIND_BITS)
		return qasm_unexpected(r, "a classical register expected");
	r->at++;
	status = qasm_expect(r, QASM_EQUAL, "\"==\" expected");
	if (status == TVM_OK && !qasm_is(r, QASM_INTEGER))
		return qasm_unexpected(r, "an integer expected");
	if (status == TVM_OK)
		status = qasm_literal(r, true, &value);
	return status == TVM_OK
		? qasm_compare(r, symbol->list, symbol->count, QASM_EQUAL, &value, condition) : status;
}

static TvmStatus
if_statement(QasmReader *r)
{
	QasmCondition *condition = NULL;
	QasmCondition *opposite = NULL;
	QasmValue	value;
	uint32_t	token;
	TvmStatus	status;

	r->at++;
	status = qasm_expect(r, '(', "\"(\" expected");
	token = r->at;
	if (status == TVM_OK && r->version == 2)
		status = old_condition(r, &condition);
	else if (status == TVM_OK)
	{
		status = qasm_expression(r, &value);
		if (status == TVM_OK)
			status = qasm_condition_of(r, token, &value, &condition);
	}
	if (status == TVM_OK)
		status = qasm_expect(r, ')', "\")\" expected");
	if (status != TVM_OK)
		return status;
	if (r->version == 2 && qasm_is_name(r, "if"))
		return qasm_unexpected(r, "a gate, measure or reset expected");
	status = branch(r, condition);
	if (status != TVM_OK || r->version == 2 || !qasm_is_name(r, "else"))
		return status;
	r->at++;
	status = qasm_not(r, condition, &opposite);
	return status == TVM_OK ? branch(r, opposite) : status;
}

/*-------------------------------------------------------------------------- loops */

/* The body once, with the variable as the newest name; the reader ends after it. */
static TvmStatus
iteration(QasmReader *r, uint32_t name, QasmValue value, uint32_t body)
{
	uint32_t	symbols = r->symbol_count;
	uint32_t	scope = r->scope;
	QasmMark	mark = qasm_mark(r);
	QasmSymbol *symbol;
	TvmStatus	status = qasm_spend(r, 1);

	r->at = body;
	r->scope = symbols;
	if (status == TVM_OK)
		status = qasm_declare(r, name, QASM_KIND_VALUE, &symbol);
	if (status != TVM_OK)
		return status;
	symbol->value = value;
	status = block(r);
	qasm_forget(r, symbols);
	r->scope = scope;
	if (r->recording == 0)
		qasm_release(r, mark);
	return status;
}

/* Look at the body without doing it: after no iteration at all the reader is behind it. */
static TvmStatus
no_iteration(QasmReader *r, uint32_t name, uint32_t body)
{
	QasmValue	unknown = qasm_unknown();
	TvmStatus	status;

	unknown.type = QASM_TYPE_INT;
	r->checking++;
	status = iteration(r, name, unknown, body);
	r->checking--;
	return status;
}

/* in [a:b] or [a:step:b]: b included. */
static TvmStatus
for_range(QasmReader *r, uint32_t name)
{
	uint32_t	token = r->at;
	QasmValue	from,
				to,
				step = qasm_of_int(1);
	bool		any = false;
	uint32_t	body;
	TvmStatus	status = qasm_integer(r, "an integer expected", &from);

	if (status == TVM_OK)
		status = qasm_expect(r, ':', "\":\" expected");
	if (status == TVM_OK)
		status = qasm_integer(r, "an integer expected", &to);
	if (status == TVM_OK && qasm_accept(r, ':'))
	{
		step = to;
		status = qasm_integer(r, "an integer expected", &to);
	}
	if (status == TVM_OK)
		status = qasm_expect(r, ']', "\"]\" expected");
	if (status != TVM_OK)
		return status;
	body = r->at;
	if (from.unknown || to.unknown || step.unknown || r->checking > 0)
		return no_iteration(r, name, body);
	if (step.integer == 0)
		return qasm_fail(r, token, "a range without a step", NULL, NULL);
	for (int64_t i = from.integer; status == TVM_OK && (step.integer > 0 ? i <= to.integer : i >= to.integer);)
	{
		any = true;
		status = iteration(r, name, qasm_of_int(i), body);
		if (step.integer > 0 ? i > INT64_MAX - step.integer : i < INT64_MIN - step.integer)
			break;
		i += step.integer;
	}
	return status == TVM_OK && !any ? no_iteration(r, name, body) : status;
}

/* in {a, b, c} */
static TvmStatus
for_set(QasmReader *r, uint32_t name)
{
	uint32_t	room = 1;
	uint32_t	count = 0;
	uint32_t	body;
	QasmValue  *values;
	TvmStatus	status;

	for (uint32_t at = r->at; r->tokens[at].kind != '}' && r->tokens[at].kind != QASM_END; at++)
		room += r->tokens[at].kind == ',';
	status = qasm_take(r, room, sizeof(QasmValue), &values);
	do
	{
		if (status == TVM_OK && count == room)
			return qasm_unexpected(r, "\"}\" expected");
		if (status == TVM_OK)
			status = qasm_integer(r, "an integer expected", &values[count++]);
	} while (status == TVM_OK && qasm_more(r, '}'));
	if (status == TVM_OK)
		status = qasm_expect(r, '}', "\"}\" expected");
	body = r->at;
	if (status == TVM_OK && r->checking > 0)
		return no_iteration(r, name, body);
	for (uint32_t i = 0; i < count && status == TVM_OK; i++)
		status = iteration(r, name, values[i], body);
	return status;
}

/* for int i in ...; the type may be left out, as it could be once. */
static TvmStatus
for_statement(QasmReader *r)
{
	uint32_t	name = 0;
	QasmType	type;
	TvmStatus	status = TVM_OK;

	r->at++;
	if (qasm_is_name(r, "int") || qasm_is_name(r, "uint"))
	{
		r->at++;
		if (qasm_accept(r, '['))
		{
			QasmValue	width;

			status = qasm_integer(r, "a width expected", &width);
			if (status == TVM_OK)
				status = qasm_expect(r, ']', "\"]\" expected");
		}
	}
	else if (qasm_is_type(r, &type))
		return qasm_unexpected(r, "not supported: this type of a loop's variable; int or uint expected");
	if (status == TVM_OK)
		status = qasm_new_name(r, &name);
	if (status == TVM_OK && !qasm_is_name(r, "in"))
		return qasm_unexpected(r, "\"in\" expected");
	r->at++;
	if (status == TVM_OK && qasm_accept(r, '['))
		return for_range(r, name);
	if (status == TVM_OK && qasm_accept(r, '{'))
		return for_set(r, name);
	return status == TVM_OK ? qasm_unexpected(r, "not supported: a loop over anything but a range or a set") : status;
}

/*-------------------------------------------------------------------------- blocks */

static TvmStatus
block(QasmReader *r)
{
	uint32_t	symbols = r->symbol_count;
	uint32_t	scope = r->scope;
	TvmStatus	status = qasm_enter(r);

	if (status != TVM_OK)
		return status;
	r->scope = symbols;
	if (r->version == 2 || !qasm_accept(r, '{'))
		status = qasm_statement(r);
	else
		while (status == TVM_OK && !qasm_accept(r, '}'))
			status = qasm_is(r, QASM_END) ? qasm_unexpected(r, "\"}\" expected") : qasm_statement(r);
	qasm_forget(r, symbols);
	r->scope = scope;
	r->depth--;
	return status;
}

/* What a gate's definition consists of: gates, barriers, in version 3 loops. */
static TvmStatus
body_statement(QasmReader *r)
{
	static const char *const not_unitary[] = {"measure", "reset", "if", "creg", "qreg", "qubit", "bit", "gate", "opaque",
	"include", "input", "let"};

	for (size_t i = 0; i < sizeof(not_unitary) / sizeof(not_unitary[0]); i++)
		if (qasm_is_name(r, not_unitary[i]))
			return qasm_fail(r, r->at, "not allowed in a gate", NULL, "\"%.*s\"", QASM_QUOTE(r, r->at));
	if (r->version == 3 && refuse_outside(r) != TVM_OK)
		return TVM_INVALID;
	if (r->version == 3 && qasm_is(r, '{'))
		return block(r);
	if (qasm_is_name(r, "barrier"))
		return barrier(r);
	if (r->version == 3 && qasm_is_name(r, "for"))
		return for_statement(r);
	return qasm_call(r);
}

TvmStatus
qasm_gate_body(QasmReader *r)
{
	TvmStatus	status = TVM_OK;

	while (status == TVM_OK && !qasm_accept(r, '}'))
	{
		QasmMark	mark = qasm_mark(r);

		status = qasm_spend(r, 1);
		if (status == TVM_OK)
			status = qasm_is(r, QASM_END) ? qasm_unexpected(r, "\"}\" expected") : body_statement(r);

		/* What is recorded still points into the arena. */
		if (r->recording == 0)
			qasm_release(r, mark);
	}
	return status;
}

static TvmStatus
new_statement(QasmReader *r, bool *done)
{
	QasmSymbol *symbol;

	*done = true;
	if (refuse_outside(r) != TVM_OK)
		return TVM_INVALID;
	if (qasm_is_name(r, "qubit") || qasm_is_name(r, "bit"))
		return qasm_register(r);
	if (qasm_is_name(r, "const"))
		return qasm_const(r);
	if (qasm_is_name(r, "input"))
		return qasm_input(r);
	if (qasm_is_name(r, "let"))
		return qasm_alias(r);
	symbol = qasm_is(r, QASM_NAME) ? qasm_find(r, r->at) : NULL;
	if (symbol != NULL && symbol->kind == QASM_KIND_BITS)
		return qasm_assignment(r);
	*done = false;
	return TVM_OK;
}

/* One that declares nothing, so that what it took of the arena goes back. */
static TvmStatus
action(QasmReader *r)
{
	QasmMark	mark = qasm_mark(r);
	TvmStatus	status;

	if (qasm_is_name(r, "measure"))
		status = measure(r);
	else if (qasm_is_name(r, "reset"))
		status = reset(r);
	else if (qasm_is_name(r, "barrier"))
		status = barrier(r);
	else if (qasm_is_name(r, "if"))
		status = if_statement(r);
	else if (r->version == 3 && qasm_is_name(r, "for"))
		status = for_statement(r);
	else
		status = qasm_call(r);
	qasm_release(r, mark);
	return status;
}

TvmStatus
qasm_statement(QasmReader *r)
{
	bool		done = false;
	TvmStatus	status = qasm_spend(r, 1);

	if (status != TVM_OK)
		return status;
	if (r->in_gate)
		return body_statement(r);
	if (r->version == 3 && qasm_is(r, '{'))
		return block(r);
	if (qasm_is_name(r, "include"))
		return qasm_include(r);
	if (qasm_is_name(r, "qreg") || qasm_is_name(r, "creg"))
		return qasm_old_register(r);
	if (qasm_is_name(r, "gate") || (r->version == 2 && qasm_is_name(r, "opaque")))
		return qasm_gate(r);
	if (r->version == 3)
		status = new_statement(r, &done);
	return status != TVM_OK || done ? status : action(r);
}
